"""Scores as CSV: numbers stay numbers, text never becomes a formula."""

import csv
import io
import os

import pandas as pd
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gradlab.errors import StorageError
from gradlab.judge.results import NotebookResult
from gradlab.report import write_csv, write_report
from gradlab.report.export import GradLabExporter, to_csv

LAB = "06_layers"
COLUMNS = ["student_id", "why_shared", "conv1d", "pool2d", "dilated", "total", "max",
           "late_penalty", "final", "needs_manual_grading", "reason"]  # fmt: skip


def read(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_one_row_per_student_with_scores_totals_and_reasons(small_class, tmp_path):
    header, ada, bob, cyd, dan = read(write_csv(small_class, LAB, tmp_path / "grades.csv"))
    assert header == COLUMNS
    assert ada == ["ada", "2", "4", "3", "0", "9", "9", "0", "9", "no", ""]
    assert bob == ["bob", "", "2", "3", "0", "5", "9", "1.5", "3.5", "yes", ""]
    assert cyd == ["cyd", *[""] * 5, "9", "0", "", "no", "handed in, but not autograded yet"]
    assert dan == ["dan", *[""] * 4, "0", "9", "0", "0", "no", "nothing handed in"]


def test_reasons_of_exercises_follow_those_of_the_submission(school, tmp_path):
    died = school.exercise("conv1d", 4.0, 0, reason="the kernel died, twice")
    late = school.exercise("pool2d", 3.0, 0, reason="too slow")
    school.hand_in("ada", school.result(2, conv1d=died, pool2d=late), written=1.0)
    _, ada = read(write_csv(school.save(), LAB, tmp_path / "grades.csv"))
    assert ada[-1] == "conv1d: the kernel died, twice; pool2d: too slow"


def test_who_handed_in_no_notebook_has_the_reason(school, tmp_path):
    """Grading leaves a results file without exercises, and in it why there are none."""
    why = "submitted/ada/06_layers has no 06_layers.ipynb"
    result = NotebookResult(LAB, LAB, [], [why])
    school.hand_in("ada", result, manual=dict.fromkeys(school.cells, 0))
    _, ada = read(write_csv(school.save(), LAB, tmp_path / "grades.csv"))
    assert ada[-1] == why


@pytest.mark.parametrize("days", [100_150, -700_000])  # the years 2300 and 109
def test_a_time_outside_of_nanoseconds_stops_nobody(school, tmp_path, days):
    school.hand_in("ada", school.result(2), written=2.0, days=days)
    school.hand_in("bob", school.result(2), written=2.0)
    _, *rows = read(write_csv(school.save(), LAB, tmp_path / "grades.csv"))
    assert [row[0] for row in rows] == ["ada", "bob"]
    write_report(school.course, LAB, tmp_path / "page.html", "now")


def test_a_folder_with_a_name_that_is_no_id_stops_nobody(small_class, tmp_path):
    """Not in a table and not on a page: neither can hold a name that is not UTF-8."""
    os.makedirs(os.fsencode(small_class.root) + b"/submitted/e\xffve/" + LAB.encode())
    (small_class.root / "submitted" / "e\nve" / LAB).mkdir(parents=True)
    _, *rows = read(write_csv(small_class, LAB, tmp_path / "grades.csv"))
    assert [row[0] for row in rows] == ["ada", "bob", "cyd", "dan"]
    page = write_report(small_class, LAB, tmp_path / "p.html", "now").read_text()
    assert "\ufffd" not in page


def test_an_empty_class_has_a_header(school, tmp_path):
    assert read(write_csv(school.save(), LAB, tmp_path / "grades.csv")) == [COLUMNS]


def test_two_exports_are_the_same(small_class, tmp_path):
    one, other = (write_csv(small_class, LAB, tmp_path / name).read_bytes() for name in "ab")
    assert one == other


def test_thirds_are_exact_enough_and_short(school, tmp_path):
    school.hand_in("ada", school.result(1, 3), written=0.0)
    _, ada = read(write_csv(school.save(), LAB, tmp_path / "grades.csv"))
    assert ada[1:6] == ["0", "1.3333", "1", "0", "2.3333"]


def cells(*values):
    table = pd.DataFrame({"text": list(values)}, index=[f"s{i}" for i in range(len(values))])
    table.index.name = "student_id"
    return [row[1] for row in csv.reader(io.StringIO(to_csv(table)))][1:]


@pytest.mark.parametrize("first", "=+-@＝＋－＠\t\r")
def test_a_formula_is_made_text(first):
    (cell,) = cells(f'{first}HYPERLINK("http://x","y")')
    assert cell.startswith("'")


@pytest.mark.parametrize("text", [" =1", "\n=1", "\u200b=1", "\ufeff=1", "\x00=1", "  +1", "-5"])
def test_a_formula_behind_what_cannot_be_seen_is_made_text(text):
    (cell,) = cells(text)
    assert cell.startswith("'")


@pytest.mark.parametrize("text", ["a=1", "ada", "", "00123", "x-y", "5 + 5", "naïve"])
def test_other_text_is_left_alone(text):
    assert cells(text) == [text]


def test_numbers_stay_numbers():
    assert cells(-1.5, 2.0, 1 / 3) == ["-1.5", "2", "0.3333333333"]


def test_quotes_separators_and_lines_stay_in_their_cell():
    assert cells('a,"b"\n;c') == ['a,"b" ;c']


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "@sum", "+1,2\x1b[2J"])
def test_a_students_own_name_is_no_formula(school, tmp_path, name):
    school.enrol(name)
    _, row = read(write_csv(school.save(), LAB, tmp_path / "grades.csv"))
    assert row[0].startswith(f"'{name[:3]}")
    assert "\x1b" not in row[0]


