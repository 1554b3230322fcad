"""The files beside a graded notebook: what was handed in, as it was when it was opened."""

import pytest
from nbgrader.coursedir import CourseDirectory

from gradlab.errors import SubmissionError
from gradlab.grading.graded_files import GradedFiles

LAB = "lab"


@pytest.fixture
def course(tmp_path):
    for name in (f"source/{LAB}/{LAB}.ipynb", f"source/{LAB}/plot.png", "secret.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("the course's")
    return tmp_path


@pytest.fixture
def files(course):
    return GradedFiles(LAB, coursedir=CourseDirectory(root=str(course)))


@pytest.fixture
def hand_in(course):
    def put(student, *names):
        folder = course / "submitted" / student / LAB
        for name in (f"{LAB}.ipynb", *names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("theirs")
        return folder

    return put


def graded(files, student):
    files.draft(student, None, "a reason")
    files.publish(student)
    place = files.place(student)
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*.*")}


@pytest.mark.parametrize("student", ["ada", "*", "smith[1]"])
def test_what_was_handed_in_is_copied_and_the_courses_own_wins(files, hand_in, student):
    hand_in(student, "data/x.csv", "plot.png", "other.ipynb", "old.pyc", f"{LAB}.results.json")
    files.coursedir.ignore = [*files.coursedir.ignore, "*.results.json"]
    files.take_in(student)
    found = graded(files, student)
    assert "a reason" in found.pop(f"{LAB}.results.json")
    assert found == {"data/x.csv": "theirs", "plot.png": "the course's"}
    assert files.is_current(student)


def test_what_has_become_a_link_since_it_was_looked_at_is_not_followed(files, hand_in, course):
    folder = hand_in("eve", "notes.txt", "data/x.csv")
    files.take_in("eve")
    (folder / "notes.txt").unlink()
    (folder / "notes.txt").symlink_to(course / "secret.txt")
    assert set(graded(files, "eve")) == {"data/x.csv", "plot.png", f"{LAB}.results.json"}


def test_what_is_refused_is_not_copied(files, hand_in):
    hand_in("ada", *(f"{number}.txt" for number in range(501)))
    assert files.take_in("ada").notes
    assert set(graded(files, "ada")) == {"plot.png", f"{LAB}.results.json"}


@pytest.mark.parametrize("text", ["2300-01-01", "yesterday"])
def test_a_time_that_is_none_is_the_submissions_fault(files, hand_in, text):
    (hand_in("ada") / "timestamp.txt").write_text(text)
    with pytest.raises(SubmissionError, match="holds no time"):
        files.timestamp("ada")
    files.take_in("ada")
    assert files.timestamp("ada") is None
