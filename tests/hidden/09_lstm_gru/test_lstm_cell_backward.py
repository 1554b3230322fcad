"""lstm_cell_backward: against torch, through h, through c and through both.

mistake                             case that exposes it     check
----------------------------------  -----------------------  -------------------
one of the two ways into c dropped  dh = 0, dc = 0, neither  cell_state
slope of tanh(c) missing or wrong   random c                 cell_state
gate slopes missing or exchanged    random gates             linear_layer_inputs
c for c_prev, g for i               random states            linear_layer_inputs
blocks or columns in another order  H != D                   linear_layer_inputs
averaged over the batch             N = 2, 3, 4              parameters
gradients clipped                   gradients of 100         all
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
    weight,
)

from .gates import sigmoid

pytestmark = exercise("lstm_cell_backward")

NAMES = ("dx", "dh_prev", "dc_prev", "dw", "db")


@dataclass(frozen=True, eq=False)
class Case:
    """A step's arguments, the gradients that arrive, and the cache of a right forward pass."""

    name: str
    arrays: tuple
    dh: np.ndarray
    dc: np.ndarray
    cache: tuple

    def __str__(self):
        return f"x{self.arrays[0].shape} h{self.dh.shape} through {self.name}"


def _cache(x, h_prev, c_prev, w, b):
    hx = np.concatenate([h_prev, x], axis=1)
    a_i, a_f, a_g, a_o = np.split(hx @ w.T + b, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    return hx, c_prev, i, f, g, o, f * c_prev + i * g, w


def _cases():
    rng = case_rng("lstm_cell_backward")
    sizes = [
        (3, 4, 2, "both"),
        (2, 3, 5, "both"),
        (1, 2, 3, "both"),
        (4, 1, 2, "h"),
        (4, 3, 2, "c"),
    ]
    cases = [_case(rng, *size) for size in sizes]
    one = cases[0]  # a gradient a hundred times as long: nothing is clipped here
    large = Case("both, long", one.arrays, 100 * one.dh, 100 * one.dc, one.cache)
    return [*cases, large]


def _case(rng, n, d, h, name):
    shapes = [(n, d), (n, h), (n, h), (4 * h, h + d), (4 * h,)]
    arrays = tuple(rng.normal(size=shape) for shape in shapes)
    dh, dc = (rng.normal(size=(n, h)) * (name in ("both", way)) for way in "hc")
    return Case(name, arrays, dh, dc, _cache(*arrays))


CASES = _cases()


@reference
def expected(case, device):
    leaves = [torch.tensor(a, device=device, requires_grad=True) for a in case.arrays]
    x, h_prev, c_prev, w, b = leaves
    hidden = h_prev.shape[1]
    states = (h_prev, c_prev)
    outputs = torch.lstm_cell(x, states, w[:, hidden:], w[:, :hidden], b, torch.zeros_like(b))
    upstream = [torch.tensor(a, device=device) for a in (case.dh, case.dc)]
    loss = sum((y * dy).sum() for y, dy in zip(outputs, upstream))
    gradients = torch.autograd.grad(loss, leaves)  # to pass dy on makes torch import sympy
    return dict(zip(NAMES, gradients, strict=True))


def _gradients(student, case):
    result = student.lstm_cell_backward(case.dh, case.dc, case.cache)
    good = isinstance(result, list | tuple) and len(result) == len(NAMES)
    expect(good, f"should return {', '.join(NAMES)}")
    return dict(zip(NAMES, result, strict=True))


def _compare(student, device, case, *names):
    found, wanted = _gradients(student, case), expected(case, device)
    pick = {name: wanted[name] for name in names}
    assert_close({name: found[name] for name in names}, pick, name="gradients")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cell_state(student, torch_device, case):
    """The gradient of c_prev collects what arrives at c and what comes through h."""
    _compare(student, torch_device, case, "dc_prev")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_linear_layer_inputs(student, torch_device, case):
    """The gradients of x and h_prev agree with torch."""
    _compare(student, torch_device, case, "dx", "dh_prev")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(student, torch_device, case):
    """The gradients of w and b, summed over the batch, agree with torch."""
    _compare(student, torch_device, case, "db", "dw")
