"""A verdict that depends on the secret is found, and said of whom, where and how often."""

import os

import pytest

from gradlab.course.lint import lint_lab
from gradlab.course.secrets import dependent_verdicts


@pytest.fixture
def found(course):
    return lambda secrets=4: list(dependent_verdicts(course, course.lab("01_tiny"), secrets))


def test_a_sound_lab_has_none(found):
    before = os.environ.get("GRADLAB_SECRET")
    assert found() == []
    assert os.environ.get("GRADLAB_SECRET") == before


def test_a_check_that_looks_at_the_draw(found, course, files):
    files.append(files.checks, """
        @exercise("double")
        def test_by_chance(student):
            '''Looks at a draw.'''
            x = case_rng("chance").integers(0, 2, size=1) * 1.0
            assert_close(student.double(x), 2 * x, name="y")

        @misconception("double", "You gave zeros.")
        def zeros(x):
            return 0 * x
    """)  # fmt: skip
    sentences = dict(reversed(one) for one in found(8))
    (sentence,) = [one for one in sentences if one.startswith("zeros passes test_by_chance under ")]
    assert sentences[sentence] == "double"
    assert sentence.endswith(" of 8 secrets; add a fixed case that tells right from wrong")
    rows = lint_lab(course, course.lab("01_tiny"), secrets=8)
    assert sentence in next(row for row in rows if row.exercise == "double").problems
