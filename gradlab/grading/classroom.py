"""Grading a class: a lab on many workers at a time, other assignments by nbgrader's converter.

Files and gradebook are as `nbgrader autograde` makes them. A submission without a notebook gets 0
and a reason; one that the machine could not grade gets a reason, and no points are entered.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SQLAlchemyError

from gradlab.course.configuration import configured, load_configuration, require_steps
from gradlab.course.course import Course
from gradlab.course.places import Places
from gradlab.errors import GradebookError, SubmissionError
from gradlab.grading.cluster import cluster_crew
from gradlab.grading.completion import RESULTS_SUFFIX, discard_unfinished, is_finished
from gradlab.grading.converter import Converter
from gradlab.grading.crew import cores, crew_here, local_crew
from gradlab.grading.gradable import require_its_lab, require_python
from gradlab.grading.gradebook import refuse
from gradlab.grading.judges import lab_of
from gradlab.grading.lab_class import Crews, LabClass, takes_the_fast_path
from gradlab.grading.machine import GO_ON, machine_errors
from gradlab.grading.outcome import FAILED, GRADED, SKIPPED, Graded, count_notes
from gradlab.grading.penalties import renew_penalties
from gradlab.grading.settings import GradLab
from gradlab.grading.standing import standing
from gradlab.kernel.sandbox import require_bubblewrap

__all__ = ["FAILED", "GRADED", "SKIPPED", "Classroom", "Graded"]

UPGRADE = "run `nbgrader db upgrade` if nbgrader was updated"
REMEDIES = {
    "database is locked": "close other programs that write to it (another autograde, Formgrader)",
    "disk is full": "make room on its disk",
    "readonly database": "make it and its folder writable",
}
"""What to do about SQLite's errors, by their words."""


