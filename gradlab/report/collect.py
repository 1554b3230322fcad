"""A class's results for one lab, as three tables: students, exercises and checks.

Scores are the gradebook's, which only the grader and the instructor write. What the checks found
comes from the results files, and is used only where it agrees with the gradebook.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.places import Places
from gradlab.errors import SubmissionError
from gradlab.grading.reasons import BLANK
from gradlab.judge.results import ExerciseResult, NotebookResult
from gradlab.report.gradebook import (
    WRITTEN,
    GradedCell,
    LabGrades,
    Submission,
    read_lab,
    reading,
)
from gradlab.report.judged import read_result

GRADED, UNGRADED, ABSENT = "graded", "not graded", "nothing handed in"
CELLS = {"exercise": "object", "notebook": "object", "grade_id": "object", "kind": "object",
         "points": "float"}  # fmt: skip
STUDENTS = {"student": "object", "name": "object", "status": "object", "score": "float",
            "late": "float", "final": "float", "handed_in": "datetime64[us]", "pending": "int",
            "reason": "object", "notes": "object", "device": "object",
            "feedback": "object"}  # fmt: skip
EXERCISES = {"student": "object", "exercise": "object", "kind": "object", "points": "float",
             "score": "float", "share": "float", "pending": "bool", "judged": "bool",
             "blank": "bool", "reason": "object", "misconception": "object",
             "message": "object"}  # fmt: skip
CHECKS = {"student": "object", "exercise": "object", "check": "object", "title": "object",
          "weight": "float", "status": "object", "kind": "object"}  # fmt: skip
TOLERANCE = 0.01

Key = tuple[str, str]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ClassResults:
    """One lab's results. Every table is sorted, and empty rather than missing.

    Attributes:
        cells: one row per graded cell, in the lab's order; `exercise` is the name to show.
        students: indexed by student id. `status` is one of GRADED, UNGRADED, ABSENT; `score`,
            `final` (less the late penalty, never below 0) are NaN unless graded; `pending` counts
            answers to be graded by hand; `reason` says what went wrong, `notes` what was mended;
            `feedback` lists the paths of feedback pages.
        exercises: one row per graded student and cell. `share` of the points is NaN while
            `pending`; `judged` tells whether a results file was used, `blank` whether the
            exercise was left as it was released.
        checks: one row per graded student and hidden check that was judged.
    """

    lab: str
    title: str
    cells: pd.DataFrame
    students: pd.DataFrame
    exercises: pd.DataFrame
    checks: pd.DataFrame

    @property
    def max_score(self) -> float:
        """Points of the whole lab, answers graded by hand included."""
        return float(self.cells["points"].sum())

    @property
    def graded(self) -> pd.DataFrame:
        """The students that have a score."""
        return self.students[self.students["status"] == GRADED]

    def misconceptions_of(self, student: str) -> dict[str, str]:
        """Exercise → name of the misconception that was recognised there."""
        rows = self.exercises[self.exercises["student"] == student]
        rows = rows[rows["misconception"] != ""]
        return dict(zip(rows["exercise"], rows["misconception"]))


def class_results(course: Course, lab: Lab | str) -> ClassResults:
    """Read the results of a lab (or its name) from the gradebook and the autograded submissions.

    Raises:
        UnknownLab: the course has no such lab.
        GradebookError: there is no gradebook, or it does not know the lab.
        CourseError: the course's own files are wrong.
    """
    known = course.lab(lab if isinstance(lab, str) else lab.name)
    places = Places.of(course)
    with reading(places.db_url) as session:
        return collect(session, places, known.name, known)


def collect(session: Session, places: Places, lab: str, known: Lab | None = None) -> ClassResults:
    """The results of an assignment; `known` is its lab where it is one of the course's."""
    grades = read_lab(session, lab)
    cells = _ordered(grades.cells, known)
    reader = _Reader(places, lab, grades, cells, places.graded(lab), places.submitted(lab))
    parts = [reader.read(student) for student in reader.students]
    return ClassResults(
        lab,
        known.settings.title if known else lab,
        _table(({"exercise": name, **asdict(cell)} for name, cell in cells.items()), CELLS),
        _table((part.student for part in parts), STUDENTS).set_index("student"),
        _table(chain.from_iterable(part.exercises for part in parts), EXERCISES),
        _table(chain.from_iterable(part.checks for part in parts), CHECKS),
    )


