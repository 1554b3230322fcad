"""softmax_cross_entropy_gradient: against torch's derivative, for labels and rows.

mistake                                      case that exposes it         check
-------------------------------------------  ---------------------------  ----------
1/N missing, 1/(N C), sign                   N != C                       labels
only the diagonal of softmax's Jacobian      any                          labels
1 subtracted in whole columns                repeated labels              labels
softmax along the wrong axis, or twice       N != C, N = C                labels
gradient with respect to p                   any                          labels
rows read as labels by argmax                rows with several classes    rows
labels and rows told apart by dtype          one-hot rows of integers     rows
no shift, one shift for all rows             1000; rows 10,000 apart      any_size
a warning on the way                         the same                     no_warning
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("softmax_cross_entropy_gradient")
rng = case_rng("softmax_cross_entropy_gradient")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    z: np.ndarray
    targets: np.ndarray

    def __str__(self):
        return self.name


def _drawn(name, n, classes, targets=None):
    z = rng.normal(0.5, 2.0, size=(n, classes))
    return Case(name, z, rng.integers(0, classes, size=n) if targets is None else targets)


Z = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-1.5, 0.5, 2.0], [1.0, 1.5, -2.0]])
LABELS = [
    Case("fixed", Z, np.array([2, 1, 0, 1])),
    Case("as many samples as classes", Z[:3], np.array([2, 0, 0])),
    Case("one sample", Z[:1], np.array([1])),
    _drawn("drawn, more classes", 3, 7),
    _drawn("drawn, more samples", 6, 4),
]
ROWS = [
    Case("one-hot rows", Z, np.eye(3)[[2, 1, 0, 1]]),
    Case("one-hot rows of integers", Z, np.eye(3, dtype=int)[[0, 2, 2, 1]]),
    Case(
        "several classes in a row",
        Z,
        np.array([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.7, 0.1]]),
    ),
    _drawn("drawn rows", 3, 5, rng.dirichlet(np.ones(5), size=3)),
    _drawn("as many rows as classes", 4, 4, rng.dirichlet(np.ones(4), size=4)),
]
FAR = [
    Case(
        "certain and wrong", np.array([[1000.0, -1000.0, 3.0], [0.0, 800.0, 1.0]]), np.array([1, 2])
    ),
    Case(
        "rows of different size",
        np.array([[1e4, 1e4 - 1, 1e4 + 2], [0.5, 1.0, -2.0], [-1e4, -1e4 - 3, -1e4 + 1]]),
        np.array([1, 2, 0]),
    ),
    Case("rows, certain", np.array([[1000.0, -1000.0, 3.0]]), np.array([[0.5, 0.25, 0.25]])),
]


@reference
def expected(case, device):
    z = torch.tensor(case.z, device=device, requires_grad=True)
    targets = torch.tensor(case.targets, device=device)
    loss = functional.cross_entropy(z, targets if targets.ndim == 1 else targets.double())
    return torch.autograd.grad(loss, z)[0]


def _matches(student, device, case):
    slopes = student.softmax_cross_entropy_gradient(case.z, case.targets)
    assert_close(slopes, expected(case, device), name="gradient")


@weight(3)
@pytest.mark.parametrize("case", LABELS, ids=str)
def test_labels(student, torch_device, case):
    """Is the gradient of the mean loss for integer labels."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", ROWS, ids=str)
def test_rows(student, torch_device, case):
    """Is the gradient of the mean loss for target rows, one-hot or not."""
    _matches(student, torch_device, case)


@weight(2)
@requires("test_labels")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_any_size(student, torch_device, case):
    """Is finite and exact for logits of any size."""
    _matches(student, torch_device, case)


@requires("test_any_size")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_no_warning(student, case):
    """Warns of nothing, however large the logits."""
    student.softmax_cross_entropy_gradient(case.z, case.targets)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))
