"""Whether there is probably something to grade."""

import os

import pytest

from gradlab.grading.glance import something_to_grade

LAB = "01_tiny"
LONG_AGO, BEFORE, NOW, LATER = 1e9, 1.1e9, 1.2e9, 1.3e9


@pytest.fixture
def write(tmp_path):
    def write(path, time):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        os.utime(file, (time, time))

    write("nbgrader_config.py", LONG_AGO)
    write(f"labs/{LAB}/{LAB}.py", LONG_AGO)
    write(f"submitted/ann/{LAB}/{LAB}.ipynb", BEFORE)
    write(f"submitted/ben/{LAB}/{LAB}.ipynb", BEFORE)
    write(f"autograded/ann/{LAB}/{LAB}.ipynb", NOW)
    write(f"autograded/ben/{LAB}/{LAB}.ipynb", NOW)
    return write


def look(course, student="", *, force=False):
    return something_to_grade(course, LAB, student, force=force)


def test_all_is_graded(tmp_path, write):
    assert not look(tmp_path)


def test_all_is_graded_again(tmp_path, write):
    assert look(tmp_path, force=True)


@pytest.mark.parametrize(
    "changed",
    [
        f"submitted/ben/{LAB}/{LAB}.ipynb",
        f"submitted/cleo/{LAB}/{LAB}.ipynb",
        f"labs/{LAB}/lab.toml",
        f"tests/hidden/{LAB}/test_double.py",
        f"release/{LAB}/{LAB}.ipynb",
        "nbgrader_config.py",
    ],
)
def test_something_is_newer(tmp_path, write, changed):
    write(changed, LATER)
    assert look(tmp_path)


def test_another_student_is_not_asked_for(tmp_path, write):
    write(f"submitted/ben/{LAB}/{LAB}.ipynb", LATER)
    assert look(tmp_path, "ben")
    assert not look(tmp_path, "ann")
    assert not look(tmp_path, "nobody", force=True)


def test_another_lab_is_not_asked_for(tmp_path, write):
    write(f"labs/02_other/{LAB}.py", LATER)
    write(f"submitted/ann/02_other/{LAB}.ipynb", LATER)
    assert not look(tmp_path)


@pytest.mark.parametrize("name", ["", "02_other", ".."])
def test_no_lab_of_that_name(tmp_path, write, name):
    assert not something_to_grade(tmp_path, name, "", force=True)


def test_folders_without_a_notebook(tmp_path, write):
    (tmp_path / "submitted" / "dan" / LAB).mkdir(parents=True)
    (tmp_path / "submitted" / "notes.txt").write_text("")
    assert not look(tmp_path)
