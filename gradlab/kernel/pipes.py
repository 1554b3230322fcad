"""Connections that carry bytes and nothing else: a pipe in each direction.

Over a Unix socket a kernel could hand over open files, and whoever receives on it closes them: one
whose `close` waits (SO_LINGER) would keep the trusted side for as long as the kernel likes.
Used on both sides.
"""

import os
from dataclasses import dataclass


@dataclass
class Pipes:
    """The file numbers of one side's two ends; -1 once they are closed."""

    reading: int
    writing: int

    def fileno(self) -> int:
        """Of the end that is read from; for `poll`."""
        return self.reading

    def receive(self, most: int) -> bytes:
        """What there is, at most so many bytes; b"" at the end. Raises OSError."""
        return os.read(self.reading, most)

    def send(self, data: bytes | memoryview) -> int:
        """Write what there is room for; how many bytes that was. Raises OSError."""
        return os.write(self.writing, data)

    def close(self) -> None:
        """Close both ends, once."""
        for end in {self.reading, self.writing} - {-1}:
            os.close(end)
        self.reading = self.writing = -1


def connected() -> tuple[Pipes, Pipes]:
    """Two sides of a connection: ours, which never waits, and theirs, which does."""
    questions, answers = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
    ours, theirs = Pipes(answers[0], questions[1]), Pipes(questions[0], answers[1])
    for end in (ours.reading, ours.writing):
        os.set_blocking(end, False)
    return ours, theirs


def read_exactly(descriptor: int, count: int) -> bytes | None:
    """The next `count` bytes, waiting for them; None if the end comes first."""
    chunks = bytearray()
    while len(chunks) < count:
        chunk = os.read(descriptor, min(count - len(chunks), 2**20))
        if not chunk:
            return None
        chunks += chunk
    return bytes(chunks)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, waiting for room."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
