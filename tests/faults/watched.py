"""What a command leaves behind: processes, mounts, sockets."""

import ctypes
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BE_SUBREAPER = 36  # linux/prctl.h
PATIENCE_SECONDS = 30
"""How long what was told to end may take; nothing is measured by it."""


@dataclass
class Left:
    """What there is more of than before."""

    processes: list[str] = field(default_factory=list)
    mounts: set[str] = field(default_factory=set)
    sockets: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.processes or self.mounts or self.sockets)


@contextmanager
def watching(folder: Path) -> Iterator[Left]:
    """What is begun inside is waited for at its end; what then still runs is killed and told.

    Orphans of a command become this process's children meanwhile, so that none is overlooked
    and none of another program is taken for one. `folder`: sockets and mounts below it count.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(BE_SUBREAPER, 1, 0, 0, 0)
    known, left = set(_children()), Left()
    try:
        yield left
        left.processes = list(_outlasting(known))
        left.mounts = {line for line in _lines("/proc/self/mountinfo") if str(folder) in line}
        left.sockets = {line for line in _lines("/proc/net/unix") if str(folder) in line}
    finally:
        prctl(BE_SUBREAPER, 0, 0, 0, 0)


def _children() -> list[int]:
    folder = Path("/proc/self/task")
    return [int(pid) for path in folder.glob("*/children") for pid in path.read_text().split()]


def _outlasting(known: set[int]) -> Iterator[str]:
    """Children that are not `known` and do not end; others that they leave to us are next."""
    while new := [pid for pid in _children() if pid not in known]:
        for pid in new:
            name = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            if not _ends(pid):
                os.kill(pid, signal.SIGKILL)
                yield f"{pid} {name}"
            os.waitpid(pid, 0)


def _ends(pid: int) -> bool:
    number = os.pidfd_open(pid)
    try:
        return bool(select.select([number], [], [], PATIENCE_SECONDS)[0])
    finally:
        os.close(number)


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
