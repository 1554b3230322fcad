"""Opening and copying files that somebody else may be changing at the same moment.

Between looking at a file and copying it, its owner can put a link, a pipe or another folder in its
place. So nothing is looked at by its path: each entry is opened relative to its open folder, never
through a link, and its kind is that of what has been opened.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gradlab.errors import SubmissionError

NOTHING = 0
REFUSALS = {errno.ELOOP: stat.S_IFLNK, errno.ENXIO: stat.S_IFSOCK, errno.ENOENT: NOTHING}
"""Which kind of file is refused with which error when it is opened as done here."""
FAULTS = {
    NOTHING: "was not handed in",
    stat.S_IFLNK: "is a symbolic link, which is not followed",
    stat.S_IFSOCK: "is a socket or a device, not a file",
}
NO_FILE = "is a folder, a pipe or a device, not a file"
MAX_DEPTH = 8
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

TOO_MUCH = "has more than {} bytes"

Wanted = Callable[[Path, os.stat_result], bool]
"""Whether to take a file, or to look into a folder, by its path in the folder and its status."""
Refused = dict[Path, str]
"""What was left out, by the same path, and why."""


def open_plain(path: Path, below: Path | None = None) -> BinaryIO:
    """Open a plain file; never follows a link, never waits for a pipe.

    Args:
        path: the file.
        below: a folder above it, from which on no folder may be a link either; by default its own.

    Raises:
        SubmissionError: there is something else, or nothing; without the file's name.
        OSError: the machine's reason why it cannot be read.
    """
    kind, file = open_any(path, below)
    if file is None:
        raise SubmissionError(fault_of(kind))
    return file


def open_any(path: Path, below: Path | None = None) -> tuple[int, BinaryIO | None]:
    """What kind of file is there, 0 for none, and where it is a plain one the file, open."""
    try:
        number = _open_below(path, below or path.parent)
    except OSError as error:
        if error.errno in REFUSALS:
            return REFUSALS[error.errno], None
        raise
    kind = stat.S_IFMT(os.fstat(number).st_mode)
    if stat.S_ISREG(kind):
        return kind, open(number, "rb")
    os.close(number)
    return kind, None


def fault_of(kind: int) -> str:
    """What is wrong with a file of that kind, which is no plain one."""
    return FAULTS.get(kind, NO_FILE)


def copy_plain(path: Path, dest: Path, *, below: Path, limit: int) -> None:
    """Copy one plain file; raises as `open_plain` and `copy_folder` do."""
    with open_plain(path, below) as file:
        _copy(file.fileno(), path, dest, limit)


def copy_folder(
    source: Path, dest: Path, wanted: Wanted, *, below: Path | None = None, limit: int
) -> Refused:
    """Copy the plain files below `source` that are wanted, with their rights and times.

    Args:
        source: a folder; `below` is one above it, as for `open_plain`.
        dest: where to; what stands there is replaced file by file.
        limit: how many bytes at most.

    Returns:
        What was left out although it was wanted.

    Raises:
        SubmissionError: there is more.
        OSError: something cannot be read or written; where it cannot be read, it names the file.
    """
    refused: Refused = {}
    with _opened(source, below or source) as root:
        dest.mkdir(parents=True, exist_ok=True)
        dest.chmod(stat.S_IMODE(os.fstat(root).st_mode) | stat.S_IRWXU)
        for way, number in _files(root, source, Path(), wanted, refused):
            limit -= _copy(number, source / way, dest / way, limit)
    return refused


def plain_files(folder: Path, wanted: Wanted) -> tuple[list[Path], Refused]:
    """The plain files below `folder` that are wanted, by their paths from there; and the others."""
    refused: Refused = {}
    with _opened(folder, folder) as root:
        return [way for way, _ in _files(root, folder, Path(), wanted, refused)], refused


@contextmanager
def _opened(folder: Path, below: Path) -> Iterator[int]:
    number = _open_below(folder, below)
    try:
        yield number
    finally:
        os.close(number)


def _open_below(path: Path, below: Path) -> int:
    """Open what is at `path`; only on the way to `below` links are followed."""
    number = os.open(below, _OPEN | os.O_DIRECTORY)
    parts = path.relative_to(below).parts
    for depth, name in enumerate(parts, start=1):
        kind = os.O_DIRECTORY if depth < len(parts) else 0
        try:
            inner = _open_in(number, name, path, kind)
        finally:
            os.close(number)
        number = inner
    return number


def _open_in(folder: int, name: str, path: Path, kind: int = 0) -> int:
    """Open an entry of an open folder; `path` is for the error."""
    try:
        return os.open(name, _OPEN | os.O_NOFOLLOW | kind, dir_fd=folder)
    except OSError as error:
        is_link = kind == os.O_DIRECTORY and error.errno == errno.ENOTDIR
        raise OSError(errno.ELOOP if is_link else error.errno, error.strerror, str(path)) from None


def _files(
    folder: int, source: Path, way: Path, wanted: Wanted, refused: Refused
) -> Iterator[tuple[Path, int]]:
    """Each plain file's path and descriptor, which is open until the next is asked for."""
    for name in sorted(os.listdir(folder)):
        here = way / name
        try:
            number = _open_in(folder, name, source / here)
        except OSError as error:
            if error.errno not in REFUSALS:
                raise
            refused[here] = fault_of(REFUSALS[error.errno])
            continue
        try:
            yield from _entry(number, source, here, wanted, refused)
        finally:
            os.close(number)


def _entry(
    number: int, source: Path, here: Path, wanted: Wanted, refused: Refused
) -> Iterator[tuple[Path, int]]:
    status = os.fstat(number)
    if not wanted(here, status):
        return
    if stat.S_ISREG(status.st_mode):
        yield here, number
    elif not stat.S_ISDIR(status.st_mode):
        refused[here] = fault_of(status.st_mode)
    elif len(here.parts) > MAX_DEPTH:
        refused[here] = f"is nested deeper than {MAX_DEPTH} folders"
    else:
        yield from _files(number, source, here, wanted, refused)


def _copy(number: int, path: Path, dest: Path, limit: int) -> int:
    """Copy an open file, at `path`, to `dest`; its length."""
    status, size = os.fstat(number), 0
    dest.parent.mkdir(parents=True, exist_ok=True)
    dest.unlink(missing_ok=True)
    with open(dest, "xb") as made:
        for data in _chunks(number, path):
            size += len(data)  # counted as it comes: it may grow while it is read
            if size > limit:
                raise SubmissionError(TOO_MUCH.format(limit))
            made.write(data)
        os.fchmod(made.fileno(), stat.S_IMODE(status.st_mode) & 0o777)
    os.utime(dest, ns=(status.st_atime_ns, status.st_mtime_ns))
    return size


def _chunks(number: int, path: Path) -> Iterator[bytes]:
    try:
        while data := os.read(number, 2**20):
            yield data
    except OSError as error:
        error.filename = str(path)
        raise
