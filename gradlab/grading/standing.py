"""How submissions stand in the gradebook: what waits for a person, and how late they came."""

from datetime import datetime, timedelta
from typing import Any

from nbgrader import api
from sqlalchemy import Integer, cast, func

MANY = 500
"""Students in one query: databases have a limit."""


def standing(gradebook: Any, lab: str, students: list[str]) -> dict[str, tuple[int, float]]:
    """Answers that wait for a person, and seconds of lateness, by student."""
    model: Any = api.SubmittedAssignment
    query = gradebook.query(
        model.student_id,
        func.coalesce(func.sum(cast(api.Grade.needs_manual_grade, Integer)), 0),
        model.timestamp, model.extension, api.Assignment.duedate,
    )  # fmt: skip
    query = query.join(api.Assignment, api.Assignment.id == model.assignment_id)
    query = query.outerjoin(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == model.id)
    query = query.outerjoin(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
    query = query.filter(api.Assignment.name == lab).group_by(model.id)
    found: dict[str, tuple[int, float]] = {}
    for start in range(0, len(students), MANY):
        rows = query.filter(model.student_id.in_(students[start : start + MANY]))
        found |= {student: (int(count), _seconds_late(*times)) for student, count, *times in rows}
    return found


def _seconds_late(
    handed_in: datetime | None, extension: timedelta | None, due: datetime | None
) -> float:
    if handed_in is None or due is None:
        return 0.0
    return max(0.0, (handed_in - due - (extension or timedelta())).total_seconds())
