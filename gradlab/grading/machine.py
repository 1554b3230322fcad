"""Telling the machine's faults from a submission's: the first must cost nobody points."""

import errno

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE,
          errno.ENFILE, errno.ENOMEM)  # fmt: skip


def is_machine_error(error: OSError) -> bool:
    """Whether the disk or another resource is the reason, and not the file."""
    return error.errno in ERRORS
