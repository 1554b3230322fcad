"""attention: against torch's scaled_dot_product_attention."""

import math
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
    weight,
)

pytestmark = exercise("attention")


@dataclass(frozen=True, eq=False)
class Case:
    q: torch.Tensor
    k: torch.Tensor
    v: torch.Tensor
    causal: bool = False

    def __str__(self):
        return f"q{tuple(self.q.shape)} v{tuple(self.v.shape)} causal={self.causal}"


rng = case_rng("attention")


def _case(batch, queries, keys, depth, width, causal=False):
    q, k = rng.normal(size=(batch, queries, depth)), rng.normal(size=(batch, keys, depth))
    v = rng.normal(size=(batch, keys, width))
    return Case(torch.tensor(q), torch.tensor(k), torch.tensor(v), causal)


PLAIN = [_case(2, 3, 5, 4, 6), _case(1, 4, 4, 3, 3), _case(3, 1, 6, 2, 5)]
CAUSAL = [_case(2, 4, 4, 3, 5, True), _case(1, 6, 6, 5, 2, True), _case(3, 5, 5, 2, 4, True)]


@reference
def expected(case, device):
    tensors = (tensor.to(device) for tensor in (case.q, case.k, case.v))
    return functional.scaled_dot_product_attention(*tensors, is_causal=case.causal)


def _matches(student, device, case):
    y = student.attention(case.q, case.k, case.v, causal=case.causal)
    assert_close(y, expected(case, device), name="y")


@weight(3)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_attends(student, torch_device, case):
    """Weighs the values by the softmax of the scaled scores."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", CAUSAL, ids=str)
def test_causal(student, torch_device, case):
    """Hides later keys when causal."""
    _matches(student, torch_device, case)


# The catalogue


def _attend(q, k, v, causal, *, scale=None, axis=-1, diagonal=1, hidden=-math.inf):
    scores = q @ k.transpose(1, 2) / (math.sqrt(q.shape[-1]) if scale is None else scale)
    if causal:
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(diagonal)
        scores = scores.masked_fill(later, hidden)
    return scores.softmax(dim=axis) @ v


def _wrong(message, compute):
    @misconception("attention", message)
    def variant(q, k, v, *, causal=False):
        return compute(q, k, v, causal)

    return variant


not_scaled = _wrong(
    "The scores are not divided by the root of d.",
    lambda q, k, v, causal: _attend(q, k, v, causal, scale=1.0),
)
scaled_by_depth = _wrong(
    "You divided by d. Divide by its root.",
    lambda q, k, v, causal: _attend(q, k, v, causal, scale=q.shape[-1]),
)
softmax_over_queries = _wrong(
    "Your softmax runs over the queries. It runs over the keys.",
    lambda q, k, v, causal: _attend(q, k, v, causal, axis=1),
)
mask_ignored = _wrong(
    "causal is not used.",
    lambda q, k, v, causal: _attend(q, k, v, False),
)
masked_with_zero = _wrong(
    "You put 0 where the mask is: exp(0) is 1. Use -inf.",
    lambda q, k, v, causal: _attend(q, k, v, causal, hidden=0.0),
)
own_key_hidden = _wrong(
    "Each query misses its own key: the mask starts above the diagonal.",
    lambda q, k, v, causal: _attend(q, k, v, causal, diagonal=0),
)
no_softmax = _wrong(
    "There is no softmax.",
    lambda q, k, v, causal: q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]) @ v,
)


@alternative("attention")
def by_einsum(q, k, v, *, causal=False):
    scores = torch.einsum("btd,bsd->bts", q, k) * q.shape[-1] ** -0.5
    if causal:
        later = torch.arange(k.shape[1]) > torch.arange(q.shape[1])[:, None]
        scores = torch.where(later, torch.tensor(-math.inf, dtype=q.dtype), scores)
    weights = (scores - scores.amax(dim=-1, keepdim=True)).exp()
    return torch.einsum("bts,bse->bte", weights / weights.sum(dim=-1, keepdim=True), v)


@alternative("attention")
def by_queries(q, k, v, *, causal=False):
    rows = []
    for t in range(q.shape[1]):
        seen = t + 1 if causal else k.shape[1]
        scores = (k[:, :seen] * q[:, t : t + 1]).sum(dim=2) / math.sqrt(q.shape[-1])
        rows.append((scores.softmax(dim=1)[:, :, None] * v[:, :seen]).sum(dim=1))
    return torch.stack(rows, dim=1)
