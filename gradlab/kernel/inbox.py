"""Messages that arrive from a kernel, taken apart as they come, within bounds."""

import select
import time
from collections.abc import Generator, Iterator

from gradlab.kernel.pipes import Pipes
from gradlab.kernel.protocol import LENGTH
from gradlab.kernel.waiting import is_ready

CHUNK = 2**16
BEGINNING_BYTES = 64


class Beginning(bytes):
    """Of a message that is too long: enough to tell what it answers."""


class Inbox:
    """The trusted end of a connection that code nobody has read writes to.

    A message is its length and so many bytes. Held are at most one message of `max_bytes` and one
    chunk more; of a message that is longer only the beginning is kept.

    Attributes:
        closed: the other end is gone, and nothing of what it sent is left.
    """

    def __init__(self, connection: Pipes, max_bytes: int) -> None:
        self.connection = connection
        self.max_bytes = max_bytes
        self.closed = False
        self._data = bytearray()
        self._decoding = self._messages()

    def fileno(self) -> int:
        """Of the end that is read from; for `poll`."""
        return self.connection.fileno()

    def read(self) -> Iterator[bytes]:
        """The messages that are complete with what can be read now; waits for nothing."""
        try:
            chunk = self.connection.receive(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self.closed = not chunk
        self._data += chunk
        yield from iter(self._decoding.__next__, None)

    def send_bytes(self, data: bytes, deadline: float) -> None:
        """Send all of it; to an end that was closed, nothing.

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
        """Close our ends."""
        self.closed = True
        self.connection.close()

    def _messages(self) -> Generator[bytes | None, None, None]:
        """Takes what has come, and yields messages; None where more must come first."""
        while True:
            (length,) = LENGTH.unpack((yield from self._take(LENGTH.size)))
            if length <= self.max_bytes:
                yield (yield from self._take(length))
            else:
                beginning = yield from self._take(BEGINNING_BYTES)
                yield from self._skip(length - BEGINNING_BYTES)
                yield Beginning(beginning)

    def _take(self, count: int) -> Generator[None, None, bytes]:
        while len(self._data) < count:
            yield
        taken = bytes(self._data[:count])
        del self._data[:count]
        return taken

    def _skip(self, count: int) -> Generator[None, None, None]:
        while count > len(self._data):
            count -= len(self._data)
            self._data.clear()
            yield
        del self._data[:count]

    def _wait_for_room(self, deadline: float) -> None:
        seconds = deadline - time.monotonic()
        if not is_ready(self.connection.writing, seconds, select.POLLOUT):
            raise TimeoutError("the kernel does not take requests")
