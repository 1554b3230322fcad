"""Reading a kernel's ZeroMQ sockets within bounds.

libzmq bounds the size of a frame and the number of messages it holds, but not the frames of one
message; it reads ahead of its user, and it reconnects to whatever it finds at the address. All
that is right among friends. A kernel that runs code nobody has read is not one, so the trusted
side speaks the protocol itself: one connection, nothing read ahead but one bounded message, and
whatever is too long is skipped without being kept.

Protocol: ZMTP 3.0 with the NULL mechanism, https://rfc.zeromq.org/spec/23/.
"""

import socket
import struct
import time
from collections.abc import Generator
from pathlib import Path

from gradlab.kernel.inbox import Inbox

MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MAX_FRAMES = 32
MAX_HANDSHAKE = 4096
SUBSCRIBE_ALL = b"\x01"
Message = list[bytes]
Decoding = Generator[Message | None, None, None]


class ProtocolError(Exception):
    """The kernel does not speak ZMTP 3."""


class Connection(Inbox[Message]):
    """One connection to a kernel's socket, made once and never made again.

    A message is the list of its frames; an empty one stands for what exceeds `max_bytes`.
    """

    @classmethod
    def open(cls, path: Path, kind: str, max_bytes: int, seconds: float) -> "Connection":
        """Connect to the kernel listening at `path` as a DEALER or a SUB to all topics.

        Raises:
            ProtocolError: what answers is not ZMTP 3.
            EOFError, OSError: the kernel went away, or does not answer in time.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(seconds)
            connection.connect(str(path))
            _shake_hands(connection, kind.encode(), time.monotonic() + seconds)
        except BaseException:
            connection.close()
            raise
        return cls(connection, max_bytes)

    def send(self, frames: Message, deadline: float) -> None:
        """Send one message; see `Inbox.send_bytes`."""
        self.send_bytes(_packed(frames), deadline)

    def _messages(self) -> Decoding:
        while True:
            yield (yield from self._message())

    def _message(self) -> Generator[None, None, Message]:
        """The frames of the next message; none when it is too long, and then it is skipped."""
        frames: Message = []
        room, kept, more = self.max_bytes, True, True
        while more:
            size, more = yield from self._frame()
            kept = kept and size <= room and len(frames) < MAX_FRAMES
            if kept:
                frames.append((yield from self.take(size)))
                room -= size
            else:
                yield from self.skip(size)
        return frames if kept else []

    def _frame(self) -> Generator[None, None, tuple[int, bool]]:
        """Size of the next frame, and whether its message has more; commands are passed over."""
        flags, size = yield from self._header()
        while flags & COMMAND:
            yield from self.skip(size)
            flags, size = yield from self._header()
        return size, bool(flags & MORE)

    def _header(self) -> Generator[None, None, tuple[int, int]]:
        (flags,) = yield from self.take(1)
        size = yield from self.take(8 if flags & LONG else 1)
        return flags, int.from_bytes(size, "big")


def _shake_hands(connection: socket.socket, kind: bytes, deadline: float) -> None:
    connection.sendall(GREETING)
    theirs = _exactly(connection, len(GREETING), deadline)
    if theirs[0] != 0xFF or theirs[10] < 3 or theirs[12:16] != b"NULL":
        raise ProtocolError("the kernel's greeting is not ZMTP 3 without security")
    ready = b"\x05READY" + _property(b"Socket-Type", kind) + _property(b"Identity", b"")
    connection.sendall(bytes([COMMAND, len(ready)]) + ready)
    (flags,) = _exactly(connection, 1, deadline)
    size = int.from_bytes(_exactly(connection, 8 if flags & LONG else 1, deadline), "big")
    if not flags & COMMAND or size > MAX_HANDSHAKE:
        raise ProtocolError("the kernel's handshake is not ZMTP 3")
    _exactly(connection, size, deadline)
    if kind == b"SUB":
        connection.sendall(_packed([SUBSCRIBE_ALL]))


def _exactly(connection: socket.socket, count: int, deadline: float) -> bytes:
    """The next `count` bytes; what follows them is left where it is."""
    found = bytearray()
    while len(found) < count:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        chunk = connection.recv(count - len(found))
        if not chunk:
            raise EOFError("the kernel closed its connection")
        found += chunk
    return bytes(found)


def _packed(frames: Message) -> bytes:
    flags = [LONG | MORE] * (len(frames) - 1) + [LONG]
    heads = [struct.pack(">BQ", flag, len(frame)) for flag, frame in zip(flags, frames)]
    return b"".join(part for pair in zip(heads, frames) for part in pair)


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
