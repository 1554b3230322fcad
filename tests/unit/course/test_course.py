"""Finding the course and its labs."""

import pytest

from gradlab.course.course import Course
from gradlab.errors import CourseError, UnknownLab


def test_the_course_is_found_from_anywhere_below(files, monkeypatch):
    assert Course.find(files.root / "labs" / "01_tiny").root == files.root
    monkeypatch.chdir(files.root / "tests")
    assert Course.find().root == files.root


def test_labs_come_in_their_order(files):
    for name, order in [("03_b", 2), ("02_c", 2), ("00_last", 9)]:
        text = (files.root / files.settings).read_text()
        files.write(f"labs/{name}/lab.toml", text.replace("order = 1", f"order = {order}"))
    course = Course(files.root)
    assert list(course.labs) == ["01_tiny", "02_c", "03_b", "00_last"]
    assert [lab.name for lab in course.select([])] == list(course.labs)
    assert [lab.name for lab in course.select(["03_b", "01_tiny"])] == ["03_b", "01_tiny"]


def test_folders_that_tools_leave_behind_are_no_labs(files):
    for name in (".ipynb_checkpoints", "__pycache__"):
        files.write(f"labs/{name}/x.txt", "")
    files.write("labs/README.md", "")
    assert list(Course(files.root).labs) == ["01_tiny"]


def test_a_lab_without_settings_is_an_error(files):
    files.write("labs/02_new/02_new.py", "")
    with pytest.raises(CourseError, match=r"02_new/lab\.toml: No such file"):
        _ = Course(files.root).labs


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("01_tinny", r"no lab '01_tinny' in .*labs; did you mean 01_tiny\?"),
        ("zebra", "no lab 'zebra' in .*labs; known labs: 01_tiny"),
        ("", "no lab ''"),
        (".", "no lab '.'"),
        ("..", "no lab '..'"),
        ("../labs/01_tiny", "no lab '../labs/01_tiny'"),
        ("x" * 10_000, "no lab 'x{10000}'"),
        ("a\0b", "no lab "),
    ],
)
def test_an_unknown_lab_is_named_with_the_nearest(course, name, says):
    with pytest.raises(UnknownLab, match=says):
        course.lab(name)


def test_a_course_without_labs(tmp_path):
    course = Course(tmp_path)
    assert course.labs == {}
    with pytest.raises(CourseError, match="labs holds no lab; `gradlab new NAME` makes one"):
        course.require_labs()
    with pytest.raises(UnknownLab, match="known labs: none"):
        course.lab("01_tiny")


def test_hidden_checks_lie_beside_the_labs(course, lab):
    course.require_labs()
    assert course.hidden(lab) == course.root / "tests" / "hidden" / "01_tiny"
