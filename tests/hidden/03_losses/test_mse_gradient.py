"""mse_gradient: the slope of the loss with respect to each prediction.

mistake                              case that exposes it     check
-----------------------------------  -----------------------  ---------------
factor 2 missing                     any                      matches_torch
1/N missing, 1/(N K), 1/K            N = 4, K = 2             matches_torch
sign turned round                    any                      matches_torch
sign of the error for the error      errors of several sizes  matches_torch
summed over samples or outputs       N != K                   matches_torch
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

pytestmark = exercise("mse_gradient")
rng = case_rng("mse_gradient")


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
    _drawn(3, 3),
    _drawn(6, 1),
]
ONE = _drawn(1, 4)


@reference
def expected(case, device):
    predictions = torch.tensor(case.predictions, device=device, requires_grad=True)
    targets = torch.tensor(case.targets, device=device)
    loss = functional.mse_loss(predictions, targets, reduction="sum") / len(targets)
    return torch.autograd.grad(loss, predictions)[0]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the gradient of the mean over the samples of the sum over the outputs."""
    slopes = student.mse_gradient(case.predictions, case.targets)
    assert_close(slopes, expected(case, torch_device), name="gradient")


@requires("test_matches_torch")
def test_one_sample(student, torch_device):
    """Works for a single sample."""
    slopes = student.mse_gradient(ONE.predictions, ONE.targets)
    assert_close(slopes, expected(ONE, torch_device), name="gradient")
