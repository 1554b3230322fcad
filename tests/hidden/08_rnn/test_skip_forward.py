"""skip_forward: against a torch.nn.RNN on a state that holds the last d states.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  ---------------
skip off by one, or the nearest state     skips 2, 3 and 4               matches_torch
zeros, or h[:, -d], before the start      h0 != 0, T > d                 matches_torch
the skip at every d-th step only          every state is compared        matches_torch
one matrix for both connections           two random matrices            matches_torch
a skip longer than the sequence           skip 9 at T = 4                long_skip
a skip below 2 accepted                   1, 0, -1                       refuses_skip
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
    weight,
)

from .recurrence import Batch, as_tensors, draw

pytestmark = exercise("skip_forward")
rng = case_rng("skip_forward")


@dataclass(frozen=True, eq=False)
class Case:
    batch: Batch
    w_skip: np.ndarray
    skip: int

    def __str__(self):
        return f"{self.batch} skip={self.skip}"

    @property
    def arguments(self):
        *start, b = self.batch.arguments
        return *start, self.w_skip, b, self.skip


def _case(samples, steps, inputs, units, skip):
    batch = draw(rng, samples, steps, inputs, units, gain=0.5)
    return Case(batch, 0.5 * rng.normal(size=(units, units)), skip)


CASES = [_case(3, 6, 2, 4, 2), _case(2, 8, 3, 2, 3), _case(4, 4, 3, 3, 2), _case(1, 9, 2, 3, 4)]
LONG = [_case(2, 4, 3, 2, 9), _case(3, 4, 2, 3, 4), _case(2, 5, 2, 3, 4)]


@reference
def expected(case, device):
    x, h0, w_x, w_h, b = as_tensors(case.batch.arguments, device)
    w_skip = torch.tensor(case.w_skip, device=device)
    joined = torch.cat([w_h, w_skip], dim=1)
    states = [h0] * case.skip
    for t in range(x.shape[1]):
        both = torch.cat([states[-1], states[t]], dim=1)
        states.append(torch.tanh(torch.addmm(x[:, t] @ w_x.T + b, both, joined.T)))
    return torch.stack(states[case.skip :], dim=1)


def _compare(student, device, case):
    assert_close(student.skip_forward(*case.arguments), expected(case, device), name="h")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Each state depends on the one before and on the one `skip` steps back."""
    _compare(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", LONG, ids=str)
def test_long_skip(student, torch_device, case):
    """A skip as long as the sequence, or longer, leads to h0 at every step."""
    _compare(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("skip", [1, 0, -1])
def test_refuses_skip(student, skip):
    """Raises ValueError naming skip when it is below 2."""
    with student.raises(ValueError, match=r"\bskip\b"):
        student.skip_forward(*CASES[0].arguments[:-1], skip)
