"""What is taken of a submission's folder, decided before nbgrader copies or reads any of it.

nbgrader copies whatever lies beside a notebook: it follows links, waits for pipes and ends the
whole run where `timestamp.txt` holds no time. Nothing of a submission is deleted here; what is
refused stays where it is and is not copied.
"""

import glob
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from gradlab.errors import StorageError

MAX_FILES = 500
MAX_DEPTH = 8
MAX_MIB = 100
TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 100
UNREADABLE = ".unreadable"


@dataclass
class Intake:
    """A submission's folder, examined.

    Attributes:
        notebooks: for each notebook of the assignment, by its proper path, the file to read.
        refused: files and folders that must not be copied.
        notes: what is to be told.
    """

    notebooks: dict[Path, Path] = field(default_factory=dict)
    refused: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(folder: Path, names: list[str], course_files: Path | None = None) -> Intake:
    """Decide what to take; a timestamp that is none is set aside.

    Args:
        folder: `submitted/<student>/<assignment>`.
        names: the assignment's notebooks.
        course_files: the folder of the course's own files, which nbgrader puts beside the
            notebook; no folder may have the name of a file there, and no file that of a folder.

    Raises:
        StorageError: the timestamp cannot be set aside.
    """
    found = Intake()
    for name in names:
        path = folder / name
        found.notebooks[path] = notebook_in(folder, name) if len(names) == 1 else path
        if found.notebooks[path] != path:
            found.notes.append(f"{found.notebooks[path].name} was taken for {name}")
    _check_timestamp(folder, found)
    for path, why in _unfit(folder, course_files):
        found.refused.append(path)
        found.notes.append(f"{path.name} was left alone: {why}")
    return found


def leave_alone(refused: list[Path], course: CourseDirectory) -> None:
    """Have nbgrader copy none of it: its list of ignored names takes whole paths, too."""
    known = set(course.ignore)
    patterns = (glob.escape(str(path)) for path in refused)
    course.ignore = [*course.ignore, *(one for one in patterns if one not in known)]


def notebook_in(folder: Path, name: str) -> Path:
    """The file to read for notebook `name`: one that was renamed, if it is the only one."""
    path = folder / name
    if os.path.lexists(path):
        return path
    for pattern in ("*.ipynb", "*/*.ipynb"):
        others = [p for p in folder.glob(pattern) if _is_plain(p) and p.parent.name[0] != "."]
        alike = [p for p in others if Path(name).stem in p.name] or others
        if len(alike) == 1:
            return alike[0]
    return path


def _check_timestamp(folder: Path, found: Intake) -> None:
    path = folder / TIMESTAMP
    if not os.path.lexists(path) or _holds_time(path):
        return
    aside = path.with_name(TIMESTAMP + UNREADABLE)
    try:
        path.rename(aside)
    except OSError as error:
        raise StorageError(f"{path}: holds no time and cannot be renamed ({error})") from error
    found.refused.append(aside)
    found.notes.append(f"{TIMESTAMP} holds no time; graded as if it had been handed in in time")


def _holds_time(path: Path) -> bool:
    """Whether nbgrader can read it; an empty one it takes for none."""
    if not _is_plain(path) or path.stat().st_size > MAX_TIMESTAMP:
        return False
    try:
        text = path.read_text(encoding="utf-8").strip()
        return not text or parse_utc(text) is not None
    except Exception:  # dateutil raises nearly anything on damaged dates
        return False


def _unfit(folder: Path, course_files: Path | None) -> Iterator[tuple[Path, str]]:
    """What must not be copied, and why; the folder itself where there is too much in it."""
    files, size = 0, 0
    for path, depth in _entries(folder, 1):
        status = path.lstat()
        theirs = course_files / path.relative_to(folder) if course_files else None
        why = _fault(path, status.st_mode, depth, theirs)
        files, size = files + 1, size + (0 if why else status.st_size)
        if files > MAX_FILES or size > MAX_MIB << 20:
            yield folder, f"more than {MAX_FILES} files or {MAX_MIB} MiB beside the notebook"
            return
        if why:
            yield path, why


def _fault(path: Path, mode: int, depth: int, theirs: Path | None) -> str:
    if stat.S_ISLNK(mode):
        return "it is a symbolic link"
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "it is a pipe, a socket or a device"
    if stat.S_ISDIR(mode) and depth > MAX_DEPTH:
        return f"it is nested deeper than {MAX_DEPTH} folders"
    if theirs is not None and stat.S_ISDIR(mode) and theirs.is_file():
        return "it is a folder, and the course has a file of that name"
    if theirs is not None and stat.S_ISREG(mode) and theirs.is_dir():
        return "it is a file, and the course has a folder of that name"
    return ""


def _entries(folder: Path, depth: int) -> Iterator[tuple[Path, int]]:
    """All entries below `folder` but notebooks, which nbgrader does not copy; not the too deep."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if path.suffix != ".ipynb":
                yield path, depth
                if entry.is_dir(follow_symlinks=False) and depth <= MAX_DEPTH:
                    yield from _entries(path, depth + 1)


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)
