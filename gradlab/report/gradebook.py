"""nbgrader's gradebook, only read: one lab's cells, students, submissions and grades."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbgrader import api
from sqlalchemy import URL, create_engine, func, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from gradlab.errors import GradebookError

CODE, WRITTEN = "code", "written"


@dataclass(frozen=True)
class GradedCell:
    """A cell that earns points, as the gradebook knows it."""

    notebook: str
    grade_id: str
    kind: str
    points: float


@dataclass(frozen=True)
class Grade:
    """One student's grade of one cell. `auto` is None where nothing was autograded."""

    score: float
    auto: float | None
    marked: bool
    pending: bool


@dataclass(frozen=True)
class Submission:
    """What one student handed in: `late` is the penalty in points, times are UTC."""

    timestamp: datetime.datetime | None
    late: float
    grades: dict[tuple[str, str], Grade]

    @property
    def graded(self) -> bool:
        """Whether anything gave it a score: the autograder or a person."""
        return any(grade.auto is not None or grade.marked for grade in self.grades.values())


@dataclass(frozen=True)
class LabGrades:
    """One lab in the gradebook; `names` has every student of the course."""

    cells: list[GradedCell]
    names: dict[str, str]
    submissions: dict[str, Submission]


@contextmanager
def reading(db_url: str) -> Iterator[Session]:
    """A session on the gradebook at `db_url` that cannot write to it.

    Raises:
        GradebookError: there is none, it is locked, or it is not of nbgrader 0.9's form.
    """
    url = _read_only(db_url)
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            yield session
    except SQLAlchemyError as error:
        text = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise GradebookError(
            f"{url}: cannot be read: {text}; if it is in use, wait until grading has ended, "
            "if it is from an older nbgrader, run `nbgrader db upgrade`"
        ) from error
    finally:
        engine.dispose()


def require_lab(session: Session, lab: str) -> None:
    """Raise GradebookError where the gradebook does not know `lab`."""
    if session.query(api.Assignment.id).filter(api.Assignment.name == lab).first() is None:
        known = ", ".join(sorted(name for (name,) in session.query(api.Assignment.name))) or "none"
        raise GradebookError(
            f"the gradebook knows no lab {lab!r} (known: {known}); "
            f"`nbgrader generate_assignment {lab} --force` enters it"
        )


def read_lab(session: Session, lab: str) -> LabGrades:
    """All that the gradebook knows of `lab`; raises GradebookError where it does not know it."""
    require_lab(session, lab)
    return LabGrades(_cells(session, lab), _names(session), _submissions(session, lab))


def _read_only(db_url: str) -> URL:
    try:
        url = make_url(db_url)
    except ArgumentError as error:
        text = "CourseDirectory.db_url is no database URL; sqlite:////path/gradebook.db is one"
        raise GradebookError(text) from error
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    path = Path(url.database)
    if not path.is_file():
        raise GradebookError(
            f"no gradebook at {path}; `nbgrader generate_assignment LAB --force` makes it"
        )
    query = {"mode": "ro", "uri": "true"}
    return URL.create("sqlite", database=f"file:{quote(str(path.resolve()))}", query=query)


def _cells(session: Session, lab: str) -> list[GradedCell]:
    cells = []
    for model in (api.GradeCell, api.TaskCell):
        query = session.query(api.Notebook.name, model.name, model.cell_type, model.max_score)
        query = query.join(api.Notebook, model.notebook_id == api.Notebook.id)
        query = query.join(api.Assignment).filter(api.Assignment.name == lab)
        cells += [
            GradedCell(notebook, name, CODE if kind == "code" else WRITTEN, float(points))
            for notebook, name, kind, points in query
        ]
    return sorted(cells, key=lambda cell: (cell.notebook, cell.grade_id))


def _names(session: Session) -> dict[str, str]:
    rows = session.query(api.Student.id, api.Student.first_name, api.Student.last_name)
    return {key: " ".join(filter(None, (first, last))) for key, first, last in rows}


def _submissions(session: Session, lab: str) -> dict[str, Submission]:
    late = func.coalesce(func.sum(api.SubmittedNotebook.late_submission_penalty), 0.0)
    model = api.SubmittedAssignment
    query = session.query(model.student_id, model.timestamp, late)
    query = query.join(api.Assignment).outerjoin(api.SubmittedNotebook)
    query = query.filter(api.Assignment.name == lab).group_by(model.id)
    found = {row[0]: Submission(row[1], float(row[2]), {}) for row in query}
    for student, key, grade in _grades(session, lab):
        found[student].grades[key] = grade
    return found


def _grades(session: Session, lab: str) -> Iterator[tuple[str, tuple[str, str], Grade]]:
    """Every grade of the lab in one query; the ORM's properties would take one for each."""
    grade: Any = api.Grade
    query = session.query(
        api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name,
        grade.score, grade.auto_score, grade.manual_score, grade.needs_manual_grade,
    )  # fmt: skip
    query = query.select_from(grade)
    query = query.join(api.BaseCell, api.BaseCell.id == grade.cell_id)
    query = query.join(api.SubmittedNotebook, api.SubmittedNotebook.id == grade.notebook_id)
    query = query.join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
    query = query.join(api.SubmittedAssignment).join(api.Assignment)
    for student, notebook, cell, score, auto, manual, pending in query.filter(
        api.Assignment.name == lab
    ):
        yield student, (notebook, cell), Grade(float(score), auto, manual is not None, pending)
