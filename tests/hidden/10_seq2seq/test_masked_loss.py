"""masked_loss: against torch's cross-entropy, with much and with little padding.

mistake                                  case that exposes it               check
---------------------------------------  ---------------------------------  ------------------
mean over all steps, or rows of means    lengths 1 to T                     mean_of_real
sum; natural against binary logarithm    every case                         mean_of_real
rows mixed up; softmax along time        N = T, T = V                       mean_of_real
EOS or BOS ignored too, other ignored    targets with ids 1 and 2           mean_of_real
padding has a say                        huge logits at the padding         padding_has_no_say
overflow, clipping of probabilities      logits of 1000 and -1000           far_apart
gradient cut, or spread over padding     upstream other than 1              gradient
nothing but PAD gives NaN                zeros                              refuses_padding
wrong shapes accepted                    (T, N), one column too few         refuses_shapes
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .arrays import ids, normal
from .kept import Kept

pytestmark = exercise("masked_loss")
rng = case_rng("masked_loss")


@dataclass(frozen=True, eq=False)
class Case:
    logits: torch.Tensor
    targets: torch.Tensor

    def __str__(self):
        return f"logits {tuple(self.logits.shape)}"


def _case(lengths, vocab, columns=None):
    targets = ids(rng, lengths, vocab, columns)
    return Case(2 * normal(rng, *targets.shape, vocab), targets)


CASES = [
    _case((5, 2, 1), 7),
    _case((3, 1, 2), 4),  # N = T: rows and steps can be confused without an error
    _case((2, 4, 3), 6, columns=6),  # T = V: so can steps and classes
    _case((4,), 5),
    _case((1, 1, 6, 2), 9),
]
WITH_BOS = Case(normal(rng, 2, 3, 5), torch.tensor([[1, 4, 2], [1, 2, 0]]))


@reference
def expected(case, device):
    return _expected(case.logits.to(device), case.targets.to(device))


def _expected(logits, targets):
    """From probabilities chosen one by one: not by the call that a solution is likely to make."""
    likelihoods = functional.log_softmax(logits, dim=2)
    chosen = likelihoods.gather(2, targets[:, :, None])[:, :, 0]
    return -chosen[targets != 0].mean()


@reference
def expected_gradient(case, device):
    logits = case.logits.clone().requires_grad_()
    return list(torch.autograd.grad(0.7 * _expected(logits, case.targets), [logits]))


@weight(2)
@pytest.mark.parametrize("case", [*CASES, WITH_BOS], ids=str)
def test_mean_of_real(student, torch_device, case):
    """The mean cross-entropy over all tokens that are not PAD."""
    found = student.masked_loss(case.logits, case.targets)
    assert_close(found, expected(case, torch_device), name="loss")


@requires("test_mean_of_real")
def test_padding_has_no_say(student, torch_device):
    """What the network says at the padding does not matter, nor does more padding."""
    case = CASES[0]
    wild = torch.where((case.targets == 0)[:, :, None], 50 * normal(rng, 1, 1, 7), case.logits)
    more = torch.cat([wild, 9 * torch.ones(3, 2, 7, dtype=torch.float64)], dim=1)
    targets = torch.cat([case.targets, torch.zeros(3, 2, dtype=torch.int64)], dim=1)
    found = [student.masked_loss(wild, case.targets), student.masked_loss(more, targets)]
    assert_close(found, [expected(case, torch_device)] * 2, name="the two losses")


@requires("test_mean_of_real")
def test_far_apart(student, torch_device):
    """Finite and right for logits far apart."""
    case = Case(1000 * CASES[0].logits.sign(), CASES[0].targets)
    found = student.masked_loss(case.logits, case.targets)
    assert_close(found, expected(case, torch_device), name="loss")


@requires("test_mean_of_real")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_gradient(student, torch_device, case):
    """Its gradient flows to the logits, and is zero at the padding."""
    kept = Kept(student)
    logits = kept.leaf(case.logits.numpy())
    loss = student.masked_loss(logits, case.targets)
    found = kept.gradients([loss], [np.float64(0.7)], [logits])
    assert_close(found, expected_gradient(case, torch_device), name="gradient")


@requires("test_mean_of_real")
@pytest.mark.parametrize("shape", [(2, 3), (1, 1)], ids=str)
def test_refuses_padding(student, shape):
    """Raises ValueError naming targets when there is nothing but PAD."""
    with student.raises(ValueError, match=r"\btargets\b"):
        found = student.masked_loss(normal(rng, *shape, 5), torch.zeros(shape, dtype=torch.int64))
        expect(False, "no ValueError was raised for targets that are all PAD", value=found)


@requires("test_mean_of_real")
@pytest.mark.parametrize("shape", [(3, 2), (6,), (2, 4), (1, 3), (2, 3, 1)], ids=str)
def test_refuses_shapes(student, shape):
    """Raises ValueError naming targets when its shape is not (N, T)."""
    with student.raises(ValueError, match=r"\btargets\b"):
        student.masked_loss(normal(rng, 2, 3, 5), torch.ones(shape, dtype=torch.int64) * 2)
