"""next_token_loss: against F.cross_entropy, row by row; padding; the way back.

mistake                                      case that exposes it             check
-------------------------------------------  -------------------------------  ----------------
targets not shifted, shifted back, wrapped   random tokens                    mean_over_targets
padding counted, in the sum or the number    rows of unequal length           leaves_out_padding
the logits' token looked at, not the target  padding after the last letter    leaves_out_padding
mean of rows' means, sum, mean over steps    rows of unequal length           leaves_out_padding
padding is 0, or the largest token, always   pad 0, 2, 9                      leaves_out_padding
reshape of a transposed array                N unlike T unlike C              mean_over_targets
softmax twice, no log                        large logits                     mean_over_targets
value without its graph                      gradients of the logits          gradient
NaN for padding alone                        nothing but padding              only_padding
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
from gradlab.judge.subject import Remote

EXERCISE = "next_token_loss"
pytestmark = exercise(EXERCISE)
rng = case_rng(EXERCISE)


@dataclass(frozen=True, eq=False)
class Case:
    logits: np.ndarray
    tokens: np.ndarray
    pad: int

    def __str__(self):
        padded = int((self.tokens == self.pad).sum())
        return f"logits{self.logits.shape}, pad {self.pad}, {padded} padded"


def _full(n, t, symbols, pad, scale=2.0):
    others = [symbol for symbol in range(symbols) if symbol != pad]
    tokens = rng.choice(others, size=(n, t))
    return Case(scale * rng.normal(size=(n, t, symbols)), tokens, pad)


def _padded(lengths, t, symbols, pad):
    case = _full(len(lengths), t, symbols, pad)
    tokens = np.where(np.arange(t) < np.array(lengths)[:, None], case.tokens, pad)
    return Case(case.logits, tokens, pad)


FULL = [
    _full(3, 5, 7, 6),
    _full(2, 4, 4, 0),
    _full(1, 2, 3, 1),
    _full(4, 4, 4, 3),
    _full(2, 6, 5, 4, scale=300.0),
]
PADDED = [
    _padded([5, 2, 4], 5, 7, 6),
    _padded([6, 3], 6, 5, 0),
    _padded([2, 4, 4, 3], 4, 6, 2),
    _padded([1, 5, 2], 6, 4, 3),
    Case(rng.normal(size=(2, 5, 6)), np.array([[1, 9, 2, 3, 9], [9, 4, 0, 9, 5]]), 9),
]


@reference
def expected(case, device):
    """The loss, and its gradient: -log p of each target, one after the other."""
    logits = torch.tensor(case.logits, device=device, requires_grad=True)
    losses = [
        functional.cross_entropy(logits[n, t], torch.tensor(int(case.tokens[n, t + 1])).to(device))
        for n, t in np.ndindex(len(case.tokens), case.tokens.shape[1] - 1)
        if case.tokens[n, t + 1] != case.pad
    ]
    loss = torch.stack(losses).mean()
    return loss, torch.autograd.grad(loss, logits)[0]


def _loss(student, case):
    return student.next_token_loss(torch.tensor(case.logits), torch.tensor(case.tokens), case.pad)


@weight(2)
@pytest.mark.parametrize("case", FULL, ids=str)
def test_mean_over_targets(student, torch_device, case):
    """Is the mean cross-entropy of each next token."""
    assert_close(_loss(student, case), expected(case, torch_device)[0], name="loss")


@weight(2)
@pytest.mark.parametrize("case", PADDED, ids=str)
def test_leaves_out_padding(student, torch_device, case):
    """Leaves out targets that are padding, in the sum and in the number."""
    assert_close(_loss(student, case), expected(case, torch_device)[0], name="loss")


BACK = """
import torch

class Leaf(torch.Tensor):
    'A tensor of another class: what is made of it stays in the kernel, with its graph.'

def leaf(array):
    return torch.tensor(array).as_subclass(Leaf).requires_grad_()

class Back:
    leaf = staticmethod(leaf)

    @staticmethod
    def gradient(loss, logits):
        loss.backward()
        return logits.grad.as_subclass(torch.Tensor)
"""


@requires("test_mean_over_targets")
@pytest.mark.parametrize("case", [FULL[0], PADDED[0]], ids=str)
def test_gradient(student, torch_device, case):
    """Lets gradients flow to the logits."""
    back = student.define(BACK, "Back")
    logits = back.leaf(case.logits)
    loss = student.next_token_loss(logits, torch.tensor(case.tokens), case.pad)
    expect(isinstance(loss, Remote), "the loss should be a tensor that knows where it comes from")
    assert_close(back.gradient(loss, logits), expected(case, torch_device)[1], name="gradient")


PADDING_ONLY = [[[3, 3, 3], [3, 3, 3]], [[1, 3, 3], [2, 3, 3]], [[1], [2]], [[0, 0]]]


@requires("test_mean_over_targets")
@pytest.mark.parametrize("tokens", PADDING_ONLY, ids=str)
def test_only_padding(student, tokens):
    """Raises ValueError naming tokens when there is nothing to predict."""
    logits = torch.zeros(len(tokens), len(tokens[0]), 5, dtype=torch.float64)
    with student.raises(ValueError, match=r"\btokens\b"):
        student.next_token_loss(logits, torch.tensor(tokens), tokens[-1][-1])
