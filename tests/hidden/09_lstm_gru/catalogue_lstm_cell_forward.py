"""lstm_cell_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import sigmoid

# Misconceptions


def _require(x, h_prev, c_prev, w):
    if c_prev.shape != h_prev.shape:
        raise ValueError(f"c_prev has shape {c_prev.shape}")
    if w.shape != (4 * h_prev.shape[1], h_prev.shape[1] + x.shape[1]):
        raise ValueError(f"w has shape {w.shape}")


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
        i, f, o = (sigmoid(a[name]) for name in "ifo")
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
    "The candidate g has a sigmoid. It needs tanh, so that it can be negative.", candidate=sigmoid
)
linear_candidate = wrong("The candidate g has no activation. It needs tanh.", candidate=lambda a: a)
bare_cell = wrong("You returned h = o * c. It is o * tanh(c).", show=lambda o, c, c_prev: o * c)
sigmoid_of_cell = wrong(
    "You returned h = o * sigmoid(c). It is o * tanh(c).", show=lambda o, c, c_prev: o * sigmoid(c)
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
clipped = wrong(
    "You clip the cell state to -10 ... 10. It may grow.",
    remember=lambda i, f, g, c_prev: np.clip(f * c_prev + i * g, -10, 10),
)
clipped_far_out = wrong(
    "You clip the cell state to -50 ... 50. It may grow.",
    remember=lambda i, f, g, c_prev: np.clip(f * c_prev + i * g, -50, 50),
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
    i, f, o = (sigmoid(a[:, k]) for k in (0, 1, 3))
    g = 2 * sigmoid(2 * a[:, 2]) - 1
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
