"""Grading a lab's class: sort out what is unchanged, hand out the rest, record what comes back."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.utils.importstring import import_item

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.grading import soundness
from gradlab.grading.bundle import LabBundle, graded_from, pack
from gradlab.grading.completion import RESULTS_SUFFIX, graded_scores
from gradlab.grading.crew import Crew
from gradlab.grading.exporter import SubmissionExporter
from gradlab.grading.gradebook import GradebookRows, with_gradebook
from gradlab.grading.graded_files import GradedFiles
from gradlab.grading.intake import Intake
from gradlab.grading.interrupt import Patience
from gradlab.grading.outcome import FAILED, GRADED, SKIPPED, Graded, count_notes
from gradlab.grading.parallel import Outcome, Task, grade_tasks
from gradlab.grading.record import Entry, Recorder
from gradlab.grading.submitted import Submitted
from gradlab.kernel import scratch

Crews = Callable[[LabBundle, int], AbstractContextManager[Crew]]
SANITIZING = (
    "gradlab.grading.preprocessors.RebuildNotebook",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
)
AUTOGRADING = (
    "gradlab.grading.preprocessors.RunAndJudge",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "gradlab.grading.save_grades.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
)


@dataclass
class _Sorted:
    """A class by what is to be done with each submission."""

    unchanged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


class LabClass:
    """The submissions of one lab, with the gradebook open."""

    def __init__(self, app: NbGrader, course: Course, lab: Lab, gradebook: Any) -> None:
        self._lab = lab.name
        self._course = course
        self._bundle = with_gradebook(pack(course, lab, app.config), gradebook)
        self._files = GradedFiles(lab.name, coursedir=app.coursedir, parent=app)
        self._rows = GradebookRows(gradebook, lab.name, AssignLatePenalties(parent=app))
        self._recorder = Recorder(self._files, self._rows)
        self._intakes: dict[str, Intake] = {}

    def grade(self, students: list[str], crews: Crews, *, force: bool) -> Iterator[Graded]:
        """Grade what is not graded or has changed, or all of it; news as it comes."""
        scratch.sweep()
        for student in students:
            self._files.tidy(student)
        self._intakes = {student: self._files.take_in(student) for student in students}
        found = self._sort(students, force)
        yield from self._told(found.unchanged, SKIPPED)
        yield from self._record([Entry(name, None, self._absent(name)) for name in found.missing])
        if not found.changed:
            return
        tasks = [self._task(student) for student in found.changed]
        with Patience() as patience, crews(self._bundle, len(tasks)) as crew:
            for outcomes in grade_tasks(tasks, crew, patience.wait):
                yield from self._take(outcomes)

    def _sort(self, students: list[str], force: bool) -> _Sorted:
        found = _Sorted()
        known = self._rows.automatic_scores()
        for student in students:
            if not os.path.lexists(self._path(student)):
                found.missing.append(student)
            elif not force and self._is_unchanged(student, known.get(student, {})):
                found.unchanged.append(student)
            else:
                found.changed.append(student)
        return found

    def _is_unchanged(self, student: str, known: dict[str, float | None]) -> bool:
        """Graded from the same, with the same files, and the gradebook says so too."""
        try:
            digest = self._submitted(student).digest
        except OSError:
            return False
        origin = graded_from(self._bundle.fingerprint, digest)
        scores = graded_scores(self._files.place(student) / f"{self._lab}.ipynb", origin)
        if scores is None or any(known.get(name) != score for name, score in scores.items()):
            return False
        return bool(known) and self._files.is_current(student)

    def _take(self, outcomes: list[Outcome]) -> Iterator[Graded]:
        """Record the graded ones of a batch; the others are only told."""
        graded = [Entry(one.student, one.graded) for one in outcomes if one.graded is not None]
        if graded and not self._bundle.sound:  # no worker grades unless it has found this out
            soundness.remember(self._course, self._lab, self._bundle.content)
            self._bundle = replace(self._bundle, sound=True)
        yield from self._record(graded)
        for one in outcomes:
            if one.graded is None:
                yield from self._told([one.student], FAILED, one.reason)

    def _record(self, entries: list[Entry]) -> Iterator[Graded]:
        if not entries:
            return
        failed = self._recorder.record(entries)
        for entry in entries:
            reason = failed.get(entry.student, entry.reason)
            yield from self._told([entry.student], FAILED if reason else GRADED, reason)

    def _told(self, students: list[str], status: str, reason: str = "") -> Iterator[Graded]:
        scores, standing = self._rows.scores(students), self._rows.standing(students)
        for student in students:
            score, maximum = scores.get(student, (0.0, 0.0))
            pending, late = standing.get(student, (0, 0.0))
            notes = count_notes(self._files.place(student) / (self._lab + RESULTS_SUFFIX))
            yield Graded(student, status, score, maximum, reason, pending, late, notes)

    def _task(self, student: str) -> Task:
        notes = tuple(self._intakes[student].notes)
        return Task(student, lambda: replace(self._submitted(student), notes=notes))

    def _submitted(self, student: str) -> Submitted:
        return Submitted.read(self._path(student), self._files.submitted(student))

    def _absent(self, student: str) -> str:
        return f"{self._files.submitted(student)} has no {self._lab}.ipynb"

    def _path(self, student: str) -> Path:
        """The file to read, which may have another name."""
        return next(iter(self._intakes[student].notebooks.values()))


def takes_the_fast_path(app: NbGrader, notebooks: list[str], lab: str) -> bool:
    """Whether grading by the lists of `nbgrader_config.py` is what `submission` does.

    A course with steps, hooks or an exporter of its own is graded by nbgrader's converter.
    """
    converter = Autograde(coursedir=app.coursedir, parent=app)
    return (
        notebooks == [lab]
        and _same(converter.sanitize_preprocessors, SANITIZING)
        and _same(converter.autograde_preprocessors, AUTOGRADING)
        and converter.exporter_class is SubmissionExporter
        and converter.pre_convert_hook is converter.post_convert_hook is None
        and converter.create_student
        and app.coursedir.notebook_id == "*"
    )


def _same(steps: Sequence[Any], ours: Sequence[str]) -> bool:
    """Whether the steps are ours, by name or as classes; what is named alike is not imported."""
    return len(steps) == len(ours) and all(
        step == name or _item(step) is import_item(name) for step, name in zip(steps, ours)
    )


def _item(step: Any) -> Any:
    return import_item(step) if isinstance(step, str) else step
