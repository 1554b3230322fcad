"""Arguments of a bug hunt: which faults they expose, and what is refused."""

from types import ModuleType

import numpy as np
import pytest

from gradlab.errors import CourseError
from gradlab.judge import exposed, faults_in, misconception
from gradlab.judge.failures import Mismatch
from gradlab.judge.record import recording
from gradlab.wire import Handle


def right(x, axis=0):
    if x.ndim < 1:
        raise ValueError("x has no axis")
    return x.sum(axis=axis)


def other_axis(x, axis=0):
    return x.sum(axis=-1)


def changes_its_input(x, axis=0):
    total = x.sum(axis=axis)
    x *= 0
    return total


def raises(x, axis=0):
    raise RuntimeError("oops")


FAULTS = {"axis": other_axis, "mutates": changes_its_input, "raises": raises}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((np.arange(6.0).reshape(2, 3),), ["axis", "mutates", "raises"]),
        ([np.ones((2, 2)), 0], ["mutates", "raises"]),
        ({"x": np.zeros((2, 2))}, ["raises"]),
        ((np.full((2, 2), np.nan),), ["raises"]),
    ],
    ids=["unequal", "ones", "zeros", "nan"],
)
def test_names_what_differs(arguments, names):
    assert exposed(arguments, right, FAULTS) == names


def test_the_arguments_stay_as_they_are():
    x = np.arange(6.0).reshape(2, 3)
    exposed((x,), right, FAULTS)
    assert x.sum() == 15


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (np.ones(3), "return the arguments as a tuple"),
        ((np.array(1.0),), "refuses these arguments too: ValueError: x has no axis"),
        ((np.ones(1001),), "too large"),
        (([1.0] * 1001,), "too large"),
        ((np.ones(3), 101), "whole numbers from -100 to 100"),
        ((np.ones(3), np.int64(-101)), "whole numbers from -100 to 100"),
        ((np.array([10**6]),), "whole numbers from -100 to 100"),
        ((np.ones(3), {"axis": 10**9}), "whole numbers from -100 to 100"),
        ((Handle(1, "list"),), "may hold arrays, numbers and texts, not Handle"),
    ],
    ids=["no tuple", "refused", "array", "list", "int", "int64", "in an array", "deep", "handle"],
)
def test_refuses(arguments, says):
    with pytest.raises(Mismatch, match=says):
        exposed(arguments, right, FAULTS)


def test_what_was_exposed_is_recorded_and_not_the_arguments():
    with recording() as record:
        exposed((np.ones((2, 2)),), right, FAULTS)
    assert record.values == [["mutates", "raises"]]


def test_faults_of_a_catalogue():
    module = ModuleType("catalogue")
    module.one = misconception("f", "Wrong.")(lambda x: x)
    module.other = misconception("g", "Wrong.")(lambda x: x)
    assert faults_in(module, "f") == {"one": module.one}
    with pytest.raises(CourseError, match="catalogue declares no misconception of 'h'"):
        faults_in(module, "h")
