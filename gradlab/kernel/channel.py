"""Calls of the student's functions: one framed request, one framed answer, in bounded time."""

import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from gradlab.errors import CallTimeout, KernelDied, WireError

HEADER = struct.Struct(">I")
CHUNK = 2**20
STOP = HEADER.pack(0)


@dataclass
class CallChannel:
    """The trusted end of the agent's socket. One request at a time.

    A kernel that does not keep to the protocol is ended: what it sent may spoil the requests that
    follow.

    Attributes:
        agent: the socket.
        max_bytes: of one answer.
        grace: seconds that an interrupted call has to answer.
        interrupt: sends SIGINT to the kernel.
        end: ends the kernel, and tells how it ended.
    """

    agent: socket.socket
    max_bytes: int
    grace: float
    interrupt: Callable[[], None]
    end: Callable[[], str]

    def request(self, payload: bytes, seconds: float = 10.0) -> bytes:
        """Send `payload`; the answer.

        After `seconds` the call is interrupted. If the agent then answers, the channel stays
        usable; if not, the kernel is ended.

        Raises:
            CallTimeout: the call took too long.
            KernelDied: the kernel is gone.
            WireError: the answer is too long, or came unasked; the kernel was ended.
        """
        if self.agent.fileno() < 0:
            raise KernelDied("the kernel has ended")
        if _readable(self.agent, 0):
            self._refuse_unasked()
        self._send(payload, seconds + self.grace)
        deadline = time.monotonic() + seconds
        if not _readable(self.agent, seconds):
            self._interrupt(seconds)
        try:
            return self._receive(deadline + self.grace)
        except TimeoutError:
            self.end()
            raise CallTimeout("the kernel did not finish its answer") from None

    def _interrupt(self, seconds: float) -> None:
        """Stop a call that has not begun to answer; always raises."""
        self.interrupt()
        try:
            self._receive(time.monotonic() + self.grace)
        except TimeoutError:
            self.end()
            late = "and did not stop when it was interrupted"
            raise CallTimeout(f"the call took longer than {seconds:g} s {late}") from None
        raise CallTimeout(f"the call took longer than {seconds:g} s")

    def _send(self, payload: bytes, seconds: float) -> None:
        self.agent.settimeout(seconds)
        try:
            self.agent.sendall(HEADER.pack(len(payload)) + payload)
        except TimeoutError:
            self.end()
            raise CallTimeout("the kernel does not take requests") from None
        except OSError:
            raise self._died() from None

    def _receive(self, deadline: float) -> bytes:
        (length,) = HEADER.unpack(self._exactly(HEADER.size, deadline))
        if length > self.max_bytes:
            self.end()
            raise WireError(f"the answer has {length} bytes; at most {self.max_bytes} are allowed")
        return self._exactly(length, deadline)

    def _exactly(self, count: int, deadline: float) -> bytes:
        """The next `count` bytes, collected as they come: a length alone allocates nothing."""
        received = bytearray()
        while len(received) < count:
            if not _readable(self.agent, deadline - time.monotonic()):
                raise TimeoutError
            try:
                chunk = self.agent.recv(min(count - len(received), CHUNK))
            except OSError:
                chunk = b""
            if not chunk:
                raise self._died()
            received += chunk
        return bytes(received)

    def _refuse_unasked(self) -> None:
        try:
            gone = not self.agent.recv(1, socket.MSG_PEEK)
        except OSError:
            gone = True
        if gone:
            raise self._died()
        self.end()
        raise WireError("the kernel sent an answer that nobody asked for")

    def _died(self) -> KernelDied:
        return KernelDied(f"the kernel {self.end()}")


def _readable(connection: socket.socket, seconds: float) -> bool:
    """Whether something arrives within `seconds`: bytes, or the end."""
    if seconds < 0:
        return False
    poll = select.poll()  # unlike select.select, not bounded to small file numbers
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
