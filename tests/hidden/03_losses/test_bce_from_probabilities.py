"""bce_from_probabilities: against torch, then at p = 0 and p = 1, then what it refuses.

mistake                                   case that exposes it            check
----------------------------------------  ------------------------------  --------------------
a term missing, classes exchanged, sign   both classes, soft targets      matches_torch
sum for mean, another base                N = 5                           matches_torch
an epsilon inside the logarithm, a clip   p = 0, 1, 1e-50, 1 - 1e-12      certain
0 log 0 gives NaN                         p = y = 0, p = y = 1            certain
clamped at another value than -100        certain and wrong               certain
a warning on the way                      p = 0, p = 1                    no_warning
logits taken for probabilities            -0.1, 1.5, NaN                  refuses_p
(N,) against (N, 1) broadcast             (4, 1), (1,)                    refuses_y
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("bce_from_probabilities")
rng = case_rng("bce_from_probabilities")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    p: np.ndarray
    y: np.ndarray

    def __str__(self):
        return self.name


def _drawn(name, y):
    return Case(name, rng.uniform(0.03, 0.97, size=len(y)), np.array(y))


MODERATE = [
    Case("fixed", np.array([0.9, 0.2, 0.35, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])),
    # p is small enough to see 1e-8 beside it, whatever is drawn below
    Case("rather certain and wrong", np.array([0.0004, 0.999, 0.7]), np.array([1, 0, 1])),
    _drawn("whole numbers", [0, 1, 1, 0, 1, 0, 0]),
    _drawn("one class only", [1.0, 1.0, 1.0]),
    _drawn("the other class only", [0, 0, 0, 0]),
    _drawn("one sample", [1.0]),
    _drawn("targets between 0 and 1", [0.75, 0.2, 1.0, 0.5, 0.0]),
]
CERTAIN = [
    Case("certain and right", np.array([0.0, 1.0, 1.0]), np.array([0, 1, 1])),
    Case("certain and wrong", np.array([0.0, 1.0]), np.array([1.0, 0.0])),
    Case("1 expected, 0 said", np.array([0.0, 0.25, 0.0]), np.array([1, 1, 0])),
    Case("0 expected, 1 said", np.array([1.0, 0.25, 1.0]), np.array([0, 1, 1])),
    Case("nearly 0", np.array([1e-50, 1e-30, 1e-12]), np.array([1, 1, 1])),
    Case("nearly 1", np.array([1 - 1e-12, 1 - 1e-15, 0.5]), np.array([0, 0, 1])),
]


@reference
def expected(case, device):
    p, y = (torch.tensor(a, dtype=torch.float64, device=device) for a in (case.p, case.y))
    return functional.binary_cross_entropy(p, y)


@weight(2)
@pytest.mark.parametrize("case", MODERATE, ids=str)
def test_matches_torch(student, torch_device, case):
    """Averages the cross-entropy of both classes, also for targets between 0 and 1."""
    loss = student.bce_from_probabilities(case.p, case.y)
    assert_close(loss, expected(case, torch_device), name="loss")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CERTAIN, ids=str)
def test_certain(student, torch_device, case):
    """Counts a logarithm as -100 where it is less, and is exact elsewhere."""
    loss = student.bce_from_probabilities(case.p, case.y)
    assert_close(loss, expected(case, torch_device), name="loss")


@requires("test_certain")
@pytest.mark.parametrize("case", CERTAIN[:3], ids=str)
def test_no_warning(student, case):
    """Warns of nothing at p = 0 and p = 1."""
    student.bce_from_probabilities(case.p, case.y)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_matches_torch")
@pytest.mark.parametrize("value", [-0.1, 1.5, 40.0, np.nan])
def test_refuses_p(student, value):
    """Raises ValueError naming p when an entry is no probability."""
    with student.raises(ValueError, match=r"\bp\b"):
        student.bce_from_probabilities(np.array([0.5, value, 0.25]), np.array([1, 0, 1]))


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(4, 1), (1,), (1, 4), (3,)])
def test_refuses_y(student, shape):
    """Raises ValueError naming y when its shape is another than that of p."""
    with student.raises(ValueError, match=r"\by\b"):
        student.bce_from_probabilities(np.array([0.5, 0.1, 0.9, 0.3]), np.ones(shape))
