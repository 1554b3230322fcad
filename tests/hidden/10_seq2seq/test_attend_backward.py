"""attend_backward: against autograd through torch's attention.

mistake                                     case that exposes it             check
------------------------------------------  -------------------------------  ---------------
softmax: only its diagonal, sum forgotten   random upstream, S > 2           dquery
mean for sum, along another axis            N, S, H unequal                  dquery
root of H missing, in one place or both     H = 2, 5, 7                      dquery, dkeys
one of the two ways to the keys missing     random upstream                  dkeys
keys scored with dc for q, or reversed      random everything                dkeys
padded keys get a gradient                  weights of 0                     padding
"""

from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .arrays import mask_of, normal

pytestmark = exercise("attend_backward")
rng = case_rng("attend_backward")


@dataclass(frozen=True, eq=False)
class Case:
    dcontext: torch.Tensor
    query: torch.Tensor
    keys: torch.Tensor
    mask: torch.Tensor

    def __str__(self):
        return f"N, S, H = {tuple(self.keys.shape)}"

    @property
    def weights(self):
        scores = (self.keys @ self.query[:, :, None])[:, :, 0] / self.query.shape[1] ** 0.5
        return torch.softmax(scores.masked_fill(~self.mask, -torch.inf), dim=1)


def _case(lengths, hidden, columns=None):
    mask = mask_of(lengths, columns)
    batch, length = mask.shape
    shapes = (batch, hidden), (batch, hidden), (batch, length, hidden)
    return Case(*(normal(rng, *shape) for shape in shapes), mask)


CASES = [
    _case((4, 2, 3), 5),
    _case((5, 1), 2, columns=6),
    _case((3, 3, 2), 3),  # N = S = H: swapped axes give numbers, not an error
    _case((7,), 4),
    _case((2, 2, 1, 2, 2), 7),
]


@reference
def expected(case, device):
    query, keys = (part.clone().requires_grad_() for part in (case.query, case.keys))
    context = functional.scaled_dot_product_attention(
        query[:, None], keys, keys, attn_mask=case.mask[:, None]
    )
    return torch.autograd.grad(context[:, 0], [query, keys], case.dcontext)


def _gradients(student, case):
    found = student.attend_backward(case.dcontext, case.query, case.keys, case.weights)
    expect(isinstance(found, tuple | list) and len(found) == 2, "return dquery and dkeys")
    return found


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dquery(student, torch_device, case):
    """The gradient of the query agrees with autograd."""
    assert_close(_gradients(student, case)[0], expected(case, torch_device)[0], name="dquery")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dkeys(student, torch_device, case):
    """The gradient of the keys agrees with autograd."""
    assert_close(_gradients(student, case)[1], expected(case, torch_device)[1], name="dkeys")


@requires("test_dquery")
@requires("test_dkeys")
def test_padding(student, torch_device):
    """Keys with weight 0 get no gradient and have no say, however large they are."""
    case = CASES[0]
    keys = torch.where(case.mask[:, :, None], case.keys, 1e3 * case.keys)
    found = student.attend_backward(case.dcontext, case.query, keys, case.weights)
    assert_close(found, expected(case, torch_device), name="dquery, dkeys")
