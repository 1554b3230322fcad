"""The gradebook's side of a lab: what it knows of the lab, and the rows of submissions.

The rows are those that nbgrader's Autograde, SaveAutoGrades and AssignLatePenalties write, but
many submissions share one commit, and the rows of a submission a few statements: nbgrader's
objects ask for each cell by itself.
"""

import datetime
import json
from dataclasses import dataclass, replace
from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, case, insert, inspect, select, text, update

from gradlab.errors import GradebookError
from gradlab.grading.answer_digests import add_table, is_settled, remember
from gradlab.grading.bundle import KnownCell, LabBundle
from gradlab.grading.penalties import penalty_of
from gradlab.grading.standing import MANY, standing
from gradlab.grading.submission import Grades

HAVE_GRADES, HAVE_COMMENTS = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")
ASSIGNMENTS: Any = api.Assignment.__table__
STUDENTS: Any = api.Student.__table__
SUBMISSIONS: Any = api.SubmittedAssignment.__table__
NOTEBOOKS: Any = api.SubmittedNotebook.__table__
GRADES: Any = api.Grade.__table__
COMMENTS: Any = api.Comment.__table__
KNOWN = select(STUDENTS.c.id).where(STUDENTS.c.id == bindparam("student"))
FIND = (
    select(NOTEBOOKS.c.id, SUBMISSIONS.c["id", "timestamp", "extension"])
    .join(SUBMISSIONS, SUBMISSIONS.c.id == NOTEBOOKS.c.assignment_id)
    .where(SUBMISSIONS.c.assignment_id == bindparam("lab"))
    .where(SUBMISSIONS.c.student_id == bindparam("student"))
)
STAMP = (
    update(SUBMISSIONS)
    .where(SUBMISSIONS.c.id == bindparam("submission"))
    .values(timestamp=bindparam("time"))
)
FORGIVE = (
    update(NOTEBOOKS)
    .where(NOTEBOOKS.c.id == bindparam("book"))
    .values(late_submission_penalty=None)
)
SCORE = (
    update(GRADES)
    .where(GRADES.c.notebook_id == bindparam("book"), GRADES.c.cell_id == bindparam("cell"))
    .values(
        auto_score=bindparam("score"),
        needs_manual_grade=case(
            (GRADES.c.manual_score.is_(None), bindparam("unknown")),
            (is_settled(), GRADES.c.needs_manual_grade),
            else_=True,
        ),
    )
)
REMARK = (
    update(COMMENTS)
    .where(COMMENTS.c.notebook_id == bindparam("book"), COMMENTS.c.cell_id == bindparam("cell"))
    .values(auto_comment=bindparam("said"))
)
REFUSE = (
    update(GRADES)
    .where(GRADES.c.notebook_id == bindparam("book"), GRADES.c.manual_score.is_(None))
    .values(auto_score=0, needs_manual_grade=False)
)
_model: Any = api.SubmittedAssignment
SCORES = (
    select(_model.student_id, _model.score, _model.max_score)
    .where(_model.assignment_id == bindparam("lab"))
    .where(_model.student_id.in_(bindparam("students", expanding=True)))
)
"""nbgrader's own sums, written once: to tell whether they were written before takes long, too."""
LOOKED_FOR = (
    ("grade", "notebook_id"),
    ("comment", "notebook_id"),
    ("submitted_notebook", "assignment_id"),
)


