"""one_to_many: with a step whose state spells out what it has seen.

mistake                                    case that exposes it            check
-----------------------------------------  ------------------------------  -------------
x shown too often, too rarely              4 and 6 steps, both kinds       both
the state not carried, h0 lost             h0 != 0, state depends on all   both
own outputs for zeros                      D = H                           shown_once
axes, number of steps                      N = T, N != T                   both
anything accepted                          other words, 0 steps            refuses
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

pytestmark = exercise("one_to_many")
rng = case_rng("one_to_many")
STEP = """
def spelling_step(x_t, h):
    mixed = np.roll(h, 1, axis=1) * 0.7 + 0.1
    mixed[:, 0] += x_t @ (1.0 + np.arange(x_t.shape[1]))
    return mixed
"""


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h0: np.ndarray
    steps: int

    def __str__(self):
        return f"N={len(self.x)} D={self.x.shape[1]} H={self.h0.shape[1]} T={self.steps}"


def _case(samples, inputs, units, steps):
    return Case(rng.normal(size=(samples, inputs)), rng.normal(size=(samples, units)), steps)


CASES = [
    _case(3, 2, 4, 6),
    _case(4, 3, 2, 4),
    _case(2, 3, 3, 5),
    _case(1, 4, 2, 1),
    _case(2, 2, 3, 2),
]


@reference
def expected(case, feed, device):
    x, h = torch.tensor(case.x, device=device), torch.tensor(case.h0, device=device)
    scale, states = torch.arange(1.0, x.shape[1] + 1, dtype=x.dtype, device=device), []
    for t in range(case.steps):
        h = torch.roll(h, 1, dims=1) * 0.7 + 0.1
        if t == 0 or feed == "every":
            h[:, 0] += (x * scale).sum(dim=1)
        states.append(h)
    return torch.stack(states, dim=1)


def _compare(student, device, case, feed):
    step = student.define(STEP, "spelling_step")
    states = student.one_to_many(step, case.x, case.h0, case.steps, feed=feed)
    assert_close(states, expected(case, feed, device), name="h")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shown_once(student, torch_device, case):
    """feed="first": x at the first step, zeros at all others."""
    _compare(student, torch_device, case, "first")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shown_at_every_step(student, torch_device, case):
    """feed="every": x at every step."""
    _compare(student, torch_device, case, "every")


@requires("test_shown_once")
def test_refuses_feed(student):
    """Raises ValueError naming feed when it is neither "first" nor "every"."""
    step, case = student.define(STEP, "spelling_step"), CASES[0]
    for feed in ("last", "", "FIRST"):
        with student.raises(ValueError, match=r"\bfeed\b"):
            student.one_to_many(step, case.x, case.h0, 3, feed=feed)


@requires("test_shown_once")
def test_refuses_steps(student):
    """Raises ValueError naming steps when it is below 1."""
    step, case = student.define(STEP, "spelling_step"), CASES[0]
    for steps in (0, -1):
        with student.raises(ValueError, match=r"\bsteps\b"):
            student.one_to_many(step, case.x, case.h0, steps, feed="every")
