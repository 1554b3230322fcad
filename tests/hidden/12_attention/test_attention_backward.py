"""attention_backward: the cache is built here, from torch; gradients against torch's own.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  ---------------
root missing in dq, dk, or twice          D unlike S, T, V                  matches_autograd
softmax's mean missing, over queries      random upstream, T unlike S       matches_autograd
softmax as if of a cross-entropy          random upstream                   matches_autograd
dk not transposed, dq and dk exchanged    N, T, S, all equal                matches_autograd
summed over the batch                     N > 1                             matches_autograd
another mask's gradients; NaN             irregular masks, empty rows       hidden_keys
any dout accepted                         (N, S, V), (N, T, V + 1)          refuses_dout
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

from .attending import hidden, softmax

pytestmark = exercise("attention_backward")
rng = case_rng("attention_backward")


@dataclass(frozen=True, eq=False)
class Case:
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    dout: np.ndarray
    mask: np.ndarray

    def __str__(self):
        seen = int(self.mask.sum())
        return f"q{self.q.shape} k{self.k.shape} v{self.v.shape}, {seen}/{self.mask.size} visible"

    @property
    def cache(self):
        scores = np.einsum("ntd,nsd->nts", self.q, self.k) / np.sqrt(self.q.shape[2])
        return self.q, self.k, self.v, softmax(hidden(scores, self.mask))


def _case(n, t, s, d, v, mask=None):
    mask = np.ones((t, s), dtype=bool) if mask is None else np.array(mask, dtype=bool)
    shapes = (n, t, d), (n, s, d), (n, s, v), (n, t, v)
    return Case(*(rng.normal(size=shape) for shape in shapes), mask)


OPEN = [_case(2, 3, 5, 4, 6), _case(3, 5, 2, 7, 4), _case(3, 3, 3, 3, 3), _case(1, 4, 6, 2, 1)]
MASKED = [
    _case(2, 3, 5, 4, 2, [[1, 0, 1, 1, 0], [1, 1, 0, 1, 0], [0, 1, 0, 1, 1]]),
    _case(3, 4, 4, 2, 3, np.tri(4)),
    _case(2, 3, 4, 3, 5, [[1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]]),  # a row sees nothing
]


@reference
def expected(case, device):
    q, k, v = (torch.tensor(a, device=device, requires_grad=True) for a in (case.q, case.k, case.v))
    mask = torch.tensor(case.mask, device=device).expand(len(q), -1, -1)
    y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return torch.autograd.grad(y, (q, k, v), torch.tensor(case.dout, device=device))


def _matches(student, device, case):
    found = student.attention_backward(case.dout, case.cache)
    assert_close(found, expected(case, device), name="(dq, dk, dv)")


@weight(2)
@pytest.mark.parametrize("case", OPEN, ids=str)
def test_matches_autograd(student, torch_device, case):
    """Agrees with torch's gradients of q, k and v, without a mask."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", MASKED, ids=str)
def test_hidden_keys(student, torch_device, case):
    """Gives hidden keys nothing, and nothing to or from a query that sees nothing."""
    _matches(student, torch_device, case)


@requires("test_matches_autograd")
@pytest.mark.parametrize("shape", [(2, 5, 6), (2, 3, 4), (1, 3, 6), (2, 3, 1)], ids=str)
def test_refuses_dout(student, shape):
    """Raises ValueError naming dout when it has another shape than the output."""
    with student.raises(ValueError, match=r"\bdout\b"):
        student.attention_backward(np.ones(shape), OPEN[0].cache)
