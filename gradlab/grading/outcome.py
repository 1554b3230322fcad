"""What is told of a submission when its grading has ended."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import Integer, cast, func

MANY = 500
"""Students in one query: databases have a limit."""
GRADED, SKIPPED, FAILED = "graded", "unchanged", "not graded"


@dataclass(frozen=True)
class Graded:
    """One submission's outcome. `reason` says why it could not be graded, where it could not.

    `pending` answers wait for a person, it came `late` seconds after it was due, and the graded
    notebook has `notes` on what was mended.
    """

    student: str
    status: str
    score: float
    max_score: float
    reason: str = ""
    pending: int = 0
    late: float = 0.0
    notes: int = 0


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


def count_notes(results: Path) -> int:
    """How many notes a results file has; none if it cannot be read."""
    try:
        return len(json.loads(results.read_bytes())["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _seconds_late(
    handed_in: datetime | None, extension: timedelta | None, due: datetime | None
) -> float:
    if handed_in is None or due is None:
        return 0.0
    return max(0.0, (handed_in - due - (extension or timedelta())).total_seconds())
