"""An assignment of an ordinary nbgrader course, beside the labs: nbgrader's own semantics."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

NAME = "ps1"
PARTIAL = "score = 1.5 if answer() == 42 else 0\nscore"
HIDDEN = "assert answer() > 0\n### BEGIN HIDDEN TESTS\nassert answer() == 42\n### END HIDDEN TESTS"
SOLUTION = "def answer():\n    ### BEGIN SOLUTION\n    return 42\n    ### END SOLUTION"


def cell(source, grade_id, **flags):
    metadata = {"grade": False, "solution": False, "locked": False, "task": False}
    metadata |= {"grade_id": grade_id, "schema_version": 3, **flags}
    return new_code_cell(source, id=grade_id.replace("_", "-"), metadata={"nbgrader": metadata})


@pytest.fixture(scope="module")
def course(tiny):
    notebook = new_notebook(
        cells=[
            cell(SOLUTION, "answer", solution=True),
            cell(HIDDEN, "hidden", grade=True, locked=True, points=2),
            cell(PARTIAL, "partial", grade=True, locked=True, points=3),
            cell("open('table.csv').read()[0]", "file", grade=True, locked=True, points=1),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    )
    folder = tiny.root / "source" / NAME
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("7,8\n")
    import nbformat

    nbformat.write(notebook, folder / "ps1.ipynb")
    tiny.run("nbgrader", "generate_assignment", NAME)
    for student, source in {
        "full": "def answer():\n    return 42",
        "near": "def answer():\n    return 41",
        "warns": "import warnings\ndef answer():\n    warnings.warn('x')\n    return 42",
    }.items():
        released = nbformat.read(tiny.root / "release" / NAME / "ps1.ipynb", as_version=4)
        assert "== 42" not in released.cells[1].source
        released.cells[0].source = source
        path = tiny.root / "submitted" / student / NAME / "ps1.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(released, path)
    tiny.run("nbgrader", "autograde", NAME)
    return tiny


def grades(course, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        book = gradebook.find_submission_notebook("ps1", NAME, student)
        return {grade.name: grade.auto_score for grade in book.grades}


def test_right_answer_gets_hidden_partial_and_file_points(course):
    assert grades(course, "full") == {"hidden": 2, "partial": 1.5, "file": 1}


def test_wrong_answer_fails_the_hidden_test(course):
    assert grades(course, "near") == {"hidden": 0, "partial": 0, "file": 1}


def test_a_warning_costs_the_cell_as_nbgrader_has_it(course):
    assert grades(course, "warns")["hidden"] == 0


def test_gradlab_autograde_takes_nbgraders_way(course):
    before = {student: grades(course, student) for student in ("full", "near", "warns")}
    rows = json.loads(course.run("gradlab", "autograde", NAME, "--force", "--json"))
    assert {row["status"] for row in rows} == {"graded"}
    assert {student: grades(course, student) for student in before} == before
