"""A session's life: in a script, in a running loop, in threads; and what is left when it ends."""

import asyncio
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from gradlab.errors import CourseError, KernelDied, SandboxUnavailable
from gradlab.kernel import sandbox
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession


def _run(session, source):
    cell = new_code_cell(source)
    return session.run(cell), cell


def _children() -> set[str]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread may end meanwhile
            found |= set((task / "children").read_text().split())
    return found


@pytest.mark.parametrize("kind", ["bubblewrap", "none"])
def test_nothing_is_left(bubblewrap, kind, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = _children(), len(os.listdir("/proc/self/fd")), threading.active_count()
    with KernelSession(sandbox=kind) as session:
        _run(session, "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(9); os._exit(0)")
        assert list(tmp_path.iterdir()) == []
        session.restart()
        assert _run(session, "print(1)")[1].outputs[0].text == "1\n"
    assert not session.alive
    session.close()
    if kind == "bubblewrap":  # where there is no sandbox, a process that detaches itself can stay
        assert _children() == before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[1]  # others' garbage may go meanwhile
    assert threading.active_count() == before[2]
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_after_an_error(bubblewrap):
    def grade() -> None:
        with KernelSession() as session:
            _run(session, "x = 1")
            raise ZeroDivisionError

    before = _children()
    with pytest.raises(ZeroDivisionError):
        grade()
    assert _children() == before


def test_a_dead_session_says_so(bubblewrap):
    with KernelSession() as session:
        _run(session, "import os; os._exit(1)")
        with pytest.raises(KernelDied, match="restart"):
            _run(session, "x = 1")


def test_works_inside_a_running_loop(bubblewrap):
    async def formgrader() -> tuple[str, str]:
        with KernelSession() as session:
            outcome, cell = _run(session, "print(1)")
            return outcome.status, cell.outputs[0].text

    assert asyncio.run(formgrader()) == ("ok", "1\n")


def test_works_in_threads(bubblewrap):
    def grade(number: int) -> str:
        with KernelSession() as session:
            _run(session, f"x = {number}")
            return _run(session, "print(x)")[1].outputs[0].text

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(grade, [1, 2])) == ["1\n", "2\n"]


def test_without_a_sandbox(tmp_path, call):
    (tmp_path / "mine.py").write_text("answer = 42")
    limits = Limits(cell_seconds=1.5)
    with KernelSession(sandbox="none", limits=limits, cwd=str(tmp_path)) as session:
        assert _run(session, "import mine; mine.answer")[1].outputs[0].data["text/plain"] == "42"
        assert _run(session, "while True: pass")[0].status == "timeout"
        _run(session, "def f(x): return x + 1")
        with session.channel() as channel:
            assert call(channel, "f", 1)["value"] == 2
        started = time.monotonic()
        assert _run(session, "import os; os._exit(3)")[0].error_message.endswith("status 3")
        assert time.monotonic() - started < 1


def test_missing_bubblewrap_is_told(monkeypatch):
    sandbox.require_bubblewrap.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"), KernelSession():
        pass
    sandbox.require_bubblewrap.cache_clear()


def test_bubblewrap_that_may_not_work_is_told(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2; exit 1\n")
    fake.chmod(0o755)
    sandbox.require_bubblewrap.cache_clear()
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(SandboxUnavailable, match="sysctl"):
        sandbox.require_bubblewrap()
    sandbox.require_bubblewrap.cache_clear()


def test_an_unknown_package_is_told(bubblewrap):
    with pytest.raises(CourseError, match="not-there"), KernelSession(packages=("not-there",)):
        pass
