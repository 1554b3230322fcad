"""weighted_cross_entropy: against torch, loss and gradient, then logits of any size.

mistake                                      case that exposes it            check
-------------------------------------------  ------------------------------  ---------------------
divided by N, C or the sum of class weights  unequal weights, N != C         loss, gradient
weights on columns, by position, inverted    N = C, unequal weights          loss, gradient
gradient without the weights, or without S   unequal weights                 gradient
scale of the weights matters                 weights times 10                scale
no shift, an epsilon                         logits of 1000, -1000           any_size
a warning on the way                         the same                        no_warning
weights of any length accepted               (1,), (C + 1,), (C, 1), (N,)    refuses_weights
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("weighted_cross_entropy")
rng = case_rng("weighted_cross_entropy")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    z: np.ndarray
    labels: np.ndarray
    class_weights: np.ndarray

    def __str__(self):
        return self.name


def _drawn(name, n, classes):
    z = rng.normal(0.5, 2.0, size=(n, classes))
    labels = np.concatenate([[0, 1], rng.integers(0, classes, size=n - 2)])
    return Case(name, z, labels, rng.uniform(0.2, 4.0, size=classes))


Z = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [-1.5, 0.5, 2.0], [1.0, 1.5, -2.0]])
WEIGHTS = np.array([4.0, 1.5, 0.5])
CASES = [
    Case("fixed", Z, np.array([2, 1, 0, 1]), WEIGHTS),
    Case("as many samples as classes", Z[:3], np.array([2, 0, 0]), WEIGHTS),
    Case("one sample", Z[:1], np.array([1]), WEIGHTS),
    Case("equal weights", Z, np.array([0, 2, 1, 1]), np.array([1.0, 1.0, 1.0])),
    _drawn("drawn, more classes", 4, 6),
    _drawn("drawn, more samples", 7, 3),
]
TENFOLD = Case("weights times 10", Z, np.array([2, 1, 0, 1]), 10 * WEIGHTS)
FAR = [
    Case(
        "certain and wrong",
        np.array([[1000.0, -1000.0, 3.0], [0.0, 800.0, 1.0], [45.0, 0.5, 1.0]]),
        np.array([1, 2, 1]),
        WEIGHTS,
    ),
    Case(
        "rows of different size",
        np.array([[1e4, 1e4 - 1, 1e4 + 2], [0.5, 1.0, -2.0], [-1e4, -1e4 - 3, -1e4 + 1]]),
        np.array([1, 2, 0]),
        WEIGHTS,
    ),
]
OTHER_SHAPES = [(1,), (2,), (4,), (3, 1), (1, 3)]


@reference
def expected(case, device):
    z = torch.tensor(case.z, device=device, requires_grad=True)
    labels, weights = (torch.tensor(a, device=device) for a in (case.labels, case.class_weights))
    loss = functional.cross_entropy(z, labels, weight=weights)
    return loss.detach(), torch.autograd.grad(loss, z)[0]


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_loss(student, torch_device, case):
    """Weighs each sample by its class and divides by the sum of these weights."""
    loss, _ = student.weighted_cross_entropy(case.z, case.labels, case.class_weights)
    assert_close(loss, expected(case, torch_device)[0], name="loss")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(student, torch_device, case):
    """The gradient agrees with torch's derivative of the weighted mean."""
    _, slopes = student.weighted_cross_entropy(case.z, case.labels, case.class_weights)
    assert_close(slopes, expected(case, torch_device)[1], name="gradient")


@requires("test_loss")
@requires("test_gradient")
def test_scale(student, torch_device):
    """Is the same when all weights are ten times as large."""
    result = student.weighted_cross_entropy(TENFOLD.z, TENFOLD.labels, TENFOLD.class_weights)
    assert_close(result, expected(TENFOLD, torch_device), name="(loss, gradient)")


@requires("test_loss")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_any_size(student, torch_device, case):
    """Is exact for logits of any size."""
    result = student.weighted_cross_entropy(case.z, case.labels, case.class_weights)
    assert_close(result, expected(case, torch_device), name="(loss, gradient)")


@requires("test_any_size")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_no_warning(student, case):
    """Warns of nothing, however large the logits."""
    student.weighted_cross_entropy(case.z, case.labels, case.class_weights)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_loss")
@pytest.mark.parametrize("shape", OTHER_SHAPES, ids=str)
def test_refuses_weights(student, shape):
    """Raises ValueError naming class_weights when there is not one for each class."""
    with student.raises(ValueError, match=r"\bclass_weights\b"):
        student.weighted_cross_entropy(Z, np.array([0, 0, 0, 0]), np.ones(shape))
