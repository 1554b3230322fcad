"""softmax_cross_entropy: against torch, for labels and rows, for logits of any size.

mistake                                    case that exposes it               check
-----------------------------------------  ---------------------------------  ---------------
softmax along the wrong axis               N != C, N = C                      labels
averaged over all, or over nothing         N != C                             labels
the wrong entry, or N columns, picked      repeated labels, N = C             labels
softmax twice, or none, or a sigmoid       any                                labels
rows read as labels by argmax              rows with several classes          rows
rows averaged over all N C entries         N != C                             rows
labels and rows told apart by dtype        one-hot rows of integers           rows
no shift: exp overflows                    logits of 1000                     any_size
one shift for all rows                     rows 10,000 apart                  any_size
epsilon or clip in the logarithm           certain and wrong                  any_size
a warning on the way                       the same                           no_warning
targets of any shape accepted              (N, 1), (N + 1,), (C, N)           refuses_targets
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("softmax_cross_entropy")
rng = case_rng("softmax_cross_entropy")


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
    # p is small enough to see 1e-9 beside it, whatever is drawn below
    Case(
        "rather certain and wrong", np.array([[9.0, -2.0, 0.5], [1.0, 0.0, 8.0]]), np.array([1, 0])
    ),
    Case("as many samples as classes", Z[:3], np.array([2, 0, 0])),
    Case("one sample", Z[:1], np.array([1])),
    _drawn("drawn, more classes", 3, 7),
    _drawn("drawn, more samples", 6, 4),
    _drawn("two classes", 5, 2, np.array([1, 0, 0, 1, 1])),
]
ROWS = [
    Case("one-hot rows", Z, np.eye(3)[[2, 1, 0, 1]]),
    Case("one-hot rows of integers", Z, np.eye(3, dtype=int)[[0, 2, 2, 1]]),
    Case(
        "several classes in a row",
        Z,
        np.array([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.7, 0.1]]),
    ),
    Case(
        "rather certain rows",
        np.array([[9.0, -2.0, 0.5], [1.0, 0.0, 8.0]]),
        np.array([[0.2, 0.8, 0.0], [0.5, 0.3, 0.2]]),
    ),
    _drawn("drawn rows", 3, 5, rng.dirichlet(np.ones(5), size=3)),
    _drawn("as many rows as classes", 4, 4, rng.dirichlet(np.ones(4), size=4)),
    _drawn("one row", 1, 3, np.array([[0.1, 0.3, 0.6]])),
]
FAR = [
    Case(
        "certain and right", np.array([[1000.0, -1000.0, 3.0], [0.0, 800.0, 1.0]]), np.array([0, 1])
    ),
    Case(
        "certain and wrong", np.array([[1000.0, -1000.0, 3.0], [0.0, 800.0, 1.0]]), np.array([1, 2])
    ),
    Case(
        "rows of different size",
        np.array([[1e4, 1e4 - 1, 1e4 + 2], [0.5, 1.0, -2.0], [-1e4, -1e4 - 3, -1e4 + 1]]),
        np.array([1, 2, 0]),
    ),
    Case("far below 0", np.array([[-5000.0, -5001.0], [-800.0, -799.5]]), np.array([1, 1])),
    # its largest logit is 400 above the mean, 800 above the smallest: exp(400) is finite
    Case("wide row", np.array([[400.0, -400.0, 0.0], [1.0, 0.5, -1.0]]), np.array([2, 1])),
    Case("moderately wrong", np.array([[0.0, 45.0, 1.0], [38.0, 0.5, 2.0]]), np.array([0, 2])),
    Case("rows, certain", np.array([[1000.0, -1000.0, 3.0]]), np.array([[0.5, 0.25, 0.25]])),
    Case("one-hot, certain", np.array([[1000.0, -1000.0, 3.0]]), np.array([[1.0, 0.0, 0.0]])),
]
OTHER_SHAPES = [(4, 1), (5,), (3,), (3, 4), (4, 2), (1, 3), (1, 4)]


@reference
def expected(case, device):
    z, targets = torch.tensor(case.z, device=device), torch.tensor(case.targets, device=device)
    return functional.cross_entropy(z, targets if targets.ndim == 1 else targets.double())


def _matches(student, device, case):
    loss = student.softmax_cross_entropy(case.z, case.targets)
    assert_close(loss, expected(case, device), name="loss")


@weight(2)
@pytest.mark.parametrize("case", LABELS, ids=str)
def test_labels(student, torch_device, case):
    """Is the mean cross-entropy for integer labels."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", ROWS, ids=str)
def test_rows(student, torch_device, case):
    """Is the mean cross-entropy for target rows, one-hot or not."""
    _matches(student, torch_device, case)


@weight(2)
@requires("test_labels")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_any_size(student, torch_device, case):
    """Is exact for logits of any size, also of a certain and wrong answer."""
    _matches(student, torch_device, case)


@requires("test_any_size")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_no_warning(student, case):
    """Warns of nothing, however large the logits."""
    student.softmax_cross_entropy(case.z, case.targets)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_labels")
@pytest.mark.parametrize("shape", OTHER_SHAPES, ids=str)
def test_refuses_targets(student, shape):
    """Raises ValueError naming targets when its shape is neither (N,) nor (N, C)."""
    dtype = float if len(shape) == 2 and shape[1] > 1 else int
    with student.raises(ValueError, match=r"\btargets\b"):
        student.softmax_cross_entropy(Z, np.ones(shape, dtype=dtype))
