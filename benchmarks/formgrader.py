"""Formgrader's pages, by the clock: nbgrader's server extension in a real Jupyter server.

A page of Formgrader is a frame whose scripts then ask nbgrader's API for the rows. What is timed is
both: the page and the requests that its scripts make, one after the other. What a browser needs to
draw them is not.
"""

import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from nbgrader.api import Gradebook

from benchmarks.courses import Setting, environment, interpreter

PAGES = {
    "manage_assignments": ("manage_assignments", "api/assignments"),
    "manage_submissions": ("manage_submissions/{lab}", "api/submissions/{lab}"),
    "gradebook/LAB": ("gradebook/{lab}", "api/notebooks/{lab}"),
    "gradebook/LAB/NOTEBOOK": (
        "gradebook/{lab}/{lab}", "api/submitted_notebooks/{lab}/{lab}",
    ),
    "manage_students": ("manage_students", "api/students"),
    "one submission": (
        "submissions/{number}/", "api/grades?submission_id={number}",
        "api/comments?submission_id={number}",
    ),
}  # fmt: skip
VISITS = 3
START_SECONDS, PAGE_SECONDS = 60.0, 600.0
OTHERS = (
    "jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim",
    "nbgrader.server_extensions.assignment_list", "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.validate_assignment",
)  # fmt: skip


def visit_pages(setting: Setting) -> dict[str, float]:
    """Median seconds of each page, for the class as it is graded now."""
    names = {"lab": setting.lab.name, "number": _submission(setting)}
    with serving(setting.course("gradlab")) as server:
        return {
            page: round(median(server.seconds(paths, names) for _ in range(VISITS)), 4)
            for page, paths in PAGES.items()
        }


class Server:
    """A Jupyter server that answers."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self._token = token

    def seconds(self, paths: tuple[str, ...], names: dict[str, str]) -> float:
        """How long the paths take, one after the other."""
        started = time.perf_counter()
        for path in paths:
            self.get(path.format(**names))
        return time.perf_counter() - started

    def get(self, path: str) -> bytes:
        """What Formgrader answers; raises HTTPError unless it is well."""
        request = urllib.request.Request(f"{self.address}/formgrader/{path}")
        request.add_header("Authorization", f"token {self._token}")
        with urllib.request.urlopen(request, timeout=PAGE_SECONDS) as answer:
            return bytes(answer.read())


@contextmanager
def serving(course: Path) -> Iterator[Server]:
    """A server in the course's folder, as `jupyter lab` there would be, on a port of its own."""
    token, port = secrets.token_hex(), _free_port()
    with tempfile.TemporaryDirectory(prefix="gradlab-jupyter-") as name:
        folder = Path(name)
        settings = json.dumps(_settings(port, token))
        (folder / "jupyter_server_config.json").write_text(settings, encoding="utf-8")
        with open(folder / "log", "wb") as log:
            process = _start(course, folder, log.fileno())
        try:
            server = Server(f"http://127.0.0.1:{port}", token)
            _wait_for(server, process, folder / "log")
            yield server
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _start(course: Path, folder: Path, log: int) -> "subprocess.Popen[bytes]":
    python = interpreter("gradlab")
    own = {"JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    return subprocess.Popen(
        [str(python), "-m", "jupyter_server"],
        cwd=course, env=environment(python) | own, stdout=log, stderr=log,
    )  # fmt: skip


def _settings(port: int, token: str) -> dict[str, object]:
    extensions = {"nbgrader.server_extensions.formgrader": True, **dict.fromkeys(OTHERS, False)}
    server = {"port": port, "port_retries": 0, "ip": "127.0.0.1", "open_browser": False}
    return {
        "ServerApp": {**server, "allow_root": True, "jpserver_extensions": extensions},
        "IdentityProvider": {"token": token},
    }


def _wait_for(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            server.get("gradebook")
            return
        except OSError:
            time.sleep(0.2)
    print(log.read_text(encoding="utf-8", errors="replace")[-3000:], file=sys.stderr)
    raise RuntimeError("Jupyter did not start; its last words are above")


def _submission(setting: Setting) -> str:
    """The number of a graded submission."""
    lab = setting.lab.name
    with Gradebook(f"sqlite:///{setting.course('gradlab')}/gradebook.db") as gradebook:
        return str(gradebook.find_submission_notebook(lab, lab, setting.students[0]).id)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
