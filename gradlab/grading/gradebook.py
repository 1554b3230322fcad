"""The gradebook's side of a lab: what it knows of the lab, and the rows of submissions.

The rows are those that nbgrader's Autograde, SaveAutoGrades and AssignLatePenalties write, but
many submissions share one commit.
"""

import datetime
import json
from dataclasses import replace
from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import inspect, select, text

from gradlab.errors import GradebookError
from gradlab.grading.bundle import KnownCell, LabBundle
from gradlab.grading.submission import Grades

MANY = 500
"""Students in one query: databases have a limit."""
LOOKED_FOR = (
    ("grade", "notebook_id"),
    ("comment", "notebook_id"),
    ("submitted_notebook", "assignment_id"),
)


class GradebookRows:
    """The rows of one lab in an open gradebook. Nothing is committed but by `commit`."""

    def __init__(self, gradebook: Any, lab: str, penalties: AssignLatePenalties) -> None:
        self._db = gradebook.db
        _add_indexes(self._db)
        self._penalties = penalties
        self._penalties.init_plugin()
        notebook = gradebook.find_notebook(lab, lab)
        self._assignment_id, self._notebook_id = notebook.assignment_id, notebook.id
        self._names = {cell.id: cell.name for cell in notebook._base_cells}
        tasks = [cell.id for cell in notebook.task_cells]
        self._graded = [cell.id for cell in notebook.grade_cells] + tasks
        self._commented = [cell.id for cell in notebook.solution_cells] + tasks

    def enter(self, student: str, time: datetime.datetime | None, grades: Grades | None) -> None:
        """The rows of a submission, as nbgrader's Autograde has them; None: it has no notebook."""
        submission = self._submission(student)
        if time is not None:
            submission.timestamp = time
        (book,) = submission.notebooks
        if grades is None:
            refuse(book)
        else:
            self._grade(book, grades)
            self._penalise(student, submission, book)

    def commit(self) -> None:
        """Write all that was entered."""
        self._db.commit()

    def scores(self, students: list[str]) -> dict[str, tuple[float, float]]:
        """Score and maximum of each student, as committed."""
        model: Any = api.SubmittedAssignment
        query = select(model.student_id, model.score, model.max_score)
        query = query.where(model.assignment_id == self._assignment_id)
        found: dict[str, tuple[float, float]] = {}
        for start in range(0, len(students), MANY):
            few = query.where(model.student_id.in_(students[start : start + MANY]))
            found |= {row[0]: (row[1], row[2]) for row in self._db.execute(few)}
        return found

    def automatic_scores(self) -> dict[str, dict[str, float | None]]:
        """Student → cell → automatic score, of the whole class."""
        query = (
            select(api.SubmittedAssignment.student_id, api.Grade.cell_id, api.Grade.auto_score)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
            .join(
                api.SubmittedAssignment,
                api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
            )
            .where(api.SubmittedNotebook.notebook_id == self._notebook_id)
        )
        found: dict[str, dict[str, float | None]] = {}
        for student, cell, score in self._db.execute(query):
            found.setdefault(student, {})[self._names[cell]] = score
        return found

    def undo(self) -> None:
        """Forget what was entered since the last commit."""
        self._db.rollback()

    def _submission(self, student: str) -> Any:
        query = select(api.SubmittedAssignment).where(
            api.SubmittedAssignment.assignment_id == self._assignment_id,
            api.SubmittedAssignment.student_id == student,
        )
        found = self._db.execute(query).scalar_one_or_none()
        return found or self._new_submission(student)

    def _new_submission(self, student: str) -> Any:
        """As `Gradebook.add_submission`, which commits."""
        if self._db.get(api.Student, student) is None:
            self._db.add(api.Student(id=student))
        made = api.SubmittedAssignment(assignment_id=self._assignment_id, student_id=student)
        book = api.SubmittedNotebook(notebook_id=self._notebook_id, assignment=made)
        book.grades = [api.Grade(cell_id=cell) for cell in self._graded]
        book.comments = [api.Comment(cell_id=cell) for cell in self._commented]
        self._db.add(made)
        self._db.flush()
        return made

    def _grade(self, book: Any, grades: Grades) -> None:
        """As `SaveAutoGrades`: what a person graded is to be looked at again."""
        scores, comments = grades.scores, grades.comments
        for grade in book.grades:
            name = self._names[grade.cell_id]
            if name in scores:
                grade.auto_score = scores[name]
                grade.needs_manual_grade = (
                    grade.manual_score is not None or grade.auto_score is None
                )
        for comment in book.comments:
            name = self._names[comment.cell_id]
            if name in comments:
                comment.auto_comment = comments[name]

    def _penalise(self, student: str, submission: Any, book: Any) -> None:
        """As `AssignLatePenalties`, with the course's plugin and nbgrader's bounds."""
        book.late_submission_penalty = None
        seconds = submission.total_seconds_late
        if seconds > 0:
            self._db.flush()
            self._db.refresh(book, ["score"])
            plugin = self._penalties.plugin_inst
            penalty = plugin.late_submission_penalty(student, book.score, seconds)
            if penalty is not None:
                book.late_submission_penalty = self._penalties._check_late_penalty(book, penalty)


def _add_indexes(db: Any) -> None:
    """nbgrader looks for a submission's rows among those of all; with an index it finds them.

    Without them the time of a class grows with the square of its size. They change nothing else.
    """
    present = inspect(db.get_bind())
    for table, column in LOOKED_FOR:
        name = f"gradlab_{table}_{column}"
        if name not in {found["name"] for found in present.get_indexes(table)}:
            db.execute(text(f"CREATE INDEX {name} ON {table} ({column})"))
    db.commit()


def with_gradebook(bundle: LabBundle, gradebook: Any) -> LabBundle:
    """The bundle with what the gradebook knows of the lab.

    Raises:
        GradebookError: it knows other cells than the released notebook has.
    """
    notebook = gradebook.find_notebook(bundle.lab, bundle.lab)
    points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    cells = tuple(
        KnownCell(c.name, c.cell_type, c.locked, c.source, c.checksum, points.get(c.name))
        for c in notebook.source_cells
    )
    _require_same_cells(bundle, {cell.name for cell in cells})
    spec = json.loads(notebook.kernelspec) if notebook.kernelspec else None
    return replace(bundle, kernelspec=spec, cells=cells)


def _require_same_cells(bundle: LabBundle, known: set[str]) -> None:
    released = json.loads(bundle.files[f"release/{bundle.lab}/{bundle.lab}.ipynb"])
    found = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in released["cells"]]
    unknown = sorted({name for name in found if name} - known)
    if unknown:
        raise GradebookError(
            f"the gradebook does not know cell {unknown[0]!r} of release/{bundle.lab}; "
            f"run `nbgrader generate_assignment {bundle.lab} --force`"
        )


def refuse(book: Any) -> None:
    """Automatic scores of 0; where a person has given points, theirs stay untouched."""
    for grade in book.grades:
        if grade.manual_score is None:
            grade.auto_score = 0
            grade.needs_manual_grade = False
