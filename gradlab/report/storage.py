"""Writing a file as a whole: a reader sees the old one or the new one, never half of one."""

import errno
import os
import secrets
from pathlib import Path

from gradlab.errors import StorageError

FIXES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the limit on file sizes",
    errno.EACCES: "choose a folder you may write to",
    errno.EROFS: "choose a folder you may write to",
    errno.EISDIR: "give the name of a file",
    errno.ENOTDIR: "give a path whose parents are folders",
}


def write_whole(path: Path, text: str) -> Path:
    """Write `text` (UTF-8) to a draft beside `path`, then put it in its place.

    Raises:
        StorageError: the draft cannot be written; what stood at `path` is unharmed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode("utf-8"))
    except OSError as error:
        fix = FIXES.get(error.errno or 0, "check the path")
        raise StorageError(f"{path}: cannot be written: {error.strerror}; {fix}") from error
    return path


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.draft")
    try:
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
