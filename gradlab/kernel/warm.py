"""Warm kernels: a sandboxed parent imports what a lab needs once; kernels are forked from it.

Starting an interpreter and importing NumPy, matplotlib and ipykernel costs more than most
submissions do. The parent runs in a sandbox of its own and never meets student code; each kernel
gets namespaces, scratch folders and limits of its own (`gradlab.kernel.parent`), so that parent,
neighbours and machine are as far out of reach as from a kernel that was started.
"""

import atexit
import json
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo

from gradlab.errors import KernelDied
from gradlab.kernel.identity import STUDENT, is_root, student_namespace
from gradlab.kernel.limits import Limits
from gradlab.kernel.parent import FAILED, FIRST_FILE, GO, READY
from gradlab.kernel.provisioner import KILL_SECONDS, SandboxProvisioner, ending
from gradlab.kernel.sandbox import HOME, SCRATCH, Sandbox, filter_program, interpreter

PROGRAM = ("-m", "gradlab.kernel.parent")
START_SECONDS = 120.0
FORK_SECONDS = 20.0
END_SECONDS = 2.0
IDLE_SECONDS = 600.0
"""After so long without a kernel a parent ends: Formgrader's server runs for days."""
KEPT = 2
"""Parents kept by a process. One that grades needs one; each has its imports in memory."""
CREDENTIALS = struct.Struct("3i")
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
        found = [path.stat() for path in self.files]
        return (self, tuple((one.st_ino, one.st_mtime_ns) for one in found))


class WarmParent:
    """A running parent. Its sandbox ends with `close`, when it is idle, or with this process.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        CannotFork: the parent did not start.
    """

    def __init__(self, warmth: Warmth) -> None:
        self._control, self._theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
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
        return self._process is not None and self._process.poll() is None

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
        """End it, and every kernel of its that is still there."""
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


class ForkedProvisioner(SandboxProvisioner):
    """Has the kernel forked by a warm parent instead of starting a sandbox."""

    warm: WarmParent | None = None
    _status: socket.socket | None = None

    @property
    def has_process(self) -> bool:
        """Whether there has been a kernel."""
        return self._first_fd is not None

    async def _start(self, files: list[int], kwargs: dict[str, Any]) -> KernelConnectionInfo:
        assert self.warm is not None
        assert self._complaints is not None
        self._status, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._status.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        sent = [*files, self._complaints.fileno(), theirs.fileno()]
        with theirs:
            self.warm.fork(json.dumps(self._request(len(files))).encode(), sent)
        self._watch(self._first_process())
        self._status.send(GO)
        self.ports_cached = False
        return self.connection_info

    def _request(self, count: int) -> dict[str, Any]:
        """See `gradlab.kernel.parent`; there the files have numbers of its own."""
        numbers = [FIRST_FILE + place for place in range(count)]
        program = filter_program()
        return {
            "kernel": self._settings(numbers),
            "complaints": FIRST_FILE + count,
            "filter": program.hex() if program else "",
            "scratch": SCRATCH,
            "scratch_bytes": self.bounds.file_mib * 2**20,
            "cwd": HOME,
        }

    def _manners(self) -> dict[str, Any]:
        return {"user": None, "shell": False}  # the parent has become the student's user

    def _first_process(self) -> int:
        """Process id of the namespaces' first process, which waits until it may go on.

        The system adds it to the message, as a number that holds here.
        """
        assert self._status is not None
        self._status.settimeout(FORK_SECONDS)
        try:
            answer, extra, _, _ = self._status.recvmsg(
                MAX_ANSWER, socket.CMSG_SPACE(CREDENTIALS.size)
            )
        except OSError as error:
            raise CannotFork(f"the warm parent makes no kernel: {error}") from error
        if answer != READY or not extra:
            why = answer.removeprefix(FAILED).decode("utf-8", "replace")
            raise CannotFork(f"the warm parent can make no kernel: {why or 'it ended'}")
        return int(CREDENTIALS.unpack(extra[0][2])[0])

    def running(self) -> bool:
        """Whether the kernel's namespaces have a process left."""
        return self._first_fd is not None and not _is_ready(self._first_fd)

    async def poll(self) -> int | None:
        """None as long as the kernel runs."""
        return None if self.running() else 0

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and its processes, and wait until they are gone (at most 10 s)."""
        self.kill_now()
        await self.ended(KILL_SECONDS)

    def _ending(self) -> str:
        """What the first process wrote when the kernel ended; nothing if it was killed too."""
        if self._status is None or not _is_ready(self._status.fileno()):
            return ending(None)
        with suppress(OSError, ValueError):
            return ending(int(self._status.recv(MAX_ANSWER)))
        return ending(-signal.SIGKILL)

    async def cleanup(self, restart: bool = False) -> None:
        """As for a sandbox; and the socket is closed."""
        if self._status is not None:
            self._status.close()
            self._status = None
            if self.warm is not None:
                self.warm.forget()
        await super().cleanup(restart)


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


def _is_ready(descriptor: int) -> bool:
    """Whether something can be read: a message, an end; of a process, that it has ended."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))
