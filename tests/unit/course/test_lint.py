"""gradlab lint: a sound course has no problems, and each kind of gap is found and named."""

import pytest

from gradlab.course.lint import lint_lab
from gradlab.errors import CourseError


@pytest.fixture
def linted(course):
    """Lints the lab as its files are now: exercise → row."""
    return lambda: {row.exercise: row for row in lint_lab(course, course.lab("01_tiny"))}


def test_the_tiny_course_is_sound(linted):
    rows = linted()
    assert list(rows) == ["double", "Counter"]
    assert all(row.ok for row in rows.values())
    row = rows["double"]
    assert (row.lab, row.few) == ("01_tiny", "tiny")
    assert (row.stub_fails, row.solution_passes, row.confused) == (True, True, 0)
    assert (row.killed, row.misconceptions, row.accepted, row.alternatives) == (2, 2, 1, 1)


def test_a_misconception_that_survives(linted, files):
    files.append(files.checks, """
        @misconception("double", "You added a millionth of a billionth.")
        def nearly(x):
            return 2 * x + 1e-15
    """)  # fmt: skip
    row = linted()["double"]
    assert not row.ok
    assert row.problems == ["misconception nearly survives: no check fails"]
    assert (row.killed, row.misconceptions) == (2, 3)


def test_an_alternative_that_is_refused(linted, files):
    files.append(files.checks, """
        @alternative("double")
        def as_a_list(x):
            return list(2 * x)
    """)  # fmt: skip
    row = linted()["double"]
    (problem,) = row.problems
    assert problem.startswith("alternative as_a_list fails test_doubles[1d]: type: y should be")
    assert (row.accepted, row.alternatives) == (1, 2)


def test_a_stub_that_passes_a_check(linted, files):
    files.append(files.checks, """
        @exercise("double")
        def test_is_quiet(student):
            '''Warns of nothing.'''
            expect(not student.last_warnings, "it warned")
    """)  # fmt: skip
    row = linted()["double"]
    assert row.problems == ["the stub passes test_is_quiet"]
    assert not row.stub_fails


def test_the_same_check_is_sound_once_it_requires_another(linted, files):
    files.append(files.checks, """
        @exercise("double")
        @requires("test_doubles")
        def test_is_quiet(student):
            '''Warns of nothing.'''
            expect(not student.last_warnings, "it warned")
    """)  # fmt: skip
    assert linted()["double"].ok


def test_two_misconceptions_that_look_the_same(linted, files):
    files.append(files.checks, """
        @misconception("double", "You added thrice.")
        def thrice(x):
            return x + x + x
    """)  # fmt: skip
    row = linted()["double"]
    assert row.problems == ["tripled and thrice look the same in every case"]
    assert row.confused == 1


def test_a_solution_that_fails(linted, files):
    files.edit(files.source, "return 2 * x", "return 2 * x + 1e-3")
    row = linted()["double"]
    assert not row.solution_passes
    assert row.problems[0].startswith("the solution fails test_doubles[1d]: values: y has wrong")
    assert linted()["Counter"].ok


def test_too_small_a_catalogue_without_a_reason(linted, files):
    files.edit(files.checks, '@exercise("double", few="tiny")', '@exercise("double")')
    assert linted()["double"].problems == [
        "2 misconceptions; 6 are the least", "1 alternatives; 2 are the least"
    ]  # fmt: skip


def test_an_exercise_that_costs_another(linted, files):
    files.edit(files.source, "value += self.step", "value += double(self.step) / 2")
    rows = linted()
    (problem,) = rows["double"].problems
    assert problem.startswith("left blank, it costs Counter: test_counts[]: raised: raised NotImpl")
    assert rows["Counter"].ok


# --- checks and exercises that do not name each other ------------------------------------------


def test_an_exercise_without_a_hidden_check(linted, files):
    files.edit(files.checks, '@exercise("Counter", few="tiny")', '@exercise("double")')
    with pytest.raises(CourseError) as caught:
        linted()
    assert str(caught.value) == (
        'lab 01_tiny: exercise "Counter" has no hidden check; add tests/hidden/01_tiny/'
        "test_Counter.py (gradlab new shows the form)"
    )


@pytest.mark.parametrize(
    "text",
    ["@exercise('triple')\ndef test_t(student):\n    '''T.'''\n",
     "@misconception('triple', 'You doubled.')\ndef doubled(x):\n    return 2 * x\n",
     "@alternative('triple')\ndef by_three(x):\n    return 3 * x\n"],
    ids=["check", "misconception", "alternative"],
)  # fmt: skip
def test_hidden_checks_of_no_exercise(linted, files, text):
    files.append(files.checks, text)
    with pytest.raises(CourseError) as caught:
        linted()
    assert str(caught.value) == (
        'lab 01_tiny: a hidden check in tests/hidden/01_tiny names "triple", '
        "which is no exercise of 01_tiny.py; rename one of them"
    )


def test_a_lab_without_hidden_checks(linted, files):
    (files.root / files.checks).rename(files.root / "elsewhere.py")
    with pytest.raises(CourseError, match="no file test_"):
        linted()
    (files.root / files.checks).parent.rmdir()
    with pytest.raises(CourseError, match="tests/hidden/01_tiny does not exist"):
        linted()


def test_a_broken_hidden_check(linted, files):
    files.append(files.checks, "def broken(:\n")
    with pytest.raises(CourseError, match="SyntaxError"):
        linted()


def test_a_changed_check_is_read_again(linted, files):
    assert linted()["double"].ok
    files.edit(files.checks, "2 * x, name", "7 * x, name")
    assert not linted()["double"].solution_passes
