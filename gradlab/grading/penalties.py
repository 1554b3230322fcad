"""Late penalties as the points are now: those given by hand count, too.

nbgrader reckons a penalty when it autogrades, from the points that there are by then, and never
again. Whatever shows or hands on a score renews it first.
"""

from typing import Any

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import or_


def renew_penalties(
    gradebook: Any, lab: str, penalties: AssignLatePenalties, student: str = ""
) -> None:
    """Reckon the penalties of a lab (of one student) again; written where one has changed."""
    penalties.init_plugin()
    for submission in _late(gradebook, lab, student):
        for book in submission.notebooks:
            due = penalty_of(penalties, submission, book)
            if (book.late_submission_penalty or 0) != (due or 0):
                book.late_submission_penalty = due
    gradebook.db.commit()


def _late(gradebook: Any, lab: str, student: str) -> list[Any]:
    """Whoever is late, or was when it was graded: an extension may have come since."""
    model: Any = api.SubmittedAssignment
    query = gradebook.db.query(model).join(api.Assignment).filter(api.Assignment.name == lab)
    query = query.outerjoin(api.SubmittedNotebook)
    if student:
        query = query.filter(model.student_id == student)
    after = model.timestamp > api.Assignment.duedate
    penalised = api.SubmittedNotebook.late_submission_penalty.is_not(None)
    found = query.filter(or_(after, penalised, model.extension.is_not(None)))
    return list(found.distinct())


def penalty_of(penalties: AssignLatePenalties, submission: Any, book: Any) -> float | None:
    """As nbgrader's `AssignLatePenalties`, with the course's plugin and nbgrader's bounds."""
    seconds = submission.total_seconds_late
    if seconds <= 0:
        return None
    points = penalties.plugin_inst.late_submission_penalty(
        submission.student.id, book.score, seconds
    )
    return None if points is None else float(penalties._check_late_penalty(book, points))
