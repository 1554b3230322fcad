"""head_backward: against torch's autograd, through caches that the checks build.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  ---------------
a gradient at states that were not read   T >= 4                         last
the share of the mean missing             T >= 4                         mean
a product transposed, one axis only       C = H, N = T, and unequal      each, last, mean
averages over the batch                   N = 3, 4                       each, last, mean
dy or h changed in place                  called twice                   called_twice
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
)

pytestmark = exercise("head_backward")
rng = case_rng("head_backward")
NAMES = ("dh", "dw_y", "db_y")


@dataclass(frozen=True, eq=False)
class Case:
    h: np.ndarray
    w_y: np.ndarray
    dy: np.ndarray

    def __str__(self):
        samples, steps, units = self.h.shape
        return f"N={samples} T={steps} H={units} C={len(self.w_y)}"


def _case(samples, steps, units, classes):
    shapes = (samples, steps, units), (classes, units), (samples, steps, classes)
    return Case(*(rng.normal(size=shape) for shape in shapes))


CASES = [_case(3, 5, 2, 4), _case(4, 4, 3, 2), _case(1, 6, 4, 3), _case(4, 4, 4, 4)]


def _upstream(case, reads):
    return case.dy if reads == "each" else case.dy[:, 1]


@reference
def expected(case, reads, device):
    h, w = (torch.tensor(a, device=device, requires_grad=True) for a in (case.h, case.w_y))
    b = torch.zeros(len(case.w_y), dtype=torch.float64, device=device, requires_grad=True)
    y = functional.linear({"each": h, "last": h[:, -1], "mean": h.mean(dim=1)}[reads], w, b)
    return torch.autograd.grad(y, (h, w, b), torch.tensor(_upstream(case, reads), device=device))


def _compare(student, device, case, reads):
    result = student.head_backward(_upstream(case, reads), (case.h, case.w_y, reads))
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 3, "three gradients should come back", value=size)
    for name, got, wanted in zip(NAMES, result, expected(case, reads, device)):
        assert_close(got, wanted, name=name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each(student, torch_device, case):
    """reads="each": gradients of h, w_y and b_y agree with torch's."""
    _compare(student, torch_device, case, "each")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_last(student, torch_device, case):
    """reads="last": the gradient of h is zero but for the last state."""
    _compare(student, torch_device, case, "last")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_mean(student, torch_device, case):
    """reads="mean": each state gets its share."""
    _compare(student, torch_device, case, "mean")


@requires("test_each")
@requires("test_last")
@requires("test_mean")
def test_called_twice(student, torch_device):
    """Another call gives the same, and the arguments stay as they are."""
    for reads in ("last", "mean", "each", "last"):
        _compare(student, torch_device, CASES[0], reads)
