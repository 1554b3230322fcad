"""The rows of a submission are those that nbgrader's own objects would have written."""

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from gradlab.errors import GradebookError
from gradlab.grading.bundle import KnownCell, LabBundle
from gradlab.grading.gradebook import GradebookRows, with_gradebook
from gradlab.grading.submission import Grades

LAB = "lab"
DUE = datetime(2026, 3, 1)
LATE, IN_TIME = DUE + timedelta(hours=2), DUE - timedelta(hours=2)
CODE = {"cell_type": "code", "source": "x", "checksum": "c"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A gradebook with a lab (a graded check, a written answer, a task) and another beside it."""
    path = tmp_path_factory.mktemp("course") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}", "course") as book:
        book.add_assignment(LAB, duedate=DUE)
        for lab in (LAB, "other"):
            book.update_or_create_assignment(lab)
            book.add_notebook(lab, lab)
        for name, kind in (("check", "code"), ("answer", "markdown")):
            book.add_grade_cell(name, LAB, LAB, max_score=4, cell_type=kind)
        for name in ("function", "answer"):
            book.add_solution_cell(name, LAB, LAB)
        book.add_task_cell("task", LAB, LAB, max_score=2, cell_type="markdown")
        for name in ("check", "answer", "function", "task"):
            book.add_source_cell(name, LAB, LAB, locked=name == "check", **CODE)
        book.add_grade_cell("check", "other", "other", max_score=9, cell_type="code")
    return path


@pytest.fixture
def gradebook(course, tmp_path):
    with Gradebook(f"sqlite:///{shutil.copy(course, tmp_path)}", "course") as book:
        yield book


def rows_of(gradebook, **late):
    config = Config({"LateSubmissionPlugin": {"penalty_method": "zero", **late}})
    return GradebookRows(gradebook, LAB, AssignLatePenalties(config=config))


def enter(rows, student="ada", time=None, grades=None):
    rows.enter(student, time, grades)
    rows.commit()


def graded(check=3.0, **comments):
    return Grades({"check": check, "answer": None}, {"function": None, "answer": None} | comments)


def seen(gradebook, student="ada"):
    """What nbgrader reads: cell → automatic score, whether a person is to look at it."""
    book = gradebook.find_submission_notebook(LAB, LAB, student)
    return {one.name: (one.auto_score, one.needs_manual_grade) for one in book.grades}


def penalty(gradebook, student="ada"):
    return gradebook.find_submission_notebook(LAB, LAB, student).late_submission_penalty


def test_a_first_submission_has_the_rows_that_nbgrader_makes(gradebook):
    enter(rows_of(gradebook), "ada", IN_TIME, graded(answer="No response."))
    gradebook.add_student("bob")
    gradebook.add_submission(LAB, "bob")
    books = [gradebook.find_submission_notebook(LAB, LAB, name) for name in ("ada", "bob")]
    ours, theirs = ([(one.name, one.cell.type) for one in book.grades] for book in books)
    assert sorted(ours) == sorted(theirs) == [("answer", "GradeCell"), ("check", "GradeCell"),
                                              ("task", "TaskCell")]  # fmt: skip
    ours, theirs = (sorted(one.name for one in book.comments) for book in books)
    assert ours == theirs == ["answer", "function", "task"]
    assert books[0].flagged == books[1].flagged
    assert books[0].assignment.timestamp == IN_TIME


def test_scores_and_comments_go_into_their_cells(gradebook):
    enter(rows_of(gradebook), grades=graded(answer="No response."))
    assert seen(gradebook) == {"check": (3.0, False), "answer": (None, True), "task": (None, True)}
    comments = gradebook.find_submission_notebook(LAB, LAB, "ada").comments
    assert {one.name: one.auto_comment for one in comments} == {
        "function": None, "answer": "No response.", "task": None,
    }  # fmt: skip


def test_what_waits_and_how_late_it_is(gradebook):
    rows = rows_of(gradebook)
    enter(rows, "ada", LATE, graded())
    enter(rows, "bob", IN_TIME, graded())
    gradebook.find_submission(LAB, "ada").extension = timedelta(hours=1)
    gradebook.db.commit()
    assert rows.standing(["ada", "bob", "eve"]) == {"ada": (2, 3600.0), "bob": (2, 0.0)}


def test_what_a_person_graded_stays_and_is_to_be_looked_at_again(gradebook):
    rows = rows_of(gradebook)
    enter(rows, grades=graded(1.0))
    mark = gradebook.find_grade("check", LAB, LAB, "ada")
    mark.manual_score, mark.extra_credit = 2.0, 0.5
    gradebook.find_comment("function", LAB, LAB, "ada").manual_comment = "Nice."
    gradebook.db.commit()
    enter(rows, grades=graded(4.0))
    assert seen(gradebook)["check"] == (4.0, True)
    assert rows.scores(["ada"]) == {"ada": (2.5, 10.0)}
    assert gradebook.find_comment("function", LAB, LAB, "ada").comment == "Nice."


@pytest.mark.parametrize(
    ("score", "text", "asked"),
    [(1.0, "same", False), (1.0, "other", True), (4.0, "same", True)],
)
def test_points_given_by_hand_are_asked_for_again_where_something_changed(
    gradebook, score, text, asked
):
    rows = rows_of(gradebook)
    answers = {"check": "same", "answer": "same"}
    enter(rows, grades=replace(graded(1.0), answers=answers))
    for name in answers:
        mark = gradebook.find_grade(name, LAB, LAB, "ada")
        mark.manual_score, mark.needs_manual_grade = 2.0, False
    gradebook.db.commit()
    for _ in range(2):  # asked for until a person has looked
        enter(rows, grades=replace(graded(score), answers=dict.fromkeys(answers, text)))
        assert seen(gradebook)["check"] == (score, asked)
        assert seen(gradebook)["answer"] == (None, text != "same")


def test_a_refused_submission_scores_zero_but_what_a_person_gave(gradebook):
    rows = rows_of(gradebook)
    enter(rows, grades=graded(1.0))
    gradebook.find_grade("answer", LAB, LAB, "ada").manual_score = 1.5
    gradebook.db.commit()
    enter(rows)
    assert seen(gradebook) == {"check": (0.0, False), "answer": (None, True), "task": (0.0, False)}
    assert rows.scores(["ada"]) == {"ada": (1.5, 10.0)}


@pytest.mark.parametrize(
    ("time", "extension", "expected"),
    [
        (None, None, None),
        (IN_TIME, None, None),
        (DUE, None, None),
        (LATE, None, 3.0),
        (LATE, timedelta(hours=1), 3.0),
        (LATE, timedelta(hours=3), None),
        (IN_TIME, -timedelta(hours=3), 3.0),
    ],
)
def test_lateness_is_what_nbgrader_says(gradebook, time, extension, expected):
    rows = rows_of(gradebook)
    enter(rows, grades=graded())
    gradebook.find_submission(LAB, "ada").extension = extension
    gradebook.db.commit()
    enter(rows, time=time, grades=graded())
    assert penalty(gradebook) == expected


def test_a_penalty_is_the_same_when_it_is_given_again(gradebook):
    """Also to an object that nbgrader keeps and that knows of the old one."""
    rows = rows_of(gradebook)
    enter(rows, time=LATE, grades=graded())
    book = gradebook.find_submission_notebook(LAB, LAB, "ada")
    assert book.late_submission_penalty == 3.0
    enter(rows, time=None, grades=graded())  # the time is known from before
    assert penalty(gradebook) == 3.0
    enter(rows, time=LATE, grades=graded(2.0))
    assert penalty(gradebook) == 2.0
    enter(rows, time=IN_TIME, grades=graded(2.0))
    assert penalty(gradebook) is None


def test_lateness_is_that_of_the_rows_and_not_of_an_object_that_knows_older_ones(gradebook):
    rows = rows_of(gradebook)
    rows.enter("ada", IN_TIME, graded())
    known = gradebook.find_submission(LAB, "ada")
    assert known.timestamp == IN_TIME
    enter(rows, time=LATE, grades=graded())
    assert penalty(gradebook) == 3.0


def test_nothing_of_a_batch_that_was_undone_is_there(gradebook):
    rows = rows_of(gradebook)
    enter(rows, "ada", grades=graded(1.0))
    rows.enter("ada", LATE, graded(4.0))
    rows.enter("new", LATE, graded(4.0))
    rows.undo()
    rows.commit()
    assert rows.automatic_scores() == {"ada": {"check": 1.0, "answer": None, "task": None}}
    assert penalty(gradebook) is None
    assert [student.id for student in gradebook.students] == ["ada"]


def test_scores_are_nbgraders_sums_for_any_number_of_students(gradebook, monkeypatch):
    monkeypatch.setattr("gradlab.grading.gradebook.MANY", 2)
    rows = rows_of(gradebook)
    for number in range(5):
        enter(rows, f"s{number}", grades=graded(number / 2))
    found = rows.scores([f"s{number}" for number in range(5)])
    assert found == {f"s{number}": (number / 2, 10.0) for number in range(5)}
    assert found["s3"][0] == gradebook.find_submission(LAB, "s3").score


def test_a_bundle_knows_the_cells_of_its_own_lab(gradebook):
    bundle = LabBundle(LAB, {f"release/{LAB}/{LAB}.ipynb": b'{"cells": []}'}, "s", {})
    known = {cell.name: cell for cell in with_gradebook(bundle, gradebook).cells}
    assert known["check"] == KnownCell("check", "code", True, "x", "c", 4.0)
    assert {name: cell.max_score for name, cell in known.items()} == {
        "check": 4.0, "answer": 4.0, "task": 2.0, "function": None,
    }  # fmt: skip


def test_a_release_that_the_gradebook_does_not_know_is_refused(gradebook):
    cell = b'{"cells": [{"metadata": {"nbgrader": {"grade_id": "new"}}}]}'
    bundle = LabBundle(LAB, {f"release/{LAB}/{LAB}.ipynb": cell}, "s", {})
    with pytest.raises(GradebookError, match="does not know cell 'new'"):
        with_gradebook(bundle, gradebook)


@pytest.mark.parametrize("points", [4, 4.0, 5])
def test_points_that_the_gradebook_does_not_know_are_refused(gradebook, points):
    """They were changed and built, but not generated: a right answer would stay at the old ones."""
    cell = {"metadata": {"nbgrader": {"grade_id": "check", "grade": True, "points": points}}}
    text = json.dumps({"cells": [cell]}).encode()
    bundle = LabBundle(LAB, {f"release/{LAB}/{LAB}.ipynb": text}, "s", {})
    if points == 4:
        assert with_gradebook(bundle, gradebook).cells
        return
    with pytest.raises(GradebookError, match="the points of 'check' of release/lab; run `nbgrader"):
        with_gradebook(bundle, gradebook)
