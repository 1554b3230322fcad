"""Forgeries that work against plain nbgrader gain nothing here: the exercise scores 0."""

import pytest

EQUAL_TO_ALL = """
class Agreeable:
    shape, dtype, ndim = (3,), float, 1
    def __eq__(self, other): return True
    def __array__(self, *args, **kwargs): raise TypeError
    def __float__(self): return 1.0
    def __sub__(self, other): return 0.0

def double(x):
    return Agreeable()
"""
PATCHES = """
import numpy as np
np.allclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None

def double(x):
    return 3 * x
"""
EMITS = """
from IPython.display import display, HTML
import sys

def double(x):
    return 3 * x

display(HTML("<b>4 points</b>"))
get_ipython().displayhook(4.0)
"""
READS_SOURCE = """
from pathlib import Path

def double(x):
    for folder in (Path("../.."), Path("/"), Path.home()):
        for path in folder.rglob("test_double.py"):
            return eval(path.read_text())
        for path in folder.rglob("source/*/*.ipynb"):
            return eval(path.read_text())
    return 3 * x
"""
OPENS_GRADEBOOK = """
import sqlite3

for path in ("gradebook.db", "../../gradebook.db", "../../../gradebook.db"):
    try:
        base = sqlite3.connect(path)
        base.execute("update grade set auto_score = 4")
        base.commit()
    except Exception as error:
        print(error)

def double(x):
    return 3 * x
"""
FORGERIES = {
    "equal_to_all": EQUAL_TO_ALL,
    "patches": PATCHES,
    "emits": EMITS,
    "reads_source": READS_SOURCE,
    "opens_gradebook": OPENS_GRADEBOOK,
}


@pytest.fixture(scope="module")
def graded(tiny):
    for student, source in FORGERIES.items():
        tiny.hand_in(student, tiny.answer(source))
    tiny.hand_in("honest", tiny.answer("def double(x):\n    return 2 * x"))
    tiny.run("nbgrader", "autograde", "01_tiny")
    return tiny


@pytest.mark.parametrize("student", FORGERIES)
def test_forgery_scores_zero(graded, scores, student):
    assert scores(student)["check_double"] == 0


def test_honest_submission_beside_them_scores_full(graded, scores):
    assert scores("honest")["check_double"] == 4


def test_gradebook_holds_no_other_trace(graded, scores):
    assert scores("opens_gradebook") == {"check_double": 0, "answer_when_not": 0}
