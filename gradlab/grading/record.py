"""Writing what grading found out: the files under `autograded/` and the gradebook's rows.

There is one writer, the coordinator. A submission's files are first written as a draft beside
their place, then the gradebook is committed for a whole batch, then the drafts are moved into
place. Whatever is cut off before the end leaves no finished notebook, so it is graded again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gradlab.errors import SubmissionError
from gradlab.grading.gradebook import GradebookRows
from gradlab.grading.graded_files import GradedFiles
from gradlab.grading.submission import GradedNotebook


@dataclass(frozen=True)
class Entry:
    """A student's submission and what came of it: graded, or the reason why it cannot be."""

    student: str
    graded: GradedNotebook | None
    reason: str = ""


@dataclass(frozen=True)
class Recorder:
    """Writes a lab's entries: one commit of the gradebook for each batch."""

    files: GradedFiles
    rows: GradebookRows

    def record(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Write a batch; returns why a submission could not be recorded, by student.

        Raises:
            StorageError: a file could not be written.
            SQLAlchemyError: the gradebook could not be written.
        """
        failed: dict[str, str] = {}
        drafted: list[str] = []
        try:
            for entry in entries:
                drafted.append(entry.student)
                self._enter(entry, failed)
            self.rows.commit()
        except BaseException:
            self.rows.undo()
            self._discard(drafted)
            raise
        self._discard(failed)
        for student in drafted:
            if student not in failed:
                self.files.publish(student)
        return failed

    def _enter(self, entry: Entry, failed: dict[str, str]) -> None:
        """The draft and the rows of a submission, or neither."""
        try:
            time = self.files.timestamp(entry.student)
            self.files.draft(entry.student, entry.graded, entry.reason)
        except SubmissionError as error:
            failed[entry.student] = str(error)
            return
        self.rows.enter(entry.student, time, entry.graded.grades if entry.graded else None)

    def _discard(self, students: Iterable[str]) -> None:
        for student in students:
            self.files.discard(student)
