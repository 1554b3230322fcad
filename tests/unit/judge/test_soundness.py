"""A bug in a hidden check is the course's: it stops the class, and costs no student a point."""

import pytest

from gradlab.errors import CourseError
from gradlab.judge.diagnose import Diagnostician

CHECK = """
    @exercise("f")
    def test_value(student):
        '''Gives three.'''
        value = student.f()
        {line}
        assert_equal(value, 3)
"""


def right():
    return {"f": lambda: 3}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{}['oops']", r"KeyError: 'oops' \(lab0/test_f\.py, line \d+\); mend it in tests/hidden"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(lab0/test_f\.py, line \d+\)"),
        ("value, _ = value", r"TypeError: cannot unpack non-iterable int object \(lab0/test_f"),
        ("assert value == 4", r"AssertionError: .*\(lab0/test_f\.py, line \d+\)"),
        ("assert_equal(value, 4)", r"solution: its? .*|solution: .*4"),
    ],
)
def test_the_solution_is_judged_first(suite, line, says):
    with suite(CHECK.format(line=line)) as opened:
        judge = Diagnostician(opened, right)
        with pytest.raises(CourseError, match=says) as caught:
            judge.require_sound("f")
        assert "the hidden check test_value of 'f' fails on the lab's own solution" in str(
            caught.value
        )
        assert "\n" not in str(caught.value)[:60]


def test_it_is_judged_once(suite):
    made = []
    with suite(CHECK.format(line="pass")) as opened:
        judge = Diagnostician(opened, lambda: made.append(1) or right())
        judge.require_sound("f")
        judge.require_sound("f")
        assert made == [1]
        known = Diagnostician(opened, lambda: made.append(1) or right())
        known.sound.add("f")
        known.require_sound("f")
    assert made == [1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("undefined", r"line \d+: the hidden check itself is wrong: NameError: name 'undefined'"),
        ("import no_such_thing", r"the hidden check itself is wrong: ModuleNotFoundError"),
        ("student.f == 3", "is wrong: CourseError: student.f is a function; the check does not c"),
        ("np.no_such_thing(value)", r"is wrong: AttributeError: module 'numpy' has no attri"),
        ("exec('x = = 3')", r"the hidden check itself is wrong: SyntaxError"),
    ],
)
def test_what_no_answer_can_cause_is_never_the_students(suite, student, line, says):
    """Also where only wrong answers get there."""
    text = CHECK.format(line=f"if value != 3: {line}")
    with suite(text) as opened:
        Diagnostician(opened, right).require_sound("f")
        with pytest.raises(CourseError, match=says):
            opened.judge("f", student(f=lambda: 4))


def test_what_an_answer_can_cause_is_the_students(suite, student):
    with suite(CHECK.format(line="value.shape if value != 3 else value")) as opened:
        Diagnostician(opened, right).require_sound("f")
        (check,) = opened.judge("f", student(f=lambda: 4)).checks
    assert check.kind == "structure"
    assert "AttributeError: 'int' object has no attribute 'shape' (lab0/test_f.py" in check.detail
