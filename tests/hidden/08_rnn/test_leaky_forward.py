"""leaky_forward: against torch's cell, blended by hand.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  --------------
keep and 1 - keep exchanged               keep far from one half         matches, array
one keep for all units                    keep as an array               array
the leak inside the tanh                  random parameters              matches
first state not kept                      h0 != 0                        matches
limits not refused, or refused            0, 1; -0.1, 1.1                limits, refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
)

from .recurrence import Batch, as_tensors, draw

pytestmark = exercise("leaky_forward")
rng = case_rng("leaky_forward")


@dataclass(frozen=True, eq=False)
class Case:
    batch: Batch
    keep: float | np.ndarray

    def __str__(self):
        kind = f"keep {self.keep:g}" if np.ndim(self.keep) == 0 else "a keep for each unit"
        return f"{self.batch} {kind}"


ONE = [Case(draw(rng, 3, 5, 2, 4), 0.8), Case(draw(rng, 4, 4, 3, 2), 0.3)]
EACH = [
    Case(draw(rng, 2, 6, 3, 3), np.array([0.9, 0.25, 0.6])),
    Case(draw(rng, 3, 5, 2, 2), np.array([0.1, 0.75])),
    Case(draw(rng, 3, 4, 2, 4), np.array([0.0, 0.95, 1.0, 0.4])),
]
LIMITS = [Case(draw(rng, 2, 4, 2, 3), 0.0), Case(draw(rng, 2, 4, 2, 3), 1.0)]


@reference
def expected(case, device):
    x, h, w_x, w_h, b = as_tensors(case.batch.arguments, device)
    keep, states = torch.as_tensor(case.keep, dtype=torch.float64, device=device), []
    for x_t in x.unbind(dim=1):
        proposal = torch.rnn_tanh_cell(x_t, h, w_x, w_h, b, torch.zeros_like(b))
        h = torch.lerp(proposal, h, keep.expand_as(h))
        states.append(h)
    return torch.stack(states, dim=1)


def _compare(student, device, case):
    h = student.leaky_forward(*case.batch.arguments, case.keep)
    assert_close(h, expected(case, device), name="h")


@pytest.mark.parametrize("case", ONE, ids=str)
def test_matches(student, torch_device, case):
    """One number for all units: that part of the old state stays."""
    _compare(student, torch_device, case)


@pytest.mark.parametrize("case", EACH, ids=str)
def test_array(student, torch_device, case):
    """Each unit keeps a part of its own."""
    _compare(student, torch_device, case)


@requires("test_matches")
@pytest.mark.parametrize("case", LIMITS, ids=str)
def test_limits(student, torch_device, case):
    """With keep = 0 it is a plain network; with 1 nothing ever changes."""
    _compare(student, torch_device, case)


@requires("test_matches")
def test_refuses_keep(student):
    """Raises ValueError naming keep when a part of it is below 0 or above 1."""
    batch = ONE[0].batch
    for keep in (-0.1, 1.1, np.array([0.5, 0.5, 1.5, 0.5]), np.array([0.5, -0.2, 0.5, 0.5])):
        with student.raises(ValueError, match=r"\bkeep\b"):
            student.leaky_forward(*batch.arguments, keep)
