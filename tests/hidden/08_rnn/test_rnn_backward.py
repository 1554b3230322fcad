"""rnn_backward: against torch's autograd, through caches that the checks build.

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  ----------------
a step's or the weights' sum missing      a loss at each of T >= 4 steps     parameters
future gradient dropped, changed          a loss at the end alone            loss_at_the_end
own gradient dropped                      a loss at each step                inputs
h[:, t - 1] at t = 0                      h0 != 0                            parameters
slope of tanh at another place            states up to 0.9                   both
matrix transposed, w_x for w_h            D = H, and D != H                  inputs
axes of batch and time exchanged          N = T                              both
clipping on the way                       gradients of 100 and more          long_gradients
sums that survive the call, dh changed    called twice                       called_twice
any shape of dh accepted                  a step too few, too many           refuses_shapes
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .recurrence import Batch, as_tensors, draw, torch_states

pytestmark = exercise("rnn_backward")
rng = case_rng("rnn_backward")
NAMES = ("dx", "dh0", "dw_x", "dw_h", "db")


@dataclass(frozen=True, eq=False)
class Case:
    batch: Batch
    dh: np.ndarray
    title: str = ""

    def __str__(self):
        return f"{self.batch} {self.title}".strip()


def _case(*sizes, scale=1.0, gain=0.6, title=""):
    batch = draw(rng, *sizes, gain=gain)
    dh = scale * rng.normal(size=(*sizes[:2], sizes[3]))
    return Case(batch, dh, title)


FIXED = Case(
    Batch(
        np.sin(np.arange(30.0)).reshape(2, 5, 3),
        np.array([[0.6, -0.8], [-0.3, 0.9]]),
        np.array([[0.5, -0.7, 0.2], [0.1, 0.9, -0.4]]),
        np.array([[0.6, -1.1], [0.8, 0.3]]),
        np.array([0.2, -0.3]),
    ),
    np.cos(np.arange(20.0)).reshape(2, 5, 2) * 2.0,
    "fixed",
)
CASES = [
    FIXED,
    _case(3, 5, 2, 4),
    _case(2, 6, 4, 3),
    _case(4, 4, 3, 2),
    _case(1, 7, 3, 5),
    _case(4, 4, 4, 4),
    _case(3, 1, 2, 4),
]
AT_THE_END = [
    Case(case.batch, case.dh * (np.arange(case.dh.shape[1]) == case.dh.shape[1] - 1)[:, None])
    for case in CASES[:4]
]
LONG = [
    _case(2, 9, 3, 4, scale=500.0, title="long"),
    Case(FIXED.batch, 300.0 * FIXED.dh, "fixed and long"),
]


@reference
def expected(case, device):
    inputs = as_tensors(case.batch.arguments, device, grad=True)
    upstream = torch.tensor(case.dh, device=device)
    return torch.autograd.grad(torch_states(*inputs), inputs, upstream)


def _compare(student, device, case, names=NAMES):
    result = student.rnn_backward(case.dh, case.batch.cache)
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 5, "five gradients should come back", value=size)
    for name, wanted in zip(NAMES, expected(case, device)):
        if name in names:
            assert_close(result[NAMES.index(name)], wanted, name=name)


@weight(2)
@pytest.mark.parametrize("case", AT_THE_END, ids=str)
def test_loss_at_the_end(student, torch_device, case):
    """A loss at the last step alone travels back to x and h0."""
    _compare(student, torch_device, case, NAMES[:2])


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs(student, torch_device, case):
    """With a loss at each step, the gradients of x and h0 agree with torch's."""
    _compare(student, torch_device, case, NAMES[:2])


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(student, torch_device, case):
    """With a loss at each step, the gradients of w_x, w_h and b agree with torch's."""
    _compare(student, torch_device, case, NAMES[2:])


@requires("test_inputs")
@requires("test_parameters")
@pytest.mark.parametrize("case", LONG, ids=str)
def test_long_gradients(student, torch_device, case):
    """Long gradients come back as they are: nothing is clipped on the way."""
    _compare(student, torch_device, case)


@requires("test_inputs")
@requires("test_parameters")
def test_called_twice(student, torch_device):
    """Each call adds up from zero, and leaves its arguments as they are."""
    for case in (FIXED, CASES[1], CASES[1], FIXED):
        _compare(student, torch_device, case)


@requires("test_inputs")
@pytest.mark.parametrize("case", [CASES[1], CASES[3]], ids=str)
def test_refuses_shapes(student, case):
    """Raises ValueError naming dh unless it has the shape of the states."""
    dh = case.dh
    for wrong in (dh[:, 1:], np.concatenate([dh, dh], axis=1), dh[:, -1], dh[:1], dh[..., :1]):
        with student.raises(ValueError, match=r"\bdh\b"):
            student.rnn_backward(wrong, case.batch.cache)
