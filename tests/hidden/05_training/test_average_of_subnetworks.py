"""average_of_subnetworks: all masks with their probabilities, for heads that are curved or not.

mistake                                  case that exposes it              check
---------------------------------------  --------------------------------  --------------
all masks weighted alike, p for 1 - p    p = 0.2, curved heads             curved_heads
masks missing, or not rescaled           curved heads, H = 1 to 5          curved_heads
evaluation mode, or a random sample      curved heads                      curved_heads
whole batch or one row only              N = 3, rows unlike                curved_heads
0/0, or a head called once too often     p = 0; a linear head              linear_heads
any p accepted                           -0.1, 1, 1.5                      refuses
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("average_of_subnetworks")
rng = case_rng("average_of_subnetworks")


@dataclass(frozen=True, eq=False)
class Case:
    h: np.ndarray
    p: float
    activation: str
    w: np.ndarray
    v: np.ndarray

    def __str__(self):
        return f"{self.activation} h{self.h.shape} p={self.p}"

    def head(self):
        """Source text of a function of (N, H) that holds the weights."""
        return (
            f"w, v = np.array({self.w.tolist()}), np.array({self.v.tolist()})\n"
            f"def head(a):\n    return {BODIES[self.activation]}"
        )


BODIES = {
    "linear": "a @ w.T @ v.T + 0.7",
    "relu": "np.maximum(a @ w.T + 0.3, 0.0) @ v.T",
    "tanh": "np.tanh(a @ w.T) @ v.T",
    "softmax": "np.exp(a @ w.T @ v.T) / np.exp(a @ w.T @ v.T).sum(axis=1, keepdims=True)",
}
TORCH = {
    "linear": lambda a, w, v: a @ w.T @ v.T + 0.7,
    "relu": lambda a, w, v: torch.relu(a @ w.T + 0.3) @ v.T,
    "tanh": lambda a, w, v: torch.tanh(a @ w.T) @ v.T,
    "softmax": lambda a, w, v: torch.softmax(a @ w.T @ v.T, dim=1),
}


def _case(activation, n, units, p, outputs=2):
    h = rng.uniform(0.5, 2.0, size=(n, units))
    return Case(h, p, activation, rng.normal(size=(6, units)), 0.5 * rng.normal(size=(outputs, 6)))


CURVED = [
    _case("tanh", 3, 4, 0.2),
    _case("relu", 2, 4, 0.5),
    _case("softmax", 3, 3, 0.7, outputs=3),
    _case("tanh", 1, 5, 0.35, outputs=1),
    _case("tanh", 4, 1, 0.25),
]
LINEAR = [_case("linear", 3, 4, 0.2), _case("linear", 2, 3, 0.6), _case("tanh", 3, 4, 0.0)]


@reference
def expected(case, device):
    """By the tree of decisions: drop the next unit, or keep it."""
    h, w, v = (torch.tensor(a, device=device) for a in (case.h, case.w, case.v))

    def mean(kept, unit):
        if unit == h.shape[1]:
            return TORCH[case.activation](kept / (1 - case.p), w, v)
        without = kept.clone()
        without[:, unit] = 0.0
        return case.p * mean(without, unit + 1) + (1 - case.p) * mean(kept, unit + 1)

    return mean(h, 0)


def _matches(student, device, case):
    head = student.define(case.head(), "head")
    mean = student.average_of_subnetworks(case.h, head, case.p)
    assert_close(mean, expected(case, device), name="the average")


@weight(2)
@pytest.mark.parametrize("case", CURVED, ids=str)
def test_curved_heads(student, torch_device, case):
    """The mean over all masks, each with its probability, through a curved head."""
    _matches(student, torch_device, case)


@requires("test_curved_heads")
@pytest.mark.parametrize("case", LINEAR, ids=str)
def test_linear_heads(student, torch_device, case):
    """Through a linear head, or with p = 0, the mean is what evaluation mode gives."""
    _matches(student, torch_device, case)


@requires("test_curved_heads")
@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_refuses(student, p):
    """Raises ValueError naming p unless it is at least 0 and below 1."""
    head = student.define(LINEAR[0].head(), "head")
    with student.raises(ValueError, match=r"\bp\b"):
        student.average_of_subnetworks(LINEAR[0].h, head, p)


def _masks(units):
    return [np.array(mask) for mask in itertools.product((0.0, 1.0), repeat=units)]


def _chance(mask, p):
    return np.prod(np.where(mask == 1, 1 - p, p))


def _wrong(message, compute):
    @misconception("average_of_subnetworks", message)
    def variant(h, head, p):
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        return np.asarray(compute(h, head, p), dtype=float)

    return variant


def _mean(h, head, p, *, chance=_chance, scale=None, masks=None):
    """The right average, unless one of its pieces is replaced."""
    scale = 1 / (1 - p) if scale is None else scale
    masks = _masks(h.shape[1]) if masks is None else masks
    return sum(chance(mask, p) * head(mask * h * scale) for mask in masks)


all_alike = _wrong(
    "All masks have the same weight in your mean. That is right for p = 1/2 only; weigh each by "
    "its probability.",
    lambda h, head, p: _mean(h, head, p, chance=lambda mask, p: 0.5 ** len(mask)),
)
chances_swapped = _wrong(
    "p and 1 - p are swapped in the probabilities: a unit is dropped with probability p.",
    lambda h, head, p: _mean(h, head, p, chance=lambda mask, p: _chance(mask, 1 - p)),
)
not_rescaled = _wrong(
    "What is kept is not scaled up by 1/(1 - p) in the masked networks.",
    lambda h, head, p: _mean(h, head, p, scale=1.0),
)
scaled_down = _wrong(
    "You multiplied by 1 - p in the masked networks. Divide by it.",
    lambda h, head, p: _mean(h, head, p, scale=1 - p),
)
output_rescaled = _wrong(
    "You scaled the outputs of the head. The scale belongs to what goes in.",
    lambda h, head, p: _mean(h, head, p, scale=1.0) / (1 - p),
)
empty_mask_missing = _wrong(
    "The mask that drops all units is missing. It is one of the 2^H, and has its probability.",
    lambda h, head, p: _mean(h, head, p, masks=_masks(h.shape[1])[1:]),
)
full_mask_missing = _wrong(
    "The mask that keeps all units is missing.",
    lambda h, head, p: _mean(h, head, p, masks=_masks(h.shape[1])[:-1]),
)
evaluation_mode = _wrong(
    "This is evaluation mode, the head of the mean input. For a curved head that is not the mean "
    "of what the head returns.",
    lambda h, head, p: head(h),
)
one_unit_at_a_time = _wrong(
    "Only masks that drop a single unit occur in your mean. There are 2^H masks.",
    lambda h, head, p: np.mean(
        [head((1 - row) * h / (1 - p)) for row in np.eye(h.shape[1])], axis=0
    ),
)
sampled = _wrong(
    "You averaged over random masks. The exact mean over all 2^H is asked for.",
    lambda h, head, p: np.mean(
        [
            head((np.random.default_rng(seed).random(h.shape) >= p) * h / (1 - p))
            for seed in range(200)
        ],
        axis=0,
    ),
)
only_so_many = _wrong(
    "Your number of masks is fixed at 16. It depends on the number of units.",
    lambda h, head, p: _mean(h, head, p, masks=_masks(h.shape[1])[:16]),
)
squared_count = _wrong(
    "Your number of masks is the square of the number of units. It is 2 to that power.",
    lambda h, head, p: _mean(h, head, p, masks=_masks(h.shape[1])[: h.shape[1] ** 2]),
)
divided_again = _wrong(
    "You divided the weighted sum by the number of masks. Its weights add up to 1 already.",
    lambda h, head, p: _mean(h, head, p) / 2 ** h.shape[1],
)
summed = _wrong(
    "You added the masked networks up without weights.",
    lambda h, head, p: _mean(h, head, p, chance=lambda mask, p: 1.0),
)
most_likely = _wrong(
    "This is the output of the most likely mask. Average over all of them.",
    lambda h, head, p: head(max(_masks(h.shape[1]), key=lambda m: _chance(m, p)) * h / (1 - p)),
)
rows_averaged = _wrong(
    "You averaged over the samples too. Each row has its own average.",
    lambda h, head, p: np.broadcast_to(
        _mean(h, head, p).mean(axis=0), _mean(h, head, p).shape
    ).copy(),
)
one_factor = _wrong(
    "Your probability counts the kept units only. Each dropped one adds a factor p.",
    lambda h, head, p: _mean(h, head, p, chance=lambda mask, p: (1 - p) ** mask.sum()),
)
samples_masked = _wrong(
    "Your masks switch off samples, not units.",
    lambda h, head, p: sum(
        _chance(mask, p) * head(mask[:, None] * h / (1 - p)) for mask in _masks(len(h))
    ),
)


@misconception("average_of_subnetworks", "A p outside 0 to 1, or p = 1, must raise a ValueError.")
def any_p(h, head, p):
    with np.errstate(all="ignore"):
        return np.asarray(_mean(h, head, p, scale=np.divide(1.0, 1 - p)), dtype=float)


@misconception("average_of_subnetworks", "p = 1 is accepted: 1/(1 - p) is infinite there.")
def one_accepted(h, head, p):
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}")
    return np.asarray(_mean(h, head, p, scale=1 / (1 - p) if p < 1 else 0.0), dtype=float)


@misconception("average_of_subnetworks", "h itself is changed. Work on a copy.")
def in_place(h, head, p):
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}")
    h /= 1 - p
    return np.asarray(_mean(h, head, p, scale=1.0), dtype=float)


@alternative("average_of_subnetworks")
def by_recursion(h, head, p):
    if p < 0 or p >= 1:
        raise ValueError(f"p = {p} is not in [0, 1)")

    def mean(a, unit):
        if unit < 0:
            return head(a)
        dropped, kept = a.copy(), a.copy()
        dropped[:, unit] = 0
        kept[:, unit] /= 1 - p
        return p * mean(dropped, unit - 1) + (1 - p) * mean(kept, unit - 1)

    return mean(h, h.shape[1] - 1)


@alternative("average_of_subnetworks")
def in_one_batch(h, head, p):
    if not (p >= 0 and p < 1):
        raise ValueError(f"p: {p}")
    n, units = h.shape
    masks = np.array(list(itertools.product((0, 1), repeat=units)))
    outputs = head((masks[:, None] * h / (1 - p)).reshape(-1, units)).reshape(len(masks), n, -1)
    chances = p ** (units - masks.sum(axis=1)) * (1 - p) ** masks.sum(axis=1)
    return np.tensordot(chances, outputs, axes=1)


@alternative("average_of_subnetworks")
def by_number_kept(h, head, p):
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}, not a probability below 1")
    units, terms = h.shape[1], []
    for kept in range(units + 1):
        for chosen in itertools.combinations(range(units), kept):
            a = np.zeros_like(h)
            a[:, list(chosen)] = h[:, list(chosen)] / (1 - p)
            terms.append((1 - p) ** kept * p ** (units - kept) * head(a))
    return np.sum(terms, axis=0)
