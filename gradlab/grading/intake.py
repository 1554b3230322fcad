"""What is taken of a submission's folder, decided before nbgrader copies or reads any of it.

nbgrader copies whatever lies beside a notebook: it follows links, waits for pipes and ends the
whole run where `timestamp.txt` holds no time. Nothing of a submission is deleted here; what is
refused stays where it is and is not copied.
"""

import filecmp
import glob
import mimetypes
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from gradlab.course.names import parse_time
from gradlab.errors import StorageError, SubmissionError
from gradlab.grading.files import open_plain

MAX_FILES = 500
MAX_DEPTH = 8
MAX_MIB = 100
TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 100
ACTIVE = re.compile(r"xml|html|svg|script|pdf|flash|xsl|wasm")
"""In the media type of what a browser executes, if it is opened where Jupyter serves it."""
ACTIVE_NAME = re.compile(
    r"(?i).*\.(svgz?|s?x?html?|xht|xml|xslt?|rss|atom|rdf|mathml|[cm]?js|pdf|swf|hta|mht(ml)?|wasm)"
)
"""The same by the name, on a machine that knows fewer types."""
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
    aside = set_bad_time_aside(folder)
    if aside:
        found.refused.append(aside)
        found.notes.append(f"{TIMESTAMP} holds no time; graded as if it had been handed in in time")
    for path, why in _unfit(folder, course_files):
        found.refused.append(path)
        found.notes.append(f"{path.name} was left alone: {why}")
    return found


def overlooked(folder: Path, course: CourseDirectory) -> list[Path]:
    """What nbgrader would ignore by name, but for a path with a bracket or a star in it.

    It looks for `submitted/a[1]/…/*.pyc` with the path as it stands, and so finds nothing in it.
    """
    if glob.escape(str(folder)) == str(folder):
        return []
    patterns = [*course.ignore, "*.ipynb"]
    found = (path for path in folder.rglob("*") if any(fnmatch(path.name, p) for p in patterns))
    return sorted(found)


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
        others = [path for path in folder.glob(pattern) if _is_taken(path, folder)]
        alike = [p for p in others if Path(name).stem in p.name] or others
        if len(alike) == 1:
            return alike[0]
    return path


def set_bad_time_aside(folder: Path) -> Path | None:
    """Rename a submission's timestamp that holds no time, at which nbgrader would end.

    Raises:
        StorageError: it cannot be renamed.
    """
    path = folder / TIMESTAMP
    try:
        read_time(folder)
        return None
    except (OSError, SubmissionError):
        aside = path.with_name(TIMESTAMP + UNREADABLE)
    try:
        path.rename(aside)
    except OSError as error:
        raise StorageError(f"{path}: holds no time and cannot be renamed ({error})") from error
    return aside


def read_time(folder: Path) -> datetime | None:
    """When a submission was handed in, in UTC; None where nothing says so.

    Raises:
        SubmissionError: what should say so is no time, or no plain file.
        OSError: it cannot be read.
    """
    path = folder / TIMESTAMP
    if not os.path.lexists(path):
        return None
    with open_plain(path) as file:
        data = file.read(MAX_TIMESTAMP + 1)
    if not data.strip():
        return None
    try:
        return parse_time(data[:MAX_TIMESTAMP].decode().strip())
    except ValueError as error:
        raise SubmissionError(f"{path} {error}") from error


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
    if stat.S_ISREG(mode) and _is_active(path.name) and not _is_released(path, theirs):
        return "a browser would run what is in it"
    return ""


def _is_active(name: str) -> bool:
    """Whether a page of that name could run a script with the rights of whoever opens it."""
    kind = mimetypes.guess_type(name)[0] or ""
    return bool(ACTIVE.search(kind) or ACTIVE_NAME.fullmatch(name))


def _is_released(path: Path, theirs: Path | None) -> bool:
    """Whether it is the course's own file, as it was handed out."""
    return theirs is not None and theirs.is_file() and filecmp.cmp(path, theirs, shallow=False)


def _entries(folder: Path, depth: int) -> Iterator[tuple[Path, int]]:
    """All entries below `folder` but notebooks, which nbgrader does not copy; not the too deep."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if path.suffix != ".ipynb":
                yield path, depth
                if entry.is_dir(follow_symlinks=False) and depth <= MAX_DEPTH:
                    yield from _entries(path, depth + 1)


def _is_taken(path: Path, folder: Path) -> bool:
    """Whether it may be a renamed notebook: a plain file, in no hidden or linked folder."""
    plain = stat.S_ISREG(path.lstat().st_mode) and not path.parent.is_symlink()
    return plain and (path.parent == folder or path.parent.name[0] != ".")