@pytest.mark.parametrize("text", ["x;=1+1", "x; =1", 'x;"=1', "x;;+1", "x;\t=1", "a=1;b;-2"])
def test_a_formula_behind_a_semicolon_is_made_text(text):
    """Where the decimal sign is a comma, spreadsheets take a semicolon for the end of a cell."""
    (cell,) = cells(text)
    parts = cell.split(";")
    assert all(part[:1] not in '=+-@" \t' or not part for part in parts)
    assert "'" in cell


def test_a_header_is_no_formula():
    table = pd.DataFrame({"=x": [1.0]}, index=pd.Index(["ada"], name="student_id"))
    assert to_csv(table) == "student_id,'=x\nada,1\n"


def test_a_table_that_cannot_be_written_is_an_error_of_storage(small_class, tmp_path):
    with pytest.raises(StorageError):
        write_csv(small_class, LAB, tmp_path)


# Through nbgrader


def exported(school, tmp_path, **options):
    """What `nbgrader export --exporter=…GradLabExporter` writes with these options."""
    path = tmp_path / "out.csv"
    config = Config({"CourseDirectory": {"root": str(school.root)}})
    config.ExportPlugin = Config({"to": str(path), **options})
    app = NbGrader(config=config)
    app.coursedir = CourseDirectory(parent=app)
    with Gradebook(app.coursedir.db_url, "") as gradebook:
        GradLabExporter(parent=app).export(gradebook)
    return path


def test_nbgraders_export_writes_the_same_table(small_class, school, tmp_path):
    own = write_csv(small_class, LAB, tmp_path / "own.csv")
    assert exported(school, tmp_path).read_text() == own.read_text()


def test_students_and_assignments_can_be_chosen(small_class, school, tmp_path):
    table = read(exported(school, tmp_path, student=["bob"], assignment=[LAB]))
    assert [row[0] for row in table] == ["student_id", "bob"]


def test_several_assignments_stand_side_by_side(small_class, school, tmp_path):
    with Gradebook(f"sqlite:///{school.database}", "") as gradebook:
        gradebook.add_assignment("essay", course_id="")
        gradebook.add_notebook("text", "essay")
        gradebook.add_grade_cell("q1", "text", "essay", max_score=3, cell_type="markdown")
    header, ada, *_ = read(exported(school, tmp_path))
    assert header[:4] == ["student_id", "06_layers: why_shared", "06_layers: conv1d",
                          "06_layers: pool2d"]  # fmt: skip
    assert "essay: q1" in header
    assert dict(zip(header, ada))["essay: reason"] == "nothing handed in"


def test_a_gradebook_without_assignments_exports_a_header(school, tmp_path):
    school.save()
    with Gradebook(f"sqlite:///{school.database}", "") as gradebook:
        gradebook.remove_assignment(LAB)
    assert read(exported(school, tmp_path)) == [["student_id"]]
