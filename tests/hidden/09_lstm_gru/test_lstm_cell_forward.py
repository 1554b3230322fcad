"""lstm_cell_forward: one step of an LSTM, gates i, f, g, o, [h, x]."""

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
    with student.raises(ValueError, match="c_prev"):
        student.lstm_cell_forward(x, h, c[:1], w, b)
    with student.raises(ValueError, match=r"\bw\b"):
        student.lstm_cell_forward(x, h, c, w[:, 1:], b)
    with student.raises(ValueError, match=r"\bw\b"):  # rows for one unit more
        student.lstm_cell_forward(x, h, c, np.pad(w, ((0, 4), (0, 0))), np.pad(b, (0, 4)))


# Misconceptions


def _require(x, h_prev, c_prev, w):
    if c_prev.shape != h_prev.shape:
        raise ValueError(f"c_prev has shape {c_prev.shape}")
    if w.shape != (4 * h_prev.shape[1], h_prev.shape[1] + x.shape[1]):
        raise ValueError(f"w has shape {w.shape}")


def _sigmoid(a):
    return 0.5 + 0.5 * np.tanh(a / 2)


def make(
    *,
    order="ifgo",
    join=lambda h, x: [h, x],
    use_bias=True,
    candidate=np.tanh,
    remember=lambda i, f, g, c_prev: f * c_prev + i * g,
    show=lambda o, c, c_prev: o * np.tanh(c),
    returned=lambda h, c: (h, c),
    cached=lambda *stored: stored,
    require=_require,
):
    """An LSTM cell with one part of it exchanged."""

    def lstm_cell_forward(x, h_prev, c_prev, w, b):
        require(x, h_prev, c_prev, w)
        hx = np.concatenate(join(h_prev, x), axis=1)
        blocks = np.split(hx @ w.T + b * use_bias, 4, axis=1)
        a = dict(zip(order, blocks, strict=True))
        i, f, o = (_sigmoid(a[name]) for name in "ifo")
        g = candidate(a["g"])
        c = remember(i, f, g, c_prev)
        h = show(o, c, c_prev)
        return returned(h, c), cached(hx, c_prev, i, f, g, o, c, w)

    return lstm_cell_forward


def wrong(message, **changed):
    return misconception("lstm_cell_forward", message)(make(**changed))


