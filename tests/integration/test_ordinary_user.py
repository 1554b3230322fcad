"""What root runs, an ordinary user can run, too: the sandbox's own tests, and a whole grading.

Root becomes `nobody` for it. Who is no root runs all other tests as an ordinary user anyhow.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradlab.kernel.identity import is_root

from .conftest import LAB, REPOSITORY, RIGHT

NOBODY = 65534
TOOLS = ("unshare", "setpriv")
NEEDED = [Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), REPOSITORY]
ISOLATION = REPOSITORY / "tests" / "integration" / "kernel" / "test_isolation.py"


@pytest.fixture
def place():
    """A folder of the ordinary user's, with a course's room and one for temporary files."""
    if not is_root():
        pytest.skip("this is not root, so that all other tests ran as an ordinary user already")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"root cannot become another user: no {missing} (apt-get install util-linux)")
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        (Path(folder) / "tmp").mkdir()
        yield Path(folder)


def as_ordinary_user(place, command, cwd):
    """Run a command as `nobody`, who owns `place` and may read what Python needs."""
    for path in [place, *place.rglob("*")]:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    environment = {
        "HOME": str(place),
        "TMPDIR": str(place / "tmp"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
    }
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    script = "\n".join(["set -e", *shown(NEEDED), f"exec {shlex.join([*become, *command])}"])
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def shown(paths):
    """Lines that make folders reachable which lie below one that only root may enter."""
    for path in paths:
        closed = next((p for p in reversed(path.parents) if not p.stat().st_mode & 1), None)
        if closed is not None:
            yield f"hold=$(mktemp -d) && mount --bind {path} $hold"
            yield f"mount -t tmpfs -o mode=755 none {closed} && mkdir -p {path}"
            yield f"mount --move $hold {path} && rmdir $hold"


def test_the_sandbox(place):
    """The tests of what is absent and forbidden inside, which root has just run as well."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={REPOSITORY}"]
    command = [sys.executable, "-m", "pytest", *options, str(ISOLATION)]
    done = as_ordinary_user(place, command, place)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert "skipped" not in done.stdout
    assert list((place / "tmp").glob(".gradlab*")) == []


def test_a_whole_grading(place, tiny):
    """`gradlab autograde`, in a copy of the course that is the user's own."""
    shutil.copytree(tiny.root, place / "course")
    path = place / "course" / "submitted" / "ada" / LAB / f"{LAB}.ipynb"
    shutil.copytree(tiny.hand_in("ada", tiny.answer(RIGHT)).parent, path.parent)
    command = ["gradlab", "autograde", LAB, "--jobs", "1", "--json"]
    done = as_ordinary_user(place, command, place / "course")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["status"], row["score"]) == ("graded", 4)
    assert (place / "course" / "autograded" / "ada" / LAB).stat().st_uid == NOBODY
    assert list((place / "tmp").iterdir()) == []
