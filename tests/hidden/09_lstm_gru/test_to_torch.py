"""to_torch: LSTM weights for [h, x], gates in any order, as torch.nn.LSTM stacks them."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
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
    with student.raises(ValueError, match="order"):
        student.to_torch(CASES[0].w, CASES[0].b, order=order)


# Misconceptions


def _require(order):
    if sorted(order) != sorted("ifgo"):
        raise ValueError(f"order is {order!r}")


def _blocks(order):
    return [order.index(letter) for letter in "ifgo"]


def _rearranged(a, blocks):
    return np.concatenate([np.split(a, 4)[k] for k in blocks])


def make(
    *,
    w_blocks=_blocks,
    b_blocks=_blocks,
    split=lambda w, hidden: (w[:, hidden:], w[:, :hidden]),
    biases=lambda b: (b, np.zeros_like(b)),
    returned=lambda *arrays: arrays,
    require=_require,
    default="ifgo",
):
    """A conversion with one part of it exchanged."""

    def to_torch(w, b, order=default):
        require(order)
        weight_ih, weight_hh = split(_rearranged(w, w_blocks(order)), len(b) // 4)
        return returned(weight_ih, weight_hh, *biases(_rearranged(b, b_blocks(order))))

    return to_torch


def wrong(message, **changed):
    return misconception("to_torch", message)(make(**changed))


def _inverse(order):
    return ["ifgo".index(letter) for letter in order]


def _nothing(order):
    return range(4)


def _output_third(order):
    return [order.index(letter) for letter in "ifog"]


def _first_columns(w, hidden):
    return w[:, : w.shape[1] - hidden], w[:, w.shape[1] - hidden :]


order_ignored = wrong(
    "The rows stayed as they were. Put the blocks into torch's order i, f, g, o.",
    w_blocks=_nothing,
    b_blocks=_nothing,
)
bias_order_ignored = wrong("The rows of w were reordered, those of b were not.", b_blocks=_nothing)
weight_order_ignored = wrong(
    "The rows of b were reordered, those of w were not.", w_blocks=_nothing
)
inverse_order = wrong(
    "You applied the permutation the wrong way round: ask where each of i, f, g, o stands in "
    "`order`.",
    w_blocks=_inverse,
    b_blocks=_inverse,
)
stacked_ifog = wrong(
    "You stacked i, f, o, g. torch's order is i, f, g, o.",
    w_blocks=_output_third,
    b_blocks=_output_third,
)
columns_swapped = wrong(
    "You took the first columns for x. The first H belong to h.", split=_first_columns
)
pair_swapped = wrong(
    "You returned weight_hh before weight_ih. The order is weight_ih, weight_hh, bias_ih, bias_hh.",
    returned=lambda ih, hh, b_ih, b_hh: (hh, ih, b_ih, b_hh),
)
transposed = wrong(
    "Your weights are transposed. torch's have a row for each output: (4H, D) and (4H, H).",
    returned=lambda ih, hh, b_ih, b_hh: (ih.T, hh.T, b_ih, b_hh),
)
doubled = wrong(
    "Both biases hold b, so torch adds it twice. Only their sum should be b.",
    biases=lambda b: (b, b),
)
bias_lost = wrong(
    "Both biases are zero: b got lost.", biases=lambda b: (np.zeros_like(b), np.zeros_like(b))
)
bias_subtracted = wrong(
    "The second bias cancels the first. Their sum should be b.", biases=lambda b: (b, -b)
)
one_bias_scalar = wrong(
    "bias_hh should be an array of shape (4H,), also when it is zero.",
    biases=lambda b: (b, np.zeros(1)),
)
no_refusal = wrong(
    "An order that is no permutation of i, f, g, o must raise a ValueError that names order.",
    require=lambda order: None,
    w_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
    b_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
)


def _only_letters(order):
    if not set(order) <= set("ifgo"):
        raise ValueError(f"order is {order!r}")


repeats_accepted = wrong(
    "An order in which a letter is missing or comes twice must be refused as well.",
    require=_only_letters,
    w_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
    b_blocks=lambda order: [max(0, order.find(letter)) for letter in "ifgo"],
)
other_default = wrong(
    "Without `order`, the rows are taken for f, i, g, o. The default is i, f, g, o.", default="figo"
)


@misconception("to_torch", "You reordered single rows. A gate is a block of H rows.")
def rows_interleaved(w, b, order="ifgo"):
    _require(order)
    hidden = len(b) // 4
    w = w.reshape(hidden, 4, -1)[:, _blocks(order)].reshape(w.shape)
    b = b.reshape(hidden, 4)[:, _blocks(order)].reshape(-1)
    return w[:, hidden:], w[:, :hidden], b, np.zeros_like(b)


# Alternatives


@alternative("to_torch")
def bias_with_h(w, b, order="ifgo"):
    _require(order)
    hidden = w.shape[0] // 4
    gates = {letter: slice(k * hidden, (k + 1) * hidden) for k, letter in enumerate(order)}
    weight_ih = np.vstack([w[gates[letter], hidden:] for letter in "ifgo"])
    weight_hh = np.vstack([w[gates[letter], :hidden] for letter in "ifgo"])
    return (
        weight_ih,
        weight_hh,
        np.zeros(4 * hidden),
        np.hstack([b[gates[letter]] for letter in "ifgo"]),
    )


@alternative("to_torch")
def bias_halved(w, b, order="ifgo"):
    if len(order) != 4 or set(order) != set("ifgo"):
        raise ValueError(f"order {order!r}")
    hidden = len(w) // 4
    rows = np.concatenate([np.arange(hidden) + order.index(letter) * hidden for letter in "ifgo"])
    return [w[rows, hidden:], w[rows, :hidden], b[rows] / 2, b[rows] / 2]
