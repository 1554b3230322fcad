"""Calls of the student's functions: one framed request, one framed answer, in bounded time."""

import select
import socket
import struct
import time
from collections.abc import Callable

from gradlab.errors import CallTimeout, KernelDied, WireError

HEADER = struct.Struct(">I")
CHUNK = 2**20
STOP = HEADER.pack(0)


class CallChannel:
    """The trusted end of the agent's socket. One request at a time.

    A kernel that does not follow the protocol is ended: it may have spoilt the channel for the
    requests that follow.
    """

    def __init__(
        self,
        agent: socket.socket,
        *,
        max_bytes: int,
        grace: float,
        interrupt: Callable[[], None],
        kill: Callable[[], None],
    ) -> None:
        self.agent = agent
        self.max_bytes = max_bytes
        self.grace = grace
        self.interrupt = interrupt
        self.kill = kill

    def request(self, payload: bytes, seconds: float = 10.0) -> bytes:
        """Send `payload`; the answer.

        After `seconds` the call is interrupted. If the agent then answers, the channel stays
        usable; if not, the kernel is ended.

        Raises:
            CallTimeout: the call took too long.
            KernelDied: the kernel is gone.
            WireError: the answer is too long, or came unasked; the kernel was ended.
        """
        if _readable(self.agent):
            self._refuse("sent something that nobody asked for")
        self._send(payload, time.monotonic() + seconds + self.grace)
        try:
            return self._receive(time.monotonic() + seconds)
        except TimeoutError:
            return self._after_timeout(seconds)

    def _after_timeout(self, seconds: float) -> bytes:
        self.interrupt()
        try:
            self._receive(time.monotonic() + self.grace)
        except TimeoutError:
            self.kill()
            raise CallTimeout(
                f"the call took longer than {seconds:g} s and did not stop when interrupted"
            ) from None
        raise CallTimeout(f"the call took longer than {seconds:g} s")

    def _send(self, payload: bytes, deadline: float) -> None:
        self.agent.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            self.agent.sendall(HEADER.pack(len(payload)) + payload)
        except TimeoutError:
            self.kill()
            raise CallTimeout("the kernel does not take requests") from None
        except OSError:
            raise KernelDied("the kernel ended before the call") from None

    def _receive(self, deadline: float) -> bytes:
        (length,) = HEADER.unpack(self._exactly(HEADER.size, deadline))
        if length > self.max_bytes:
            self._refuse(f"answered with {length} bytes; at most {self.max_bytes} are allowed")
        return self._exactly(length, deadline)

    def _exactly(self, count: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < count:
            self.agent.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                chunk = self.agent.recv(min(count - len(received), CHUNK))
            except OSError as error:
                if isinstance(error, TimeoutError):
                    raise
                chunk = b""
            if not chunk:
                self.kill()
                raise KernelDied("the kernel ended during the call")
            received += chunk
        return bytes(received)

    def _refuse(self, what: str) -> None:
        self.kill()
        raise WireError(f"the kernel {what}")


def _readable(connection: socket.socket) -> bool:
    """Whether something has arrived: bytes, or the end."""
    poll = select.poll()  # unlike select.select, not bounded to small file numbers
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
