"""rnn_cell_backward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def make(
    *,
    slope=lambda h, h_prev: 1.0 - h**2,
    dx=lambda dh, da, w_x, w_h: da @ w_x,
    dh_prev=lambda dh, da, w_x, w_h: da @ w_h,
    dw_x=lambda dh, da, x: da.T @ x,
    dw_h=lambda dh, da, h_prev, h: da.T @ h_prev,
    db=lambda dh, da: da.sum(axis=0),
    order=lambda *gradients: gradients,
):
    """The backward pass of a step with one part of it exchanged."""

    def rnn_cell_backward(dh, cache):
        x, h_prev, w_x, w_h, h = cache
        da = dh * slope(h, h_prev)
        return order(
            dx(dh, da, w_x, w_h),
            dh_prev(dh, da, w_x, w_h),
            dw_x(dh, da, x),
            dw_h(dh, da, h_prev, h),
            db(dh, da),
        )

    return rnn_cell_backward


def wrong(message, **changed):
    return misconception("rnn_cell_backward", message)(make(**changed))


slope_missing = wrong(
    "The slope of the tanh is missing: first multiply dh by 1 - h**2.",
    slope=lambda h, h_prev: np.ones_like(h),
)
slope_not_squared = wrong(
    "You used 1 - h for the slope of the tanh. It is 1 - h**2.", slope=lambda h, h_prev: 1.0 - h
)
slope_of_sigmoid = wrong(
    "You used h (1 - h), the slope of a sigmoid. That of tanh is 1 - h**2.",
    slope=lambda h, h_prev: h * (1.0 - h),
)
slope_of_the_output = wrong(
    "You took the tanh of h once more. h is a tanh already: its slope is 1 - h**2.",
    slope=lambda h, h_prev: 1.0 - np.tanh(h) ** 2,
)
slope_at_the_old_state = wrong(
    "The slope was taken at the old state. It belongs to the new one, h.",
    slope=lambda h, h_prev: 1.0 - h_prev**2,
)
slope_inverted = wrong(
    "You multiplied by h**2. The slope of tanh is 1 - h**2.", slope=lambda h, h_prev: h**2
)
slope_root = wrong(
    "You took the root of 1 - h**2. The slope is 1 - h**2 itself.",
    slope=lambda h, h_prev: np.sqrt(1.0 - h**2),
)
slope_negative = wrong(
    "All your gradients have the opposite sign.", slope=lambda h, h_prev: h**2 - 1.0
)
dh_prev_transposed = wrong(
    "In dh_prev, w_h is transposed: forwards it was h_prev @ w_h.T, so backwards it is w_h.",
    dh_prev=lambda dh, da, w_x, w_h: da @ w_h.T,
)
dh_prev_without_slope = wrong(
    "dh_prev lacks the slope of the tanh. The gradient passes the tanh before it reaches h_prev.",
    dh_prev=lambda dh, da, w_x, w_h: dh @ w_h,
)
dx_without_slope = wrong(
    "dx lacks the slope of the tanh. The gradient passes the tanh before it reaches x.",
    dx=lambda dh, da, w_x, w_h: dh @ w_x,
)
dh_prev_passed_through = wrong(
    "dh_prev is the gradient before the tanh, unweighted. It goes through w_h as well.",
    dh_prev=lambda dh, da, w_x, w_h: da,
)
dh_added = wrong(
    "dh was added to dh_prev. The old state reaches the loss through the new one only.",
    dh_prev=lambda dh, da, w_x, w_h: da @ w_h + dh,
)
dw_h_transposed = wrong(
    "dw_h is transposed: row k belongs to the new unit k.",
    dw_h=lambda dh, da, h_prev, h: h_prev.T @ da,
)
dw_x_transposed = wrong(
    "dw_x is transposed: it has the shape of w_x, (H, D).",
    dw_x=lambda dh, da, x: x.T @ da,
)
dw_h_of_the_new_state = wrong(
    "dw_h uses the new state. w_h was multiplied by the old one.",
    dw_h=lambda dh, da, h_prev, h: da.T @ h,
)
dw_without_slope = wrong(
    "dw_x and dw_h lack the slope of the tanh.",
    dw_x=lambda dh, da, x: dh.T @ x,
    dw_h=lambda dh, da, h_prev, h: dh.T @ h_prev,
)
db_without_slope = wrong(
    "db lacks the slope of the tanh: the bias stands inside it.", db=lambda dh, da: dh.sum(axis=0)
)
averaged = wrong(
    "The gradients of the parameters were averaged over the batch. They are sums.",
    dw_x=lambda dh, da, x: da.T @ x / len(da),
    dw_h=lambda dh, da, h_prev, h: da.T @ h_prev / len(da),
    db=lambda dh, da: da.mean(axis=0),
)
db_averaged = wrong(
    "db was averaged over the batch. It is a sum.", db=lambda dh, da: da.mean(axis=0)
)
db_not_summed = wrong(
    "db still has a row per sample. The bias is shared, so sum over the batch.",
    db=lambda dh, da: da,
)
db_over_units = wrong(
    "db was summed over the units. Sum over the samples.", db=lambda dh, da: da.sum(axis=1)
)
states_first = wrong(
    "dx and dh_prev came back in the other order. It is that of the forward's arguments.",
    order=lambda dx, dh_prev, *rest: (dh_prev, dx, *rest),
)
weights_swapped = wrong(
    "dw_x and dw_h came back in the other order. It is that of the forward's arguments.",
    order=lambda dx, dh_prev, dw_x, dw_h, db: (dx, dh_prev, dw_h, dw_x, db),
)


@misconception("rnn_cell_backward", "You changed dh in place. Your caller still needs it.")
def in_place(dh, cache):
    dh *= 1.0 - cache[4] ** 2
    return make(slope=lambda h, h_prev: np.ones_like(h))(dh, cache)


# Alternatives


@alternative("rnn_cell_backward")
def by_einsum(dh, cache):
    x, h_prev, w_x, w_h, h = cache
    da = dh - dh * h * h
    return [
        np.einsum("nh,hd->nd", da, w_x),
        np.einsum("nh,hk->nk", da, w_h),
        np.einsum("nh,nd->hd", da, x),
        np.einsum("nh,nk->hk", da, h_prev),
        np.einsum("nh->h", da),
    ]


@alternative("rnn_cell_backward")
def sample_by_sample(dh, cache):
    x, h_prev, w_x, w_h, h = cache
    dx, dh_prev = np.zeros(x.shape), np.zeros(h_prev.shape)
    dw_x, dw_h, db = np.zeros(w_x.shape), np.zeros(w_h.shape), np.zeros(len(w_h))
    for n in range(len(x)):
        da = dh[n] * (1.0 + h[n]) * (1.0 - h[n])
        dx[n], dh_prev[n] = w_x.T @ da, w_h.T @ da
        dw_x += np.outer(da, x[n])
        dw_h += np.outer(da, h_prev[n])
        db += da
    return dx, dh_prev, dw_x, dw_h, db


@alternative("rnn_cell_backward")
def joined(dh, cache):
    x, h_prev, w_x, w_h, h = cache
    da = dh / np.cosh(np.arctanh(h)) ** 2
    back = da @ np.concatenate([w_x, w_h], axis=1)
    inputs = np.concatenate([x, h_prev, np.ones((len(x), 1))], axis=1)
    dw = da.T @ inputs
    d = x.shape[1]
    return back[:, :d], back[:, d:], dw[:, :d], dw[:, d:-1], dw[:, -1]
