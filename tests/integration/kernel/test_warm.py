"""Kernels forked from a warm parent: as clean as started ones, and strangers to each other."""

import os
import threading
from contextlib import suppress

import pytest

from gradlab.errors import KernelLost
from gradlab.kernel import forked, warm
from gradlab.kernel.forked import ForkedKernel, fork_kernel
from gradlab.kernel.session import KernelSession
from gradlab.kernel.waiting import is_ready
from gradlab.kernel.warm import CannotFork, Warmth, warm_parent

from .conftest import LAUNCHED, PATIENT, Kernel

MODULES = LAUNCHED["forked"]


@pytest.fixture
def pair(bubblewrap):
    """Two kernels of one parent, at a time."""
    options = {"packages": ("numpy", "matplotlib"), "limits": PATIENT, "modules": MODULES}
    with KernelSession(**options) as one, KernelSession(**options) as other:
        yield Kernel(one), Kernel(other)


def launched(session):
    return session._kernel


def test_both_are_forked_from_one_parent(pair):
    first, second = (launched(kernel.session) for kernel in pair)
    assert isinstance(first, ForkedKernel)
    assert first.parent is second.parent


def test_imports_are_done_already(pair):
    loaded = "import sys; print({'numpy', 'matplotlib.pyplot', 'gradlab.lab'} <= set(sys.modules))"
    assert pair[0].printed(loaded) == "True\n"


@pytest.mark.parametrize("folder", ["/tmp", "/home/student", "/dev/shm"])
def test_files_are_not_shared(pair, folder):
    one, other = pair
    one.printed(f"open('{folder}/note', 'w').write('the answer'); print('written')")
    assert "note" not in other.printed(f"import os; print(os.listdir('{folder}'))")
    one.session.restart()
    assert "note" not in one.printed(f"import os; print(os.listdir('{folder}'))")


def test_processes_are_not_shared(pair):
    for kernel in pair:
        listed = "import os; print([p for p in os.listdir('/proc') if p.isdigit()])"
        assert kernel.printed(listed) == "['1', '2']\n"


def test_sockets_are_not_shared(pair):
    one, other = pair
    make = """
import socket
kept = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
kept[0].bind("/tmp/note")
kept[1].bind("\\0note")
print("listening")
"""
    assert one.printed(make) == other.printed(make) == "listening\n"


def test_the_first_process_cannot_be_looked_into(pair):
    look = """
for name in ("mem", "environ", "fd/0", "root"):
    try:
        open(f"/proc/1/{name}").close()
        print(name, "is open")
    except OSError as error:
        print(type(error).__name__)
"""
    assert pair[0].printed(look) == "PermissionError\n" * 4


def test_the_first_process_cannot_be_stopped(pair):
    kernel, _ = pair
    assert (
        kernel.printed("import os, signal; os.kill(1, signal.SIGKILL); print('sent')") == "sent\n"
    )
    assert kernel.printed("print('still here')") == "still here\n"


def test_they_have_a_filter_of_their_own(pair):
    fields = pair[0].printed("print(open('/proc/self/status').read())")
    assert "Seccomp:\t2" in fields
    assert "Seccomp_filters:\t1" in fields


def test_the_system_cannot_be_written(pair):
    for folder in ("/", "/dev", "/usr", "/opt/gradlab"):
        outcome, _ = pair[0].run(f"open('{folder}/note', 'w')")
        assert outcome.error_name in ("OSError", "PermissionError", "FileNotFoundError"), folder


def test_random_numbers_differ(pair):
    draw = "import random, numpy as np; print(random.random(), np.random.rand())"
    assert not set(pair[0].printed(draw).split()) & set(pair[1].printed(draw).split())


def test_how_a_kernel_ended_is_told(pair):
    outcome, _ = pair[0].run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert outcome.status == "died"
    assert "SIGSEGV" in outcome.error_message


def test_they_end_with_their_parent(pair):
    first, second = (launched(kernel.session) for kernel in pair)
    first.parent.close()
    assert first._containment.wait(10)
    assert second._containment.wait(10)


def test_another_parent_takes_the_place_of_one_that_ended(pair):
    kernel, _ = pair
    before = launched(kernel.session).parent
    before._process.kill()
    before._process.wait()
    kernel.session.restart()
    assert kernel.printed("print('here')") == "here\n"
    assert launched(kernel.session).parent is not before


def test_a_parent_that_is_idle_ends(bubblewrap, monkeypatch):
    monkeypatch.setattr(warm, "IDLE_SECONDS", 0.0)
    parent = warm_parent(Warmth(("numpy",), (), ("idle",), PATIENT))
    parent._thread.join(20)
    assert not parent.alive


def test_a_parent_with_kernels_is_not_idle(pair, monkeypatch):
    monkeypatch.setattr(warm, "IDLE_SECONDS", 0.0)
    parent = launched(pair[0].session).parent
    assert not parent._is_idle()
    for kernel in pair:
        kernel.session.close()
    assert parent._is_idle()


