"""rnn_cell_backward: against torch's autograd, through caches that the checks build.

mistake                                    case that exposes it       check
-----------------------------------------  -------------------------  ---------------
slope of tanh missing or at another place  states up to 0.9           matches_torch
a product transposed                       D = H = N, and unequal     matches_torch
sums over the batch missing or averaged    N = 1, 3, 4, 5             matches_torch
order of the five gradients                all gradients unequal      matches_torch
dh or the cache changed in place           called twice               called_twice
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("rnn_cell_backward")
rng = case_rng("rnn_cell_backward")
NAMES = ("dx", "dh_prev", "dw_x", "dw_h", "db")


@dataclass(frozen=True, eq=False)
class Case:
    inputs: tuple
    dh: np.ndarray

    def __str__(self):
        x, h_prev = self.inputs[:2]
        return f"N={len(x)} D={x.shape[1]} H={h_prev.shape[1]}"

    @property
    def cache(self):
        x, h_prev, w_x, w_h, b = self.inputs
        return x, h_prev, w_x, w_h, np.tanh(x @ w_x.T + h_prev @ w_h.T + b)


def _case(samples, inputs, units):
    shapes = (samples, inputs), (samples, units), (units, inputs), (units, units), (units,)
    return Case(
        tuple(0.6 * rng.normal(size=shape) for shape in shapes), rng.normal(size=(samples, units))
    )


CASES = [_case(4, 3, 2), _case(5, 2, 4), _case(1, 4, 3), _case(3, 3, 3)]
FIXED = Case(
    (
        np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]]),
        np.array([[0.5, -1.0], [-0.2, 0.7]]),
        np.array([[0.2, 0.1, -0.4], [0.3, -0.6, 0.1]]),
        np.array([[0.4, -0.8], [1.3, 0.6]]),
        np.array([0.7, -0.2]),
    ),
    np.array([[1.5, -0.5], [0.25, 2.0]]),
)


@reference
def expected(case, device):
    inputs = [torch.tensor(a, device=device, requires_grad=True) for a in case.inputs]
    h = torch.rnn_tanh_cell(*inputs[:4], inputs[4], torch.zeros_like(inputs[4]))
    return torch.autograd.grad(h, inputs, torch.tensor(case.dh, device=device))


def _compare(student, device, case, names=NAMES):
    result = student.rnn_cell_backward(case.dh, case.cache)
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 5, "five gradients should come back", value=size)
    for name, wanted in zip(NAMES, expected(case, device)):
        if name in names:
            assert_close(result[NAMES.index(name)], wanted, name=name)


@weight(2)
@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_parameters(student, torch_device, case):
    """The gradients of w_x, w_h and b agree with torch's."""
    _compare(student, torch_device, case, NAMES[2:])


@weight(2)
@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_inputs(student, torch_device, case):
    """The gradients of x and h_prev agree with torch's."""
    _compare(student, torch_device, case, NAMES[:2])


@requires("test_parameters")
@requires("test_inputs")
def test_called_twice(student, torch_device):
    """A second call with the same arguments gives the same, and the arguments stay as they are."""
    for case in (FIXED, CASES[0], FIXED):
        _compare(student, torch_device, case)
