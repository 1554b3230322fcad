"""lstm_cell_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import dsigmoid, dtanh, sigmoid

# Misconceptions


def make(
    *,
    total=lambda dh, dc, o, c: dc + dh * o * dtanh(np.tanh(c)),
    gates=lambda d, c_prev, i, f, g, c: (d * g, d * c_prev, d * i),
    output=lambda dh, d, c: dh * np.tanh(c),
    slopes=(dsigmoid, dsigmoid, dtanh, dsigmoid),
    order=(0, 1, 2, 3),
    back=lambda d, f, i, dc: d * f,
    split=lambda dhx, hidden: (dhx[:, hidden:], dhx[:, :hidden]),
    dw=lambda da, hx: da.T @ hx,
    db=lambda da: da.sum(axis=0),
):
    """A backward pass with one part of it exchanged."""

    def lstm_cell_backward(dh, dc, cache):
        hx, c_prev, i, f, g, o, c, w = cache
        d = total(dh, dc, o, c)
        parts = (*gates(d, c_prev, i, f, g, c), output(dh, d, c))
        da = [part * slope(a) for part, slope, a in zip(parts, slopes, (i, f, g, o), strict=True)]
        da = np.concatenate([da[k] for k in order], axis=1)
        dx, dh_prev = split(da @ w, c.shape[1])
        return dx, dh_prev, back(d, f, i, dc), dw(da, hx), db(da)

    return lstm_cell_backward


def wrong(message, **changed):
    return misconception("lstm_cell_backward", message)(make(**changed))


future_c_dropped = wrong(
    "The gradient dc that arrives from the next step is not used. Add it to what comes through h.",
    total=lambda dh, dc, o, c: dh * o * dtanh(np.tanh(c)),
)
way_through_h_dropped = wrong(
    "The cell state gets only dc. It also influences the loss through h = o * tanh(c).",
    total=lambda dh, dc, o, c: dc,
)
tanh_slope_of_c = wrong(
    "You used 1 - c**2. The slope of tanh at c is 1 - tanh(c)**2.",
    total=lambda dh, dc, o, c: dc + dh * o * dtanh(c),
)
tanh_slope_missing = wrong(
    "The slope of tanh(c) is missing on the way through h.", total=lambda dh, dc, o, c: dc + dh * o
)
output_gate_missing = wrong(
    "The output gate is missing on the way through h: dh * o * (1 - tanh(c)**2).",
    total=lambda dh, dc, o, c: dc + dh * dtanh(np.tanh(c)),
)
tanh_for_slope = wrong(
    "You multiplied by tanh(c) where its slope 1 - tanh(c)**2 belongs.",
    total=lambda dh, dc, o, c: dc + dh * o * np.tanh(c),
)
dh_straight_into_c = wrong(
    "You added dh to dc as it is. On its way through h it is scaled by o and by the slope of tanh.",
    total=lambda dh, dc, o, c: dc + dh,
)
dc_through_tanh = wrong(
    "dc arrives at c itself: only dh passes through o and the slope of tanh.",
    total=lambda dh, dc, o, c: (dc + dh) * o * dtanh(np.tanh(c)),
)
no_gate_slopes = wrong(
    "The slopes of the activations are missing: i(1 - i), f(1 - f), 1 - g**2, o(1 - o).",
    slopes=[np.ones_like] * 4,
)
sigmoid_slope_for_g = wrong(
    "The candidate g is a tanh: its slope is 1 - g**2, not g(1 - g).", slopes=[dsigmoid] * 4
)
tanh_slope_for_gates = wrong(
    "The gates are sigmoids: their slope is s(1 - s), not 1 - s**2.", slopes=[dtanh] * 4
)
slope_of_output = wrong(
    "You applied the sigmoid (or tanh) to the cached gates again before taking slopes. The "
    "cache holds them after activation.",
    slopes=[
        *[lambda s: dsigmoid(sigmoid(s))] * 2,
        lambda t: dtanh(np.tanh(t)),
        lambda s: dsigmoid(sigmoid(s)),
    ],
)
direct_way_only = wrong(
    "dc_prev leaves out what comes through h: use the total gradient of c, times f.",
    back=lambda d, f, i, dc: dc * f,
)
forget_gate_missing = wrong(
    "dc_prev is the total gradient of c times f: f is missing.", back=lambda d, f, i, dc: d
)
input_gate_back = wrong("dc_prev is scaled by f, not by i.", back=lambda d, f, i, dc: d * i)
output_uses_c = wrong(
    "The output gate scales tanh(c), so its gradient is dh * tanh(c), not dh * c.",
    output=lambda dh, d, c: dh * c,
)
output_uses_total = wrong(
    "The output gate gets the gradient of h: dh * tanh(c), not the total gradient of c.",
    output=lambda dh, d, c: d * np.tanh(c),
)
input_and_forget_swapped = wrong(
    "The gradients of i and f are swapped: i scales g, f scales c_prev.",
    gates=lambda d, c_prev, i, f, g, c: (d * c_prev, d * g, d * i),
)
forget_uses_new_c = wrong(
    "The forget gate scales c_prev, not the new c.",
    gates=lambda d, c_prev, i, f, g, c: (d * g, d * c, d * i),
)
candidate_uses_g = wrong(
    "The candidate is scaled by i: its gradient is dc * i.",
    gates=lambda d, c_prev, i, f, g, c: (d * g, d * c_prev, d * g),
)
blocks_forget_first = wrong(
    "You stacked the gradients as f, i, g, o. The order of the blocks is i, f, g, o.",
    order=(1, 0, 2, 3),
)
blocks_output_third = wrong(
    "You stacked the gradients as i, f, o, g. The order of the blocks is i, f, g, o.",
    order=(0, 1, 3, 2),
)
x_first = wrong(
    "dx and dh_prev were cut from the wrong columns: the first H belong to h.",
    split=lambda dhx, hidden: (dhx[:, : dhx.shape[1] - hidden], dhx[:, dhx.shape[1] - hidden :]),
)
bias_averaged = wrong(
    "db was averaged over the batch. It is a sum: the loss has averaged already.",
    db=lambda da: da.mean(axis=0),
)
weights_averaged = wrong(
    "dw was divided by N. It is a sum: the loss has averaged already.",
    dw=lambda da, hx: da.T @ hx / len(da),
)
both_averaged = wrong(
    "dw and db were divided by N. They are sums: the loss has averaged already.",
    dw=lambda da, hx: da.T @ hx / len(da),
    db=lambda da: da.mean(axis=0),
)
bias_last_sample = wrong("db holds the last sample only. Sum over the batch.", db=lambda da: da[-1])
weights_transposed = wrong(
    "dw has the shape of w.T. It should have the shape of w, (4H, H + D).",
    dw=lambda da, hx: hx.T @ da,
)


@misconception(
    "lstm_cell_backward",
    "You returned dh_prev and dx in each other's place. The order is dx, dh_prev, dc_prev, dw, db.",
)
def states_swapped(dh, dc, cache):
    dx, dh_prev, dc_prev, dw, db = make()(dh, dc, cache)
    return dh_prev, dx, dc_prev, dw, db


@misconception(
    "lstm_cell_backward",
    "You changed dc in place (dc += ...). Your caller still needs it: write dc = dc + ...",
)
def in_place(dh, dc, cache):
    gradients = make()(dh, dc, cache)
    dc += dh * cache[5] * dtanh(np.tanh(cache[6]))
    return gradients


# Alternatives


@alternative("lstm_cell_backward")
def gate_by_gate(dh, dc, cache):
    hx, c_prev, i, f, g, o, c, w = cache
    n, hidden = c.shape
    squashed = np.tanh(c)
    d = dc + dh * (o - o * squashed * squashed)
    pieces = (
        d * g * i * (1 - i),
        d * c_prev * f * (1 - f),
        d * i * (1 - g * g),
        dh * squashed * o * (1 - o),
    )
    dhx, dw, db = np.zeros_like(hx), np.zeros_like(w), np.zeros(4 * hidden)
    for k, da in enumerate(pieces):
        rows = slice(k * hidden, (k + 1) * hidden)
        dhx += da @ w[rows]
        dw[rows] = np.einsum("nh,nk->hk", da, hx)
        db[rows] = np.ones(n) @ da
    return [dhx[:, hidden:], dhx[:, :hidden], f * d, dw, db]


@alternative("lstm_cell_backward")
def sample_by_sample(dh, dc, cache):
    *arrays, w = cache
    one = [make()(dh[[k]], dc[[k]], (*(a[[k]] for a in arrays), w)) for k in range(len(dh))]
    states = [np.concatenate([row[k] for row in one]) for k in range(3)]
    return (*states, sum(row[3] for row in one), sum(row[4] for row in one))


@alternative("lstm_cell_backward")
def slopes_from_pre_activations(dh, dc, cache):
    hx, c_prev, i, f, g, o, c, w = cache
    slope = np.cosh(c) ** -2.0
    d = np.multiply(np.multiply(dh, o), slope) + dc
    da = np.stack(
        [
            d * g * (i - i**2),
            d * c_prev * (f - f**2),
            d * i * (1 - g) * (1 + g),
            dh * np.tanh(c) * (o - o**2),
        ],
        axis=1,
    )
    da = da.reshape(len(c), -1)
    dh_prev, dx = np.split(da.dot(w), [c.shape[1]], axis=1)
    return dx, dh_prev, f * d, np.dot(hx.T, da).T, np.sum(da, 0)
