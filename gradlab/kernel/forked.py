"""Kernels forked from a warm parent: each in namespaces of its own, ready within milliseconds."""

import json
import signal
import socket
import struct
import time
from contextlib import ExitStack, suppress
from typing import Any

from nbclient.exceptions import DeadKernelError

from gradlab.errors import KernelLost
from gradlab.kernel.complaints import Complaints
from gradlab.kernel.containment import Containment
from gradlab.kernel.ending import DYING_SECONDS, KILL_SECONDS, ending
from gradlab.kernel.inbox import Inbox
from gradlab.kernel.limits import resource_limits
from gradlab.kernel.link import Link, message_bytes
from gradlab.kernel.pipes import connected
from gradlab.kernel.protocol import AGENT, FAILED, GO, READY
from gradlab.kernel.sandbox import HOME, SCRATCH, filter_program
from gradlab.kernel.waiting import is_ready
from gradlab.kernel.warm import (
    FORK_SECONDS,
    MAX_ANSWER,
    CannotFork,
    WarmParent,
    Warmth,
    warm_parent,
)

ENDING_SECONDS = 0.2
CREDENTIALS = struct.Struct("3i")


def fork_kernel(warmth: Warmth, seconds: float) -> "ForkedKernel":
    """A kernel of this process's parent for such kernels, as soon as it answers.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        CannotFork: there is no parent here, it can make no kernel, or that did not answer.
    """
    kernel = ForkedKernel(warm_parent(warmth), warmth)
    try:
        kernel.start(seconds)
    except BaseException:
        kernel.end()
        raise
    return kernel


class ForkedKernel:
    """See `gradlab.kernel.launch.RunningKernel`."""

    agent_files = AGENT

    def __init__(self, parent: WarmParent, warmth: Warmth) -> None:
        self.parent = parent
        self.limits = warmth.limits
        self._complaints = Complaints()
        self._status, self._theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._status.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.agent, self._agent = connected()
        connection, self._connection = connected()
        self.link = Link(Inbox(connection, message_bytes(self.limits)), self._running)
        self._containment: Containment | None = None
        self._forked = self._ended = False

    def start(self, seconds: float) -> None:
        """Have it forked, and wait until it answers."""
        pipes = (self._agent, self._connection)
        files = [number for end in pipes for number in (end.reading, end.writing)]
        self.parent.fork(self._request(), [*files, self._complaints.theirs, self._theirs.fileno()])
        self._forked = True
        for end in (*pipes, self._theirs):
            end.close()
        self._complaints.close_theirs()
        with suppress(ProcessLookupError):
            self._containment = Containment(self._first_process(), self.limits)
        self._status.send(GO)
        try:
            self.link.wait_until_ready(time.monotonic() + seconds)
        except (DeadKernelError, TimeoutError) as error:
            why = self._complaints.text() or self.post_mortem()
            raise CannotFork(f"the kernel did not start: {why}") from error

    def interrupt(self) -> None:
        """See `RunningKernel`."""
        if self._containment is not None:
            self._containment.interrupt()

    def post_mortem(self) -> str:
        """See `RunningKernel`.

        Raises:
            KernelLost: it was ended together with the parent.
        """
        excess = ""
        if self._containment is not None:
            self._containment.wait(DYING_SECONDS)
            excess = self._containment.excess()
        return f"used {excess}" if excess else self._ending()

    def end(self) -> None:
        """See `RunningKernel`."""
        if self._ended:
            return
        self._ended = True
        with ExitStack() as stack:
            for end in (self.agent, self._agent, self._connection, self._status, self._theirs):
                stack.callback(end.close)
            stack.callback(self._complaints.close)
            if self._forked:
                stack.callback(self.parent.forget)
            if self._containment is not None:
                stack.callback(self._containment.close)
                self._end(self._containment)
            else:
                self.link.close()

    def _end(self, containment: Containment) -> None:
        """A kernel that is asked nothing more ends by itself; its time is then counted as ours."""
        self.link.close()
        if not containment.wait(ENDING_SECONDS):
            containment.kill()
            containment.wait(KILL_SECONDS)

    def _request(self) -> bytes:
        """See `gradlab.kernel.parent`, which gives the files numbers of its own."""
        program = filter_program()
        request: dict[str, Any] = {
            "limits": resource_limits(self.limits),
            "filter": program.hex() if program else "",
            "scratch": SCRATCH,
            "scratch_bytes": self.limits.file_mib * 2**20,
            "cwd": HOME,
        }
        return json.dumps(request).encode()

    def _first_process(self) -> int:
        """Process id of the namespaces' first process, which waits until it may go on.

        The system adds it to the message, as a number that holds here.
        """
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

    def _running(self) -> bool:
        return self._containment is not None and self._containment.running()

    def _ending(self) -> str:
        """What the first process wrote when the kernel ended; nothing if it was killed too."""
        if not is_ready(self._status.fileno()):
            return ending(None)
        with suppress(OSError, ValueError):
            return ending(int(self._status.recv(MAX_ANSWER)))
        if self.parent.has_ended(DYING_SECONDS):
            raise KernelLost("what its kernel was forked from was ended")
        return ending(-signal.SIGKILL)
