"""train: against torch.optim.SGD on a loss that couples all parameters.

mistake                                       case that exposes it            check
--------------------------------------------  ------------------------------  -------------
uphill, half a step, rate once too often      rates 0.05 and 0.125            matches_torch
only the weights, the first, the last layer   three layers                    matches_torch
one layer after the other, gradients anew     coupled loss                    matches_torch
gradients taken once                          five steps                      matches_torch
one step too many or too few                  five steps                      matches_torch
rate that falls                               five steps                      matches_torch
losses after the step, one more, one less,    five steps                      losses
only the last, averaged
steps = 0 fails or steps once                 0                               no_steps
params altered, or handed back themselves     any                             the judge looks
rate of 0 or below accepted                   0, -0.1                         refuses_rate
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .layers import random_params, tensors

pytestmark = exercise("train")
rng = case_rng("train")
COUPLED = """
def loss_and_grads(params):
    arrays = [array for pair in params for array in pair]
    scales = [0.5 + 0.25 * n for n in range(len(arrays))]
    common = sum(np.sum(np.sin(array)) for array in arrays)
    loss = 0.5 * sum(s * np.sum(a**2) for s, a in zip(scales, arrays)) + 0.1 * common**2
    grads = [s * a + 0.2 * common * np.cos(a) for s, a in zip(scales, arrays)]
    return float(loss), list(zip(grads[::2], grads[1::2]))
"""


@dataclass(frozen=True, eq=False)
class Case:
    params: list
    rate: float
    steps: int

    def __str__(self):
        return f"layers={len(self.params)} rate={self.rate} steps={self.steps}"


FIXED = Case(random_params(np.random.default_rng(9), (2, 3, 1)), 0.05, 5)
CASES = [
    FIXED,
    Case(random_params(rng, (3, 2, 4, 2)), 0.125, 4),
    Case(random_params(rng, (2, 2)), 0.05, 7),
    Case(random_params(rng, (1, 3, 3, 1)), 0.2, 1),
]


@reference
def expected(case, device):
    pairs = tensors(case.params, device)
    arrays = [array for pair in pairs for array in pair]
    optimiser = torch.optim.SGD(arrays, lr=case.rate)
    losses = []
    for _ in range(case.steps):
        common = sum(array.sin().sum() for array in arrays)
        loss = 0.1 * common**2
        for n, array in enumerate(arrays):
            loss = loss + 0.5 * (0.5 + 0.25 * n) * array.square().sum()
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {"params": pairs, "losses": losses}


def _train(student, case):
    objective = student.define(COUPLED, "loss_and_grads")
    result = student.train(case.params, objective, rate=case.rate, steps=case.steps)
    pair = isinstance(result, tuple | list) and len(result) == 2
    expect(pair, "return the pair (params, losses)", value=pair)
    return result


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Ends where plain gradient descent on all parameters ends."""
    params, _ = _train(student, case)
    assert_close(params, expected(case, torch_device)["params"], name="params")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_losses(student, torch_device, case):
    """Returns the loss before each step."""
    _, losses = _train(student, case)
    if isinstance(losses, np.ndarray) and losses.ndim == 1:
        losses = losses.tolist()  # a row of numbers is all right too
    assert_close(losses, expected(case, torch_device)["losses"], name="losses")


@weight(0.5)
@requires("test_matches_torch")
def test_no_steps(student):
    """Gives the start and no losses for 0 steps, and does not touch what it was given."""
    params, losses = _train(student, Case(FIXED.params, 0.1, 0))
    assert_close(params, FIXED.params, name="params after no step")
    expect(len(losses) == 0, "no steps, no losses", value=len(losses))


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("rate", [0.0, -0.1])
@pytest.mark.parametrize("steps", [0, 2])
def test_refuses_rate(student, rate, steps):
    """Raises ValueError naming rate when it is 0 or below."""
    objective = student.define(COUPLED, "loss_and_grads")
    with student.raises(ValueError, match=r"\brate\b"):
        student.train(FIXED.params, objective, rate=rate, steps=steps)