def test_a_changed_file_gets_another_parent(bubblewrap, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("1")
    warmth = Warmth(("numpy",), (table,), (), PATIENT)
    before = warm_parent(warmth)
    assert warm_parent(warmth) is before
    table.unlink()
    table.write_text("2")
    assert warm_parent(warmth) is not before


def test_no_more_than_two_parents_are_kept(bubblewrap):
    kinds = [Warmth(("numpy",), (), modules, PATIENT) for modules in ((), ("json",), ("csv",))]
    parents = [warm_parent(kind) for kind in kinds]
    assert [parent.alive for parent in parents] == [False, True, True]


def test_a_module_that_is_not_there_is_left_to_the_notebook(bubblewrap):
    with KernelSession(packages=("numpy",), modules=("torch", "numpy")) as session:
        assert Kernel(session).run("import torch")[0].error_name == "ModuleNotFoundError"


def test_where_none_can_be_forked_a_kernel_is_started(bubblewrap, monkeypatch):
    def refuse(warmth):
        raise CannotFork("no namespaces within namespaces here")

    monkeypatch.setattr("gradlab.kernel.forked.warm_parent", refuse)
    with KernelSession(modules=("numpy",)) as session:
        assert not isinstance(launched(session), ForkedKernel)
        assert Kernel(session).printed("print('here')") == "here\n"


def test_where_the_parent_can_fork_none_a_kernel_is_started(bubblewrap, monkeypatch):
    monkeypatch.setattr(forked, "SCRATCH", ("/nowhere",))
    with KernelSession(modules=("numpy",)) as session:
        assert not isinstance(launched(session), ForkedKernel)
        assert Kernel(session).printed("print('here')") == "here\n"


def test_a_forked_process_uses_the_same_parent(bubblewrap):
    """As workers do, which are forked from a process that has started one."""
    warmth = Warmth(("numpy",), (), MODULES, PATIENT)
    parent = warm_parent(warmth)
    parent.keep()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            kernel = fork_kernel(warmth, 60)
            alive = kernel.parent is parent and kernel.link.alive
            kernel.end()
            os._exit(42 if alive else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
    assert warm_parent(warmth) is parent


def test_a_forked_process_sees_that_the_parent_has_ended(bubblewrap):
    parent = warm_parent(Warmth(("numpy",), (), ("ends",), PATIENT))
    parent._process.kill()
    assert is_ready(parent._control.fileno(), 10)
    child = os.fork()
    if child == 0:
        os._exit(43 if parent.alive else 42)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


def test_a_parent_that_others_use_is_not_idle(bubblewrap, monkeypatch):
    monkeypatch.setattr(warm, "IDLE_SECONDS", 0.0)
    parent = warm_parent(Warmth(("numpy",), (), ("kept",), PATIENT))
    parent.keep()
    assert not parent._is_idle()


def test_what_a_forked_process_prints_is_caught(pair):
    """It shares the one connection of its kernel, and must not write into its messages."""
    kernel, _ = pair
    printed = kernel.printed("""
import os, sys
if os.fork() == 0:
    print("from the child")
    sys.stdout.flush()
    display("a display of the child's")
    os._exit(0)
os.wait()
import time; time.sleep(1)  # the pipe has a reader of its own
""")
    assert printed == "from the child\n"
    assert kernel.printed("print('whole')") == "whole\n"


def test_displays_during_calls_are_dropped(pair, call):
    """Nobody reads them then, and a kernel that waits for a reader answers no calls."""
    kernel, _ = pair
    kernel.run("def f(x):\n    for i in range(2000): display('x' * 1000)\n    return x")
    with kernel.session.channel() as channel:
        assert call(channel, "f", 7)["value"] == 7
    assert kernel.printed("print('still here')") == "still here\n"


def test_a_kernel_that_is_asked_nothing_ends_by_itself(pair, monkeypatch):
    """So that the system counts its time as that of who started it."""
    kernel, _ = pair
    monkeypatch.setattr(forked.Containment, "kill", lambda self: pytest.fail("it was killed"))
    kernel.run("import atexit, time; atexit.register(time.sleep, 60)")
    kernel.session.close()


def test_a_kernel_that_does_not_end_is_killed(pair, monkeypatch):
    kernel, _ = pair
    monkeypatch.setattr(forked, "ENDING_SECONDS", 0.01)
    kernel.run("import asyncio, time; asyncio.get_running_loop().call_soon(time.sleep, 60)")
    containment = launched(kernel.session)._containment
    watched = os.dup(containment.descriptor)
    kernel.session.close()
    assert is_ready(watched)
    os.close(watched)


def test_a_kernel_that_ends_with_its_parent_is_lost(pair):
    """That is the machine's doing, and must cost the notebook nothing."""
    kernel, _ = pair
    parent = launched(kernel.session).parent
    killer = threading.Timer(0.5, parent._process.kill)
    killer.start()
    with pytest.raises(KernelLost):
        kernel.run("while True: pass")
    killer.join()


def test_a_kernel_lost_in_a_call_is_no_answer(pair, call):
    kernel, _ = pair
    kernel.run("def f():\n    while True: pass")
    killer = threading.Timer(0.5, launched(kernel.session).parent._process.kill)
    with kernel.session.channel() as channel:
        killer.start()
        with pytest.raises(KernelLost):
            call(channel, "f")
    killer.join()


def test_where_a_forked_kernel_does_not_answer_one_is_started(bubblewrap, monkeypatch):
    limits = {"NOFILE": 3}  # too few for it to begin
    monkeypatch.setattr(forked, "resource_limits", lambda bounds: limits)
    with KernelSession(modules=("numpy",)) as session:
        assert not isinstance(launched(session), ForkedKernel)
        assert Kernel(session).printed("print('here')") == "here\n"
