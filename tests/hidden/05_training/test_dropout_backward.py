"""dropout_backward: the mask of the cache, with its scale; evaluation; p = 1.

mistake                               case that exposes it       check
------------------------------------  -------------------------  -----------
mask or scale missing, reversed       random masks, p = 0.2      training
a new mask, or the last one           two caches, one by one     own_mask
a mask in evaluation, scale there     keep None, p = 0.6         evaluation
0/0 at p = 1                          keep all False, p = 1      all_dropped
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("dropout_backward")
rng = case_rng("dropout_backward")


@dataclass(frozen=True, eq=False)
class Case:
    dout: np.ndarray
    keep: np.ndarray | None
    p: float

    def __str__(self):
        return f"{self.dout.shape} p={self.p} {'evaluation' if self.keep is None else ''}".strip()


def _case(shape, p):
    """A mask with both kinds of entries, and none where the upstream gradient is near 0."""
    keep = rng.random(shape) >= p
    keep.flat[0], keep.flat[-1] = True, False
    return Case(rng.normal(size=shape) + 3.0, keep, p)


TRAINING = [_case((4, 7), 0.2), _case((3, 2, 5), 0.7), _case((6,), 0.5), _case((3, 4), 0.05)]
NOTHING_DROPPED = Case(rng.normal(size=(2, 3)), np.ones((2, 3), dtype=bool), 0.0)
EVALUATION = [Case(rng.normal(size=(3, 4)), None, p) for p in (0.6, 0.0, 1.0)]
ALL_DROPPED = Case(rng.normal(size=(3, 4)), np.zeros((3, 4), dtype=bool), 1.0)


@reference
def expected(case):
    x = torch.zeros(case.dout.shape, dtype=torch.float64, requires_grad=True)
    if case.keep is None:
        y = torch.nn.functional.dropout(x, case.p, training=False)
    else:
        y = x * torch.tensor(case.keep) / (1 - case.p)
    y.backward(torch.tensor(case.dout))
    return x.grad


def _matches(student, case):
    dx = student.dropout_backward(case.dout, (case.keep, case.p))
    assert_close(dx, expected(case), name="dx")


@weight(2)
@pytest.mark.parametrize("case", [*TRAINING, NOTHING_DROPPED], ids=str)
def test_training(student, case):
    """The gradient passes where an entry was kept, scaled as on the way forwards."""
    _matches(student, case)


@requires("test_training")
def test_own_mask(student):
    """Each call uses the mask of its own cache, also after an evaluation."""
    for case in (TRAINING[0], EVALUATION[0], TRAINING[3], TRAINING[0]):
        _matches(student, case)


@requires("test_training")
@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_evaluation(student, case):
    """In evaluation the gradient passes unchanged."""
    _matches(student, case)


@requires("test_training")
def test_all_dropped(student):
    """p = 1 gives zeros, without NaN and without a warning."""
    dx = student.dropout_backward(ALL_DROPPED.dout, (ALL_DROPPED.keep, ALL_DROPPED.p))
    warned = len(student.last_warnings)
    assert_close(dx, np.zeros((3, 4)), name="dx")
    expect(not warned, "NumPy warned on the way: 0/0?", value=warned)


def _scale(p):
    return 1 / (1 - p) if p < 1 else 0.0


def _wrong(message, training=None, evaluation=None):
    """training(dout, keep, p) and evaluation(dout, p); right where None."""

    @misconception("dropout_backward", message)
    def variant(dout, cache):
        keep, p = cache
        if keep is None:
            return dout.copy() if evaluation is None else evaluation(dout, p)
        return (training or (lambda d, k, q: k * d * _scale(q)))(dout, keep, p)

    return variant


not_scaled = _wrong(
    "The gradient is not scaled. Forwards, what was kept is divided by 1 - p; so is its gradient.",
    lambda d, keep, p: d * keep,
)
no_mask = _wrong(
    "The gradient passes through dropped entries too. They did not reach y.",
    lambda d, keep, p: d * _scale(p),
)
identity = _wrong(
    "You return dout as it came. In training it passes only where an entry was kept, scaled.",
    lambda d, keep, p: d.copy(),
)
reversed_mask = _wrong(
    "Your gradient passes through the dropped entries. keep is True where an entry was kept.",
    lambda d, keep, p: d * ~keep * _scale(p),
)
scaled_down = _wrong(
    "You multiplied by 1 - p. Divide by it, as on the way forwards.",
    lambda d, keep, p: d * keep * (1 - p),
)
divided_by_p = _wrong(
    "You divided by p, the chance to be dropped. Divide by 1 - p.",
    lambda d, keep, p: d * keep / p if p > 0 else d * keep,
)
scaled_twice = _wrong(
    "The scale is in your result twice.", lambda d, keep, p: d * keep * _scale(p) ** 2
)
by_share = _wrong(
    "You divided by the share that the mask keeps. Divide by 1 - p, as on the way forwards.",
    lambda d, keep, p: d * keep / max(keep.mean(), 1e-12),
)
new_mask = _wrong(
    "A new mask was drawn on the way back. The one of the forward pass is in the cache.",
    lambda d, keep, p: d * (np.random.default_rng(0).random(d.shape) >= p) * _scale(p),
)
one_row_of_the_mask = _wrong(
    "You used the mask's first row for all rows. Every entry has its own.",
    lambda d, keep, p: d * np.broadcast_to(keep[:1], d.shape) * _scale(p),
)
nan_at_one = _wrong(
    "p = 1 gives NaN: it is 0/0. Nothing passes back, so the gradient is zero.",
    lambda d, keep, p: d * keep * (_scale(p) if p < 1 else np.nan),
)
all_at_one = _wrong(
    "At p = 1 your gradient passes unscaled. Nothing was kept, so nothing passes.",
    lambda d, keep, p: d * keep * _scale(p) if p < 1 else d.copy(),
)
summed = _wrong(
    "You summed the gradient over the batch. dx has the shape of dout.",
    lambda d, keep, p: (d * keep * _scale(p)).sum(axis=0),
)
scaled_in_evaluation = _wrong(
    "In evaluation you scaled the gradient. The layer was the identity there.",
    evaluation=lambda d, p: d * _scale(p),
)
scaled_down_in_evaluation = _wrong(
    "In evaluation you multiplied by 1 - p. The layer was the identity there.",
    evaluation=lambda d, p: d * (1 - p),
)
zero_in_evaluation = _wrong(
    "In evaluation no gradient passes in your version. The layer was the identity there.",
    evaluation=lambda d, p: np.zeros_like(d),
)
no_gradient_in_evaluation = _wrong(
    "In evaluation you return None. The layer was the identity there: return dout.",
    evaluation=lambda d, p: None,
)


old_mask_in_evaluation = _wrong(
    "After an evaluation your gradient still goes through the mask of an earlier training step.",
    evaluation=lambda d, p: d * (np.random.default_rng(1).random(d.shape) >= p) * _scale(p),
)


@misconception("dropout_backward", "dout itself is changed. Return a new array.")
def in_place(dout, cache):
    keep, p = cache
    if keep is not None:
        dout *= keep * _scale(p)
    return dout


@alternative("dropout_backward")
def by_where(dout, cache):
    keep, p = cache
    if keep is None:
        return dout
    if p == 1:
        return np.zeros(dout.shape)
    return np.where(keep, dout / (1 - p), 0.0)


@alternative("dropout_backward")
def by_index(dout, cache):
    mask, p = cache
    dx = np.array(dout, dtype=float)
    if mask is not None:
        dx[~mask] = 0
        dx[mask] /= 1 - p
    return dx


@alternative("dropout_backward")
def entry_by_entry(dout, cache):
    keep, p = cache
    dx = np.zeros(dout.shape)
    for index, value in np.ndenumerate(dout):
        if keep is None:
            dx[index] = value
        elif keep[index]:
            dx[index] = value * (1 - p) ** -1
    return dx
