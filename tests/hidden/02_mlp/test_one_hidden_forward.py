"""one_hidden_forward: against torch, with an activation that is not 0 at 0.

mistake                                      case that exposes it             check
-------------------------------------------  -------------------------------  -------------
activation after the output, on x, missing   softplus, sine                   matches_torch
activation before the bias                   random b1                        matches_torch
phi replaced by ReLU or tanh                 softplus and sine                matches_torch
b1 or b2 missing, shared, swapped            random biases; H = T             matches_torch
w1 or w2 untransposed                        D = H; H = T                     matches_torch
only the first unit or output                H, T > 1                         matches_torch
w2 that does not fit accepted                1, 2 and 6 columns for 3         refuses_w2
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

from .layers import SINE, SOFTPLUS, TORCH, random_params, run, tensors

pytestmark = exercise("one_hidden_forward")
rng = case_rng("one_hidden_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    params: list
    phi: str

    def __str__(self):
        name = TORCH[self.phi].__name__
        return f"x{self.x.shape} w1{self.params[0][0].shape} w2{self.params[1][0].shape} {name}"

    @property
    def arrays(self):
        return [array for pair in self.params for array in pair]


def _case(samples, widths, phi, rng=rng):
    return Case(rng.normal(size=(samples, widths[0])), random_params(rng, widths), phi)


FIXED = _case(5, (2, 3, 4), SOFTPLUS, np.random.default_rng(5))
CASES = [
    FIXED,
    _case(4, (3, 5, 2), SOFTPLUS),
    _case(2, (4, 3, 1), SINE),
    _case(3, (3, 3, 3), SOFTPLUS),
    _case(1, (1, 6, 2), SINE),
    _case(6, (2, 1, 3), SOFTPLUS),
]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device)
    return run(x, tensors(case.params, device), TORCH[case.phi])[-1]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Computes the hidden layer, its activation, and the output."""
    phi = student.define(case.phi, "phi")
    y = student.one_hidden_forward(case.x, *case.arrays, phi)
    assert_close(y, expected(case, torch_device), name="y")


@requires("test_matches_torch")
@pytest.mark.parametrize("columns", [1, 2, 6])
def test_refuses_w2(student, columns):
    """Raises ValueError naming w2 when its columns are not the hidden units."""
    w1, b1, w2, b2 = FIXED.arrays
    phi = student.define(FIXED.phi, "phi")
    with student.raises(ValueError, match=r"\bw2\b"):
        student.one_hidden_forward(FIXED.x, w1, b1, np.ones((len(w2), columns)), b2, phi)
