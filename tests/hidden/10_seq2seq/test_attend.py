"""attend: against torch's scaled dot-product attention, with real keys in any place.

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  ------------------
root of H missing, of another size        N, S, H unequal                    weights
softmax along the batch or H              N = S; N, S, H unequal             weights
scores times the mask, mask afterwards    masks with gaps                    weights
mask inverted, shifted, ignored           masks with gaps at both ends       weights
mean, sum, largest key for the context    random keys                        context
padding has a say                         huge keys at the padding           padding_has_no_say
overflow                                  scores of 1000                     far_apart
a small score for minus infinity          all real scores below -1000        far_apart
gradient cut                              upstream into both                 gradients
row without a real key gives NaN          first, last, all                   refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .arrays import normal
from .kept import Kept

pytestmark = exercise("attend")
rng = case_rng("attend")
GAPS = torch.tensor(
    [
        [True, True, False, True, False],
        [False, True, False, False, True],
        [True, False, False, False, False],
    ]
)
RIGHT = torch.tensor([[True, True, True, True], [True, False, False, False]])


@dataclass(frozen=True, eq=False)
class Case:
    query: torch.Tensor
    keys: torch.Tensor
    mask: torch.Tensor

    def __str__(self):
        return f"N, S, H = {tuple(self.keys.shape)}"


def _case(mask, hidden):
    batch, length = mask.shape
    return Case(normal(rng, batch, hidden), normal(rng, batch, length, hidden), mask)


CASES = [
    _case(GAPS, 4),
    _case(RIGHT, 7),
    _case(GAPS[:, :3] | torch.eye(3, dtype=torch.bool), 5),  # N = S
    _case(GAPS[:2, :4] | True, 2),
    _case(torch.ones(1, 1, dtype=torch.bool), 3),
    _case(RIGHT.T.repeat(2, 1) | torch.tensor([True, False]), 8),
]


@reference
def expected(case, device):
    """Context and weights; the weights are the context of one-hot values."""
    query, keys, mask = (part.to(device) for part in (case.query, case.keys, case.mask))
    return _by_torch(query, keys, mask)


def _by_torch(query, keys, mask):
    places = torch.eye(keys.shape[1], dtype=keys.dtype, device=keys.device)
    values = torch.cat([keys, places.expand(len(keys), -1, -1)], dim=2)
    found = functional.scaled_dot_product_attention(
        query[:, None], keys, values, attn_mask=mask[:, None]
    )[:, 0]
    return found[:, : keys.shape[2]], found[:, keys.shape[2] :]


@reference
def expected_gradients(case, device):
    leaves = [part.clone().requires_grad_() for part in (case.query, case.keys)]
    results = _by_torch(*leaves, case.mask)
    upstream = [torch.tensor(one) for one in _upstream(case)]
    return list(torch.autograd.grad(results, leaves, upstream))


def _upstream(case):
    drawn = np.random.default_rng(3)
    return [drawn.normal(size=case.query.shape), drawn.normal(size=case.mask.shape)]


def _attend(student, case):
    found = student.attend(case.query, case.keys, case.mask)
    expect(isinstance(found, tuple | list) and len(found) == 2, "return context and weights")
    return found


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights(student, torch_device, case):
    """Weights: a softmax of the scaled scores over the real keys, zero elsewhere."""
    assert_close(_attend(student, case)[1], expected(case, torch_device)[1], name="weights")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_context(student, torch_device, case):
    """Context: the mean of the keys with these weights."""
    assert_close(_attend(student, case)[0], expected(case, torch_device)[0], name="context")


@requires("test_weights")
@requires("test_context")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_padding_has_no_say(student, torch_device, case):
    """Keys that are not real change nothing, however large they are."""
    keys = torch.where(case.mask[:, :, None], case.keys, 1e4 * case.keys)
    found = _attend(student, Case(case.query, keys, case.mask))
    assert_close(found, expected(case, torch_device), name="context, weights")


@requires("test_weights")
@requires("test_context")
@pytest.mark.parametrize("sign", [1, -1])
def test_far_apart(student, torch_device, sign):
    """Finite and right for scores of 1000 and more, of either sign."""
    query, keys = CASES[0].query.abs() + 1, CASES[0].keys.abs() + 0.5
    case = Case(1000 * sign * query, keys, GAPS)
    wanted = _by_torch(case.query, case.keys, case.mask)
    assert_close(_attend(student, case), wanted, name="context, weights")


@requires("test_weights")
@requires("test_context")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_gradients(student, torch_device, case):
    """Gradients flow from context and weights to the query and the keys."""
    kept = Kept(student)
    leaves = [kept.leaf(case.query.numpy()), kept.leaf(case.keys.numpy())]
    found = kept.gradients(student.attend(*leaves, case.mask), _upstream(case), leaves)
    assert_close(found, expected_gradients(case, torch_device), name="gradients")


@requires("test_weights")
@pytest.mark.parametrize("rows", [[0], [2], [0, 1, 2]], ids=str)
def test_refuses(student, rows):
    """Raises ValueError naming mask when a row of it has no True."""
    mask = GAPS.clone()
    mask[rows] = False
    with student.raises(ValueError, match=r"\bmask\b"):
        student.attend(CASES[0].query, CASES[0].keys, mask)
