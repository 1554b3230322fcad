"""bidirectional: against a bidirectional torch.nn.RNN on packed sequences.

The `run` that is passed in has no activation function. With positive numbers that is what
torch.nn.RNN(nonlinearity="relu") computes. The padding is full of large numbers.

mistake                                       case that exposes it              check
--------------------------------------------  --------------------------------  ---------------
outputs of the way back not turned round      lengths unequal, every step       backward_half
padding turned round as well                  lengths below T                   backward_half
features or samples turned round              N = T, D = H                      backward_half
one set of weights for both directions        two sets                          both halves
sum, mean, or the halves in the other order   H on each side                    both halves
states of padding returned                    lengths 1 ... T                   padding_is_zero
the run of one direction fed to the other     every step                        backward_half
lengths of 0 or above T accepted              0, -1, T + 1                      refuses_lengths
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import rnn

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("bidirectional")
rng = case_rng("bidirectional")
RUN = """
def linear_run(x, w_x, w_h, b):
    h, state = [], np.zeros((len(x), len(b)))
    for t in range(x.shape[1]):
        state = x[:, t] @ w_x.T + state @ w_h.T + b
        h.append(state)
    return np.stack(h, axis=1)
"""


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    lengths: np.ndarray
    forward: tuple
    backward: tuple

    def __str__(self):
        samples, steps, inputs = self.x.shape
        units = len(self.forward[2])
        return f"N={samples} T={steps} D={inputs} H={units} lengths {self.lengths}"

    @property
    def arguments(self):
        return self.x, self.lengths, self.forward, self.backward


def _parameters(inputs, units):
    shapes = (units, inputs), (units, units), (units,)
    return tuple(rng.uniform(0.1, 0.6, size=shape) for shape in shapes)


def _case(steps, inputs, units, lengths):
    lengths = np.array(lengths)
    x = rng.uniform(0.1, 1.0, size=(len(lengths), steps, inputs))
    x[np.arange(steps) >= lengths[:, None]] *= 50.0
    return Case(x, lengths, _parameters(inputs, units), _parameters(inputs, units))


CASES = [
    _case(5, 2, 3, [3, 5, 1]),
    _case(4, 3, 2, [4, 2, 1, 3]),
    _case(6, 2, 4, [4]),
    _case(4, 3, 3, [3, 4, 2, 4]),
    _case(5, 4, 2, [5, 5]),
]


@reference
def expected(case, device):
    units, inputs = case.forward[0].shape
    network = nn.RNN(inputs, units, nonlinearity="relu", batch_first=True, bidirectional=True)
    network = network.double().to(device)
    with torch.no_grad():
        for suffix, (w_x, w_h, b) in (("", case.forward), ("_reverse", case.backward)):
            getattr(network, f"weight_ih_l0{suffix}").copy_(torch.tensor(w_x))
            getattr(network, f"weight_hh_l0{suffix}").copy_(torch.tensor(w_h))
            getattr(network, f"bias_ih_l0{suffix}").copy_(torch.tensor(b))
            getattr(network, f"bias_hh_l0{suffix}").zero_()
        packed = rnn.pack_padded_sequence(
            torch.tensor(case.x, device=device),
            torch.tensor(case.lengths),
            batch_first=True,
            enforce_sorted=False,
        )
        h, _ = network(packed)
    return rnn.pad_packed_sequence(h, batch_first=True, total_length=case.x.shape[1])[0]


def _states(student, device, case):
    h = student.bidirectional(student.define(RUN, "linear_run"), *case.arguments)
    shape = tuple(expected(case, device).shape)
    got = tuple(getattr(h, "shape", ()))
    expect(got == shape, f"h has shape {got}, expected {shape}: (N, T, 2H)", value=got)
    return h


def _compare(student, device, case, half):
    """One half of the states, where steps are real."""
    real, units = np.arange(case.x.shape[1]) < case.lengths[:, None], len(case.forward[2])
    part = slice(0, units) if half == "forward" else slice(units, 2 * units)
    h, wanted = _states(student, device, case), expected(case, device)
    assert_close(h[real][:, part], wanted[real][:, part], name=f"the {half} half")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_half(student, torch_device, case):
    """The first half holds the states of the forward direction."""
    _compare(student, torch_device, case, "forward")


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_backward_half(student, torch_device, case):
    """The second half holds the states of the backward direction, at the step just read."""
    _compare(student, torch_device, case, "backward")


@requires("test_forward_half")
@requires("test_backward_half")
@pytest.mark.parametrize("case", CASES[:4], ids=str)
def test_padding_is_zero(student, torch_device, case):
    """In the padding, both halves are zero."""
    assert_close(_states(student, torch_device, case), expected(case, torch_device), name="h")


@requires("test_forward_half")
@pytest.mark.parametrize("lengths", [(0, 5, 1), (3, 6, 1), (-1, 2, 3), (3, 5, 0)], ids=str)
def test_refuses_lengths(student, lengths):
    """Raises ValueError naming lengths when one of them is not from 1 to T."""
    case, run = CASES[0], student.define(RUN, "linear_run")
    with student.raises(ValueError, match=r"\blengths\b"):
        student.bidirectional(run, case.x, np.array(lengths), case.forward, case.backward)
