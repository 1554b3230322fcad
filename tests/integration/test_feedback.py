"""Feedback for a class: the same pages however many processes write them."""

import pytest

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x * x"
CLASS = {"a": RIGHT, "b": WRONG, "c": RIGHT, "d": WRONG, "e": RIGHT}


@pytest.fixture(scope="module")
def graded(tiny):
    for student, answer in CLASS.items():
        tiny.hand_in(student, tiny.answer(answer))
    tiny.run("gradlab", "autograde", LAB)
    return tiny


def pages(course):
    found = (course.root / "feedback").glob(f"*/{LAB}/{LAB}.html")
    return {path.parts[-3]: path.read_bytes() for path in found}


def test_pages_do_not_depend_on_the_number_of_processes(graded):
    graded.run("gradlab", "feedback", LAB, "--jobs", "1")
    alone = pages(graded)
    graded.run("gradlab", "feedback", LAB, "--jobs", "2")
    assert set(alone) == set(CLASS)
    assert pages(graded) == alone


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_page_that_cannot_be_written_is_told_and_the_others_are_there(graded, jobs):
    for path in (graded.root / "feedback").glob("*/*/*.html"):
        path.unlink()
    notebook = graded.root / "autograded" / "b" / LAB / f"{LAB}.ipynb"
    text = notebook.read_text()
    notebook.chmod(0o644)
    notebook.write_text(text.replace('"cells"', '"sells"', 1))
    try:
        said = graded.run("gradlab", "feedback", LAB, "--jobs", jobs, code=4)
    finally:
        notebook.write_text(text)
    assert "no feedback for b" in said
    assert "for 4 students" in said
    assert set(pages(graded)) == set(CLASS) - {"b"}


def test_an_unknown_assignment_is_refused(graded):
    assert "02_nothing" in graded.run("gradlab", "feedback", "02_nothing", code=3)
