"""Temporary files: all of a process in one folder, which nothing outlives for long.

The folder is removed when its process ends. It is locked as long as the process lives, however
that ends, and whoever makes such a folder first removes those that nobody holds any more. The
cleaners of a system's temporary files leave a locked folder alone, too.
"""

import fcntl
import os
import re
import shutil
import stat
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

PREFIX = ".gradlab~"
NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")
MAX_BASE = 56
"""Longest path of the folder around: addresses of sockets have 107 characters."""
LAST = -200
"""After `multiprocessing` has removed what it has in there."""

_held: tuple[Path, int] | None = None
"""This process's folder, and which process made it known."""


def folder() -> Path:
    """This process's folder for temporary files; made where it does not exist."""
    global _held
    if _held is None or _held[1] != os.getpid() or not _held[0].is_dir():
        _held = _make(_base()), os.getpid()
    return _held[0]


def sweep() -> None:
    """Remove this user's folders whose processes have ended."""
    _sweep(_base())


def share(other: Path) -> None:
    """Use a folder inside another process's, for whatever this process makes: it ends with it."""
    global _held
    _held = other, os.getpid()
    tempfile.tempdir = str(other)


def _base() -> Path:
    usual = tempfile.gettempdir()
    return Path(usual if len(usual) <= MAX_BASE else "/tmp")


def _make(base: Path) -> Path:
    _sweep(base)
    while True:
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.is_dir():  # nobody took it for an abandoned one before it was locked
            Finalize(None, shutil.rmtree, (made, True), exitpriority=LAST)
            return made
        os.close(lock)


def _sweep(base: Path) -> None:
    for path in base.iterdir():
        if NAME.fullmatch(path.name):
            _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # it is gone, or another user's
        return
    try:
        status = os.fstat(lock)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == stat.S_IRWXU:
            shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:  # its process lives
        pass
    finally:
        os.close(lock)