class GradebookRows:
    """The rows of one lab in an open gradebook. Nothing is committed but by `commit`."""

    def __init__(self, gradebook: Any, lab: str, penalties: AssignLatePenalties) -> None:
        self._db, self._lab = gradebook.db, lab
        add_table(self._db)
        _add_indexes(self._db)
        self._penalties = penalties
        self._penalties.init_plugin()
        notebook = gradebook.find_notebook(lab, lab)
        self._assignment_id, self._notebook_id = notebook.assignment_id, notebook.id
        of_lab = select(ASSIGNMENTS.c.duedate).where(ASSIGNMENTS.c.id == notebook.assignment_id)
        self._duedate = self._db.execute(of_lab).scalar_one()
        cells = _cells(self._db, notebook.id)
        self._names = {cell: name for cell, name, _ in cells}
        self._graded = {name: cell for cell, name, kind in cells if kind in HAVE_GRADES}
        self._commented = {name: cell for cell, name, kind in cells if kind in HAVE_COMMENTS}

    def enter(self, student: str, time: datetime.datetime | None, grades: Grades | None) -> None:
        """The rows of a submission, as nbgrader's Autograde has them; None: it has no notebook."""
        book = self._book(student)
        self._stamp(book, time)
        if grades is None:
            self._db.execute(REFUSE, {"book": book.id})
        else:
            self._grade(book, grades)
            self._penalise(book)

    def commit(self) -> None:
        """Write all that was entered."""
        self._db.commit()

    def scores(self, students: list[str]) -> dict[str, tuple[float, float]]:
        """Score and maximum of each student, as committed."""
        found: dict[str, tuple[float, float]] = {}
        for start in range(0, len(students), MANY):
            few = {"lab": self._assignment_id, "students": students[start : start + MANY]}
            found |= {row[0]: (row[1], row[2]) for row in self._db.execute(SCORES, few)}
        return found

    def standing(self, students: list[str]) -> dict[str, tuple[int, float]]:
        """Answers that wait for a person, and seconds of lateness, of each student."""
        return standing(self._db, self._lab, students)

    def automatic_scores(self) -> dict[str, dict[str, float | None]]:
        """Student → cell → automatic score, of the whole class."""
        query = (
            select(SUBMISSIONS.c.student_id, GRADES.c.cell_id, GRADES.c.auto_score)
            .join(NOTEBOOKS, NOTEBOOKS.c.id == GRADES.c.notebook_id)
            .join(SUBMISSIONS, SUBMISSIONS.c.id == NOTEBOOKS.c.assignment_id)
            .where(NOTEBOOKS.c.notebook_id == self._notebook_id)
        )
        found: dict[str, dict[str, float | None]] = {}
        for student, cell, score in self._db.execute(query):
            found.setdefault(student, {})[self._names[cell]] = score
        return found

    def undo(self) -> None:
        """Forget what was entered since the last commit."""
        self._db.rollback()

    def _book(self, student: str) -> "_Book":
        """The student's submission, entered now if it is the first."""
        known = {"lab": self._assignment_id, "student": student}
        found = self._db.execute(FIND, known).one_or_none()
        return _Book(*found) if found else self._new_book(student)

    def _new_book(self, student: str) -> "_Book":
        """As `Gradebook.add_submission`, which commits."""
        if self._db.execute(KNOWN, {"student": student}).first() is None:
            self._db.execute(insert(STUDENTS), [{"id": student}])
        made = _Book(api.new_uuid(), api.new_uuid())
        submission = {"id": made.submission, "assignment_id": self._assignment_id}
        notebook = {"id": made.id, "notebook_id": self._notebook_id}
        self._db.execute(insert(SUBMISSIONS), [submission | {"student_id": student}])
        self._db.execute(insert(NOTEBOOKS), [notebook | {"assignment_id": made.submission}])
        for table, cells in ((GRADES, self._graded), (COMMENTS, self._commented)):
            rows = [{"notebook_id": made.id, "cell_id": cell} for cell in cells.values()]
            if rows:
                self._db.execute(insert(table), rows)
        return made

    def _stamp(self, book: "_Book", time: datetime.datetime | None) -> None:
        """When it was handed in; it stays as it was where that is not known."""
        if time is not None:
            book.timestamp = time
            self._db.execute(STAMP, {"submission": book.submission, "time": time})

    def _grade(self, book: "_Book", grades: Grades) -> None:
        """As `SaveGrades`: what a person graded is to be looked at again where it has changed."""
        scores = [
            {
                "book": book.id,
                "cell": self._graded[name],
                "score": score,
                "unknown": score is None,
                "answer": grades.answers.get(name, ""),
            }
            for name, score in grades.scores.items()
            if name in self._graded
        ]
        comments = [
            {"book": book.id, "cell": self._commented[name], "said": comment}
            for name, comment in grades.comments.items()
            if name in self._commented
        ]
        for statement, rows in ((SCORE, scores), (REMARK, comments)):
            if rows:
                self._db.execute(statement, rows)
        answers = [{key: row[key] for key in ("book", "cell", "answer")} for row in scores]
        if answers:
            remember(self._db, answers)

    def _penalise(self, book: "_Book") -> None:
        """As `AssignLatePenalties`, but who is in time costs no look at nbgrader's objects."""
        self._db.execute(FORGIVE, {"book": book.id})
        if book.is_in_time(self._duedate):
            return
        submission = self._db.get(api.SubmittedAssignment, book.submission, populate_existing=True)
        (notebook,) = submission.notebooks
        self._db.refresh(notebook, ["score", "late_submission_penalty"])
        notebook.late_submission_penalty = penalty_of(self._penalties, submission, notebook)


