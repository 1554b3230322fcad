"""linear_forward: against torch, then what it keeps and what it refuses.

mistake                                 case that exposes it              check
--------------------------------------  --------------------------------  ----------------
w reshaped or used untransposed         in != out; in = out               matches_torch
bias missing, subtracted, for each row  random b, N = out                 matches_torch
averaged over the inputs                in > 1                            matches_torch
an activation or a bias column          any                               matches_torch
cache of other things, or reversed      x and w of unequal shapes         cache
w with other columns accepted           2, 4 and 1 columns for 3          refuses_w
b that would broadcast accepted         (1,), (2, 1), (4, 2), (3,), ()    refuses_b
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("linear_forward")
rng = case_rng("linear_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} w{self.w.shape}"


def _case(samples, inputs, units):
    return Case(
        rng.normal(size=(samples, inputs)),
        rng.normal(size=(units, inputs)),
        rng.normal(size=units),
    )


FIXED = Case(
    np.array([[1.5, -2.0, 0.5], [3.0, 1.0, -1.0], [0.0, 2.5, 4.0], [-0.5, 1.0, 2.0]]),
    np.array([[2.0, -1.0, 0.5], [0.25, 3.0, -2.0]]),
    np.array([0.75, -1.25]),
)
CASES = [
    FIXED,
    _case(5, 3, 4),
    _case(1, 4, 3),
    _case(3, 3, 3),  # a matrix that is not transposed gives numbers, not an error
    _case(4, 2, 4),  # N = out: a bias added down the rows gives numbers too
    _case(2, 1, 3),
    _case(3, 5, 1),
]


@reference
def expected(case, device):
    return functional.linear(*(torch.tensor(a, device=device) for a in (case.x, case.w, case.b)))


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Computes x Wᵀ + b for all sizes."""
    y, _ = student.linear_forward(case.x, case.w, case.b)
    assert_close(y, expected(case, torch_device), name="y")


@requires("test_matches_torch")
def test_cache(student):
    """Returns the cache (x, w)."""
    for case in CASES[:3]:
        _, cache = student.linear_forward(case.x, case.w, case.b)
        expect(
            isinstance(cache, tuple | list) and len(cache) == 2, "the cache should hold two arrays"
        )
        assert_close(cache, (case.x, case.w), name="the cache")


@requires("test_matches_torch")
@pytest.mark.parametrize("columns", [2, 4, 1])
def test_refuses_w(student, columns):
    """Raises ValueError naming w when its columns are not as many as those of x."""
    with student.raises(ValueError, match=r"\bw\b"):
        student.linear_forward(FIXED.x, np.ones((2, columns)), FIXED.b)


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(1,), (2, 1), (4, 2), (3,), (), (1, 2)], ids=str)
def test_refuses_b(student, shape):
    """Raises ValueError naming b when its shape is not (out,), even where it would broadcast."""
    with student.raises(ValueError, match=r"\bb\b"):
        student.linear_forward(FIXED.x, FIXED.w, np.ones(shape))
