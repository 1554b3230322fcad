"""linear_backward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(dout, x, w):
    if dout.shape != (len(x), len(w)):
        raise ValueError(f"dout has shape {dout.shape}, expected {(len(x), len(w))}")


def _wrong(message, compute):
    @misconception("linear_backward", message)
    def variant(dout, cache):
        x, w = cache
        _refuse(dout, x, w)
        return compute(dout, x, w)

    return variant


bias_averaged = _wrong(
    "Your db is averaged over the batch. Sum: any 1/N of the loss is already in dout.",
    lambda d, x, w: (d @ w, d.T @ x, d.mean(axis=0)),
)
weights_averaged = _wrong(
    "Your dw is divided by N. Any 1/N of the loss is already in dout.",
    lambda d, x, w: (d @ w, d.T @ x / len(x), d.sum(axis=0)),
)
both_averaged = _wrong(
    "Your dw and db are divided by N. Any 1/N of the loss is already in dout.",
    lambda d, x, w: (d @ w, d.T @ x / len(x), d.mean(axis=0)),
)
all_averaged = _wrong(
    "All three gradients are divided by N. Any 1/N of the loss is already in dout.",
    lambda d, x, w: (d @ w / len(x), d.T @ x / len(x), d.mean(axis=0)),
)
upstream_ignored = _wrong(
    "Your gradients do not depend on dout. Multiply by what arrives from above.",
    lambda d, x, w: (np.ones_like(d) @ w, np.ones_like(d).T @ x, np.ones_like(d).sum(axis=0)),
)
upstream_ignored_by_bias = _wrong(
    "Your db is the number of samples. Sum dout over the samples.",
    lambda d, x, w: (d @ w, d.T @ x, np.ones_like(d).sum(axis=0)),
)
weights_transposed = _wrong(
    "Your dw is transposed: it has the shape of w, (out, in).",
    lambda d, x, w: (d @ w, x.T @ d, d.sum(axis=0)),
)
weights_reshaped = _wrong(
    "Your dw has the right shape with the entries in a wrong order: it is doutᵀ x.",
    lambda d, x, w: (d @ w, (x.T @ d).reshape(w.shape), d.sum(axis=0)),
)
inputs_through_transpose = _wrong(
    "Where in = out, your dx uses wᵀ. Going back, dout meets w itself.",
    lambda d, x, w: (d @ (w.T if w.shape[0] == w.shape[1] else w), d.T @ x, d.sum(axis=0)),
)
bias_per_sample = _wrong(
    "Your db has the shape of dout: sum it over the samples.",
    lambda d, x, w: (d @ w, d.T @ x, d.copy()),
)
bias_keeps_axis = _wrong(
    "Your db has two axes; it has the shape of b, (out,).",
    lambda d, x, w: (d @ w, d.T @ x, d.sum(axis=0, keepdims=True)),
)
bias_over_units = _wrong(
    "Your db is summed over the units. Sum over the samples, axis 0.",
    lambda d, x, w: (d @ w, d.T @ x, d.sum(axis=1)),
)
bias_missing = _wrong(
    "Your db is zero. The bias touches y directly: it gets the sum of dout over the samples.",
    lambda d, x, w: (d @ w, d.T @ x, np.zeros(len(w))),
)
first_sample_only = _wrong(
    "Only the first sample reaches dw and db. Sum over all samples.",
    lambda d, x, w: (d @ w, d[:1].T @ x[:1], d[0].copy()),
)
upstream_summed_first = _wrong(
    "You summed dout over the batch before you multiplied with x. Each sample has its own product.",
    lambda d, x, w: (d @ w, np.outer(d.sum(axis=0), x.mean(axis=0)), d.sum(axis=0)),
)
order_changed = _wrong(
    "The order is (dx, dw, db), as the arguments of the forward pass.",
    lambda d, x, w: (d.T @ x, d.sum(axis=0), d @ w),
)
sign_swapped = _wrong(
    "All your gradients have the wrong sign. The minus belongs to the step, not to the gradient.",
    lambda d, x, w: (-d @ w, -d.T @ x, -d.sum(axis=0)),
)
no_input_gradient = _wrong(
    "dx is missing. The layer below needs it: return (dx, dw, db).",
    lambda d, x, w: (d.T @ x, d.sum(axis=0)),
)


@misconception("linear_backward", "A dout of another shape than y must raise a ValueError.")
def any_upstream_accepted(dout, cache):
    x, w = cache
    d = dout if dout.shape == (len(x), len(w)) else np.full((len(x), len(w)), dout.sum())
    return d @ w, d.T @ x, d.sum(axis=0)


@misconception("linear_backward", "You changed dout itself. The caller still needs it.")
def upstream_changed(dout, cache):
    x, w = cache
    _refuse(dout, x, w)
    gradients = dout @ w, dout.T @ x, dout.sum(axis=0)
    dout /= len(x)
    return gradients


# Alternatives


@alternative("linear_backward")
def by_einsum(dout, cache):
    x, w = cache
    _refuse(dout, x, w)
    return [
        np.einsum("no,oi->ni", dout, w),
        np.einsum("no,ni->oi", dout, x),
        np.einsum("no->o", dout),
    ]


@alternative("linear_backward")
def sample_by_sample(dout, cache):
    x, w = cache
    _refuse(dout, x, w)
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n in range(len(x)):
        dx[n] = w.T @ dout[n]
        dw += np.outer(dout[n], x[n])
        db += dout[n]
    return dx, dw, db


@alternative("linear_backward")
def with_a_column_of_ones(dout, cache):
    x, w = cache
    _refuse(dout, x, w)
    both = dout.T @ np.hstack([x, np.ones((len(x), 1))])
    return (w.T @ dout.T).T, both[:, :-1], both[:, -1]
