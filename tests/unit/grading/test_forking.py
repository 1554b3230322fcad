"""The process that workers are forked from: it ends with what it was started for."""

import errno
import os
from multiprocessing import forkserver

import pytest

from gradlab.errors import WorkersUnavailable
from gradlab.grading import forking


def has_ended(pid):
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def running():
    return forkserver._forkserver._forkserver_pid


def test_nothing_to_fork_workers_from(monkeypatch):
    def ended():
        raise EOFError

    monkeypatch.setattr(forking.forkserver, "ensure_running", ended)
    with pytest.raises(WorkersUnavailable, match="ulimit -u"):
        forking.pool_context(forking.GRADING)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_it_ends_in_the_middle_of_its_imports(tmp_path, error):
    """There is no course here: that is found out there."""
    begun = []

    def fail():
        with forking.started_early(tmp_path, "01_tiny"):
            begun.append(running())
            assert not has_ended(running())
            raise error

    with pytest.raises(error):
        fail()
    assert has_ended(*begun)


def test_another_one_is_started_after_the_end(tmp_path):
    with forking.started_early(tmp_path, "01_tiny"):
        first = running()
    with forking.started_early(tmp_path, "01_tiny"):
        assert running() != first
        assert not has_ended(running())


def test_what_prevents_a_start_is_not_told_yet(tmp_path, monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(forking.scratch, "folder", full)
    with forking.started_early(tmp_path, "01_tiny"):
        pass


def test_the_end_before_a_start():
    forking.end()
    forking.end()


def test_the_environment_is_as_before(tmp_path):
    before = dict(os.environ)
    with forking.started_early(tmp_path, "01_tiny"):
        assert dict(os.environ) == before
