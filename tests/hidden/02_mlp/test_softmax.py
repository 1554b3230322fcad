"""softmax: against torch, then far from 0, where each way of not shifting shows.

mistake                                      case that exposes it              check
-------------------------------------------  --------------------------------  ----------------
over the columns or the whole batch          C != N, C = N, rows unlike        matches_torch
no exponential, base 2, absolute values      random z                          matches_torch
logarithm returned, softmax twice            random z                          matches_torch
something added to the sum (epsilon)         a row of -1000                    far_from_zero
no shift; one shift for the batch; by the    rows of 1e4 and -1e4 side by      far_from_zero
mean or the minimum; logits clipped          side; spread of 2000
rows shifted by a column's maximum           N = C                             far_from_zero
one or three axes accepted                   (3,), (2, 3, 2), ()               refuses_z
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("softmax")
rng = case_rng("softmax")


@dataclass(frozen=True, eq=False)
class Case:
    z: np.ndarray

    def __str__(self):
        return f"z{self.z.shape} first={self.z.flat[0]:.2f} largest={self.z.max():.3g}"


FIXED = Case(np.array([[0.5, -1.0, 2.0, 0.25], [3.0, 2.5, -0.5, 1.0], [-2.0, -1.0, -3.0, -1.5]]))
CASES = [
    FIXED,
    Case(2.0 * rng.normal(size=(5, 3))),
    Case(2.0 * rng.normal(size=(3, 3))),
    Case(2.0 * rng.normal(size=(1, 4))),
    Case(2.0 * rng.normal(size=(4, 2)) + 1.0),
    Case(rng.normal(size=(3, 1))),
]
FAR = [
    Case(np.array([[1000.0, 1001.0, 998.5], [999.0, 1000.5, 1000.0]])),
    Case(np.array([[-1000.0, -1002.0, -999.0], [-1000.5, -1000.0, -1001.0]])),
    Case(np.array([[1e4, 1e4 - 1.0], [-1e4, -1e4 + 2.0], [0.5, -0.5]])),
    Case(np.array([[-1000.0, 999.0, 1000.0], [0.0, 1000.0, -1000.0], [-3.0, -2.0, -2.5]])),
    Case(np.array([[-1000.0, 3.0, 2.0], [-900.0, 0.5, 1.5]])),
    Case(np.array([[-30.0, 40.0, 39.0, -25.0], [60.0, 58.0, 61.0, -60.0]])),
]


@reference
def expected(case, device):
    return functional.softmax(torch.tensor(case.z, device=device), dim=1)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Normalises the exponentials of each row."""
    assert_close(student.softmax(case.z), expected(case, torch_device), name="p")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_far_from_zero(student, torch_device, case):
    """Stays right, finite and silent for logits of thousands, row by row."""
    p = student.softmax(case.z)
    warned = len(student.last_warnings)
    assert_close(p, expected(case, torch_device), name="p")
    expect(warned == 0, "NumPy warned on the way (an overflow?)", value=warned)


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(3,), (2, 3, 2), (1, 1, 1)], ids=str)
def test_refuses_z(student, shape):
    """Raises ValueError naming z unless it has two axes."""
    with student.raises(ValueError, match=r"\bz\b"):
        student.softmax(np.ones(shape))
