"""Feedback for a class: nbgrader's own converter, in several processes at a time.

A page is made of the graded notebook and of what the gradebook says; nothing of a student's runs.
"""

import multiprocessing
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from gradlab.course.course import Course
from gradlab.errors import SubmissionError, WorkersUnavailable
from gradlab.grading.classroom import Classroom
from gradlab.grading.crew import cores, end_pool, pool_context

FEW = 3
"""So many pages are written before another process could have started."""
_rooms: dict[str, Classroom] = {}


@dataclass(frozen=True)
class Page:
    """A submission's feedback: written, or the reason why not."""

    lab: str
    student: str
    problem: str = ""


def write_pages(
    room: Classroom, wanted: Sequence[tuple[str, str]], jobs: int | None = None
) -> Generator[Page, None, None]:
    """Write the pages of submissions, given as lab and student; news of each when it is there.

    Args:
        jobs: how many at a time; by default `c.GradLab.jobs`, which is the number of cores.

    Raises:
        CourseError, StorageError, GradebookError: no page can be written now.
        WorkersUnavailable: a process that wrote one was ended from outside.
    """
    wide = min(jobs or room.settings.jobs or cores(), len(wanted))
    if wide < 2 or len(wanted) <= FEW:
        yield from (_written(room, lab, student) for lab, student in wanted)
    else:
        yield from _in_processes(str(room.course.root), wanted, wide)


def _in_processes(
    root: str, wanted: Sequence[tuple[str, str]], jobs: int
) -> Generator[Page, None, None]:
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, pool_context(__name__), _start)
    try:
        for done in as_completed([pool.submit(_write, root, *one) for one in wanted]):
            yield done.result()
    except BrokenProcessPool:
        raise WorkersUnavailable(
            "a process that writes feedback was ended from outside (is there enough memory?); "
            "run it again, with `--jobs 1` it takes the least"
        ) from None
    finally:
        end_pool(pool, others)


def _start() -> None:
    """In a worker: the command alone hears Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write(root: str, lab: str, student: str) -> Page:
    """In a worker, which loads the course once."""
    if root not in _rooms:
        _rooms[root] = Classroom(Course(Path(root)))
    return _written(_rooms[root], lab, student)


def _written(room: Classroom, lab: str, student: str) -> Page:
    try:
        room.feedback(lab, student)
    except SubmissionError as error:
        return Page(lab, student, str(error))
    return Page(lab, student)