def _table(rows: Iterable[Row], columns: dict[str, str]) -> pd.DataFrame:
    """Typed even when empty, so that whoever reads it needs no special case."""
    made = pd.DataFrame(list(rows), columns=list(columns), dtype="object")
    return made.astype(columns)


def _ordered(cells: list[GradedCell], known: Lab | None) -> dict[str, GradedCell]:
    """Name to show → cell, in the order of the lab; what the lab no longer has comes last."""
    lab_cells = {cell.id: cell for cell in known.cells} if known else {}
    order = {key: index for index, key in enumerate(lab_cells)}
    several = len({cell.notebook for cell in cells}) > 1
    named: dict[str, GradedCell] = {}
    for cell in sorted(cells, key=lambda cell: order.get(cell.grade_id, len(order))):
        short = lab_cells[cell.grade_id].name if cell.grade_id in lab_cells else cell.grade_id
        name = f"{cell.notebook}: {short}" if several else short
        named[name if name not in named else f"{name} ({cell.grade_id})"] = cell
    return named


@dataclass(frozen=True)
class _Part:
    """One student's rows of the three tables."""

    student: Row
    exercises: list[Row]
    checks: list[Row]


@dataclass(frozen=True)
class _Judged:
    """What the results files of one student say, and why some are not used."""

    exercises: dict[Key, ExerciseResult]
    reasons: list[str]
    notes: list[str]
    devices: list[str]


@dataclass(frozen=True)
class _Reader:
    """Reads one student after the other; `graded` and `submitted` have a folder of the lab."""

    places: Places
    lab: str
    grades: LabGrades
    cells: dict[str, GradedCell]
    graded: set[str]
    submitted: set[str]

    @cached_property
    def notebooks(self) -> list[str]:
        return sorted({cell.notebook for cell in self.cells.values()})

    @cached_property
    def points(self) -> dict[Key, float]:
        return {(cell.notebook, cell.grade_id): cell.points for cell in self.cells.values()}

    @property
    def students(self) -> list[str]:
        """Whoever is in the gradebook or has a folder."""
        known = self.grades.names.keys() | self.grades.submissions.keys()
        return sorted(known | self.graded | self.submitted)

    def read(self, student: str) -> _Part:
        submission = self.grades.submissions.get(student)
        name = self.grades.names.get(student, "")
        if submission is None or not self._has_grades(submission):
            status, reason = self._why_ungraded(student)
            return _Part(_student_row(student, name, status, reason, submission), [], [])
        judged = self._judged(student, submission)
        row = _student_row(student, name, GRADED, "; ".join(judged.reasons), submission)
        row |= {"notes": tuple(judged.notes), "device": ", ".join(judged.devices)}
        row |= {"feedback": self._feedback(student), **_totals(submission)}
        exercises = [
            {"student": student, "exercise": name, **_exercise_row(cell, submission, judged)}
            for name, cell in self.cells.items()
        ]
        return _Part(row, exercises, list(_check_rows(student, self.cells, judged)))

    def _has_grades(self, submission: Submission) -> bool:
        """Autograded or graded by hand; a lab of written answers only needs no autograding."""
        return submission.graded or all(cell.kind == WRITTEN for cell in self.cells.values())

    def _why_ungraded(self, student: str) -> tuple[str, str]:
        if student in self.grades.submissions:
            return UNGRADED, "in the gradebook without a grade: autograde it again"
        if student in self.graded:
            return UNGRADED, "autograded, but not in the gradebook: autograde it again"
        if student in self.submitted:
            return UNGRADED, "handed in, but not autograded yet"
        return ABSENT, ABSENT

    def _feedback(self, student: str) -> tuple[Path, ...]:
        found = (self.places.feedback(student, self.lab, notebook) for notebook in self.notebooks)
        return tuple(path for path in found if path is not None)

    def _judged(self, student: str, submission: Submission) -> _Judged:
        judged = _Judged({}, [], [], [])
        for notebook in self.notebooks:
            try:
                result = self._result(student, notebook, submission)
            except SubmissionError as error:
                judged.reasons.append(f"{error}: only the gradebook's scores are known")
                continue
            judged.exercises.update({(notebook, item.grade_id): item for item in result.exercises})
            # Without a notebook there is no exercise in it, and the reason for that alone.
            (judged.notes if result.exercises else judged.reasons).extend(result.notes)
            judged.devices.append(result.device)
        return judged

    def _result(self, student: str, notebook: str, submission: Submission) -> NotebookResult:
        path = self.places.results(student, self.lab, notebook)
        if path is None or student not in self.graded:
            text = "there is no autograded notebook (autograde it again to see why)"
            raise SubmissionError(text)
        result = read_result(path, self.lab, notebook)
        for item in result.exercises:
            self._require_agreement((notebook, item.grade_id), item, submission)
        return result

    def _require_agreement(self, key: Key, item: ExerciseResult, submission: Submission) -> None:
        """A file that the gradebook contradicts is stale, or was handed in by the student."""
        if key not in self.points:
            raise SubmissionError("the results file has a graded cell that the lab has not")
        grade = submission.grades.get(key)
        auto = grade.auto if grade is not None else None
        if auto is None or abs(auto - item.score) > TOLERANCE or item.points != self.points[key]:
            in_gradebook = "nothing" if auto is None else f"{auto:g}"
            raise SubmissionError(
                f"the results file says {item.score:g} of {item.points:g} points for {item.name}, "
                f"the gradebook {in_gradebook} of {self.points[key]:g}"
            )


