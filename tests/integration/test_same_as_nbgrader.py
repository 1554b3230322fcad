"""`gradlab autograde` in one copy of a course, `nbgrader autograde` in another: no difference."""

import json
import shutil
import sqlite3
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"
SQUARES = "def double(x):\n    return x**2"
PRINTS = "for i in range(3000):\n    print(i)\n\n" + RIGHT
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)
TABLES = {
    "assignment": "select name, duedate, course_id from assignment",
    "base_cell": "select name, type from base_cell",
    "course": "select id from course",
    "student": "select * from student",
    "submitted_assignment": "select student_id, timestamp, extension from submitted_assignment",
    "submitted_notebook": "select student_id, flagged, late_submission_penalty "
    "from submitted_notebook n join submitted_assignment a on a.id = n.assignment_id",
    "grade": "select student_id, name, type, auto_score, manual_score, extra_credit, "
    "needs_manual_grade from grade g join base_cell c on c.id = g.cell_id "
    "join submitted_notebook n on n.id = g.notebook_id "
    "join submitted_assignment a on a.id = n.assignment_id",
    "comment": "select student_id, name, type, auto_comment, manual_comment from comment g "
    "join base_cell c on c.id = g.cell_id join submitted_notebook n on n.id = g.notebook_id "
    "join submitted_assignment a on a.id = n.assignment_id",
}


@pytest.fixture(scope="module")
def courses(tiny, tmp_path_factory):
    """The same class handed in and half graded, then graded by one and by the other command."""
    _configure(tiny)
    _first_round(tiny)
    _second_round(tiny)
    copies = {}
    for command in ("nbgrader", "gradlab"):
        root = tmp_path_factory.mktemp(command) / "course"
        shutil.copytree(tiny.root, root)
        copies[command] = type(tiny)(type(tiny.course)(root))
        copies[command].run(command, "autograde", LAB)
    return copies


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_gradebook_is_the_same(courses, table):
    theirs, ours = (_rows(courses[name], table) for name in ("nbgrader", "gradlab"))
    assert ours == theirs
    assert ours


def test_no_table_has_more_rows(courses):
    assert _counts(courses["gradlab"]) == _counts(courses["nbgrader"])


def test_every_file_is_the_same(courses):
    theirs, ours = (_files(courses[name]) for name in ("nbgrader", "gradlab"))
    assert ours.keys() == theirs.keys()
    for path, (mode, data) in ours.items():
        assert (path, mode) == (path, theirs[path][0])
        assert data == theirs[path][1], path


def test_the_class_was_what_it_should_be(courses):
    """Something must have been late, graded by hand, and copied for this to say anything."""
    grades = _rows(courses["gradlab"], "grade")
    assert ("marked", "answer_when_not", "GradeCell", None, 1.5, None, 1) in grades
    assert ("late", "check_double", "GradeCell", 4.0, None, None, 0) in grades
    assert ("late", 0, 4.0) in _rows(courses["gradlab"], "submitted_notebook")
    names = {path.as_posix() for path in _files(courses["gradlab"])}
    assert {"extra/01_tiny/data/mine.csv", "extra/01_tiny/timestamp.txt"} <= names
    assert "extra/01_tiny/stale.txt" not in names


def test_the_notebooks_were_what_they_should_be(courses):
    """Something must have been cleaned, dropped and mended, too."""
    plots = courses["gradlab"].autograded("plots")
    shown = [out for cell in plots.cells if cell.cell_type == "code" for out in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert any(output.get("text") == "… 35 more outputs dropped …\n" for output in shown)
    assert any("attachments" in cell for cell in plots.cells)
    assert "more than once" in str(courses["gradlab"].autograded("copied").metadata.gradlab.notes)
    assert "format is 3" in str(courses["gradlab"].autograded("old").metadata.gradlab.notes)


def test_each_leaves_alone_what_the_other_has_graded(courses):
    rows = json.loads(courses["nbgrader"].run("gradlab", "autograde", LAB, "--json"))
    assert {row["status"] for row in rows} == {"unchanged"}
    before = _files(courses["gradlab"])
    courses["gradlab"].run("nbgrader", "autograde", LAB)
    assert _files(courses["gradlab"]) == before


def test_grading_all_again_changes_nothing(courses):
    grades, files = _rows(courses["gradlab"], "grade"), _files(courses["gradlab"])
    courses["gradlab"].run("gradlab", "autograde", LAB, "--force")
    assert _rows(courses["gradlab"], "grade") == grades
    after = _files(courses["gradlab"])
    assert after.keys() == files.keys()
    assert [path for path in files if files[path] != after[path]] == []


def _configure(tiny):
    (tiny.root / "source" / LAB / "figure.svg").write_text("the course's")
    with (tiny.root / "nbgrader_config.py").open("a") as config:
        config.write("c.LateSubmissionPlugin.penalty_method = 'zero'\n")
        config.write("c.LimitOutput.max_lines = 50\n")
    with Gradebook(f"sqlite:///{tiny.root}/gradebook.db", "gradlab") as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate=datetime(2026, 3, 1))
        gradebook.update_or_create_student("right", first_name="Ada", last_name="Lovelace")


