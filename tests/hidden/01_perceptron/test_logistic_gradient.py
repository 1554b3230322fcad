"""logistic_gradient: against autograd, then at the ends of the range.

mistake                          case that exposes it  check
-------------------------------  --------------------  ----------------
sign, sum, ½, order of the pair  any                   matches_autograd
X not transposed                 N = D = 4             matches_autograd
p (1 - p) multiplied or divided  p of 0 and 1          extreme_values
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gradlab.judge import assert_close, case_rng, exercise, reference

pytestmark = exercise("logistic_gradient")
rng = case_rng("logistic_gradient")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    X: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def __str__(self):
        return self.name

    @property
    def p(self):
        return torch.sigmoid(torch.tensor(self.z)).numpy()


def make_case(name, classes, features, *, dtype=float, scale=1.0, z=None):
    samples = len(classes)
    X = scale * (rng.standard_normal((samples, features)) + 0.4)
    logits = 1.5 * rng.standard_normal(samples) + 0.3 if z is None else np.array(z)
    return Case(name, X, np.array(classes, dtype=dtype), logits)


ORDINARY = [
    make_case("several samples", [1, 0, 0, 1, 0], 3),
    make_case("one sample", [1], 4),
    make_case("more features than samples", [0, 1], 6),
    make_case("one feature", [0, 0, 1, 0, 1, 1, 0], 1),
    make_case("as many samples as features", [1, 0, 1, 1], 4),
    make_case("whole numbers as classes", [0, 1, 1, 0, 0, 1], 2, dtype=np.int64),
]
EXTREME = [
    make_case("probabilities of 0 and 1", [0, 1, 0, 1, 1], 3, z=[-1e3, 1e3, 1e3, -1e3, 0.5]),
    make_case("features of about 1000", [1, 0, 0, 1, 0, 1], 4, scale=1000),
]


@reference
def expected(case, device):
    X, y, z = (
        torch.tensor(a, dtype=torch.float64, device=device) for a in (case.X, case.y, case.z)
    )
    w = torch.zeros(X.shape[1], dtype=torch.float64, device=device, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, device=device, requires_grad=True)
    binary_cross_entropy_with_logits(z + X @ w + b, y).backward()
    return w.grad, b.grad


@pytest.mark.parametrize("case", ORDINARY, ids=str)
def test_matches_autograd(student, torch_device, case):
    """Are the derivatives by the weights and by the bias, for any numbers N and D."""
    gradients = student.logistic_gradient(case.X, case.y, case.p)
    assert_close(gradients, expected(case, torch_device), name="(dw, db)")


@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_extreme_values(student, torch_device, case):
    """Are right for probabilities of exactly 0 and 1, and for large features."""
    gradients = student.logistic_gradient(case.X, case.y, case.p)
    assert_close(gradients, expected(case, torch_device), name="(dw, db)")
