"""rnn_cell_forward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(x, h_prev, w_x, w_h, b):
    units = h_prev.shape[1]
    wanted = {"w_x": (units, x.shape[1]), "w_h": (units, units), "b": (units,)}
    for name, value in {"w_x": w_x, "w_h": w_h, "b": b}.items():
        if value.shape != wanted[name]:
            raise ValueError(f"{name} has shape {value.shape}, expected {wanted[name]}")


def _wrong(message, compute):
    @misconception("rnn_cell_forward", message)
    def variant(x, h_prev, w_x, w_h, b):
        _refuse(x, h_prev, w_x, w_h, b)
        h = compute(x, h_prev, w_x, w_h, b)
        return h, (x, h_prev, w_x, w_h, h)

    return variant


def _sum(x, h_prev, w_x, w_h, b):
    return x @ w_x.T + h_prev @ w_h.T + b


w_h_transposed = _wrong(
    "w_h is transposed: it is (out, in), so the old state is multiplied by w_h.T.",
    lambda x, h, w_x, w_h, b: np.tanh(_sum(x, h, w_x, w_h.T, b)),
)
w_x_transposed = _wrong(
    "w_x is transposed: it is (out, in), so the input is multiplied by w_x.T.",
    lambda x, h, w_x, w_h, b: np.tanh(x @ np.reshape(w_x, w_x.T.shape) + h @ w_h.T + b),
)
no_activation = _wrong("The tanh is missing.", _sum)
sigmoid = _wrong(
    "Your activation is a sigmoid. It is tanh here.",
    lambda *a: 1.0 / (1.0 + np.exp(-_sum(*a))),
)
relu = _wrong("Your activation is a ReLU. It is tanh here.", lambda *a: np.maximum(_sum(*a), 0.0))
tanh_of_each = _wrong(
    "You took the tanh of the two layers one by one. Add them first.",
    lambda x, h, w_x, w_h, b: np.tanh(x @ w_x.T + b) + np.tanh(h @ w_h.T),
)
bias_missing = _wrong("The bias is missing.", lambda *a: np.tanh(_sum(*a) - a[4]))
bias_twice = _wrong(
    "The bias was added twice, once for each layer. There is one.",
    lambda *a: np.tanh(_sum(*a) + a[4]),
)
bias_outside = _wrong(
    "The bias was added after the tanh. It belongs inside.",
    lambda *a: np.tanh(_sum(*a) - a[4]) + a[4],
)
state_ignored = _wrong(
    "The old state has no influence on the new one: add h_prev times w_h.T.",
    lambda x, h, w_x, w_h, b: np.tanh(x @ w_x.T + b),
)
input_ignored = _wrong(
    "The input has no influence on the new state: add x times w_x.T.",
    lambda x, h, w_x, w_h, b: np.tanh(h @ w_h.T + b),
)
state_unweighted = _wrong(
    "The old state was added as it is. It is multiplied by w_h.T first.",
    lambda x, h, w_x, w_h, b: np.tanh(x @ w_x.T + h + b),
)
state_kept = _wrong(
    "The old state was added to the new one. The new state is the tanh alone.",
    lambda *a: np.tanh(_sum(*a)) + a[1],
)
subtracted = _wrong(
    "The two layers were subtracted. They are added.",
    lambda x, h, w_x, w_h, b: np.tanh(x @ w_x.T - h @ w_h.T + b),
)


@misconception("rnn_cell_forward", "Only h came back. Return the pair (h, cache).")
def no_cache(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    return np.tanh(_sum(x, h_prev, w_x, w_h, b))


@misconception(
    "rnn_cell_forward",
    "The last entry of your cache is the value before the tanh. It should be the new state h.",
)
def sum_in_cache(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    a = _sum(x, h_prev, w_x, w_h, b)
    return np.tanh(a), (x, h_prev, w_x, w_h, a)


@misconception(
    "rnn_cell_forward", "Your cache holds the bias as well. It is (x, h_prev, w_x, w_h, h)."
)
def bias_in_cache(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    h = np.tanh(_sum(x, h_prev, w_x, w_h, b))
    return h, (x, h_prev, w_x, w_h, b, h)


@misconception(
    "rnn_cell_forward",
    "Your cache begins with h_prev, or w_h comes before w_x. It is (x, h_prev, w_x, w_h, h).",
)
def cache_in_another_order(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    h = np.tanh(_sum(x, h_prev, w_x, w_h, b))
    return h, (h_prev, x, w_h, w_x, h)


@misconception(
    "rnn_cell_forward",
    "A b of another shape than (H,) must raise a ValueError that names b, even (1,).",
)
def any_bias_accepted(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, np.zeros(h_prev.shape[1]))
    h = np.tanh(_sum(x, h_prev, w_x, w_h, b.ravel()[:1] if b.shape != w_h.shape[:1] else b))
    return h, (x, h_prev, w_x, w_h, h)


@misconception(
    "rnn_cell_forward", "A w_h of another shape than (H, H) must raise a ValueError that names w_h."
)
def any_w_h_accepted(x, h_prev, w_x, w_h, b):
    units = h_prev.shape[1]
    _refuse(x, h_prev, w_x, np.zeros((units, units)), b)
    h = np.tanh(_sum(x, h_prev, w_x, np.resize(w_h, (units, units)), b))
    return h, (x, h_prev, w_x, w_h, h)


@misconception(
    "rnn_cell_forward", "A w_x of another shape than (H, D) must raise a ValueError that names w_x."
)
def any_w_x_accepted(x, h_prev, w_x, w_h, b):
    shape = (h_prev.shape[1], x.shape[1])
    _refuse(x, h_prev, np.zeros(shape), w_h, b)
    h = np.tanh(_sum(x, h_prev, np.resize(w_x, shape), w_h, b))
    return h, (x, h_prev, w_x, w_h, h)


# Alternatives


@alternative("rnn_cell_forward")
def one_matrix(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    joined = np.concatenate([x, h_prev], axis=1) @ np.concatenate([w_x, w_h], axis=1).T
    h = np.tanh(joined + b)
    return h, [x, h_prev, w_x, w_h, h]


@alternative("rnn_cell_forward")
def by_einsum(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    a = np.einsum("nd,hd->nh", x, w_x) + np.einsum("nk,hk->nh", h_prev, w_h) + b[None]
    h = 2.0 / (1.0 + np.exp(-2.0 * a)) - 1.0
    return h, (x, h_prev, w_x, w_h, h)


@alternative("rnn_cell_forward")
def by_loops(x, h_prev, w_x, w_h, b):
    _refuse(x, h_prev, w_x, w_h, b)
    h = np.zeros(h_prev.shape)
    for n in range(len(x)):
        for k in range(len(b)):
            h[n, k] = np.tanh(sum(w_x[k] * x[n]) + sum(w_h[k] * h_prev[n]) + b[k])
    return h, (x.copy(), h_prev.copy(), w_x, w_h, h)
