"""Messages that arrive on a socket, taken apart as they come, within bounds."""

import select
import socket
import time
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

from gradlab.kernel.waiting import is_ready

CHUNK = 2**16
T = TypeVar("T")


class Inbox(Generic[T]):
    """The trusted end of a socket that code nobody has read writes to.

    Held are at most one message of `max_bytes` and one chunk more. A subclass says in `_messages`
    what a message is: a generator that takes bytes by `take` and `skip` and yields messages.

    Attributes:
        closed: the other end is gone, and nothing of what it sent is left.
    """

    def __init__(self, connection: socket.socket, max_bytes: int) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.max_bytes = max_bytes
        self.closed = False
        self._data = bytearray()
        self._decoding = self._messages()

    def fileno(self) -> int:
        """Of the socket; for `poll`."""
        return self.connection.fileno()

    def read(self) -> Iterator[T]:
        """The messages that are complete with what can be read now; waits for nothing."""
        try:
            chunk = self.connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self.closed = not chunk
        self._data += chunk
        yield from iter(self._decoding.__next__, None)

    def send_bytes(self, data: bytes, deadline: float) -> None:
        """Send all of it; to a socket that was closed, nothing.

        Raises:
            TimeoutError: it was not taken in time.
        """
        rest = memoryview(data)
        try:
            while rest:
                try:
                    rest = rest[self.connection.send(rest) :]
                except BlockingIOError:
                    self._wait_for_room(deadline)
        except TimeoutError:
            raise
        except OSError:
            return  # that it is gone will be seen when an answer is read

    def close(self) -> None:
        """Close the socket."""
        self.closed = True
        self.connection.close()

    def _messages(self) -> Generator[T | None, None, None]:
        raise NotImplementedError

    def take(self, count: int) -> Generator[None, None, bytes]:
        """The next `count` bytes."""
        while len(self._data) < count:
            yield
        taken = bytes(self._data[:count])
        del self._data[:count]
        return taken

    def skip(self, count: int) -> Generator[None, None, None]:
        """Drop the next `count` bytes as they come."""
        while count > len(self._data):
            count -= len(self._data)
            self._data.clear()
            yield
        del self._data[:count]

    def _wait_for_room(self, deadline: float) -> None:
        if not is_ready(self.fileno(), deadline - time.monotonic(), select.POLLOUT):
            raise TimeoutError("the kernel does not take requests")
