"""Telling the machine's faults from a submission's: the first must cost nobody points."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from gradlab.errors import StorageError

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EROFS, errno.EACCES)
USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
REMEDIES = {"make room there": FULL, "make it writable": FORBIDDEN, "end other programs": USED_UP}
ERRORS = (*FULL, *FORBIDDEN, errno.EIO, *USED_UP)
GO_ON = "then run the same command again: what was graded stays graded"


def is_machine_error(error: OSError) -> bool:
    """Whether the disk or another resource is the reason, and not the file."""
    return error.errno in ERRORS


def storage_error(error: OSError, place: object = "") -> StorageError:
    """What is wrong, where (`place`, where the error itself does not say), and what to do."""
    where = error.filename or place or tempfile.gettempdir()
    remedy = next((one for one, of in REMEDIES.items() if error.errno in of), "mend that")
    return StorageError(f"{where}: {error.strerror or error}; {remedy}, {GO_ON}")


@contextmanager
def machine_errors() -> Iterator[None]:
    """A full disk and the like, wherever it is met inside, as a StorageError."""
    try:
        yield
    except OSError as error:
        if not is_machine_error(error):
            raise
        raise storage_error(error) from error
