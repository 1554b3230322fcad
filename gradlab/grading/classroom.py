"""Grading a class: nbgrader's own converters, one submission after the other, with news of each.

What `nbgrader autograde LAB` does for a class, this does for each of its submissions, so the
scores are the same; a submission that cannot be graded gets 0 and a reason, and the next is taken.
"""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SQLAlchemyError

from gradlab.course.course import Course
from gradlab.errors import (
    CourseError,
    GradebookError,
    GradLabError,
    SandboxUnavailable,
    StorageError,
    SubmissionError,
    UnknownLab,
)
from gradlab.grading.completion import discard_unfinished, is_finished
from gradlab.grading.judges import judge_for
from gradlab.grading.settings import GradLab
from gradlab.kernel.sandbox import require_bubblewrap

MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE)
GRADED, SKIPPED, FAILED = "graded", "unchanged", "not graded"


@dataclass(frozen=True)
class Graded:
    """One submission's outcome. `reason` says why it could not be graded, where it could not."""

    student: str
    status: str
    score: float
    max_score: float
    reason: str = ""


class Classroom:
    """An nbgrader course with its configuration loaded, as `nbgrader` itself loads it."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.app = NbGrader(log_level=logging.CRITICAL)
        self.app.initialize([], root=str(course.root))
        self.log = _Collector()
        self.app.log.addHandler(self.log)
        self.settings = GradLab(parent=self.app)

    def submissions(self, lab: str) -> list[str]:
        """Student ids with a folder for the lab under `submitted/`."""
        pattern = f"{self.app.coursedir.submitted_directory}/*/{lab}"
        return sorted(path.parent.name for path in self.course.root.glob(pattern) if path.is_dir())

    def require_gradable(self, lab: str) -> None:
        """Refuse before anything runs: broken checks, no sandbox, no gradebook, no submissions."""
        judge_for(self.course, self.course.lab(lab))
        if self.settings.sandbox == "bubblewrap":
            require_bubblewrap()
        with self.gradebook() as gradebook:
            try:
                gradebook.find_assignment(lab)
            except MissingEntry:
                raise GradebookError(
                    f"the gradebook does not know {lab!r}; run `nbgrader generate_assignment "
                    f"{lab} --force` in {self.course.root}"
                ) from None
        if not self.submissions(lab):
            raise SubmissionError(
                f"nothing to grade: no folder {self.course.root}/submitted/*/{lab}; "
                f"run `nbgrader collect {lab}` first"
            )

    def autograde(self, lab: str, student: str, *, force: bool = False) -> Graded:
        """Grade one submission; its score is in the gradebook afterwards, whatever happened."""
        folder = self.course.root / "submitted" / student / lab
        missing = [name for name in self._notebooks(lab) if not (folder / name).is_file()]
        if missing:
            return self._zero(lab, student, f"{folder} has no {', '.join(missing)}")
        discard_unfinished(self._autograded(lab, student))
        before = self._stamp(lab, student)
        problem = self._convert(Autograde, lab, student, force)
        if problem:
            return self._zero(lab, student, problem)
        status = SKIPPED if before is not None and self._stamp(lab, student) == before else GRADED
        return self._outcome(lab, student, status)

    def is_graded(self, lab: str, student: str) -> bool:
        """Whether there is an autograded notebook to make feedback from."""
        return is_finished(self._autograded(lab, student))

    def feedback(self, lab: str, student: str, *, force: bool = True) -> Path:
        """Write one submission's feedback page and return its folder."""
        problem = self._convert(GenerateFeedback, lab, student, force)
        if problem:
            raise SubmissionError(f"no feedback for {student}: {problem}")
        return self.course.root / "feedback" / student / lab

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        """The gradebook, opened; database trouble becomes a GradebookError."""
        url = self.app.coursedir.db_url
        try:
            with Gradebook(url, self.app.coursedir.course_id) as gradebook:
                yield gradebook
        except SQLAlchemyError as error:
            text = str(error).splitlines()[0]
            raise GradebookError(
                f"the gradebook {url} cannot be used: {text}; close other programs that use it, "
                "or run `nbgrader db upgrade` after an update of nbgrader"
            ) from error

    def _convert(self, converter: Any, lab: str, student: str, force: bool) -> str:
        """Run one of nbgrader's converters on one student; returns what went wrong, or ''."""
        self.log.lines.clear()
        directory = self.app.coursedir
        directory.assignment_id, directory.student_id = lab, student
        try:
            running = converter(coursedir=directory, parent=self.app)
            running.force = force
            running.start()
        except GradLabError:
            raise
        except (NbGraderException, SystemExit):
            self._raise_own_fault()
            return self.log.cause() or "nbgrader gave no reason"
        except OSError as error:
            raise StorageError(f"{error.filename}: {error.strerror}; nothing was lost") from error
        return ""

    def _raise_own_fault(self) -> None:
        """An error of the course or the machine must stop the class, not cost a student points."""
        cause = self.log.cause()
        for fault in (CourseError, UnknownLab, SandboxUnavailable, StorageError):
            prefix = f"{fault.__module__}.{fault.__name__}: "
            if cause.startswith(prefix):
                raise fault(cause.removeprefix(prefix))
        if any(f"[Errno {number}]" in cause for number in MACHINE_ERRORS):
            raise StorageError(f"{cause}; what was graded before is unharmed, run it again")
        if "sqlalchemy" in self.log.text() and "OperationalError" in self.log.text():
            raise GradebookError(
                "the gradebook could not be written (locked by another program, or the disk is "
                "full); what was graded before is unharmed, run it again"
            )

    def _notebooks(self, lab: str) -> list[str]:
        with self.gradebook() as gradebook:
            return [f"{book.name}.ipynb" for book in gradebook.find_assignment(lab).notebooks]

    def _autograded(self, lab: str, student: str) -> Path:
        return self.course.root / "autograded" / student / lab

    def _stamp(self, lab: str, student: str) -> int | None:
        notebooks = self._autograded(lab, student).glob("*.ipynb")
        return max((path.stat().st_mtime_ns for path in notebooks), default=None)

    def _outcome(self, lab: str, student: str, status: str, reason: str = "") -> Graded:
        with self.gradebook() as gradebook:
            found = gradebook.find_submission(lab, student)
            return Graded(student, status, found.score, found.max_score, reason)

    def _zero(self, lab: str, student: str, reason: str) -> Graded:
        """Enter a submission with automatic scores of 0; manual grades are left alone."""
        with self.gradebook() as gradebook:
            gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(lab, student)
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score = 0
                    grade.needs_manual_grade = False
            gradebook.db.commit()
        return self._outcome(lab, student, FAILED, reason)


class _Collector(logging.Handler):
    """Keeps what nbgrader logs as errors: its exceptions say less."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    def cause(self) -> str:
        """The line that names the cause: the last of a traceback, else the first error."""
        tracebacks = [line for line in self.lines if line.startswith("Traceback")]
        found = tracebacks[0] if tracebacks else "".join(self.lines[:1])
        return found.strip().splitlines()[-1] if found.strip() else ""
