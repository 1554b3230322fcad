"""Mutants of a solution: which are made, that sharp checks fail them, and which are excused."""

import pytest

from gradlab.course.mutants import EQUIVALENT, mutants_of, survey_lab
from gradlab.course.suites import open_suite
from gradlab.errors import CourseError


def changes(source):
    return {mutant.change for mutant in mutants_of("f", source)}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("y = a + b", {"y = a + b -> y = a - b", "y = a + b -> y = a", "y = a + b -> y = b"}),
        ("y = x ** 2", {"y = x ** 2 -> y = x * 2", "y = x ** 2 -> y = x ** 3"}),
        ("y = x < 3", {"y = x < 3 -> y = x <= 3", "y = x < 3 -> y = x > 3"}),
        ("y = a and b", {"y = a and b -> y = a or b"}),
        ("y = -x", {"y = -x -> y = x"}),
        ("y = 0.5 * x", {"y = 0.5 * x -> y = 1.0 * x", "y = 0.5 * x -> y = -0.5 * x"}),
        ("y = f(a, b)", {"y = f(a, b) -> y = f(b, a)"}),
        (
            "y = f(a, axis=0)",
            {"y = f(a, axis=0) -> y = f(a, axis=1)", "y = f(a, axis=0) -> y = f(a)"},
        ),
        ("y = np.sum(x)", {"y = np.sum(x) -> y = np.mean(x)"}),
        ("y += x", {"y += x -> y -= x"}),
        ("keep = True", {"keep = True -> keep = False"}),
        ("def f(n=2):\n    return n", {"def f(n=2): -> def f(n=3):", "return n -> pass"}),
        ("if a:\n    b()", {"if a: -> if not a:", "b() -> pass"}),
    ],
)
def test_makes(source, wanted):
    assert wanted <= changes(source)


@pytest.mark.parametrize(
    "source",
    [
        "'''A docstring.'''",
        "import numpy as np",
        "raise ValueError(f'{1 + 1}')\nraise ValueError(f'{2 + 1}')",
        "y = np.maximum(a, b)",
        "for a, b in zip(x, y, strict=True):\n    pass",
        "y = x.reshape(-1)",
    ],
    ids=["docstring", "import", "message", "commutative", "safeguard", "inferred size"],
)
def test_leaves_alone(source):
    assert not any("1" in change or "(b, a)" in change for change in changes(source))


def test_each_text_once_and_each_name_once():
    found = list(mutants_of("f", "y = a + a\nz = a + a"))
    assert len({one.source for one in found}) == len({one.change for one in found}) == len(found)


@pytest.fixture
def survey(course):
    def run():
        lab = course.lab("01_tiny")
        with open_suite(course, lab) as judge:
            return {one.exercise: one for one in survey_lab(course, lab, judge)}

    return run


def test_sharp_checks_fail_them_all(survey):
    found = survey()
    assert found["double"].survivors == []
    assert found["double"].killed == found["double"].counted > 2


def test_what_never_ends_is_killed(survey, files, monkeypatch):
    from gradlab.course import mutants

    monkeypatch.setattr(mutants, "SECONDS", 0.2)
    files.edit(
        files.source,
        "    return 2 * x",
        "    n = 0\n    while n < 1:\n        n = n + 1\n    return 2 * x",
    )
    found = survey()["double"]
    assert "n = n + 1 -> n = n - 1" not in found.survivors


def test_excused_with_a_reason(survey, files):
    files.edit(files.source, "    return 2 * x", "    unused = 1\n    return 2 * x")
    survivors = survey()["double"].survivors
    assert "unused = 1 -> unused = 2" in survivors
    lines = [f'"{change}" = "nothing reads it"' for change in survivors]
    files.write(f"tests/hidden/01_tiny/{EQUIVALENT}", "\n".join(["[double]", *lines]))
    found = survey()["double"]
    assert (found.survivors, found.equivalent) == ([], len(survivors))
    assert found.counted == found.killed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[double", "is not valid TOML"),
        ("[triple]\n'a -> b' = 'why not'", r"\[triple\] is no exercise of 01_tiny"),
        ("[double]\n'a -> b' = ''", "needs a reason"),
        ("[double]\n'a -> b' = 'why not'", "'a -> b' is no mutant that survives; remove"),
    ],
)
def test_a_wrong_list(survey, files, text, says):
    files.write(f"tests/hidden/01_tiny/{EQUIVALENT}", text)
    with pytest.raises(CourseError, match=says):
        survey()
