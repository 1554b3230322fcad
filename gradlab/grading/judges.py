"""One collection of a lab's hidden checks per process, shared by all submissions.

nbgrader makes its preprocessors anew for every notebook; the suite must outlive them. It is
collected again when a file of the lab or of its checks has changed (Formgrader runs for days).
"""

import atexit
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.errors import UnknownLab
from gradlab.grading import soundness
from gradlab.grading.bundle import pack

if TYPE_CHECKING:
    from gradlab.judge.diagnose import Diagnostician

Fingerprint = tuple[tuple[str, int, int], ...]


@dataclass
class _Opened:
    """A lab's judge, the files it was made of, and whether it is known that the solution passes."""

    made_of: Fingerprint
    stack: ExitStack
    judge: "Diagnostician"
    known: bool


_open: dict[Path, _Opened] = {}


def judge_for(course: Course, lab: Lab) -> "Diagnostician":
    """The lab's judge; kept until the process ends or the lab's files change."""
    from gradlab.course.suites import open_suite  # not at the top: it takes pytest

    key = lab.folder.resolve()
    now = _fingerprint([lab.folder, course.hidden(lab)])
    if key in _open:
        if _open[key].made_of == now:
            return _open[key].judge
        _open.pop(key).stack.close()
    stack = ExitStack()
    judge = stack.enter_context(open_suite(course, lab))
    known = pack(course, lab, Config()).sound
    if known:
        judge.sound |= set(judge.suite.checks)
    _open[key] = _Opened(now, stack, judge, known)
    return judge


def remember_soundness(course: Course, lab: Lab) -> None:
    """Note that the solution passes, once all exercises have been judged."""
    opened = _open[lab.folder.resolve()]
    if not opened.known and opened.judge.sound >= set(opened.judge.suite.checks):
        soundness.remember(course, lab.name, pack(course, lab, Config()).content)
        opened.known = True


def lab_of(course: Course, name: str) -> Lab | None:
    """The lab of an assignment, or None where an assignment is an ordinary nbgrader one."""
    try:
        return course.lab(name)
    except UnknownLab:
        return None


@atexit.register
def close_judges() -> None:
    """End the threads that keep collected suites."""
    while _open:
        _, opened = _open.popitem()
        opened.stack.close()


def _fingerprint(folders: list[Path]) -> Fingerprint:
    files = sorted(path for folder in folders for path in folder.glob("*.*") if path.is_file())
    return tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files)
