"""lstm_cell_forward: against torch's cell, the cache against its formulas.

mistake                                 case that exposes it     check
--------------------------------------  -----------------------  ------------------
blocks in another order                 all weights random       cell_state
[x, h], bias missing                    D = H as well as D != H  cell_state
gates coupled, exchanged, left out      random states            cell_state
cell state clipped to +-10, +-50        c_prev of 30 to 90       large_cell_states
tanh missing or outside                 random states            hidden_state
old c, tanh(c), pre-activations cached  random states            cache
c_prev is broadcast                     one row                  refuses_bad_shapes
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

pytestmark = exercise("lstm_cell_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: np.ndarray
    c: np.ndarray
    w: np.ndarray
    b: np.ndarray

    @property
    def arrays(self):
        return self.x, self.h, self.c, self.w, self.b

    def __str__(self):
        return f"x{self.x.shape} h{self.h.shape}"


def _cases():
    rng = case_rng("lstm_cell_forward")
    sizes = [(3, 4, 2), (2, 3, 5), (1, 2, 3), (5, 1, 2), (2, 3, 3)]
    shapes = [((n, d), (n, h), (n, h), (4 * h, h + d), (4 * h,)) for n, d, h in sizes]
    return [Case(*(rng.normal(size=shape) for shape in row)) for row in shapes]


CASES = _cases()


@reference
def expected(case, device):
    """torch's own cell for h and c; the gates, which it does not show, from their formula."""
    x, h_prev, c_prev, w, b = (torch.tensor(a, device=device) for a in case.arrays)
    hidden = h_prev.shape[1]
    states = (h_prev, c_prev)
    h, c = torch.lstm_cell(x, states, w[:, hidden:], w[:, :hidden], b, torch.zeros_like(b))
    hx = torch.cat([h_prev, x], dim=1)
    i, f, g, o = (hx @ w.T + b).chunk(4, dim=1)
    cache = (hx, c_prev, i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), c, w)
    return {"h": h, "c": c, "cache": cache}


def _states(student, case):
    """The student's (h, c) and cache, if that is what came back."""
    result = student.lstm_cell_forward(*case.arrays)
    good = _holds(result, 2) and _holds(result[0], 2)
    expect(good, "should return (h, c), cache: a pair of states, and a tuple")
    return result[0], result[1]


def _holds(value, count):
    return isinstance(value, list | tuple) and len(value) == count


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cell_state(student, torch_device, case):
    """The new cell state c agrees with torch's LSTM cell."""
    (_, c), _ = _states(student, case)
    assert_close(c, expected(case, torch_device)["c"], name="c")


def _large_states():
    """Cell states far beyond what a habit of clipping leaves, with gates that keep half."""
    rng = np.random.default_rng(9)
    shapes = ((3, 2), (3, 4), (16, 6), (16,))
    x, h, w, b = (0.1 * rng.normal(size=shape) for shape in shapes)
    c = np.array([[30.0, -90.0, 8.0, 200.0], [-25.0, 60.0, 1.0, 45.0], [120.0, -5.0, 700.0, 3.0]])
    return Case(x, h, c, w, b)


LARGE = _large_states()


@requires("test_cell_state")
def test_large_cell_states(student, torch_device):
    """The cell state may be of any size."""
    (_, c), _ = _states(student, LARGE)
    assert_close(c, expected(LARGE, torch_device)["c"], name="c")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_hidden_state(student, torch_device, case):
    """The new hidden state h agrees with torch's LSTM cell."""
    (h, _), _ = _states(student, case)
    assert_close(h, expected(case, torch_device)["h"], name="h")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cache(student, torch_device, case):
    """The cache is (hx, c_prev, i, f, g, o, c, w), hx = [h_prev, x], gates after activation."""
    _, cache = _states(student, case)
    assert_close(cache, expected(case, torch_device)["cache"], name="cache")


@requires("test_cell_state")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_bad_shapes(student, case):
    """Raises ValueError naming c_prev or w when their shapes do not fit."""
    x, h, c, w, b = case.arrays
    with student.raises(ValueError, match=r"\bc_prev\b"):
        student.lstm_cell_forward(x, h, c[:1], w, b)
    with student.raises(ValueError, match=r"\bw\b"):
        student.lstm_cell_forward(x, h, c, w[:, 1:], b)
    with student.raises(ValueError, match=r"\bw\b"):  # rows for one unit more
        student.lstm_cell_forward(x, h, c, np.pad(w, ((0, 4), (0, 0))), np.pad(b, (0, 4)))
