"""Warm kernels: a sandboxed parent imports what a lab needs once; kernels are forked from it.

Starting an interpreter and importing NumPy, matplotlib and ipykernel costs more than most
submissions do. The parent runs in a sandbox of its own and never meets student code; each kernel
gets namespaces, scratch folders and limits of its own (`gradlab.kernel.parent`), so that parent,
neighbours and machine are as far out of reach as from a kernel that was started.
"""

import atexit
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from gradlab.errors import KernelDied
from gradlab.kernel.identity import STUDENT, is_root, student_namespace
from gradlab.kernel.limits import Limits
from gradlab.kernel.protocol import READY
from gradlab.kernel.sandbox import Sandbox, interpreter
from gradlab.kernel.waiting import is_ready

PROGRAM = ("-m", "gradlab.kernel.parent")
START_SECONDS = 120.0
FORK_SECONDS = 20.0
END_SECONDS = 2.0
IDLE_SECONDS = 600.0
"""After so long without a kernel a parent ends: Formgrader's server runs for days."""
KEPT = 2
"""Parents kept by a process. One that grades needs one; each has its imports in memory."""
MAX_ANSWER = 4096


class CannotFork(KernelDied):
    """There is no warm parent here, or it made no kernel; one must be started instead."""


@dataclass(frozen=True)
class Warmth:
    """What a parent is made for: kernels that differ in these need parents of their own.

    Attributes:
        packages, files: see `gradlab.kernel.sandbox.Sandbox`.
        modules: imported before any kernel is forked. Trusted names, not a student's.
        limits: the kernels'; of the parent, only the size of its scratch folders.
    """

    packages: tuple[str, ...]
    files: tuple[Path, ...]
    modules: tuple[str, ...]
    limits: Limits

    def stamp(self) -> tuple[object, ...]:
        """Changes when one of the files does: a parent shows those it was started with."""
        below = [one for path in self.files for one in (path, *sorted(path.rglob("*")))]
        found = [path.stat() for path in below]
        return (self, tuple((one.st_ino, one.st_mtime_ns) for one in found))


class WarmParent:
    """A running parent. Its sandbox ends with `close`, when it is idle, or with this process.

    Processes that are forked from this one may use it as well, once `keep` was called.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        CannotFork: the parent did not start.
    """

    def __init__(self, warmth: Warmth) -> None:
        self._control, self._theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._kernels, self._used = 1, time.monotonic()  # its own start counts as one
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._started, self._closed = threading.Event(), threading.Event()
        # bubblewrap ends with the thread that started it, so that is one which does nothing else
        self._thread = threading.Thread(target=self._own, args=(warmth,), daemon=True)
        self._thread.start()
        self._started.wait()
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked for another kernel."""
        if self._owner != os.getpid():
            return not self.has_ended()
        return self._process is not None and self._process.poll() is None

    def has_ended(self, seconds: float = 0) -> bool:
        """Whether it ends within so long. It says nothing once it is ready, but that."""
        number = self._control.fileno()
        return number < 0 or is_ready(number, seconds)

    def keep(self) -> None:
        """It does not end when it is idle: that others use it is not known here."""
        self._kernels += 1

    def fork(self, request: bytes, files: list[int]) -> None:
        """Ask for a kernel. What becomes of it is told on the last of `files`.

        The parent stays until `forget` was called for each kernel.

        Raises:
            CannotFork: the parent is gone.
        """
        try:
            with self._lock:
                self._control.settimeout(FORK_SECONDS)
                socket.send_fds(self._control, [request], files)
                self._kernels += 1
        except OSError as error:
            raise CannotFork(f"the warm parent cannot be reached: {error}") from error

    def forget(self) -> None:
        """A kernel has ended."""
        with self._lock:
            self._kernels, self._used = self._kernels - 1, time.monotonic()

    def close(self) -> None:
        """End it, and every kernel of its that is still there; in a forked process, leave it."""
        if self._owner != os.getpid():
            self._control.close()
            return
        self._closed.set()
        self._thread.join()

    def _own(self, warmth: Warmth) -> None:
        """In the thread: start bubblewrap, wait for `close`, end it."""
        try:
            self._process = _start(warmth, self._theirs)
        except BaseException as error:
            self._error = error
        finally:
            self._theirs.close()
            self._started.set()
        while not self._closed.wait(IDLE_SECONDS) and not self._is_idle():
            pass
        self._control.close()  # at which the parent ends, and the system knows what it used
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
            self._process.kill()
            self._process.wait()

    def _is_idle(self) -> bool:
        return not self._kernels and time.monotonic() - self._used >= IDLE_SECONDS

    def _wait_until_ready(self) -> None:
        if self._error is not None:
            raise self._error
        self._control.settimeout(START_SECONDS)
        try:
            answer = self._control.recv(MAX_ANSWER)
        except OSError as error:
            raise CannotFork(f"the warm parent does not answer: {error}") from error
        if answer != READY:
            raise CannotFork("the warm parent ended while it started")
        self.forget()


_parents: OrderedDict[tuple[object, ...], WarmParent] = OrderedDict()
_choosing = threading.Lock()


def warm_parent(warmth: Warmth) -> WarmParent:
    """This process's parent for such kernels; started when there is none.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        CannotFork: no parent can be started here.
    """
    with _choosing:
        key = warmth.stamp()
        found = _parents.pop(key, None)
        if found is not None and not found.alive:
            found.close()
            found = None
        _parents[key] = found or WarmParent(warmth)
        while len(_parents) > KEPT:
            _parents.popitem(last=False)[1].close()
        return _parents[key]


@atexit.register
def close_parents() -> None:
    """End all parents of this process."""
    with _choosing:
        while _parents:
            _parents.popitem()[1].close()


def _start(warmth: Warmth, control: socket.socket) -> "subprocess.Popen[bytes]":
    """bubblewrap with the parent in it. It has no filter: forked kernels get it one by one."""
    sandbox = Sandbox(warmth.packages, warmth.limits, warmth.files)
    with ExitStack() as stack:
        user = stack.enter_context(student_namespace())
        command = sandbox.command([str(interpreter()), *PROGRAM], user_fd=user, mounts=True)
        settings = {
            "control": control.fileno(),
            "user": STUDENT if is_root() else None,
            "modules": warmth.modules,
        }
        stdin = stack.enter_context(tempfile.TemporaryFile())
        stdin.write(json.dumps(settings).encode())
        stdin.seek(0)
        passed = [fd for fd in (control.fileno(), user) if fd is not None]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            command, stdin=stdin, stdout=quiet, stderr=quiet, env={}, cwd="/", pass_fds=passed
        )
