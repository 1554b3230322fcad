"""Running nbgrader's own converters for one student, with the reason when it goes wrong."""

import glob
import logging
import os
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.converters.base import NbGraderException

from gradlab.errors import (
    CourseError,
    GradebookError,
    GradLabError,
    SandboxUnavailable,
    StorageError,
    UnknownLab,
)
from gradlab.grading.machine import ERRORS

FAULTS = (CourseError, UnknownLab, SandboxUnavailable, StorageError)


class Converter:
    """Starts converters under an nbgrader application and reads what it logs."""

    def __init__(self, app: NbGrader) -> None:
        self._app = app
        self._log = _Collector()
        app.log.addHandler(self._log)

    def run(self, converter: Any, lab: str, student: str, *, force: bool) -> str:
        """Convert a student's submission; returns what went wrong with it, or ''.

        Raises:
            CourseError, StorageError, GradebookError, SandboxUnavailable: it is not the student's.
        """
        self._log.lines.clear()
        directory = self._app.coursedir
        # nbgrader takes the id for a pattern: an id may well have a star or a bracket in it.
        directory.assignment_id, directory.student_id = lab, glob.escape(student)
        try:
            running = _exact(converter)(coursedir=directory, parent=self._app)
            running.force = force
            running.start()
        except GradLabError:
            raise
        except (NbGraderException, SystemExit):
            self._raise_own_fault()
            return self._log.cause() or "nbgrader gave no reason"
        except OSError as error:
            raise StorageError(f"{error.filename}: {error.strerror}; nothing was lost") from error
        return ""

    def _raise_own_fault(self) -> None:
        """An error of the course or the machine must stop the class, not cost a student points."""
        cause = self._log.cause()
        for fault in FAULTS:
            prefix = f"{fault.__module__}.{fault.__name__}: "
            if cause.startswith(prefix):
                raise fault(cause.removeprefix(prefix))
        if any(f"[Errno {number}]" in cause for number in ERRORS):
            raise StorageError(f"{cause}; what was graded before is unharmed, run it again")
        if "sqlalchemy" in self._log.text() and "OperationalError" in self._log.text():
            raise GradebookError(
                "the gradebook could not be written (locked by another program, or the disk is "
                "full); what was graded before is unharmed, run it again"
            )


def _exact(converter: Any) -> Any:
    """The same converter, to which the folder that it has found is a path and no pattern again."""

    class Exact(converter):  # type: ignore[misc]
        def init_notebooks(self) -> None:
            course = self.coursedir
            folders = glob.glob(self._format_source(course.assignment_id, course.student_id))
            name = f"{course.notebook_id}.ipynb"
            books = {one: glob.glob(os.path.join(glob.escape(one), name)) for one in folders}
            if any(books.values()):
                self.assignments = {folder: found for folder, found in books.items() if found}
                self.notebooks: list[str] = []
            else:
                super().init_notebooks()  # which says what is missing

    return Exact


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