class Classroom:
    """An nbgrader course with its configuration loaded, as `nbgrader` itself loads it."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.app = load_configuration(course.root, [GradLab])
        self.places = Places(self.app.coursedir)
        self.settings: GradLab = configured(course.root, GradLab, self.app)
        self._converter = Converter(self.app)

    def submissions(self, lab: str) -> list[str]:
        """Student ids with a folder for the lab under `submitted/`."""
        excluded = self.app.coursedir.student_id_exclude.split(",")
        return sorted(self.places.submitted(lab) - set(excluded))

    def require_gradable(self, lab: str, scheduler: str | None = None) -> None:
        """Refuse before anything runs: no steps of ours, no such lab, no sandbox, no gradebook,
        another language, no submissions."""
        elsewhere = self.settings.scheduler if scheduler is None else scheduler
        require_steps(self.course.root, self.app)
        self.require_assignment(lab)
        self._require_known(lab)
        if self.settings.sandbox == "bubblewrap" and not elsewhere:
            require_bubblewrap()
        if not self.submissions(lab):
            raise SubmissionError(
                f"nothing to grade: no folder {self.places.submission('*', lab)}; "
                f"run `nbgrader collect {lab}` first"
            )

    def require_assignment(self, lab: str) -> None:
        """Refuse what the gradebook does not know: a lab, or an ordinary nbgrader assignment."""
        with self.gradebook() as gradebook:
            try:
                gradebook.find_assignment(lab)
            except MissingEntry:
                self.course.lab(lab)
                raise GradebookError(
                    f"the gradebook does not know {lab!r}; run `nbgrader generate_assignment "
                    f"{lab} --force` in {self.course.root}"
                ) from None

    def _require_known(self, lab: str) -> None:
        with self.gradebook() as gradebook:
            for book in gradebook.find_assignment(lab).notebooks:
                spec = json.loads(book.kernelspec) if book.kernelspec else None
                require_python(f"{lab}/{book.name}", spec)
                if lab_of(self.course, lab) is None:
                    sources = [cell.source or "" for cell in book.source_cells if cell.locked]
                    require_its_lab(self.course, lab, sources)

    def grade_class(
        self,
        lab: str,
        students: Iterable[str] | None = None,
        *,
        jobs: int | None = None,
        scheduler: str | None = None,
        force: bool = False,
    ) -> Generator[Graded, None, None]:
        """Grade a class, by default all of it; news of each submission as soon as it is recorded.

        Args:
            lab: the lab, or an ordinary nbgrader assignment.
            students: student ids; by default all who handed in.
            jobs: how many at a time on this machine; by default `c.GradLab.jobs`.
            scheduler: address of a Dask scheduler, whose workers then do it.
            force: grade again what has not changed since it was graded.

        Raises:
            CourseError, StorageError, GradebookError, SandboxUnavailable, WorkersUnavailable:
                the class cannot be graded now. What was recorded before stays.
            KeyboardInterrupt: likewise.
        """
        names = self.submissions(lab) if students is None else list(students)
        crews = self._crews(jobs, self.settings.scheduler if scheduler is None else scheduler)
        return self._grade(lab, names, crews, force=force)

    def autograde(self, lab: str, student: str, *, force: bool = False) -> Graded:
        """Grade one submission, in this process."""
        crews: Crews = lambda bundle, count: crew_here(bundle)  # noqa: E731
        return next(self._grade(lab, [student], crews, force=force))

    def is_graded(self, lab: str, student: str) -> bool:
        """Whether there is an autograded notebook to make feedback from."""
        return is_finished(self._autograded(lab, student))

    def feedback(self, lab: str, student: str, *, force: bool = True) -> Path:
        """Write one submission's feedback page and return its folder."""
        problem = self._converter.run(GenerateFeedback, lab, student, force=force)
        if problem:
            raise SubmissionError(f"no feedback for {student}: {problem}")
        return self.places.pages(student, lab)

    def renew_penalties(self, lab: str) -> None:
        """Reckon late penalties again: points were given by hand since, or a date was moved."""
        with self.gradebook() as gradebook:
            renew_penalties(gradebook, lab, AssignLatePenalties(parent=self.app))

    @contextmanager
    def gradebook(self) -> Iterator[Any]:
        """The gradebook, opened; database trouble becomes a GradebookError."""
        url = self.app.coursedir.db_url
        try:
            with Gradebook(url, self.app.coursedir.course_id) as gradebook:
                yield gradebook
        except SQLAlchemyError as error:
            text = str(getattr(error, "orig", error)).splitlines()[0]
            remedy = next((one for sign, one in REMEDIES.items() if sign in text), UPGRADE)
            raise GradebookError(
                f"the gradebook {url} cannot be used: {text}; {remedy}, {GO_ON}"
            ) from error

    def _crews(self, jobs: int | None, scheduler: str) -> Crews:
        wanted = (self.settings.jobs if jobs is None else jobs) or cores()
        if scheduler:
            resources = dict(self.settings.scheduler_resources)
            return lambda bundle, count: cluster_crew(bundle, scheduler, resources)
        return lambda bundle, count: local_crew(bundle, min(wanted, count))

    def _grade(
        self, lab: str, students: list[str], crews: Crews, *, force: bool
    ) -> Generator[Graded, None, None]:
        with self.gradebook() as gradebook, machine_errors():
            books = [book.name for book in gradebook.find_assignment(lab).notebooks]
            known = lab_of(self.course, lab)
            if known is not None and takes_the_fast_path(self.app, books, lab):
                of_lab = LabClass(self.app, self.course, known, gradebook)
                yield from of_lab.grade(students, crews, force=force)
                return
        for student in students:
            yield self._convert(lab, books, student, force=force)

    def _convert(self, lab: str, books: list[str], student: str, *, force: bool) -> Graded:
        """Grade one submission with nbgrader's converter."""
        folder = self.places.submission(student, lab)
        missing = [f"{name}.ipynb" for name in books if not (folder / f"{name}.ipynb").is_file()]
        if missing:
            return self._zero(lab, student, f"{folder} has no {', '.join(missing)}")
        discard_unfinished(self._autograded(lab, student))
        before = self._stamp(lab, student)
        problem = self._converter.run(Autograde, lab, student, force=force)
        if problem:
            return self._zero(lab, student, problem)
        status = SKIPPED if before is not None and self._stamp(lab, student) == before else GRADED
        return self._outcome(lab, student, status)

    def _autograded(self, lab: str, student: str) -> Path:
        return self.places.autograded(student, lab)

    def _stamp(self, lab: str, student: str) -> int | None:
        notebooks = self._autograded(lab, student).glob("*.ipynb")
        return max((path.stat().st_mtime_ns for path in notebooks), default=None)

    def _outcome(self, lab: str, student: str, status: str, reason: str = "") -> Graded:
        with self.gradebook() as gradebook:
            found = gradebook.find_submission(lab, student)
            pending, late = standing(gradebook.db, lab, [student])[student]
            files = self._autograded(lab, student).glob(f"*{RESULTS_SUFFIX}")
            notes = sum(map(count_notes, files))
            scores = found.score, found.max_score
            return Graded(student, status, *scores, reason, pending, late, notes)

    def _zero(self, lab: str, student: str, reason: str) -> Graded:
        """Enter a submission with automatic scores of 0; manual grades are left alone."""
        with self.gradebook() as gradebook:
            gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(lab, student)
            for book in submission.notebooks:
                refuse(book)
            gradebook.db.commit()
        return self._outcome(lab, student, FAILED, reason)
