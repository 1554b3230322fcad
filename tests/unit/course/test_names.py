"""Ids, names and times, where they come in: what everything later on can hold, and nothing else."""

import os
from datetime import datetime

import pytest
from nbgrader.coursedir import CourseDirectory

from gradlab.commands.console import shown
from gradlab.course.names import id_fault, name_fault, parse_time
from gradlab.course.places import Places

BAD = {
    "": "no name",
    "..": "no name",
    "a/b": "no name",
    "e\udcffve": "not UTF-8",
    "e\nve": "line end",
    "e\x1b[2Jve": "cannot be seen",
    "e\u202eve": "cannot be seen",
    "e\x85ve": "cannot be seen",
    "é" * 128: "longer than 255 bytes",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_is_told(name):
    assert BAD[name] in name_fault(name)
    assert BAD[name] in id_fault(name)


@pytest.mark.parametrize("student", [" ada", "ada ", "x" * 129, "１００１", "100١"])
def test_what_nbgrader_cannot_keep_as_it_is_is_no_id(student):
    assert id_fault(student)


@pytest.mark.parametrize(
    "student", ["ada", "1001", "*", "[ab]*", "smith[1]", "a b", "Öz.", "x;=1", "a+b", "...", "名前"]
)
def test_strange_ids_are_ids(student):
    assert id_fault(student) == ""


@pytest.mark.parametrize(
    "text",
    ["2300-01-01", "1600-01-01 00:00:00", "9999-12-31 23:59:59 UTC", "yesterday", "", "1\n",
     "0001-01-01 00:00:00 UTC+23", "2026-01-01\x00", "2026-01-01 00:00:00 -9999999"],
)  # fmt: skip
def test_what_is_no_time_that_can_be_worked_with(text):
    with pytest.raises(ValueError, match="holds no time"):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    ["2026-03-05 10:00:00.000000 UTC", "2026-03-05 10:00", "2026/03/05 10:00", "10:00 5 Mar 2026"],
)
def test_times(text):
    assert parse_time(text) == datetime(2026, 3, 5, 10)


def test_folders_that_are_no_students_are_named_and_left_out(tmp_path):
    submitted = os.fsencode(tmp_path / "submitted")
    for name in (b"ada", b"smith[1]", b"e\xffve", b"e\nve"):
        os.makedirs(os.path.join(submitted, name, b"lab"))
    (tmp_path / "autograded" / "b\x1bob" / "lab").mkdir(parents=True)
    places = Places(CourseDirectory(root=str(tmp_path)))
    assert places.submitted("lab") == {"ada", "smith[1]"}
    assert places.graded("lab") == set()
    assert set(places.unfit("lab")) == {"e\udcffve", "e\nve", "b\x1bob"}


def test_what_is_printed_has_neither_escapes_nor_markup():
    assert shown("a\x1b[2Jb\u202e\n[red]c") == "a\ufffd[2Jb\ufffd\n\\[red]c"
