"""What a kernel's process writes to stderr before its streams are caught: why it did not start.

A pipe that nobody empties: it takes as much as the system gives a pipe, 64 KiB, and who writes more
is told so and does not wait. A file could grow, by fallocate(2) even beyond the limit on its size.
"""

import os
from contextlib import suppress

MAX_TEXT = 2000
CAPACITY = 2**16


class Complaints:
    """Both ends of that pipe; `theirs` is -1 once the kernel alone has it."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def text(self) -> str:
        """The end of what was written so far."""
        data = b""
        with suppress(OSError):
            data = os.read(self._ours, CAPACITY)
        return data[-MAX_TEXT:].decode("utf-8", "replace").strip()

    def close_theirs(self) -> None:
        """Leave the other end to the kernel."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1

    def close(self) -> None:
        """Close what is open here, once."""
        self.close_theirs()
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1
