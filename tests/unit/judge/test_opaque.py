"""What stays in the kernel has no value here: no operation on it asks the kernel or passes."""

import copy
import math

import numpy as np
import pytest
import torch

from gradlab.errors import CourseError
from gradlab.judge.failures import Mismatch
from gradlab.judge.record import same
from gradlab.judge.subject import Remote, Student
from gradlab.wire import Handle


class Silent:
    """A kernel that must not be asked."""

    def request(self, payload, seconds):
        pytest.fail("the kernel was asked")


STUDENT = Student(Silent())
OBJECT = Remote(STUDENT, Handle(3, "Duck"))
USES = {
    "truth": bool,
    "equality": lambda r: r == 1,
    "inequality": lambda r: r != (2, 3),
    "order": lambda r: r < 1,
    "order of a number": lambda r: np.float64(1) >= r,
    "equality with an array": lambda r: np.ones(2) == r,
    "equality with a scalar": lambda r: np.float64(1) != r,
    "equality with a tensor": lambda r: torch.ones(2) == r,
    "length": len,
    "items": list,
    "an item": lambda r: r[0],
    "membership": lambda r: 1 in r,
    "unpacking": lambda r: (lambda a, b: None)(*r),
    "float": float,
    "int": int,
    "range": range,
    "rounding": round,
    "isnan": math.isnan,
    "sum": sum,
    "sorted": sorted,
    "max": max,
    "abs": abs,
    "addition": lambda r: r + 1,
    "addition to an array": lambda r: np.ones(2) + r,
    "product of matrices": lambda r: np.ones((2, 2)) @ r,
    "division": lambda r: 1 / r,
    "asarray": np.asarray,
    "array of several": lambda r: np.array([r, r]),
    "np.sum": np.sum,
    "np.exp": np.exp,
    "np.shape": np.shape,
    "np.allclose": lambda r: np.allclose(r, 1.0),
    "np.array_equal": lambda r: np.array_equal(r, [1]),
    "np.isfinite": np.isfinite,
    "np.stack": lambda r: np.stack([r, r]),
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
@pytest.mark.parametrize("what", [OBJECT, OBJECT.anything], ids=["object", "attribute"])
def test_whoever_takes_it_for_a_value_hears_of_a_wrong_type(what, use):
    with pytest.raises(Mismatch, match="of type Duck came back where a value was") as caught:
        use(what)
    assert caught.value.kind == "type"


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_a_function_that_a_check_forgot_to_call_is_the_courses_mistake(use):
    with pytest.raises(CourseError, match=r"student\.conv is a function; the check does not call"):
        use(STUDENT.conv)


def test_an_attribute_given_to_a_call_is_no_value_either():
    with pytest.raises(Mismatch, match="of type Duck came back"):
        STUDENT.f(OBJECT.shape)


def test_it_can_be_kept_copied_and_told_from_a_value():
    assert len({OBJECT: 1, OBJECT.shape: 2, STUDENT.f: 3}) == 3
    assert OBJECT in [OBJECT]
    assert isinstance(copy.copy(OBJECT), Remote)
    assert not isinstance(OBJECT, np.ndarray | list | tuple | dict | str)
    assert same(OBJECT, Remote(None, Handle(4, "Other")))
    assert same(OBJECT.shape, OBJECT.size)
    assert not same(OBJECT, 1.0)


def test_the_name_of_its_type_is_cut():
    with pytest.raises(Mismatch) as caught:
        bool(Remote(None, Handle(3, "x" * 200)))
    assert len(str(caught.value)) < 120
