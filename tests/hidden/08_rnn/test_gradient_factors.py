"""gradient_factors: against the spectral norm of Jacobians that torch's autograd computes.

The inputs of the network are chosen so that its states are the given ones.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  ----------------
another norm, the spectral radius         w_h not symmetric, H >= 2         matches_autograd
product of norms for norm of the product  three states and more             matches_autograd
factors multiplied on the wrong side      matrices that do not commute      matches_autograd
slope of the wrong state or missing       states unequal, up to 0.95        matches_autograd
one step too many, entries turned round   the last entry is 1               both
w_h transposed                            a large factor at one unit        matches_autograd
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

pytestmark = exercise("gradient_factors")
rng = case_rng("gradient_factors")


@dataclass(frozen=True, eq=False)
class Case:
    h: np.ndarray
    w_h: np.ndarray
    title: str = ""

    def __str__(self):
        return f"T={self.h.shape[0]} H={self.h.shape[1]} {self.title}".strip()


def _case(steps, units, *, gain=1.0, title=""):
    h = rng.uniform(-0.95, 0.95, size=(steps, units))
    return Case(h, gain * rng.normal(size=(units, units)), title)


FIXED = Case(
    np.array([[0.3, -0.9], [0.5, 0.2], [-0.6, 0.8], [0.1, 0.7], [-0.9, 0.4]]),
    np.array([[1.2, 2.0], [-0.3, 0.8]]),
    "fixed",
)
CASES = [FIXED, _case(5, 3), _case(7, 2, gain=1.5), _case(4, 4), _case(6, 4, gain=0.5), _case(3, 3)]
EDGES = [_case(1, 3, title="a single state"), _case(2, 3), _case(5, 1, title="one unit")]


@reference
def expected(case, device):
    h, w = (torch.tensor(a, device=device) for a in (case.h, case.w_h))
    offsets = torch.atanh(h[1:]) - h[:-1] @ w.T  # with these inputs the states are the given ones

    def last(state, start):
        for offset in offsets[start:]:
            state = torch.tanh(w @ state + offset)
        return state

    factors = []
    for t in range(len(h)):
        jacobian = torch.autograd.functional.jacobian(lambda s, t=t: last(s, t), h[t])
        factors.append(torch.linalg.svdvals(jacobian)[0])
    return torch.stack(factors)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_autograd(student, torch_device, case):
    """Each entry is the spectral norm of the derivative of the last state by that state."""
    factors = student.gradient_factors(case.h, case.w_h)
    assert_close(factors, expected(case, torch_device), name="factors")


@requires("test_matches_autograd")
@pytest.mark.parametrize("case", EDGES, ids=str)
def test_edges(student, torch_device, case):
    """A single state, two states, a single unit."""
    factors = student.gradient_factors(case.h, case.w_h)
    assert_close(factors, expected(case, torch_device), name="factors")


@requires("test_matches_autograd")
def test_refuses_w_h(student):
    """Raises ValueError naming w_h when it is not (H, H)."""
    case = CASES[1]
    for wrong in (case.w_h[:1], case.w_h[:, :1], np.eye(4), case.w_h[0]):
        with student.raises(ValueError, match=r"\bw_h\b"):
            student.gradient_factors(case.h, wrong)
