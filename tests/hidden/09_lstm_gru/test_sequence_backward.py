"""sequence_backward: through a made-up cell, against torch's autograd.

mistake                                    case that exposes it                 check
-----------------------------------------  -----------------------------------  --------------------
gradient of the later steps dropped        a loss at every step, or at the end  inputs
dx back to front, another step's cache     T from 5 to 12                       inputs
stops after a number of steps              T = 12                               inputs
dh0 and dc0 exchanged, dh[:, 0] added      random upstream                      first_states
dw, db of one step, averaged               T from 5 to 12                       parameters
dw, db kept from the last call             two calls                            starts_afresh
adds into the arrays the cell returned     a cell that keeps its arrays         leaves_arrays
any length of dh accepted                  one step fewer, twice as many        refuses_wrong_length
dh without an axis for the units accepted  (N, T) for T caches                  refuses_two_axes
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

pytestmark = exercise("sequence_backward")

NAMES = ("dx", "dh0", "dc0", "dw", "db")
CELL_BACKWARD = """
def turning_cell_backward(dh, dc, cache):
    hx, c, p, new, w = cache
    d = dc + dh * np.cos(new)
    da = np.concatenate([-d * c * np.sin(p), d], axis=1)
    dhx = da @ w
    hidden = c.shape[1]
    return dhx[:, hidden:], dhx[:, :hidden] + 0.3 * dh, d * np.cos(p), da.T @ hx, da.sum(axis=0)
"""


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    arrays: tuple
    dh: np.ndarray
    dc_last: np.ndarray
    caches: list

    def __str__(self):
        return f"x{self.arrays[0].shape} h{self.dc_last.shape} {self.name}"


def _caches(x, h, c, w, b):
    """The caches that the forward pass of the same cell leaves."""
    caches = []
    for t in range(x.shape[1]):
        hx = np.concatenate([h, x[:, t]], axis=1)
        p, q = np.split(hx @ w.T + b, 2, axis=1)
        new = np.cos(p) * c + q
        caches.append((hx, c, p, new, w))
        h, c = np.sin(new) + 0.3 * h, new
    return caches


def _case(rng, n, t, d, h, name):
    shapes = [(n, t, d), (n, h), (n, h), (2 * h, h + d), (2 * h,)]
    arrays = tuple(0.7 * rng.normal(size=shape) for shape in shapes)
    dh, dc_last = rng.normal(size=(n, t, h)), rng.normal(size=(n, h))
    dh[:, :-1] *= name != "loss at the end"
    return Case(name, arrays, dh, dc_last, _caches(*arrays))


def _cases():
    rng = case_rng("sequence_backward")
    every = "loss at every step"
    sizes = [
        (3, 5, 4, 2, every),
        (2, 6, 1, 3, every),
        (4, 4, 3, 2, "loss at the end"),
        (5, 1, 2, 3, every),
        (2, 12, 2, 3, every),
    ]
    return [_case(rng, *size) for size in sizes]


CASES = _cases()


@reference
def expected(case, device):
    leaves = [torch.tensor(a, device=device, requires_grad=True) for a in case.arrays]
    x, h, c, w, b = leaves
    states = []
    for x_t in x.unbind(dim=1):
        p, q = (torch.cat([h, x_t], dim=1) @ w.T + b).chunk(2, dim=1)
        c = p.cos() * c + q
        h = c.sin() + 0.3 * h
        states.append(h)
    upstream = [torch.tensor(a, device=device) for a in (case.dh, case.dc_last)]
    outputs = (torch.stack(states, dim=1), c)
    loss = sum((y * dy).sum() for y, dy in zip(outputs, upstream))
    gradients = torch.autograd.grad(loss, leaves)  # to pass dy on makes torch import sympy
    return dict(zip(NAMES, gradients, strict=True))


def _compare(student, device, case, *names):
    cell_backward = student.define(CELL_BACKWARD, "turning_cell_backward")
    result = student.sequence_backward(cell_backward, case.dh, case.dc_last, case.caches)
    good = isinstance(result, list | tuple) and len(result) == len(NAMES)
    expect(good, f"should return {', '.join(NAMES)}")
    found, wanted = dict(zip(NAMES, result, strict=True)), expected(case, device)
    pick = {name: wanted[name] for name in names}
    assert_close({name: found[name] for name in names}, pick, name="gradients")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs(student, torch_device, case):
    """The gradients of all inputs agree with torch, first step first."""
    _compare(student, torch_device, case, "dx")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_states(student, torch_device, case):
    """The gradients of h0 and c0 agree with torch."""
    _compare(student, torch_device, case, "dh0", "dc0")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(student, torch_device, case):
    """The gradients of w and b, summed over the steps, agree with torch."""
    _compare(student, torch_device, case, "dw", "db")


@requires("test_parameters")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_starts_afresh(student, torch_device, case):
    """A second call accumulates from zero again."""
    for _ in range(2):
        _compare(student, torch_device, case, "dw", "db", "dx")


KEEPING_CELL = """
H0, C0 = np.array([[1.0, -2.0]]), np.array([[0.5, 4.0]])
W, B = np.array([[2.0, -1.0, 0.5]]), np.array([3.0])


def keeping_cell_backward(dh, dc, cache):
    return dh * cache, H0, C0, W, B
"""


@requires("test_parameters")
def test_leaves_arrays(student):
    """Leaves the arrays that the cell returned as they are."""
    cell_backward = student.define(KEEPING_CELL, "keeping_cell_backward")
    dh, ones = np.arange(8.0).reshape(1, 4, 2), [np.ones((1, 2))] * 4
    result = student.sequence_backward(cell_backward, dh, np.array([[7.0, 8.0]]), ones)
    h0, c0 = np.array([[1.0, -2.0]]), np.array([[0.5, 4.0]])
    dx = dh + h0[:, None] * [[[1], [1], [1], [0]]]  # nothing comes from behind the last step
    wanted = (dx, h0, c0, np.array([[8.0, -4.0, 2.0]]), np.array([12.0]))
    assert_close(tuple(result), wanted, name=f"({', '.join(NAMES)})")


@requires("test_inputs")
def test_refuses_wrong_length(student):
    """Raises ValueError naming dh when it has not one step a cache."""
    cell_backward = student.define(CELL_BACKWARD, "turning_cell_backward")
    for case in (CASES[0], CASES[2]):  # in the second there are as many steps as samples
        for dh in (case.dh[:, 1:], np.concatenate([case.dh, case.dh], axis=1)):
            with student.raises(ValueError, match=r"\bdh\b"):
                student.sequence_backward(cell_backward, dh, case.dc_last, case.caches)


@requires("test_inputs")
def test_refuses_two_axes(student):
    """Raises ValueError naming dh when it has no axis for the units."""
    cell_backward, case = student.define(CELL_BACKWARD, "turning_cell_backward"), CASES[0]
    with student.raises(ValueError, match=r"\bdh\b"):
        student.sequence_backward(cell_backward, case.dh[..., 0], case.dc_last, case.caches)
