"""The files of graded submissions: written beside their place, then moved into it.

What is copied and what is left out is decided by nbgrader's rules, and who may read it by its own
Autograde, of which this is one without a gradebook. Of a submission, files are copied as they are
when they are opened: see `files`.
"""

import datetime
import json
import os
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.utils import find_all_files

from gradlab.errors import SubmissionError
from gradlab.grading.completion import RESULTS_SUFFIX
from gradlab.grading.files import Wanted, copy_folder, open_any, plain_files
from gradlab.grading.intake import MAX_MIB, TIMESTAMP, Intake, examine, read_time
from gradlab.grading.machine import is_machine_error, storage_error
from gradlab.grading.submission import GradedNotebook
from gradlab.judge.results import NotebookResult


class GradedFiles(Autograde):  # type: ignore[misc]
    """The autograded folders of a lab, with nbgrader's rules of what is copied and who may read."""

    _drafting = ""

    def __init__(self, lab: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lab = lab
        self._refused: dict[str, set[Path]] = {}

    def place(self, student: str) -> Path:
        """Where a submission's graded files lie."""
        return Path(super()._format_dest(self.lab, student))

    def submitted(self, student: str) -> Path:
        """Where the submission lies."""
        return Path(self.coursedir.format_path(self._input_directory, student, self.lab))

    def take_in(self, student: str) -> Intake:
        """What of a submission's folder is taken; nothing else is copied."""
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", self.lab)
        found = examine(self.submitted(student), [f"{self.lab}.ipynb"], Path(source))
        self._refused[student] = set(found.refused)
        return found

    def draft(self, student: str, graded: GradedNotebook | None, reason: str = "") -> None:
        """Write a submission's files as a draft; one that was not graded has the reason alone.

        Raises:
            SubmissionError: what was handed in cannot be copied.
            StorageError: the draft cannot be written.
        """
        try:
            self._write_draft(student, self._written(graded, reason))
        except SubmissionError as error:
            raise SubmissionError(f"not graded: cannot be copied: {error}") from error
        except OSError as error:
            handed_in = str(error.filename).startswith(f"{self.submitted(student)}/")
            if is_machine_error(error) and not handed_in:
                raise storage_error(error, self._draft_of(student)) from error
            text = f"{error.filename or self._draft_of(student)}: {error.strerror or error}"
            raise SubmissionError(f"not graded: cannot be copied: {text}") from error

    def publish(self, student: str) -> None:
        """Move the draft into its place."""
        place, draft, old = self.place(student), self._draft_of(student), self._old_of(student)
        try:
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                place.rename(old)
            draft.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            raise storage_error(error, place) from error

    def tidy(self, student: str) -> None:
        """Remove what a run that was killed has left beside the place."""
        for folder in (self._draft_of(student), self._old_of(student)):
            shutil.rmtree(folder, ignore_errors=True)

    def discard(self, student: str) -> None:
        """Remove the draft, if there is one."""
        shutil.rmtree(self._draft_of(student), ignore_errors=True)

    def is_current(self, student: str) -> bool:
        """Whether the supplementary files in place are those that were handed in."""
        source, place = self.submitted(student), self.place(student)
        try:
            found, _ = plain_files(source, self._wanted(student))
            wanted = {name: source / name for name in found} | self._from_source()
            sizes = {name: path.stat().st_size for name, path in wanted.items()}
            there = {name: (place / name).stat().st_size for name in wanted}
            return sizes == there and _bytes(source / TIMESTAMP) == _bytes(place / TIMESTAMP)
        except OSError:
            return False

    def timestamp(self, student: str) -> datetime.datetime | None:
        """When it was handed in, in UTC; raises SubmissionError where that is unreadable."""
        folder = self.submitted(student)
        try:
            return read_time(folder)
        except OSError as error:
            raise SubmissionError(f"{folder / TIMESTAMP}: {error.strerror or error}") from error

    def _write_draft(self, student: str, written: dict[str, bytes]) -> None:
        draft = self._draft_of(student)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        self._drafting = str(draft)
        try:
            source, wanted = self.submitted(student), self._wanted(student)
            copy_folder(source, draft, wanted, limit=MAX_MIB << 20)
            self._copy_from_source(draft)
            for name, data in written.items():
                (draft / name).write_bytes(data)
            self.set_permissions(self.lab, student)
        finally:
            self._drafting = ""

    def _wanted(self, student: str) -> Wanted:
        """What to copy of a submission: notebooks are graded, and the rest has names and limits."""
        source, patterns = self.submitted(student), [*self.coursedir.ignore, "*.ipynb"]
        refused = self._refused.get(student, set())

        def wanted(way: Path, status: os.stat_result) -> bool:
            named = any(fnmatch(way.name, pattern) for pattern in patterns)
            return not named and source not in refused and source / way not in refused

        return wanted

    def _written(self, graded: GradedNotebook | None, reason: str) -> dict[str, bytes]:
        """The files that grading makes."""
        if graded is not None:
            notebook = {f"{self.lab}.ipynb": graded.notebook}
            return {self.lab + RESULTS_SUFFIX: graded.results, **notebook}
        result = NotebookResult(self.lab, self.lab, [], [reason], "")
        text = json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n"
        return {self.lab + RESULTS_SUFFIX: text.encode("utf-8", "replace")}

    def _copy_from_source(self, draft: Path) -> None:
        for name, path in self._from_source().items():
            copied = draft / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.unlink(missing_ok=True)
            shutil.copy(path, copied)

    def _from_source(self) -> dict[Path, Path]:
        """The course's own version of a file wins, as in `Autograde.init_assignment`."""
        source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", self.lab))
        files = {path.relative_to(source): path for path in self._supplementary(source)}
        kept = {Path(name) for name in self.exclude_overwriting.get(self.lab, [])}
        return {name: path for name, path in files.items() if name not in kept}

    def _supplementary(self, folder: Path) -> list[Path]:
        return [Path(p) for p in find_all_files(str(folder), [*self.coursedir.ignore, "*.ipynb"])]

    def _draft_of(self, student: str) -> Path:
        return self.place(student).with_name(f".{self.lab}.draft")

    def _old_of(self, student: str) -> Path:
        return self.place(student).with_name(f".{self.lab}.old")

    def _format_dest(self, assignment_id: str, student_id: str, escape: bool = False) -> str:
        """Where nbgrader's own methods write: the draft, while there is one."""
        found: str = self._drafting or super()._format_dest(assignment_id, student_id, escape)
        return found


def _bytes(path: Path) -> bytes | None:
    _, file = open_any(path)
    if file is None:
        return None
    with file:
        return file.read()
