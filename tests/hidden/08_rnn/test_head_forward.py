"""head_forward: against torch's linear layer on the states that each way of reading asks for.

mistake                                  case that exposes it            check
---------------------------------------  ------------------------------  ---------------
w_y transposed, no bias                  C = H, and C != H               each, last, mean
the first state, a wrong axis            N = T, and N != T               last, mean
outputs one step late                    every output is compared        each
mean of the outputs' squares, sums       T >= 4                          mean
cache with what was read, not with h     reads="last", "mean"            cache
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("head_forward")
rng = case_rng("head_forward")


@dataclass(frozen=True, eq=False)
class Case:
    h: np.ndarray
    w_y: np.ndarray
    b_y: np.ndarray

    def __str__(self):
        samples, steps, units = self.h.shape
        return f"N={samples} T={steps} H={units} C={len(self.b_y)}"


def _case(samples, steps, units, classes):
    shapes = (samples, steps, units), (classes, units), (classes,)
    return Case(*(rng.normal(size=shape) for shape in shapes))


CASES = [_case(3, 5, 2, 4), _case(4, 4, 3, 2), _case(1, 6, 4, 3), _case(4, 4, 4, 4)]


@reference
def expected(case, reads, device):
    h, w, b = (torch.tensor(a, device=device) for a in (case.h, case.w_y, case.b_y))
    y = functional.linear(h, w, b)
    return {"each": y, "last": y[:, -1], "mean": y.mean(dim=1)}[reads]


def _matches(student, device, case, reads):
    y, _ = student.head_forward(case.h, case.w_y, case.b_y, reads=reads)
    assert_close(y, expected(case, reads, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_each(student, torch_device, case):
    """reads="each": a linear layer on every state."""
    _matches(student, torch_device, case, "each")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_last(student, torch_device, case):
    """reads="last": a linear layer on the last state."""
    _matches(student, torch_device, case, "last")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_mean(student, torch_device, case):
    """reads="mean": a linear layer on the mean over time."""
    _matches(student, torch_device, case, "mean")


@requires("test_each")
@pytest.mark.parametrize("reads", ["each", "last", "mean"])
def test_cache(student, reads):
    """Returns the cache (h, w_y, reads)."""
    case = CASES[0]
    _, cache = student.head_forward(case.h, case.w_y, case.b_y, reads=reads)
    size = len(cache) if isinstance(cache, tuple | list) else -1
    expect(size == 3, "the cache should hold three items", value=size)
    assert_close(tuple(cache[:2]), (case.h, case.w_y), name="the start of the cache")
    assert_equal(cache[2], reads, name="reads in the cache")


@requires("test_each")
@pytest.mark.parametrize("reads", ["first", "", "LAST"])
def test_refuses_reads(student, reads):
    """Raises ValueError naming reads when it is none of the three."""
    case = CASES[0]
    with student.raises(ValueError, match=r"\breads\b"):
        student.head_forward(case.h, case.w_y, case.b_y, reads=reads)
