"""linear_forward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions: what is computed


def _refuse(x, w, b):
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {b.shape}")


def _wrong(message, compute):
    """Right cache and refusals, and values from `compute`."""

    @misconception("linear_forward", message)
    def variant(x, w, b):
        _refuse(x, w, b)
        return compute(x, w, b), (x, w)

    return variant


bias_missing = _wrong("The bias is missing: add b to each row.", lambda x, w, b: x @ w.T)
bias_subtracted = _wrong("You subtracted the bias; add it.", lambda x, w, b: x @ w.T - b)
bias_summed = _wrong(
    "You added the sum of all biases to each output. Unit j has a bias of its own, b[j].",
    lambda x, w, b: x @ w.T + b.sum(),
)
bias_for_each_input = _wrong(
    "You added the bias once for each input. Add it once for each output.",
    lambda x, w, b: x @ w.T + b * x.shape[1],
)
first_bias_only = _wrong(
    "Each output got b[0]. Unit j has a bias of its own, b[j].",
    lambda x, w, b: x @ w.T + b[0],
)
reshaped_for_transposed = _wrong(
    "You reshaped w where it has to be transposed: row j of w belongs to unit j.",
    lambda x, w, b: x @ w.reshape(w.shape[::-1]) + b,
)
output_reshaped = _wrong(
    "Your output has samples and units mixed up: y[n, j] is unit j for sample n.",
    lambda x, w, b: (w @ x.T).reshape(len(x), len(w)) + b,
)
averaged = _wrong(
    "You averaged over the inputs. The products are added, not averaged.",
    lambda x, w, b: x @ w.T / x.shape[1] + b,
)
rectified = _wrong(
    "There are no negative outputs: this layer has no activation.",
    lambda x, w, b: np.maximum(x @ w.T + b, 0.0),
)
transposed_where_it_fits = _wrong(
    "Where in = out, you used w instead of its transpose: row j of w belongs to unit j.",
    lambda x, w, b: (x @ w if w.shape[0] == w.shape[1] else x @ w.T) + b,
)


# Misconceptions: what is returned and refused


@misconception("linear_forward", "Only y came back. Return the pair (y, cache).")
def no_cache(x, w, b):
    _refuse(x, w, b)
    return x @ w.T + b


@misconception("linear_forward", "Your cache is in another order: it is (x, w).")
def cache_reversed(x, w, b):
    _refuse(x, w, b)
    return x @ w.T + b, (w, x)


@misconception("linear_forward", "Your cache holds more than (x, w).")
def bias_in_cache(x, w, b):
    _refuse(x, w, b)
    return x @ w.T + b, (x, w, b)


@misconception("linear_forward", "A b of another shape than (out,) must raise a ValueError.")
def any_bias_accepted(x, w, b):
    _refuse(x, w, np.zeros(len(w)))
    return x @ w.T + (b if b.shape == w.shape[:1] else b.sum()), (x, w)


@misconception(
    "linear_forward", "You compared the number of entries of b only: (out, 1) is not (out,)."
)
def bias_size_compared(x, w, b):
    _refuse(x, w, b.reshape(-1))
    return x @ w.T + b.reshape(-1), (x, w)


@misconception("linear_forward", "A w with other columns than x must raise a ValueError.")
def any_width_accepted(x, w, b):
    seen = min(x.shape[1], w.shape[1])
    _refuse(x[:, :seen], w[:, :seen], b)
    return x[:, :seen] @ w[:, :seen].T + b, (x, w)


# Alternatives


@alternative("linear_forward")
def by_einsum(x, w, b):
    _refuse(x, w, b)
    return np.einsum("ni,oi->no", x, w) + b[None], [x, w]


@alternative("linear_forward")
def by_loops(x, w, b):
    _refuse(x, w, b)
    y = np.empty((len(x), len(w)))
    for n, j in np.ndindex(y.shape):
        y[n, j] = b[j] + sum(x[n, i] * w[j, i] for i in range(x.shape[1]))
    return y, (x, w)


@alternative("linear_forward")
def by_a_column_of_ones(x, w, b):
    _refuse(x, w, b)
    ones = np.ones((len(x), 1))
    return np.hstack([x, ones]) @ np.hstack([w, b[:, None]]).T, (x.copy(), w.copy())
