"""smoothed_cross_entropy: against torch's label_smoothing."""

from dataclasses import dataclass

import numpy as np
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
    requires,
    weight,
)

pytestmark = exercise("smoothed_cross_entropy")


@dataclass(frozen=True, eq=False)
class Case:
    logits: torch.Tensor
    target: torch.Tensor
    smoothing: float = 0.0

    def __str__(self):
        return f"logits{tuple(self.logits.shape)} smoothing={self.smoothing}"


rng = case_rng("smoothed_cross_entropy")


def _case(rows, classes, smoothing=0.0, scale=2.0):
    logits = torch.tensor(rng.normal(scale=scale, size=(rows, classes)))
    return Case(logits, torch.tensor(rng.integers(0, classes, size=rows)), smoothing)


PLAIN = [_case(5, 3), _case(2, 7), _case(1, 4)]
SMOOTHED = [_case(5, 3, 0.1), _case(4, 6, 0.35), _case(3, 2, 1.0)]
LARGE = [_case(3, 5, 0.2, scale=900.0)]


@reference
def expected(case, device):
    logits, target = case.logits.to(device), case.target.to(device)
    return functional.cross_entropy(logits, target, label_smoothing=case.smoothing)


def _matches(student, device, case):
    loss = student.smoothed_cross_entropy(case.logits, case.target, case.smoothing)
    assert_close(loss, expected(case, device), name="the loss")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_cross_entropy(student, torch_device, case):
    """Is the mean cross-entropy where nothing is smoothed."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", SMOOTHED, ids=str)
def test_smoothing(student, torch_device, case):
    """Shares the smoothing between all classes."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", LARGE, ids=str)
def test_large_logits(student, torch_device, case):
    """Stays finite for logits of any size."""
    _matches(student, torch_device, case)


@requires("test_cross_entropy")
@pytest.mark.parametrize("smoothing", [-0.1, 1.5])
def test_refuses(student, smoothing):
    """Raises ValueError naming smoothing outside 0 to 1."""
    with student.raises(ValueError, match="smoothing"):
        student.smoothed_cross_entropy(PLAIN[0].logits, PLAIN[0].target, smoothing)


# The catalogue


def _require(smoothing):
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing is {smoothing}: expected a number from 0 to 1")


def _wrong(message, compute):
    """`compute` gets log-probabilities, the one-hot target and the smoothing."""

    @misconception("smoothed_cross_entropy", message)
    def variant(logits, target, smoothing=0.0):
        _require(smoothing)
        one_hot = functional.one_hot(target, logits.shape[1]).to(logits.dtype)
        return compute(logits.log_softmax(dim=1), one_hot, smoothing)

    return variant


def _smooth(one_hot, smoothing):
    return (1 - smoothing) * one_hot + smoothing / one_hot.shape[1]


summed = _wrong(
    "You added the losses of the rows up. Take their mean.",
    lambda log_p, y, s: -(_smooth(y, s) * log_p).sum(),
)
sign_lost = _wrong(
    "Your loss has the wrong sign.",
    lambda log_p, y, s: (_smooth(y, s) * log_p).sum(dim=1).mean(),
)
not_smoothed = _wrong(
    "The smoothing is not used.",
    lambda log_p, y, s: -(y * log_p).sum(dim=1).mean(),
)
shared_by_the_others = _wrong(
    "You shared the smoothing between the wrong classes only. The right one gets its part too.",
    lambda log_p, y, s: -(((1 - s) * y + s * (1 - y) / (y.shape[1] - 1)) * log_p).sum(dim=1).mean(),
)
averaged_over_classes = _wrong(
    "You divided by N · C. The loss is the mean over rows.",
    lambda log_p, y, s: -(_smooth(y, s) * log_p).mean(),
)
smoothing_added = _wrong(
    "You added the smoothing without taking it from the right class.",
    lambda log_p, y, s: -((y + s / y.shape[1]) * log_p).sum(dim=1).mean(),
)


@misconception("smoothed_cross_entropy", "exp overflows for large logits: use logsumexp.")
def overflowing(logits, target, smoothing=0.0):
    _require(smoothing)
    p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    right = p.gather(1, target[:, None])[:, 0].log()
    return -((1 - smoothing) * right + smoothing * p.log().mean(dim=1)).mean()


@misconception("smoothed_cross_entropy", "Any smoothing was accepted: raise ValueError naming it.")
def not_refused(logits, target, smoothing=0.0):
    one_hot = functional.one_hot(target, logits.shape[1]).to(logits.dtype)
    return -(_smooth(one_hot, smoothing) * logits.log_softmax(dim=1)).sum(dim=1).mean()


@alternative("smoothed_cross_entropy")
def by_loops(logits, target, smoothing=0.0):
    _require(smoothing)
    total = torch.zeros((), dtype=logits.dtype)
    for row, label in zip(logits, target):
        log_p = row - row.logsumexp(0)
        total = total - (1 - smoothing) * log_p[label] - smoothing * log_p.mean()
    return total / len(logits)


@alternative("smoothed_cross_entropy")
def by_numpy(logits, target, smoothing=0.0):
    _require(smoothing)
    values = logits.numpy() - logits.numpy().max(axis=1, keepdims=True)
    log_p = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    right = log_p[np.arange(len(log_p)), target.numpy()]
    return torch.tensor(-((1 - smoothing) * right + smoothing * log_p.mean(axis=1)).mean())
