"""What was handed in, as data: enough to have the same file elsewhere, whatever kind it is."""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gradlab.grading.files import open_any

MAX_KEPT = 64 * 2**20
"""More than any notebook that is read; of a longer file the beginning says which it is."""


@dataclass(frozen=True)
class Submitted:
    """A file: its bytes, at most MAX_KEPT of them, and what kind of file it is.

    `notes` are what is to be told of where it was found.
    """

    data: bytes
    size: int
    kind: int = stat.S_IFREG
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path, below: Path | None = None) -> "Submitted":
        """What is at `path`; links are not followed, pipes not waited for.

        `below` is the submission's folder: between the two there may be no link either.
        """
        kind, file = open_any(path, below)
        if file is None:
            return cls(b"", 0, kind)
        with file:
            return cls(file.read(MAX_KEPT), os.fstat(file.fileno()).st_size)

    @property
    def content(self) -> bytes:
        """What a plain file holds; what was left out is zeros, as in a hole."""
        return self.data[: self.size].ljust(self.size, b"\0")

    @cached_property
    def digest(self) -> str:
        """Two files that grading cannot tell apart have the same."""
        return hashlib.sha256(f"{self.kind}\0{self.size}\0".encode() + self.data).hexdigest()
