"""mse: the mean over the samples of a sum over the outputs.

mistake                                  case that exposes it          check
---------------------------------------  ----------------------------  -----------------
averaged over outputs, or over nothing   K = 2 and N = 4               matches_torch
averaged over outputs, summed over N     N != K                        matches_torch
a factor of one half, a root             any                           matches_torch
sign or size of the error for its square errors of both signs          matches_torch
N - 1 for N                              N = 4, N = 1                  matches_torch, one_sample
(N,) against (N, 1) broadcast            (4,) and (4, 1), either way   refuses_other_shapes
one row or column of targets for all     (1, 2), (4, 1) for (4, 2)     refuses_other_shapes
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
    reference,
    requires,
    weight,
)

pytestmark = exercise("mse")
rng = case_rng("mse")


@dataclass(frozen=True, eq=False)
class Case:
    predictions: np.ndarray
    targets: np.ndarray
    note: str = "drawn"

    def __str__(self):
        return f"{self.predictions.shape} {self.note}"


def _drawn(n, k):
    return Case(rng.normal(1.0, 2.0, size=(n, k)), rng.normal(size=(n, k)))


CASES = [
    Case(
        np.array([[1.5, -2.0], [0.5, 3.0], [4.0, 0.25], [-1.0, 0.0]]),
        np.array([[0.0, -1.0], [2.5, 3.5], [1.0, -0.5], [-4.0, 0.75]]),
        "fixed",
    ),
    _drawn(4, 2),
    _drawn(2, 5),
    _drawn(3, 3),  # a wrong axis gives a number of the same size here
    _drawn(6, 1),
]
ONE = _drawn(1, 4)
UNEQUAL = [((4,), (4, 1)), ((4, 1), (4,)), ((4, 2), (1, 2)), ((4, 2), (4, 1)), ((2, 3), (3, 2))]


@reference
def expected(case, device):
    predictions, targets = (
        torch.tensor(a, device=device) for a in (case.predictions, case.targets)
    )
    return functional.mse_loss(predictions, targets, reduction="sum") / len(predictions)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Averages over the samples and sums over the outputs."""
    loss = student.mse(case.predictions, case.targets)
    assert_close(loss, expected(case, torch_device), name="loss")


@requires("test_matches_torch")
def test_one_sample(student, torch_device):
    """Works for a single sample."""
    assert_close(
        student.mse(ONE.predictions, ONE.targets), expected(ONE, torch_device), name="loss"
    )


@requires("test_matches_torch")
@pytest.mark.parametrize("shapes", UNEQUAL, ids=str)
def test_refuses_other_shapes(student, shapes):
    """Raises ValueError naming targets when the shapes differ, also where NumPy would not."""
    predictions, targets = (np.linspace(-1.0, 2.0, int(np.prod(s))).reshape(s) for s in shapes)
    with student.raises(ValueError, match=r"\btargets\b"):
        student.mse(predictions, targets)
