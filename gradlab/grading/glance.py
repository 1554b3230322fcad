"""A look at what there is to grade, before anything is imported that could tell for certain.

It only decides what is begun early. nbgrader's usual folders are looked at, and times of files.
"""

import os
from pathlib import Path

from gradlab.root import MARKER


def something_to_grade(course: Path, lab: str, student: str, *, force: bool) -> bool:
    """Whether a submission seems to be newer than its grading, or the lab newer than all of them.

    Args:
        student: look at this one alone, if it is not empty.
        force: whether everything that is there is graded again.
    """
    if not lab or not (course / "labs" / lab).is_dir():
        return False
    changed = _newest(course, lab)
    students = [student] if student else _names(course / "submitted")
    return any(_to_grade(course, one, lab, changed, force=force) for one in students)


def _to_grade(course: Path, student: str, lab: str, changed: float, *, force: bool) -> bool:
    name = f"{lab}.ipynb"
    handed_in = _time(course / "submitted" / student / lab / name)
    graded = _time(course / "autograded" / student / lab / name)
    return handed_in > 0 and (force or graded < max(handed_in, changed))


def _newest(course: Path, lab: str) -> float:
    """When the lab was changed."""
    folders = (course / "labs" / lab, course / "tests" / "hidden" / lab, course / "release" / lab)
    paths = [folder / name for folder in folders for name in _names(folder)]
    return max(map(_time, [course / MARKER, *paths]))


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _time(path: Path) -> float:
    """When it was written; 0 if it is no file."""
    try:
        return path.stat().st_mtime if path.is_file() else 0.0
    except OSError:
        return 0.0
