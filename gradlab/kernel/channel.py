"""Calls of the student's functions: one framed request, one framed answer, in bounded time."""

import select
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from gradlab.errors import CallTimeout, KernelDied, WireError
from gradlab.kernel.pipes import Pipes
from gradlab.kernel.waiting import is_ready

HEADER = struct.Struct(">I")
FIRST_CHUNK = 2**16
CHUNK = 2**20
STOP = HEADER.pack(0)


@dataclass
class CallChannel:
    """The trusted ends of the agent's pipes. One request at a time.

    A kernel that does not keep to the protocol is ended: what it sent may spoil the requests that
    follow.

    Attributes:
        agent: the pipes, which never wait.
        max_bytes: of one answer.
        grace: seconds that an interrupted call has to answer.
        interrupt: sends SIGINT to the kernel.
        end: ends the kernel, and tells how it ended.
    """

    agent: Pipes
    max_bytes: int
    grace: float
    interrupt: Callable[[], None]
    end: Callable[[], str]
    _poll: select.poll = field(default_factory=select.poll, init=False)
    _unasked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """They may have been closed already, which the first request finds out."""
        with suppress(OSError, ValueError):
            self._poll.register(self.agent, select.POLLIN)  # unlike select, for any file number

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
        if self._unasked or self._readable(0):
            self._refuse_unasked()
        self._send(payload, seconds + self.grace)
        deadline = time.monotonic() + seconds
        if not self._readable(seconds):
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
        rest, deadline = memoryview(HEADER.pack(len(payload)) + payload), time.monotonic() + seconds
        while rest:
            try:
                rest = rest[self.agent.send(rest) :]
            except BlockingIOError:
                self._wait_for_room(deadline)
            except OSError:
                raise self._died() from None

    def _wait_for_room(self, deadline: float) -> None:
        if not is_ready(self.agent.writing, deadline - time.monotonic(), select.POLLOUT):
            self.end()
            raise CallTimeout("the kernel does not take requests")

    def _receive(self, deadline: float) -> bytes:
        """One frame, collected as it comes: a length alone allocates nothing."""
        received = bytearray(self._chunk(FIRST_CHUNK, deadline))
        while len(received) < HEADER.size:
            received += self._chunk(FIRST_CHUNK, deadline)
        (length,) = HEADER.unpack_from(received)
        if length > self.max_bytes:
            self.end()
            raise WireError(f"the answer has {length} bytes; at most {self.max_bytes} are allowed")
        end = HEADER.size + length
        while len(received) < end:
            received += self._chunk(min(end - len(received), CHUNK), deadline)
        self._unasked = len(received) > end
        return bytes(memoryview(received)[HEADER.size : end])

    def _chunk(self, size: int, deadline: float) -> bytes:
        """At most `size` bytes, as soon as there are any."""
        if not self._readable(deadline - time.monotonic()):
            raise TimeoutError
        try:
            chunk = self.agent.receive(size)
        except OSError:
            chunk = b""
        if not chunk:
            raise self._died()
        return chunk

    def _refuse_unasked(self) -> None:
        try:
            gone = not self._unasked and not self.agent.receive(1)
        except OSError:
            gone = True
        if gone:
            raise self._died()
        self.end()
        raise WireError("the kernel sent an answer that nobody asked for")

    def _died(self) -> KernelDied:
        return KernelDied(f"the kernel {self.end()}")

    def _readable(self, seconds: float) -> bool:
        """Whether something arrives within `seconds`: bytes, or the end."""
        return seconds >= 0 and bool(self._poll.poll(seconds * 1000))
