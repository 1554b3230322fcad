"""What is shown of grades: penalties for the points of now, and no 0 for what nobody has graded."""

from datetime import datetime, timedelta
from pathlib import Path

import nbgrader
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from gradlab.grading import current_grades
from gradlab.grading.current_grades import CurrentGrades, FeedbackExporter
from gradlab.grading.penalties import renew_penalties

LAB = "lab"
DUE = datetime(2026, 3, 1)
ZERO = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
OURS = Path(current_grades.__file__).parent / "templates"
THEIRS = Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"

STYLES = "../static/node_modules/bootstrap/dist/css"


@pytest.fixture
def url(tmp_path):
    """A lab with a check of 3 points and two answers of 4; `ada` is late."""
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with Gradebook(url, "course") as book:
        book.add_assignment(LAB, duedate=DUE)
        book.add_notebook(LAB, LAB)
        book.add_grade_cell("check", LAB, LAB, max_score=3, cell_type="code")
        for name in ("why", "how"):
            book.add_grade_cell(name, LAB, LAB, max_score=4, cell_type="markdown")
            book.add_solution_cell(name, LAB, LAB)
        book.add_student("ada")
        book.add_submission(LAB, "ada", timestamp=DUE + timedelta(hours=1))
        for name, score in (("check", 3.0), ("why", None), ("how", None)):
            grade = book.find_grade(name, LAB, LAB, "ada")
            grade.auto_score, grade.needs_manual_grade = score, score is None
        book.db.commit()
    return url


def mark(url, name, points):
    with Gradebook(url, "course") as book:
        grade = book.find_grade(name, LAB, LAB, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def penalty(url):
    with Gradebook(url, "course") as book:
        renew_penalties(book, LAB, AssignLatePenalties(config=ZERO))
        return book.find_submission_notebook(LAB, LAB, "ada").late_submission_penalty


def test_a_penalty_counts_points_that_were_given_by_hand_later(url):
    assert penalty(url) == 3
    mark(url, "why", 2.5)
    assert penalty(url) == 5.5


def test_a_penalty_goes_when_the_due_date_moves(url):
    assert penalty(url) == 3
    with Gradebook(url, "course") as book:
        book.update_or_create_assignment(LAB, duedate=DUE + timedelta(days=1))
    assert penalty(url) is None


def cell(make, name, *, solution):
    ours = {"grade": True, "solution": solution, "locked": not solution, "task": False}
    ours |= {"grade_id": name, "schema_version": 3, "points": 0}
    return make("text", id=name, metadata={"nbgrader": ours})


def page(url):
    notebook = new_notebook(
        cells=[
            cell(new_code_cell, "check", solution=False),
            cell(new_markdown_cell, "why", solution=True),
            cell(new_markdown_cell, "how", solution=True),
        ]
    )
    names = {"notebook": LAB, "assignment": LAB, "student": "ada", "db_url": url}
    notebook, resources = CurrentGrades(config=ZERO).preprocess(notebook, {"nbgrader": names})
    exporter = FeedbackExporter(
        template_name="feedback",
        extra_template_basedirs=[str(OURS), str(THEIRS)],
        extra_template_paths=[str(THEIRS / STYLES)],
    )
    return exporter.from_notebook_node(notebook, resources)[0]


def test_a_page_says_not_graded_yet_of_what_waits(url):
    mark(url, "how", 0.0)
    found = page(url)
    assert "1 answer is not graded yet" in found
    assert found.count("not graded yet / 4.0") == 2  # in the contents and at the answer
    assert found.count("Score: 0.0 / 4.0") == 2
    assert found.count("Score: 3.0 / 3.0") == 2


def test_a_page_on_which_nothing_waits_is_nbgraders(url):
    for name in ("why", "how"):
        mark(url, name, 1.0)
    found = page(url)
    assert "not graded yet" not in found
    assert f"{LAB} (Score: 0.0 / 11.0)" in found
    assert "Late submission penalty (Score: -5.0)" in found
