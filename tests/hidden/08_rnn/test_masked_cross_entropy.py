"""masked_cross_entropy: against torch's cross_entropy with ignore_index, and its autograd.

mistake                                      case that exposes it            check
-------------------------------------------  ------------------------------  ----------------
padding counted in the mean or the sum       lengths 1 ... T, unequal        loss, gradient
mean of the sequences' means, over N         lengths unequal                 loss, gradient
mask shifted by one, at the wrong end        lengths 1 and T                 loss, gradient
softmax over another axis, C = T             C != T, C = T                   loss
targets of the padding used as an index      -1, 999 in the padding          any_padding
no shift before exp, log(p + eps)            scores of 1e4                   huge_scores
gradient of a sum, of the wrong sign         every entry compared            gradient
lengths of 0 or above T accepted             0, -1, T + 1                    refuses_lengths
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
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("masked_cross_entropy")
rng = case_rng("masked_cross_entropy")


@dataclass(frozen=True, eq=False)
class Case:
    logits: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray
    title: str = ""

    def __str__(self):
        samples, steps, classes = self.logits.shape
        return f"N={samples} T={steps} C={classes} lengths {self.lengths} {self.title}".strip()

    @property
    def arguments(self):
        return self.logits, self.targets, self.lengths


def _case(steps, classes, lengths, *, scale=2.0, title="", padding=None):
    lengths = np.array(lengths)
    shape = (len(lengths), steps)
    targets = rng.integers(0, classes, size=shape)
    if padding is not None:
        targets[np.arange(steps) >= lengths[:, None]] = padding
    return Case(scale * rng.normal(size=(*shape, classes)), targets, lengths, title)


CASES = [
    _case(5, 4, [3, 5, 1]),
    _case(4, 3, [4, 2, 1, 3]),
    _case(6, 2, [6]),
    _case(4, 4, [1, 4, 2]),
    _case(5, 3, [5, 5]),
]
PADDED = [
    _case(5, 3, [2, 5, 1], title="padding -1", padding=-1),
    _case(5, 3, [2, 4, 1], title="padding 999", padding=999),
]
HUGE = [
    _case(4, 3, [4, 2, 1], scale=1e4, title="huge"),
    _case(4, 3, [3, 1], scale=1e3, title="big"),
]


@reference
def expected(case, device):
    logits = torch.tensor(case.logits, device=device, requires_grad=True)
    targets = torch.tensor(case.targets, device=device)
    steps = torch.arange(case.logits.shape[1], device=device)
    padding = steps >= torch.tensor(case.lengths, device=device)[:, None]
    targets = targets.masked_fill(padding, -100)
    loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)
    loss.backward()
    return float(loss.detach()), logits.grad


def _compare(student, device, case, *, part):
    result = student.masked_cross_entropy(*case.arguments)
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 2, "return the pair (loss, dlogits)", value=size)
    loss, dlogits = expected(case, device)
    if part in ("loss", "both"):
        assert_close(result[0], loss, name="loss")
    if part in ("gradient", "both"):
        assert_close(result[1], dlogits, name="dlogits")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_loss(student, torch_device, case):
    """The loss is the mean over all real steps."""
    _compare(student, torch_device, case, part="loss")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradient(student, torch_device, case):
    """The gradient agrees with torch's."""
    _compare(student, torch_device, case, part="gradient")


@requires("test_loss")
@requires("test_gradient")
@pytest.mark.parametrize("case", PADDED, ids=str)
def test_any_padding(student, torch_device, case):
    """What stands in the padding does not matter: targets that are no classes, other scores."""
    _compare(student, torch_device, case, part="both")
    padding = np.arange(case.logits.shape[1]) >= case.lengths[:, None]
    logits = np.where(padding[..., None], 77.0, case.logits)
    loss, dlogits = student.masked_cross_entropy(logits, case.targets, case.lengths)
    assert_close(loss, expected(case, torch_device)[0], name="loss with other padding")
    assert_close(dlogits, expected(case, torch_device)[1], name="dlogits with other padding")


@requires("test_loss")
@requires("test_gradient")
@pytest.mark.parametrize("case", HUGE, ids=str)
def test_huge_scores(student, torch_device, case):
    """Huge scores give a finite loss and gradient, without a warning."""
    _compare(student, torch_device, case, part="both")
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_loss")
@pytest.mark.parametrize("lengths", [(0, 5, 1), (3, 6, 1), (-1, 2, 3), (3, 5, 0)], ids=str)
def test_refuses_lengths(student, lengths):
    """Raises ValueError naming lengths when one of them is not from 1 to T."""
    case = CASES[0]
    with student.raises(ValueError, match=r"\blengths\b"):
        student.masked_cross_entropy(case.logits, case.targets, np.array(lengths))
