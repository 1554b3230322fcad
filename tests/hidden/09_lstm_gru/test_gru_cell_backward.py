"""gru_cell_backward: gradients of one GRU step in both variants.

mistake                                  case that exposes it     check
---------------------------------------  -----------------------  -----------------
a way back to h_prev missing or scaled   all weights random       after_inputs
a slope missing, or of another function  random states            after_inputs
reset gate recovered by dividing by it   a gate of exactly 0      after_inputs
b_ih and b_hh get the same gradient      random r                 after_parameters
sums averaged or clipped                 N > 1, gradients of 100  after_parameters
q not reset, h_prev for r * h_prev       reset before             before_inputs
weights saw h_prev, not r * h_prev       reset before             before_parameters
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

pytestmark = exercise("gru_cell_backward")

NAMES = ("dx", "dh_prev", "dw_ih", "dw_hh", "db_ih", "db_hh")


@dataclass(frozen=True, eq=False)
class Case:
    """A step's arguments, the gradients that arrive, and the cache of a right forward pass."""

    arrays: tuple
    dh: np.ndarray
    reset: str
    cache: tuple

    def __str__(self):
        return f"{self.reset} x{self.arrays[0].shape} h{self.dh.shape}"


def _cache(x, h, w_ih, w_hh, b_ih, b_hh, reset):
    x_r, x_z, x_n = np.split(x @ w_ih.T + b_ih, 3, axis=1)
    (w_r, w_z, w_n), (b_r, b_z, b_n) = np.split(w_hh, 3), np.split(b_hh, 3)
    r, z = sigmoid(x_r + h @ w_r.T + b_r), sigmoid(x_z + h @ w_z.T + b_z)
    q = (h if reset == "after" else r * h) @ w_n.T + b_n
    n = np.tanh(x_n + (r * q if reset == "after" else q))
    return x, h, r, z, n, q, w_ih, w_hh, reset


def _cases(reset):
    rng = case_rng(f"gru_cell_backward {reset}")
    sizes = [(3, 4, 2), (2, 3, 5), (1, 2, 3), (4, 1, 2)]
    return [*(_case(rng, reset, *size) for size in sizes), _shut(rng, reset)]


def _case(rng, reset, n, d, h):
    shapes = [(n, d), (n, h), (3 * h, d), (3 * h, h), (3 * h,), (3 * h,)]
    arrays = tuple(rng.normal(size=shape) for shape in shapes)
    return Case(arrays, rng.normal(size=(n, h)), reset, _cache(*arrays, reset))


def _shut(rng, reset):
    """A reset gate of exactly 0 in one unit, and a gradient too long for a habit of clipping."""
    case = _case(rng, reset, 2, 3, 4)
    case.arrays[4][0] = -1e4
    return Case(case.arrays, 100 * case.dh, reset, _cache(*case.arrays, reset))


AFTER, BEFORE = _cases("after"), _cases("before")


@reference
def expected(case, device):
    leaves = [torch.tensor(a, device=device, requires_grad=True) for a in case.arrays]
    h = torch.gru_cell(*leaves) if case.reset == "after" else _reset_before(*leaves)
    loss = (h * torch.tensor(case.dh, device=device)).sum()
    gradients = torch.autograd.grad(loss, leaves)  # to pass dh on makes torch import sympy
    return dict(zip(NAMES, gradients, strict=True))


def _reset_before(x, h, w_ih, w_hh, b_ih, b_hh):
    """Cho and others, 2014; torch has no such cell."""
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    (w_r, w_z, w_n), (b_r, b_z, b_n) = w_hh.chunk(3), b_hh.chunk(3)
    r, z = (x_r + h @ w_r.T + b_r).sigmoid(), (x_z + h @ w_z.T + b_z).sigmoid()
    n = (x_n + (r * h) @ w_n.T + b_n).tanh()
    return (1 - z) * n + z * h


def _compare(student, device, case, *names):
    result = student.gru_cell_backward(case.dh, case.cache)
    good = isinstance(result, list | tuple) and len(result) == len(NAMES)
    expect(good, f"should return {', '.join(NAMES)}")
    found, wanted = dict(zip(NAMES, result, strict=True)), expected(case, device)
    pick = {name: wanted[name] for name in names}
    assert_close({name: found[name] for name in names}, pick, name="gradients")


@weight(2)
@pytest.mark.parametrize("case", AFTER, ids=str)
def test_after_inputs(student, torch_device, case):
    """Reset after: the gradients of x and h_prev agree with torch."""
    _compare(student, torch_device, case, "dx", "dh_prev")


@weight(2)
@pytest.mark.parametrize("case", AFTER, ids=str)
def test_after_parameters(student, torch_device, case):
    """Reset after: the gradients of weights and biases agree with torch."""
    _compare(student, torch_device, case, *NAMES[4:], *NAMES[2:4])


@weight(1)
@pytest.mark.parametrize("case", BEFORE, ids=str)
def test_before_inputs(student, torch_device, case):
    """Reset before: the gradients of x and h_prev agree with torch's autograd."""
    _compare(student, torch_device, case, "dx", "dh_prev")


@weight(1)
@pytest.mark.parametrize("case", BEFORE, ids=str)
def test_before_parameters(student, torch_device, case):
    """Reset before: the gradients of weights and biases agree with torch's autograd."""
    _compare(student, torch_device, case, *NAMES[4:], *NAMES[2:4])