@dataclass
class _Book:
    """A student's submission of the lab; it has one notebook, whose id this is."""

    id: str
    submission: str
    timestamp: datetime.datetime | None = None
    extension: datetime.timedelta | None = None

    def is_in_time(self, duedate: datetime.datetime | None) -> bool:
        """Whether it certainly is; what an extension means is nbgrader's to say."""
        if self.timestamp is None:
            return True
        return self.extension is None and (duedate is None or self.timestamp <= duedate)


def _cells(db: Any, notebook: str) -> list[Any]:
    """Id, name and kind of the cells of a notebook that have grades or comments."""
    cell: Any = api.BaseCell.__table__
    query = select(cell.c.id, cell.c.name, cell.c.type).where(cell.c.notebook_id == notebook)
    return list(db.execute(query))


def _points(db: Any, notebook: str) -> dict[str, float]:
    """The most that can be earned in each graded cell of a notebook, by its name."""
    found: dict[str, float] = {}
    cell: Any = api.BaseCell.__table__
    kinds: tuple[Any, ...] = (api.GradeCell.__table__, api.TaskCell.__table__)
    for kind in kinds:
        query = select(cell.c.name, kind.c.max_score).join(kind, kind.c.id == cell.c.id)
        found |= dict(tuple(row) for row in db.execute(query.where(cell.c.notebook_id == notebook)))
    return found


def _add_indexes(db: Any) -> None:
    """nbgrader looks for a submission's rows among those of all; with an index it finds them.

    Without them the time of a class grows with the square of its size. They change nothing else.
    """
    inspector = inspect(db.get_bind())
    for table, column in LOOKED_FOR:
        name = f"gradlab_{table}_{column}"
        if name not in {found["name"] for found in inspector.get_indexes(table)}:
            db.execute(text(f"CREATE INDEX {name} ON {table} ({column})"))
    db.commit()


def with_gradebook(bundle: LabBundle, gradebook: Any) -> LabBundle:
    """The bundle with what the gradebook knows of the lab.

    Raises:
        GradebookError: it knows other cells than the released notebook has.
    """
    notebook = gradebook.find_notebook(bundle.lab, bundle.lab)
    points = _points(gradebook.db, notebook.id)
    source: Any = api.SourceCell.__table__
    known = select(source.c["name", "cell_type", "locked", "source", "checksum"])
    rows = gradebook.db.execute(known.where(source.c.notebook_id == notebook.id))
    cells = tuple(
        KnownCell(name, kind, locked, text, checksum, points.get(name))
        for name, kind, locked, text, checksum in rows
    )
    _require_same_cells(bundle, {cell.name for cell in cells}, points)
    spec = json.loads(notebook.kernelspec) if notebook.kernelspec else None
    return replace(bundle, kernelspec=spec, cells=cells)


def _require_same_cells(bundle: LabBundle, known: set[str], points: dict[str, float]) -> None:
    """What was released must be what the gradebook knows: the same cells, for the same points."""
    released = json.loads(bundle.files[f"release/{bundle.lab}/{bundle.lab}.ipynb"])
    cells = [cell["metadata"].get("nbgrader", {}) for cell in released["cells"]]
    unknown = sorted({cell["grade_id"] for cell in cells if "grade_id" in cell} - known)
    changed = sorted(
        cell["grade_id"]
        for cell in cells
        if cell.get("grade") and points.get(cell["grade_id"], 0.0) != float(cell.get("points", 0))
    )
    if unknown or changed:
        what = f"cell {unknown[0]!r}" if unknown else f"the points of {changed[0]!r}"
        raise GradebookError(
            f"the gradebook does not know {what} of release/{bundle.lab}; "
            f"run `nbgrader generate_assignment {bundle.lab} --force`"
        )


def refuse(book: Any) -> None:
    """Automatic scores of 0; where a person has given points, theirs stay untouched."""
    for grade in book.grades:
        if grade.manual_score is None:
            grade.auto_score = 0
            grade.needs_manual_grade = False
