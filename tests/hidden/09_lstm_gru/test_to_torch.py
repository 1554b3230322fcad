"""to_torch: LSTM weights for [h, x], gates in any order, as torch.nn.LSTM stacks them.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  --------------------
order ignored, inverted, for w or b only  six orders                        weights, biases
columns of h and x exchanged              H != D                            weights
transposed, or in another order returned  H != D                            weights
single rows moved instead of blocks       H > 1                             weights
bias doubled, lost, cancelled             random b                          biases
weights that torch cannot load            torch's own cell                  torch_runs_them
any order accepted                        a letter missing, twice, another  refuses_other_orders
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

pytestmark = exercise("to_torch")


@dataclass(frozen=True, eq=False)
class Case:
    w: np.ndarray
    b: np.ndarray
    order: str
    x: np.ndarray
    h: np.ndarray
    c: np.ndarray

    def __str__(self):
        return f"w{self.w.shape} {self.order}"


def _cases():
    rng = case_rng("to_torch")
    sizes = [
        (2, 3, "ifgo"),
        (3, 2, "figo"),
        (2, 4, "ofig"),
        (3, 1, "ifog"),
        (1, 2, "gofi"),
        (2, 3, "fgoi"),
    ]
    return [_case(rng, h, d, order) for h, d, order in sizes]


def _case(rng, h, d, order):
    shapes = [(4 * h, h + d), (4 * h,), (3, d), (3, h), (3, h)]
    w, b, *states = (rng.normal(size=shape) for shape in shapes)
    return Case(w, b, order, *states)


CASES = _cases()


@reference
def expected(case):
    """The reordered weights: rows i, f, g, o."""
    w, b = (dict(zip(case.order, np.split(a, 4), strict=True)) for a in (case.w, case.b))
    w, b = (np.concatenate([a[letter] for letter in "ifgo"]) for a in (w, b))
    hidden = len(b) // 4
    return {"weight_ih": w[:, hidden:], "weight_hh": w[:, :hidden], "bias": b}


@reference
def step(case, device):
    """What the cell whose weights these are does, gate by gate, in the given order."""
    w, b, x, h, c = (
        torch.tensor(a, device=device) for a in (case.w, case.b, case.x, case.h, case.c)
    )
    a = dict(zip(case.order, (torch.cat([h, x], dim=1) @ w.T + b).chunk(4, dim=1), strict=True))
    c = a["f"].sigmoid() * c + a["i"].sigmoid() * a["g"].tanh()
    return a["o"].sigmoid() * c.tanh(), c


def _convert(student, case):
    """The four arrays, called without `order` where it is torch's."""
    order = {} if case.order == "ifgo" else {"order": case.order}
    result = student.to_torch(case.w, case.b, **order)
    good = isinstance(result, list | tuple) and len(result) == 4
    expect(good, "should return weight_ih, weight_hh, bias_ih, bias_hh")
    return result


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights(student, case):
    """weight_ih and weight_hh hold the columns of x and of h, rows in the order i, f, g, o."""
    weight_ih, weight_hh, _, _ = _convert(student, case)
    assert_close(weight_ih, expected(case)["weight_ih"], name="weight_ih")
    assert_close(weight_hh, expected(case)["weight_hh"], name="weight_hh")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_biases(student, case):
    """bias_ih and bias_hh have shape (4H,) each and add up to the reordered b."""
    for_x, for_h = _convert(student, case)[2:]
    good = all(isinstance(a, np.ndarray) and a.shape == case.b.shape for a in (for_x, for_h))
    expect(good, "bias_ih and bias_hh should be arrays of shape (4H,) each", value=[for_x, for_h])
    assert_close(for_x + for_h, expected(case)["bias"], name="bias_ih + bias_hh")


@requires("test_weights")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_torch_runs_them(student, torch_device, case):
    """torch's LSTM cell with these weights takes the same step as the cell they came from."""
    result = _convert(student, case)
    shapes = [
        (len(case.b), case.x.shape[1]),
        (len(case.b), case.h.shape[1]),
        case.b.shape,
        case.b.shape,
    ]
    good = [isinstance(a, np.ndarray) and a.shape == s for a, s in zip(result, shapes, strict=True)]
    expect(all(good), "torch cannot load arrays of these shapes")
    weights = [torch.tensor(a, dtype=torch.float64, device=torch_device) for a in result]
    x, h, c = (torch.tensor(a, device=torch_device) for a in (case.x, case.h, case.c))
    h, c = (a.cpu().numpy() for a in torch.lstm_cell(x, (h, c), *weights))
    assert_close(h, step(case, torch_device)[0], name="torch's h")
    assert_close(c, step(case, torch_device)[1], name="torch's c")


@requires("test_weights")
@pytest.mark.parametrize("order", ["ifg", "ifgg", "ifgz", "ifgoo"])
def test_refuses_other_orders(student, order):
    """Raises ValueError naming order unless it is a permutation of i, f, g, o."""
    with student.raises(ValueError, match=r"\border\b"):
        student.to_torch(CASES[0].w, CASES[0].b, order=order)
