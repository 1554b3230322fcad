"""The machine fails: a worker is killed, a disk is full, the gradebook is locked."""

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, contextmanager

import pytest

from gradlab.errors import GradebookError, StorageError

from .conftest import assert_goes_on, differences, is_long
from .course import CLASS, LAB

EACH = 10 if is_long() else 1
UNSHARE = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]
FULL = {
    "autograded": ("autograded", 8, StorageError),
    "gradebook": (".", 0, GradebookError),  # the others are elsewhere
    "temporary files": ("../tmp", 8, StorageError),
}


@pytest.mark.parametrize("number", range(EACH))
def test_a_worker_is_killed(course, undisturbed, chance, number):
    """It costs another try, and nobody a grade."""
    begun = undisturbed.begun
    event = chance.randint(begun, undisturbed.number_of("worker open ('", last=True))
    ended = course.autograde(strikes=f"{event} worker {signal.SIGKILL:d}")
    assert ended.statuses() == dict.fromkeys(CLASS, "graded")
    assert differences(course.record(), undisturbed.record) == []
    assert not ended.left
    assert course.temporary() == []
    assert_goes_on(course, undisturbed)


def test_what_starts_workers_is_killed(course, undisturbed):
    """The process that they are forked from, before the first of them is."""
    event = undisturbed.number_of("other os.fork")
    ended = course.autograde(strikes=f"{event} other {signal.SIGKILL:d}")
    assert ended.statuses() == dict.fromkeys(CLASS, "graded")
    assert differences(course.record(), undisturbed.record) == []
    assert not ended.left


@pytest.fixture(scope="module")
def may_mount():
    """Skips where no file system of a test's own can be mounted."""
    command = [*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no mount namespace can be made here")


@pytest.mark.parametrize(("where", "room", "error"), FULL.values(), ids=FULL)
def test_a_full_disk(course, undisturbed, may_mount, where, room, error):
    """One line says where, nothing is graded by half, and with room the rest is graded."""
    place = (course.root / where).resolve()
    kept = course.root.with_name("kept")
    shutil.copytree(place, kept)
    script = f"""
        mount -t tmpfs -o size=16m none {place} && cp -a {kept}/. {place} && cd {course.root}
        if [ {where} = . ]
        then cp -a autograded ../elsewhere && mount --bind ../elsewhere autograded
        fi
        head -c 16m /dev/zero > {place}/filler; truncate -s -{room}k {place}/filler
        gradlab autograde {LAB} --jobs 2; echo "ended with $?" >&2
        rm {place}/filler
        gradlab autograde {LAB} --jobs 2; echo "ended with $?" >&2
        rm -rf {kept} && cp -a {place} {kept}
    """
    ended = course.run(*UNSHARE, "sh", "-c", script)
    first, second = ended.told.partition("gradlab: ")[2].split("ended with ")[:2]
    assert len(first.splitlines()) == 1
    assert str(place) in first
    assert "make room" in first
    assert second.startswith(f"{error.exit_code}")
    assert ended.told.rstrip().endswith("ended with 0")
    if where != "../tmp":
        shutil.rmtree(place)
        kept.rename(place)
        assert differences(course.record(), undisturbed.record) == []
    assert not ended.left


@contextmanager
def locking(course, how):
    """Another program's transaction."""
    with closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield
        other.execute("ROLLBACK")


def test_a_locked_gradebook(course, undisturbed):
    """Another program writes to it and does not end: told after a few seconds, nothing is lost."""
    with locking(course, "EXCLUSIVE"):
        ended = course.autograde()
    assert ended.code == GradebookError.exit_code, ended.told
    assert "database is locked" in ended.told
    assert "close other programs that write to it" in ended.told
    assert "Traceback" not in ended.told
    assert not ended.left
    assert course.half_done() == []
    assert_goes_on(course, undisturbed)


def test_a_gradebook_that_is_locked_when_it_is_to_be_written(course, undisturbed):
    """What was found out and could not be recorded is found out again."""
    event = undisturbed.number_of("command sql")
    command = ("gradlab", "autograde", LAB, "--jobs", "2")
    with course.stopped(*command, event=event) as process, locking(course, "IMMEDIATE"):
        process.send_signal(signal.SIGCONT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == GradebookError.exit_code, told
    assert "close other programs that write to it" in told
    assert course.half_done() == []
    assert_goes_on(course, undisturbed)
