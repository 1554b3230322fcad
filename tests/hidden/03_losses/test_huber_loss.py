"""huber_loss: squared near zero, straight far out, and its gradient.

mistake                                   case that exposes it          check
----------------------------------------  ----------------------------  ---------------------
smooth-L1 for Huber (a factor delta)      delta = 2 and 0.5             loss, gradient
delta ignored or squared                  delta = 2 and 0.5             loss, gradient
a jump where the pieces meet              errors on both sides of it    loss
the pieces swapped                        errors on both sides of it    loss, gradient
sign lost far out                         errors of both signs          loss, gradient
mean over all, sum over all               N != K                        loss, gradient
negative or zero delta accepted           0, -1                         refuses_delta
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

pytestmark = exercise("huber_loss")
rng = case_rng("huber_loss")


@dataclass(frozen=True, eq=False)
class Case:
    predictions: np.ndarray
    targets: np.ndarray
    delta: float
    note: str = "drawn"

    def __str__(self):
        return f"{self.predictions.shape} delta {self.delta:g} {self.note}"


def _drawn(n, k, delta):
    targets = rng.normal(size=(n, k))
    errors = delta * rng.uniform(0.2, 2.5, size=(n, k)) * rng.choice([-1.0, 1.0], size=(n, k))
    return Case(targets + errors, targets, delta)


CASES = [
    Case(
        np.array([[0.5, -3.0], [2.5, 0.25], [-1.5, 9.0]]),
        np.array([[0.0, 0.5], [0.25, 0.25], [0.0, 1.0]]),
        2.0,
        "fixed",
    ),
    _drawn(4, 2, 2.0),
    _drawn(2, 5, 0.5),
    _drawn(3, 3, 3.0),
    _drawn(6, 1, 1.0),
    _drawn(1, 4, 2.0),
]


@reference
def expected(case, device):
    predictions = torch.tensor(case.predictions, device=device, requires_grad=True)
    targets = torch.tensor(case.targets, device=device)
    total = functional.huber_loss(predictions, targets, delta=case.delta, reduction="sum")
    loss = total / len(targets)
    return loss.detach(), torch.autograd.grad(loss, predictions)[0]


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_loss(student, torch_device, case):
    """The loss is half the square near zero and a straight line beyond delta."""
    loss, _ = student.huber_loss(case.predictions, case.targets, case.delta)
    assert_close(loss, expected(case, torch_device)[0], name="loss")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(student, torch_device, case):
    """The gradient is the error, limited to delta in size, averaged over the samples."""
    _, slopes = student.huber_loss(case.predictions, case.targets, case.delta)
    assert_close(slopes, expected(case, torch_device)[1], name="gradient")


@requires("test_loss")
@pytest.mark.parametrize("delta", [0.0, -1.0])
def test_refuses_delta(student, delta):
    """Raises ValueError naming delta when it is 0 or below."""
    case = CASES[0]
    with student.raises(ValueError, match=r"\bdelta\b"):
        student.huber_loss(case.predictions, case.targets, delta)
