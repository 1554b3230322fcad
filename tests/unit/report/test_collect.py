"""class_results joins the gradebook with the results files, and survives both."""

import json
import math
import os
from dataclasses import replace

import pandas as pd
import pytest

from gradlab.errors import CourseError, GradebookError, UnknownLab
from gradlab.report import class_results
from gradlab.report.collect import ABSENT, GRADED, UNGRADED

LAB = "06_layers"


def rows_of(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def only(table, **wanted):
    found = rows_of(table, **wanted)
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture
def small(small_class):
    return class_results(small_class, LAB)


def test_cells_stand_in_the_order_of_the_lab(small):
    assert list(small.cells["exercise"]) == ["why_shared", "conv1d", "pool2d", "dilated"]
    assert list(small.cells["kind"]) == ["written", "code", "code", "code"]
    assert small.max_score == 9
    assert small.title == "Layers that share weights"


def test_every_student_is_there_once_and_sorted(small):
    assert list(small.students.index) == ["ada", "bob", "cyd", "dan"]
    assert list(small.students["status"]) == [GRADED, GRADED, UNGRADED, ABSENT]
    assert list(small.graded.index) == ["ada", "bob"]


def test_scores_penalties_and_pending_answers_are_the_gradebooks(small):
    ada, bob, cyd = (small.students.loc[name] for name in ("ada", "bob", "cyd"))
    assert (ada["score"], ada["final"], ada["pending"], ada["name"]) == (9, 9, 0, "Ada L.")
    assert (bob["score"], bob["late"], bob["final"], bob["pending"]) == (5, 1.5, 3.5, 1)
    assert math.isnan(cyd["score"])
    assert cyd["reason"] == "handed in, but not autograded yet"
    assert str(bob["handed_in"]) == "2026-03-02 15:00:00"


def test_what_the_checks_found_is_the_results_files(small):
    conv = only(small.exercises, student="bob", exercise="conv1d")
    assert (conv["share"], conv["misconception"]) == (0.5, "flipped_kernel")
    assert small.students.loc["bob", "notes"] == ("a deleted cell was put back",)
    assert list(rows_of(small.checks, student="bob", exercise="conv1d")["status"]) == [
        "passed",
        "failed",
    ]
    assert small.misconceptions_of("bob") == {"conv1d": "flipped_kernel"}
    assert small.misconceptions_of("ada") == small.misconceptions_of("nobody") == {}


def test_a_pending_answer_has_no_share_and_a_stretch_exercise_has_that_of_its_checks(small):
    assert math.isnan(only(small.exercises, student="bob", exercise="why_shared")["share"])
    assert only(small.exercises, student="bob", exercise="dilated")["share"] == 1.0


def test_feedback_pages_are_found(small):
    assert [path.name for path in small.students.loc["ada", "feedback"]] == [f"{LAB}.html"]
    assert small.students.loc["bob", "feedback"] == ()


def test_a_lab_serves_as_well_as_its_name(small_class):
    assert class_results(small_class, small_class.lab(LAB)).lab == LAB


def test_an_empty_class_has_typed_tables(school):
    results = class_results(school.save(), LAB)
    assert len(results.cells) == 4
    for table in (results.students, results.exercises, results.checks):
        assert table.empty
    assert results.students["score"].dtype == float
    assert results.exercises["pending"].dtype == bool
    assert pd.api.types.is_datetime64_dtype(results.students["handed_in"])


def test_a_grade_by_hand_counts_instead_of_the_automatic_one(school):
    school.hand_in("ada", school.result(0), manual={"check_conv1d": 3.0}, written=0.0)
    results = class_results(school.save(), LAB)
    assert results.students.loc["ada", "score"] == 3
    assert only(results.exercises, exercise="conv1d")["share"] == 0.75
    assert results.students.loc["ada", "reason"] == ""


def test_a_penalty_never_leads_below_zero(school):
    school.hand_in("ada", school.result(0), late=7.0)
    assert class_results(school.save(), LAB).students.loc["ada", "final"] == 0


@pytest.mark.parametrize("reason", ["", "lost: the cell was not in what was handed in"])
def test_only_what_is_called_blank_is_blank(school, reason):
    """Who wrote `raise NotImplementedError` elsewhere, or whose cell was lost, left none blank."""
    left = school.exercise("conv1d", 4.0, 0, kind="raised", message="raised NotImplementedError")
    school.hand_in("ada", school.result(2, conv1d=replace(left, reason=reason)), written=1.0)
    assert not class_results(school.save(), LAB).exercises["blank"].any()


def test_an_exercise_left_as_released_is_blank(school):
    left = school.exercise("conv1d", 4.0, 0, kind="raised", message="raised NotImplementedError")
    left = replace(left, reason="left blank")
    school.hand_in("ada", school.result(2, conv1d=left))
    blank = class_results(school.save(), LAB).exercises.set_index("exercise")["blank"]
    assert blank.to_dict() == {
        "why_shared": False,
        "conv1d": True,
        "pool2d": False,
        "dilated": False,
    }


def test_a_lab_of_written_answers_needs_no_autograding(tmp_path, school):
    written = type(school)(tmp_path / "essays", exercises={})
    written.hand_in("ada")
    student = class_results(written.save(), LAB).students.loc["ada"]
    assert (student["status"], student["score"], student["pending"]) == (GRADED, 0, 1)


# Students that something went wrong with


def test_a_graded_student_missing_from_the_gradebook_has_a_reason(school):
    school.results_file("eve").write_text(json.dumps(school.result(2).to_json()))
    eve = class_results(school.save(), LAB).students.loc["eve"]
    assert eve["status"] == UNGRADED
    assert "not in the gradebook" in eve["reason"]


def test_a_submission_without_any_grade_has_a_reason(school):
    school.hand_in("ada")
    ada = class_results(school.save(), LAB).students.loc["ada"]
    assert ada["status"] == UNGRADED
    assert "without a grade" in ada["reason"]


def damaged(school, change):
    """A class of one whose results file `change` has been at; returns the student's row."""
    school.hand_in("ada", school.result(2), written=2.0)
    change(school.results_file("ada"))
    results = class_results(school.save(), LAB)
    assert results.checks.empty
    assert not results.exercises["judged"].any()
    return results.students.loc["ada"]


def edit(*path, to):
    def change(file):
        data = place = json.loads(file.read_text())
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
        file.write_text(json.dumps(data))

    return change


def drop(key):
    def change(file):
        data = json.loads(file.read_text())
        del data[key]
        file.write_text(json.dumps(data))

    return change


def replace_by(make):
    def change(file):
        file.unlink()
        make(file)

    return change


CHECK = ("exercises", 0, "checks", 0)
DAMAGE = [
    (lambda file: file.unlink(), "there is no results file"),
    (lambda file: file.write_text("{"), "is damaged (json_invalid"),
    (lambda file: file.write_bytes(b'{"lab": "\xff"}'), "is damaged (json_invalid"),
    (lambda file: file.write_text("[" * 100_000), "is damaged (json_invalid"),
    (lambda file: file.write_text(r'{"version": 1, "lab": "\ud800"}'), "is damaged (json_invalid"),
    (drop("lab"), "is damaged (lab: missing"),
    (edit("lab", to=["06_layers"]), "is damaged (lab: string_type"),
    (edit("version", to="1"), "is damaged (version: int_type"),
    (edit("version", to=2), "has version 2"),
    (edit("notebook", to="07_recurrence"), "is of another notebook"),
    (edit("exercises", to={}), "is damaged (exercises: list_type"),
    (edit("exercises", to=[{}] * 501), "is damaged (exercises: too_long"),
    (edit("exercises", 0, "points", to=-4), "exercises.0.points: greater_than_equal"),
    (edit("exercises", 0, "points", to=1e300), "exercises.0.points: less_than_equal"),
    (edit("exercises", 0, "points", to=math.nan), "exercises.0.points: finite_number"),
    (edit("exercises", 0, "name", to="x" * 129), "exercises.0.name: string_too_long"),
    (edit("exercises", 0, "misconception", to="flipped"), "exercises.0.misconception: model"),
    (edit(*CHECK, "weight", to=math.inf), "checks.0.weight: finite_number"),
    (edit(*CHECK, "status", to="<script>"), "checks.0.status: literal_error"),
    (edit(*CHECK, "status", to="failed"), "says 2 of 4 points for conv1d, the gradebook 4"),
    (edit("exercises", 0, "points", to=9), "says 9 of 9 points for conv1d"),
    (edit("exercises", 0, "grade_id", to="check_mine"), "a graded cell that the lab has not"),
    (lambda file: file.write_text(" " * (4 * 2**20 + 1)), "is larger than 4 MiB"),
    (replace_by(lambda file: file.symlink_to("/etc/passwd")), "is a symbolic link"),
    (replace_by(os.mkfifo), "a pipe or a device, not a file"),
    (replace_by(os.mkdir), "is a folder,"),
]


@pytest.mark.parametrize(("change", "reason"), DAMAGE, ids=[reason for _, reason in DAMAGE])
def test_a_results_file_that_cannot_be_used_costs_nobody_a_score(school, change, reason):
    ada = damaged(school, change)
    assert (ada["status"], ada["score"]) == (GRADED, 9)
    assert reason in ada["reason"]
    assert ada["reason"].endswith("only the gradebook's scores are known")
    assert len(ada["reason"]) < 300


def test_a_failed_autograding_is_told_apart(school):
    ada = damaged(school, lambda file: (file.unlink(), file.parent.rmdir()))
    assert "there is no autograded notebook" in ada["reason"]


def test_one_damaged_file_leaves_the_others_alone(school):
    school.hand_in("ada", school.result(2))
    school.hand_in("bob", school.result(1))
    school.results_file("ada").write_text("null")
    results = class_results(school.save(), LAB)
    assert set(results.checks["student"]) == {"bob"}


def test_texts_are_clipped_to_one_visible_line(school):
    story = "\x1b[31mred\u202e\n" + "very " * 4_000
    wrong = school.exercise("conv1d", 4.0, 0, diagnosis=("name", story), message=story)
    school.hand_in("ada", school.result(2, conv1d=wrong, notes=[story] * 100))
    results = class_results(school.save(), LAB)
    message = only(results.exercises, exercise="conv1d")["message"]
    assert message.startswith("\ufffd[31mred\ufffd very")
    assert len(message) <= 600
    assert len(results.students.loc["ada", "notes"]) == 40


@pytest.mark.parametrize("name", ["../ada", "..", "a/b"])
def test_a_students_name_never_leads_out_of_a_folder(school, name):
    school.hand_in("ada", school.result(2))
    school.hand_in(school.enrol(name), None, manual={"check_conv1d": 1.0})
    student = class_results(school.save(), LAB).students.loc[name]
    assert (student["status"], student["feedback"]) == (GRADED, ())
    assert "there is no autograded notebook" in student["reason"]


def test_brackets_and_stars_in_the_path_of_a_course_are_no_pattern(tmp_path, school):
    odd = type(school)(tmp_path / "[ab]* course ?x=1#%20")
    odd.hand_in("ada", odd.result(2))
    assert class_results(odd.save(), LAB).students.loc["ada", "reason"] == ""


# Courses that something is wrong with


def test_an_unknown_lab_is_refused_with_the_nearest_name(small_class):
    with pytest.raises(UnknownLab, match="did you mean 06_layers"):
        class_results(small_class, "06_layer")


def test_a_missing_gradebook_is_not_made(school):
    with pytest.raises(GradebookError, match=r"no gradebook at .*nbgrader generate_assignment"):
        class_results(school.course, LAB)
    assert not school.database.exists()


def test_a_lab_that_was_never_graded_is_named(school):
    school.assignment.name = "05_other"
    with pytest.raises(
        GradebookError,
        match=r"no lab .06_layers. \(known: 05_other\).*generate_assignment",
    ):
        class_results(school.save(), LAB)


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be one" * 40])
def test_a_damaged_gradebook_is_an_error_of_the_gradebook(school, content):
    school.database.write_bytes(content)
    with pytest.raises(GradebookError, match=r"cannot be read.*nbgrader db upgrade"):
        class_results(school.course, LAB)


def test_the_gradebook_is_only_read(small_class, school):
    before = school.database.read_bytes(), sorted(school.root.iterdir())
    school.database.chmod(0o400)
    class_results(small_class, LAB)
    assert (school.database.read_bytes(), sorted(school.root.iterdir())) == before


def test_the_places_are_those_of_nbgraders_configuration(small_class, school):
    (school.root / "elsewhere").mkdir()
    school.database.rename(school.root / "elsewhere" / "grades.db")
    (school.root / "autograded").rename(school.root / "marked")
    (school.root / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.CourseDirectory.db_url = 'sqlite:///{school.root}/elsewhere/grades.db'\n"
        "c.CourseDirectory.autograded_directory = 'marked'\n"
    )
    assert class_results(small_class, LAB).misconceptions_of("bob")


@pytest.mark.parametrize("text", ["c = get_config(", "1 / 0"])
def test_a_broken_configuration_is_named(small_class, school, text):
    (school.root / "nbgrader_config.py").write_text(text)
    with pytest.raises(CourseError, match=r"nbgrader_config\.py, line 1: does not load"):
        class_results(small_class, LAB)


def test_an_address_that_is_none_is_refused_without_repeating_it(small_class, school):
    (school.root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.db_url = 'secret password'\n"
    )
    with pytest.raises(GradebookError, match="no database URL") as caught:
        class_results(small_class, LAB)
    assert "secret" not in str(caught.value)
