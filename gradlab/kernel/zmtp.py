"""Reading a kernel's ZeroMQ sockets within bounds.

libzmq bounds the size of a frame and the number of messages it holds, but not the frames of one
message; it reads ahead of its user, and it reconnects to whatever it finds at the address. All
that is right among friends. A kernel that runs code nobody has read is not one, so the trusted
side speaks the protocol itself: one connection, nothing read ahead but one bounded message, and
whatever is too long is skipped without being kept.

Protocol: ZMTP 3.0 with the NULL mechanism, https://rfc.zeromq.org/spec/23/.
"""

import asyncio
import struct
from pathlib import Path

MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MAX_FRAMES = 32
MAX_HANDSHAKE = 4096
CHUNK = 2**16
SUBSCRIBE_ALL = b"\x01"


class ProtocolError(Exception):
    """The kernel does not speak ZMTP 3."""


class Connection:
    """One connection to a kernel's socket, made once and never made again."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, max_bytes: int
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.max_bytes = max_bytes
        self._rest = (0, False)

    @classmethod
    async def open(cls, path: Path, socket_type: str, max_bytes: int) -> "Connection":
        """Connect to the kernel listening at `path` as a DEALER or a SUB to all topics.

        Raises:
            ProtocolError: what answers is not ZMTP 3.
            EOFError: the kernel went away.
        """
        reader, writer = await asyncio.open_unix_connection(str(path), limit=CHUNK)
        connection = cls(reader, writer, max_bytes)
        await connection._handshake(socket_type.encode())
        return connection

    async def _handshake(self, socket_type: bytes) -> None:
        self.writer.write(GREETING)
        theirs = await self.reader.readexactly(len(GREETING))
        if theirs[0] != 0xFF or theirs[10] < 3 or theirs[12:16] != b"NULL":
            raise ProtocolError("the kernel's greeting is not ZMTP 3 without security")
        ready = b"\x05READY" + _property(b"Socket-Type", socket_type) + _property(b"Identity", b"")
        self.writer.write(bytes([COMMAND, len(ready)]) + ready)
        flags, size = await self._header()
        if not flags & COMMAND or size > MAX_HANDSHAKE:
            raise ProtocolError("the kernel's handshake is not ZMTP 3")
        await self.reader.readexactly(size)
        if socket_type == b"SUB":
            await self.send([SUBSCRIBE_ALL])

    async def send(self, frames: list[bytes]) -> None:
        """Send one message."""
        for number, frame in enumerate(frames, 1):
            more = MORE if number < len(frames) else 0
            self.writer.write(struct.pack(">BQ", more | LONG, len(frame)) + frame)
        await self.writer.drain()

    async def receive(self) -> list[bytes]:
        """The frames of the next message; none as soon as it is seen to exceed `max_bytes`.

        Raises:
            EOFError: the kernel closed the connection or is gone.
        """
        await self._skip_rest()
        frames: list[bytes] = []
        room, more = self.max_bytes, True
        while more:
            size, more = await self._frame()
            if size > room or len(frames) >= MAX_FRAMES:
                self._rest = size, more
                return []
            frames.append(await self.reader.readexactly(size))
            room -= size
        return frames

    async def _skip_rest(self) -> None:
        """Read what is left of a message that was too long, a little at a time."""
        (size, more), self._rest = self._rest, (0, False)
        await self._skip(size)
        while more:
            size, more = await self._frame()
            await self._skip(size)

    async def _skip(self, size: int) -> None:
        while size > 0:
            size -= len(await self.reader.readexactly(min(size, CHUNK)))

    async def _frame(self) -> tuple[int, bool]:
        """Size of the next frame, and whether its message has more; commands are passed over."""
        flags, size = await self._header()
        while flags & COMMAND:
            await self._skip(size)
            flags, size = await self._header()
        return size, bool(flags & MORE)

    async def _header(self) -> tuple[int, int]:
        flags = (await self.reader.readexactly(1))[0]
        size = await self.reader.readexactly(8 if flags & LONG else 1)
        return flags, int.from_bytes(size, "big")

    def close(self) -> None:
        """Close without waiting for anything still unsent."""
        self.writer.transport.abort()


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