def _first_round(tiny):
    """Graded before: `marked` then gets points by hand, `extra` loses a file."""
    for student in ("marked", "extra", "untouched"):
        path = tiny.hand_in(student, tiny.answer(SQUARES))
        _stamp(path, "2026-02-01 10:00:00 UTC")
    (tiny.root / "submitted" / "extra" / LAB / "stale.txt").write_text("old")
    tiny.run("nbgrader", "autograde", LAB)
    (tiny.root / "submitted" / "extra" / LAB / "stale.txt").unlink()
    with Gradebook(f"sqlite:///{tiny.root}/gradebook.db", "gradlab") as gradebook:
        for cell, points in (("answer_when_not", 1.5), ("check_double", 3.0)):
            gradebook.find_grade(cell, LAB, LAB, "marked").manual_score = points
        gradebook.find_grade("check_double", LAB, LAB, "marked").extra_credit = 0.5
        gradebook.find_comment("double", LAB, LAB, "marked").manual_comment = "Nice."
        gradebook.db.commit()


def _second_round(tiny):
    released = tiny.released()
    answered = tiny.answer(RIGHT, "import os", "x = 1/0")
    next(c for c in answered.cells if c.id == "answer_when_not").source = "When x is a list."
    submissions = {
        "right": tiny.answer(RIGHT), "wrong": tiny.answer(SQUARES), "blank": released,
        "damaged": "{ no notebook", "late": tiny.answer(RIGHT), "marked": answered,
        "extra": tiny.answer(RIGHT), "noisy": tiny.answer(RIGHT, PRINTS),
        "umlaut": tiny.answer("# größer → ∂\n" + RIGHT), "plots": _with_outputs(tiny),
        "copied": _copied(tiny), "old": json.dumps({"nbformat": 3, "worksheets": [released]}),
    }  # fmt: skip
    for student, notebook in submissions.items():
        path = tiny.hand_in(student, notebook)
        if student != "blank":  # handed in by other means, without a time
            _stamp(path, f"2026-03-0{2 if student == 'late' else 1} 00:00:00 +0100")
    folder = tiny.root / "submitted" / "extra" / LAB
    (folder / "data").mkdir()
    (folder / "data" / "mine.csv").write_text("1,2\n")
    (folder / "data" / "mine.csv").chmod(0o777)
    (folder / "forged.results.json").write_text("{}")
    (folder / "other.ipynb").write_text("{}")
    (folder / "figure.svg").write_text("the student's")


def _with_outputs(tiny):
    """All kinds of outputs of an experiment, too many and too long; a picture pasted into text."""
    notebook = tiny.answer(RIGHT)
    notebook.metadata |= {"signature": "s", "authors": "nobody"}
    experiment = next(c for c in notebook.cells if c.metadata.get("gradlab", {}).get("experiment"))
    experiment.metadata |= {"trusted": True, "tags": "no list"}
    picture = {"image/png": f"{PNG[:40]}\n{PNG[40:]}\n", "text/plain": "a\x1b[1m\u2028b\x0cc"}
    experiment.outputs = [
        new_output("stream", text="x" * 30_000 + "\r\n"),
        new_output("display_data", picture | {"text/html": "<script>"}),
        new_output("execute_result", {"application/json": {"a": 1}}, execution_count=3),
        new_output("error", ename="E", evalue="\x9b1m", traceback=["l"] * 70),
        *(new_output("display_data", {"text/plain": f"{number}"}) for number in range(80)),
    ]
    answer = next(cell for cell in notebook.cells if cell.id == "answer_when_not")
    answer |= {"source": "![](attachment:a.png)", "attachments": {"a.png": {"image/png": PNG}}}
    return json.dumps(notebook)


def _copied(tiny):
    """Cells that were copied and moved, with identifiers that are there twice."""
    notebook = tiny.answer(SQUARES, "y = 1")
    index = next(i for i, cell in enumerate(notebook.cells) if cell.id == "double")
    copy = deepcopy(notebook.cells[index]) | {"source": RIGHT}
    notebook.cells[:] = [*notebook.cells[: index + 1], copy, *notebook.cells[:index:-1]]
    return json.dumps(notebook)


def _stamp(path, text):
    (path.parent / "timestamp.txt").write_text(text)


def _rows(course, table):
    with sqlite3.connect(course.root / "gradebook.db") as base:
        return sorted(base.execute(TABLES[table]).fetchall(), key=repr)


def _counts(course):
    with sqlite3.connect(course.root / "gradebook.db") as base:
        names = [name for (name,) in base.execute("select name from sqlite_master "
                                                  "where type = 'table'")]  # fmt: skip
        return {name: base.execute(f"select count(*) from {name}").fetchone() for name in names}


def _files(course) -> dict[Path, tuple[int, bytes]]:
    root = course.root / "autograded"
    return {
        path.relative_to(root): (path.stat().st_mode, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
