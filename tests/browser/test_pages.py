"""Nothing that a student wrote runs, loads, covers or leads anywhere on a page others open."""

import pytest

from tests.hostile.course import LAB, HostileCourse, Marks

from .conftest import HONEST, ODD_STUDENT, needs_chromium, reader_attempts

pytestmark = needs_chromium
STUDENTS = [
    *(attempt.student for attempt in reader_attempts(HostileCourse(None, Marks()))),
    HONEST,
    ODD_STUDENT,
]
each_student = pytest.mark.parametrize("student", STUDENTS)
LISTS = ("manage_assignments", "manage_submissions/" + LAB, "manage_students", "gradebook",
         f"gradebook/{LAB}", f"gradebook/{LAB}/{LAB}")  # fmt: skip


@each_student
def test_feedback(watched, graded, student):
    folder = graded.root / "feedback" / student / LAB
    watched.visit((folder / f"{LAB}.html").as_uri(), folder.as_uri() + "/")
    assert watched.happened == []


@each_student
def test_formgrader_shows_a_submission(watched, graded, formgrader, student):
    with graded.gradebook() as gradebook:
        number = gradebook.find_submission_notebook(LAB, LAB, student).id
    watched.visit(f"{formgrader}/formgrader/submissions/{number}/", f"{formgrader}/")
    assert watched.page.locator("textarea.comment").count() == 4
    assert watched.happened == []


@pytest.mark.parametrize("place", LISTS)
def test_formgrader_lists_submissions(watched, formgrader, place):
    watched.visit(f"{formgrader}/formgrader/{place}", f"{formgrader}/")
    assert watched.happened == []


def test_class_report(watched, graded):
    path = next((graded.root / "reports").rglob("*.html"))
    watched.visit(path.as_uri(), path.as_uri())
    assert watched.happened == []
