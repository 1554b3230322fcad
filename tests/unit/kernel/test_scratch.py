"""One folder for a process's temporary files: held while it lives, removed by whoever is next."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradlab.kernel import scratch

DIES = """
import os, signal
from gradlab.kernel import scratch
(scratch.folder() / "secret").write_text("x")
print(scratch.folder(), flush=True)
os.kill(os.getpid(), signal.{signal})
"""


@pytest.fixture(autouse=True)
def base(monkeypatch):
    """No folder yet, and a place of the test's own for it, with a path short enough."""
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        monkeypatch.setattr(scratch, "_held", None)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def other_process(base, ending):
    """A process that makes its folder and then ends by a signal, or by itself; its path."""
    done = subprocess.run(
        [sys.executable, "-c", DIES.format(signal=ending)],
        env={**os.environ, "TMPDIR": str(base)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_it_is_this_users_alone_and_the_same_each_time(base):
    made = scratch.folder()
    assert made.parent == base
    assert made.stat().st_mode & 0o777 == 0o700
    assert scratch.folder() == made


def test_one_that_was_cleaned_away_is_made_again():
    made = scratch.folder()
    made.rmdir()
    assert scratch.folder().is_dir()


def test_what_a_killed_process_left_is_removed(base):
    left = Path(other_process(base, "SIGKILL"))
    assert (left / "secret").exists()
    scratch.sweep()
    assert list(base.iterdir()) == []


def test_at_the_end_of_a_process_it_is_gone(base):
    assert other_process(base, "SIG_DFL")
    assert list(base.iterdir()) == []


def test_that_of_a_living_process_stays(base):
    other = base / f"{scratch.PREFIX}abcdefgh"
    other.mkdir(mode=0o700)
    held = os.open(other, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    scratch.sweep()
    assert other.is_dir()
    os.close(held)
    scratch.sweep()
    assert not other.exists()


@pytest.mark.parametrize(
    "name", ["gradlab", ".gradlab~", ".gradlab~abcdefghi", "x.gradlab~abcdefgh"]
)
def test_other_folders_stay(base, name):
    (base / name).mkdir(mode=0o700)
    scratch.sweep()
    assert (base / name).is_dir()


def test_one_that_others_may_enter_was_not_made_here(base):
    shared = base / f"{scratch.PREFIX}abcdefgh"
    shared.mkdir()
    shared.chmod(0o755)
    scratch.sweep()
    assert shared.is_dir()


def test_a_link_is_not_followed(base):
    (base / "elsewhere").mkdir(mode=0o700)
    (base / f"{scratch.PREFIX}abcdefgh").symlink_to(base / "elsewhere")
    scratch.sweep()
    assert (base / "elsewhere").is_dir()


def test_one_taken_away_before_it_was_locked_is_made_again(base, monkeypatch):
    """Another process may look between the making and the lock."""
    lock, taken = fcntl.flock, []

    def late(number, how):
        if not taken:
            taken.append(os.readlink(f"/proc/self/fd/{number}"))
            os.rmdir(taken[0])
        lock(number, how)

    monkeypatch.setattr("gradlab.kernel.scratch.fcntl.flock", late)
    made = scratch.folder()
    assert made.is_dir()
    assert str(made) != taken[0]


def test_a_worker_uses_its_coordinators(base):
    (base / "coordinator").mkdir()
    scratch.share(base / "coordinator")
    assert scratch.folder() == base / "coordinator"
    assert tempfile.gettempdir() == str(base / "coordinator")