forget_first = wrong(
    "You read the blocks in the order f, i, g, o. Here, as in torch, the order is i, f, g, o.",
    order="figo",
)
output_third = wrong(
    "You read the blocks in the order i, f, o, g. Here the order is i, f, g, o.", order="ifog"
)
candidate_first = wrong(
    "You read the blocks in the order g, i, f, o. The order is i, f, g, o.", order="gifo"
)
forget_last = wrong(
    "You read the blocks in the order i, g, o, f. The order is i, f, g, o.", order="igof"
)
forget_input_output = wrong(
    "You read the blocks in the order f, i, o, g. The order is i, f, g, o.", order="fiog"
)
sigmoid_candidate = wrong(
    "The candidate g has a sigmoid. It needs tanh, so that it can be negative.", candidate=_sigmoid
)
linear_candidate = wrong("The candidate g has no activation. It needs tanh.", candidate=lambda a: a)
bare_cell = wrong("You returned h = o * c. It is o * tanh(c).", show=lambda o, c, c_prev: o * c)
sigmoid_of_cell = wrong(
    "You returned h = o * sigmoid(c). It is o * tanh(c).", show=lambda o, c, c_prev: o * _sigmoid(c)
)
tanh_outside = wrong(
    "You returned h = tanh(o * c). It is o * tanh(c).", show=lambda o, c, c_prev: np.tanh(o * c)
)
no_output_gate = wrong(
    "The output gate is missing: h = o * tanh(c).", show=lambda o, c, c_prev: np.tanh(c)
)
shows_the_old = wrong(
    "h was made from c_prev. It shows the new cell state.",
    show=lambda o, c, c_prev: o * np.tanh(c_prev),
)
x_first = wrong(
    "You joined [x, h]. The first H columns of w belong to h: [h, x].", join=lambda h, x: [x, h]
)
no_bias = wrong("The bias is missing: [h, x] W^T + b.", use_bias=False)
coupled = wrong(
    "Your cell adds (1 - f) * g, as a GRU does. An LSTM has an input gate of its own: i * g.",
    remember=lambda i, f, g, c_prev: f * c_prev + (1 - f) * g,
)
never_forgets = wrong(
    "The forget gate is missing: c = f * c_prev + i * g (the LSTM of 1997 had none; ours does).",
    remember=lambda i, f, g, c_prev: c_prev + i * g,
)
adds_everything = wrong(
    "The input gate is missing: c = f * c_prev + i * g.",
    remember=lambda i, f, g, c_prev: f * c_prev + g,
)
forgets_f = wrong(
    "You kept 1 - f of the old cell state. The forget gate says what to keep: f * c_prev.",
    remember=lambda i, f, g, c_prev: (1 - f) * c_prev + i * g,
)
roles_swapped = wrong(
    "The input gate scales the old state and the forget gate the candidate. It is f * c_prev "
    "+ i * g.",
    remember=lambda i, f, g, c_prev: i * c_prev + f * g,
)
squashed_cell = wrong(
    "The cell state itself was squashed by tanh. c = f * c_prev + i * g stays as it is; only "
    "h sees tanh(c).",
    remember=lambda i, f, g, c_prev: np.tanh(f * c_prev + i * g),
)
drops_the_old = wrong(
    "The old cell state is not used: c = f * c_prev + i * g.",
    remember=lambda i, f, g, c_prev: i * g,
)
states_swapped = wrong("You returned (c, h). The order is (h, c).", returned=lambda h, c: (c, h))
caches_old_c = wrong(
    "The seventh entry of the cache should be the new c, not c_prev.",
    cached=lambda hx, c_prev, i, f, g, o, c, w: (hx, c_prev, i, f, g, o, c_prev, w),
)
caches_new_c = wrong(
    "The second entry of the cache should be c_prev, not the new c.",
    cached=lambda hx, c_prev, i, f, g, o, c, w: (hx, c, i, f, g, o, c, w),
)
caches_tanh_c = wrong(
    "The seventh entry of the cache should be c itself, not tanh(c).",
    cached=lambda hx, c_prev, i, f, g, o, c, w: (hx, c_prev, i, f, g, o, np.tanh(c), w),
)
caches_x_and_h = wrong(
    "The cache should begin with hx, the two joined, and have eight entries.",
    cached=lambda hx, c_prev, i, f, *rest: (
        hx[:, i.shape[1] :],
        hx[:, : i.shape[1]],
        c_prev,
        i,
        f,
        *rest,
    ),
)
caches_forget_first = wrong(
    "The gates in the cache are in the order f, i. It is i, f, g, o.",
    cached=lambda hx, c_prev, i, f, *rest: (hx, c_prev, f, i, *rest),
)
caches_h = wrong(
    "The seventh entry of the cache should be the new c, not h.",
    cached=lambda hx, c_prev, i, f, g, o, c, w: (hx, c_prev, i, f, g, o, o * np.tanh(c), w),
)
caches_pre_activations = wrong(
    "The cache should hold the gates after their activations, not the pre-activations.",
    cached=lambda hx, c_prev, i, f, g, o, c, w: (
        hx,
        c_prev,
        *(np.log(s / (1 - s)) for s in (i, f)),
        np.arctanh(g),
        np.log(o / (1 - o)),
        c,
        w,
    ),
)
broadcast_state = wrong(
    "A c_prev that has not the shape of h_prev must raise a ValueError that names c_prev, "
    "and a w of another shape than (4H, H + D) one that names w.",
    require=lambda x, h_prev, c_prev, w: _require(x, h_prev, h_prev, w),
)


@misconception(
    "lstm_cell_forward",
    "You changed c_prev in place. Your caller still needs it: make a new array.",
)
def in_place(x, h_prev, c_prev, w, b):
    _require(x, h_prev, c_prev, w)
    before = c_prev.copy()
    (h, c), cache = make()(x, h_prev, c_prev, w, b)
    c_prev[...] = c
    return (h, c), (cache[0], before, *cache[2:])


# Alternatives


@alternative("lstm_cell_forward")
def gate_by_gate(x, h_prev, c_prev, w, b):
    _require(x, h_prev, c_prev, w)
    hidden = h_prev.shape[1]
    hx = np.hstack([h_prev, x])
    i, f, g, o = (hx @ w[k * hidden :][:hidden].T + b[k * hidden :][:hidden] for k in range(4))
    i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
    g = np.tanh(g)
    c = np.add(np.multiply(f, c_prev), np.multiply(i, g))
    return [o * np.tanh(c), c], [hx, c_prev, i, f, g, o, c, w]


@alternative("lstm_cell_forward")
def separate_products(x, h_prev, c_prev, w, b):
    _require(x, h_prev, c_prev, w)
    n, hidden = h_prev.shape
    a = x @ w[:, hidden:].T + (h_prev @ w[:, :hidden].T + b)
    a = a.reshape(n, 4, hidden)
    i, f, o = (_sigmoid(a[:, k]) for k in (0, 1, 3))
    g = 2 * _sigmoid(2 * a[:, 2]) - 1
    c = i * g + c_prev * f
    return (np.tanh(c) * o, c), (
        np.concatenate([h_prev, x], 1),
        c_prev.copy(),
        i,
        f,
        g,
        o,
        c.copy(),
        w.copy(),
    )


@alternative("lstm_cell_forward")
def sample_by_sample(x, h_prev, c_prev, w, b):
    _require(x, h_prev, c_prev, w)
    rows = [make()(x[[k]], h_prev[[k]], c_prev[[k]], w, b) for k in range(len(x))]
    h, c = (np.concatenate([row[0][k] for row in rows]) for k in range(2))
    stored = [np.concatenate([row[1][k] for row in rows]) for k in range(7)]
    return (h, c), (*stored, w)