def _student_row(
    student: str, name: str, status: str, reason: str, submission: Submission | None
) -> Row:
    nothing = float("nan")
    row: Row = {"student": student, "name": name, "status": status, "reason": reason}
    row |= {"score": nothing, "late": 0.0, "final": nothing, "pending": 0}
    row |= {"notes": (), "feedback": (), "device": ""}
    row["handed_in"] = submission.timestamp if submission is not None else None
    return row


def _totals(submission: Submission) -> Row:
    grades = submission.grades.values()
    score = sum(grade.score for grade in grades)
    final = max(0.0, score - submission.late)
    pending = sum(grade.pending for grade in grades)
    return {"score": score, "late": submission.late, "final": final, "pending": pending}


def _exercise_row(cell: GradedCell, submission: Submission, judged: _Judged) -> Row:
    key = (cell.notebook, cell.grade_id)
    grade = submission.grades.get(key)
    item = judged.exercises.get(key)
    row: Row = {"kind": cell.kind, "points": cell.points, "score": grade.score if grade else 0.0}
    row |= {"pending": grade is not None and grade.pending, "share": float("nan")}
    row |= {"judged": item is not None, "blank": False}
    row |= {"reason": "", "misconception": "", "message": ""}
    if cell.points and not row["pending"]:
        row["share"] = row["score"] / cell.points
    return row if item is None else row | _findings(item)


def _findings(item: ExerciseResult) -> Row:
    """What only the results file knows; a stretch exercise (0 points) has its share from there."""
    found: Row = {"reason": item.reason, "blank": item.reason == BLANK}
    if item.points == 0 and item.checks:
        found["share"] = item.share
    if item.misconception is not None:
        found["misconception"] = item.misconception.name
        found["message"] = item.misconception.message
    return found


def _check_rows(student: str, cells: dict[str, GradedCell], judged: _Judged) -> Iterator[Row]:
    for name, cell in cells.items():
        item = judged.exercises.get((cell.notebook, cell.grade_id))
        for check in item.checks if item is not None else []:
            yield {
                "student": student, "exercise": name, "check": check.name, "title": check.title,
                "weight": check.weight, "status": check.status, "kind": check.kind,
            }  # fmt: skip
