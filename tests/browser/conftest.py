"""A class of those who attack the reader, graded once, and Debian's Chromium to look at it with."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.hostile.attempts import Attempt
from tests.hostile.conftest import all_attempts
from tests.hostile.course import LAB, HostileCourse

from .watching import Watched

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is missing; install it with: apt-get install chromium"
)
ODD_STUDENT = "zz-\"><img src=x onerror=pwned('a name')>"
HONEST = "zz-honest"
OTHER_EXTENSIONS = (
    "jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim",
    "nbgrader.server_extensions.assignment_list", "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.validate_assignment",
)  # fmt: skip
START_SECONDS = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's own browser; nothing is downloaded. Root has no sandbox in Chromium.

    Not kept for longer: while Playwright runs, no other test can run an event loop.
    """
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page and all that it does."""
    with closing(browser.new_context()) as context:
        yield Watched(context.new_page())


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> HostileCourse:
    """The course after grading, with feedback and the class report."""
    course = HostileCourse.make(tmp_path_factory.mktemp("browser") / "course")
    for attempt in (*reader_attempts(course), *_others(course)):
        course.hand_in(attempt)
    course.run("gradlab", "autograde", LAB, "--jobs", "2")
    course.run("gradlab", "feedback", LAB)
    course.run("gradlab", "report", LAB)
    return course


def reader_attempts(course: HostileCourse) -> list[Attempt]:
    """Those of the hostile suite that attack whoever reads them."""
    return [attempt for attempt in all_attempts(course) if attempt.kind == "reader"]


def _others(course: HostileCourse) -> Iterator[Attempt]:
    """An honest one, and one whose folder has markup for a name."""

    def hand_in(path: Path) -> None:
        nbformat.write(course.answered(), path)

    for student in (HONEST, ODD_STUDENT):
        kind, _, name = student.partition("-")
        yield Attempt(kind, name, hand_in, "Answers the exercises.")


@pytest.fixture(scope="session")
def formgrader(graded: HostileCourse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nbgrader's Formgrader, served by Jupyter as for an instructor."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "jupyter_server_config.json").write_text(json.dumps(_settings(port)))
    environment = {
        **os.environ, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "run"),
    }  # fmt: skip
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server"],
            cwd=graded.root, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/formgrader/gradebook", server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _settings(port: int) -> dict:
    extensions = {"nbgrader.server_extensions.formgrader": True}
    extensions |= dict.fromkeys(OTHER_EXTENSIONS, False)
    server = {"port": port, "ip": "127.0.0.1", "allow_root": True, "open_browser": False}
    return {
        "ServerApp": {**server, "port_retries": 0, "jpserver_extensions": extensions},
        "IdentityProvider": {"token": ""},
    }


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"Jupyter did not start:\n{log.read_text()[-3000:]}")
