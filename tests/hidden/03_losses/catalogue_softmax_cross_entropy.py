"""softmax_cross_entropy: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .logits import log_softmax, rows_of, sigmoid, softmax, softplus

NAME = "softmax_cross_entropy"


def _refuse(z, targets):
    if targets.shape not in (z.shape[:1], z.shape):
        raise ValueError(f"targets has shape {targets.shape}")


def cross_entropy(z, targets):
    """The right loss."""
    _refuse(z, targets)
    return -np.sum(rows_of(targets, z.shape[1]) * log_softmax(z)) / len(z)


def _wrong(message, compute):
    """A loss computed from the logits and the target rows."""

    @misconception(NAME, message)
    def variant(z, targets):
        _refuse(z, targets)
        with np.errstate(all="ignore"):
            return compute(z, rows_of(targets, z.shape[1]))

    return variant


def _mean(t, log_p):
    """Mean over the samples; a class that is not asked for costs nothing, whatever its log p."""
    return -np.sum(np.where(t > 0, t * log_p, 0.0)) / len(t)


# Misconceptions: the formula

along_the_samples = _wrong(
    "Your softmax runs along the samples. The classes of a row compete: axis=1.",
    lambda z, t: _mean(t, log_softmax(z, axis=0)),
)
over_everything = _wrong(
    "Your softmax runs over the whole table at once. Each row is normalised by itself.",
    lambda z, t: _mean(t, log_softmax(z.reshape(1, -1)).reshape(z.shape)),
)
negative = _wrong(
    "The minus sign is missing: the loss is never negative.", lambda z, t: -_mean(t, log_softmax(z))
)
summed = _wrong(
    "You summed over the samples. Take the mean.", lambda z, t: _mean(t, log_softmax(z)) * len(z)
)
averaged_over_all = _wrong(
    "You averaged over all N C entries. Sum over the classes, average over the samples.",
    lambda z, t: _mean(t, log_softmax(z)) / z.shape[1],
)
not_averaged = _wrong(
    "You returned one loss for each sample. Return their mean, one float.",
    lambda z, t: -np.sum(t * log_softmax(z), axis=1),
)
base_two = _wrong(
    "You used the logarithm to base 2. Use the natural one.",
    lambda z, t: _mean(t, log_softmax(z)) / np.log(2),
)
softmax_twice = _wrong(
    "Softmax is applied twice: the loss sees probabilities as logits and can never get near 0.",
    lambda z, t: _mean(t, log_softmax(softmax(z))),
)
logarithm_missing = _wrong(
    "You picked the probability itself and left out the logarithm.",
    lambda z, t: _mean(t, softmax(z)),
)
no_softmax = _wrong(
    "You took the logits for log-probabilities: the log-sum-exp of the row is missing.",
    lambda z, t: _mean(t, z),
)
sum_of_sigmoids = _wrong(
    "You used a sigmoid for each class and binary cross-entropy. Here the classes exclude each "
    "other: softmax.",
    lambda z, t: np.sum(t * softplus(-z) + (1 - t) * softplus(z)) / len(z),
)
sigmoid_for_softmax = _wrong(
    "You used a sigmoid in place of softmax.", lambda z, t: _mean(t, np.log(sigmoid(z)))
)
other_classes_too = _wrong(
    "You added (1 - t) log(1 - p), as for binary targets. Softmax needs the right class only.",
    lambda z, t: _mean(t, log_softmax(z)) + _mean(1 - t, np.log(1 - softmax(z))),
)
best_class = _wrong(
    "You took the most probable class for the right one.",
    lambda z, t: -np.mean(log_softmax(z).max(axis=1)),
)
maximum_for_logsumexp = _wrong(
    "You used the maximum of the row in place of its log-sum-exp: the sum is missing.",
    lambda z, t: _mean(t, z - z.max(axis=1, keepdims=True)),
)
shift_put_back = _wrong(
    "The shift is taken from the exponent, but not from the logit in front: subtract it from both.",
    lambda z, t: (
        _mean(t, z) + np.mean(np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)))
    ),
)

# Misconceptions: which entry


@misconception(
    NAME,
    "log_p[:, labels] picks N columns, not one entry of each row. Use log_p[np.arange(N), labels].",
)
def columns_picked(z, targets):
    _refuse(z, targets)
    if targets.ndim == 2:
        return cross_entropy(z, targets)
    return -np.mean(log_softmax(z)[:, targets])


@misconception(NAME, "Labels are counted from 0: you picked the column to the left.")
def labels_from_one(z, targets):
    return cross_entropy(z, targets - 1 if targets.ndim == 1 else targets)


rows_rounded = _wrong(
    "You took the largest entry of each target row for its label. Rows may hold several classes.",
    lambda z, t: _mean(np.eye(z.shape[1])[t.argmax(axis=1)], log_softmax(z)),
)


@misconception(
    NAME, "Target rows are read as labels: they choose rows and columns. Multiply them by log p."
)
def rows_as_indices(z, targets):
    _refuse(z, targets)
    if targets.ndim == 1:
        return cross_entropy(z, targets)
    return -np.mean(log_softmax(z)[np.arange(len(z)), targets.astype(int)[:, 0]])


@misconception(
    NAME,
    "Rows of integers are taken for labels. Tell labels and rows apart by their shape, not "
    "by their dtype.",
)
def told_apart_by_dtype(z, targets):
    _refuse(z, targets)
    if targets.dtype.kind == "i" and targets.ndim == 2:
        return -np.mean(np.take_along_axis(log_softmax(z), targets, axis=1))
    return cross_entropy(z, targets)


# Misconceptions: large logits


def _log_of(p, epsilon=0.0):
    with np.errstate(all="ignore"):
        return np.log(p + epsilon)


def _naive(z):
    with np.errstate(all="ignore"):
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


not_shifted = _wrong(
    "exp overflows for a logit of 1000. Subtract the largest logit of each row first.",
    lambda z, t: _mean(t, _log_of(_naive(z))),
)
not_shifted_in_logsumexp = _wrong(
    "exp overflows in your log-sum-exp. Subtract the largest logit of the row, and add it again.",
    lambda z, t: _mean(t, z - np.log(np.exp(z).sum(axis=1, keepdims=True))),
)
shifted_by_the_largest_of_all = _wrong(
    "You subtracted the largest logit of the whole table. Rows far below it vanish: use each row's "
    "own.",
    lambda z, t: _mean(t, (z - z.max()) - np.log(np.exp(z - z.max()).sum(axis=1, keepdims=True))),
)
shifted_by_columns = _wrong(
    "You subtracted the largest logit of each column, another formula. Use each row's own.",
    lambda z, t: _mean(t, log_softmax(z - z.max(axis=0))),
)
shifted_by_the_mean = _wrong(
    "You subtracted the mean of the row. The exponential can still overflow: subtract the maximum.",
    lambda z, t: _mean(t, _log_of(_naive(z - z.mean(axis=1, keepdims=True)))),
)
shifted_by_the_smallest = _wrong(
    "You subtracted the smallest logit of the row. The exponential can still overflow: subtract "
    "the maximum.",
    lambda z, t: _mean(t, _log_of(_naive(z - z.min(axis=1, keepdims=True)))),
)
logarithm_of_zero = _wrong(
    "You took the logarithm of a probability that has become exactly 0. Stay with log p: shifted "
    "logit minus the logarithm of the sum.",
    lambda z, t: _mean(t, _log_of(softmax(z))),
)
LIMITED = (
    "You {0}, so a certain and wrong answer costs {1} at most. It costs the gap of the logits."
)
added_9 = _wrong(
    LIMITED.format("added 1e-9 inside the logarithm", "21"),
    lambda z, t: _mean(t, _log_of(softmax(z), 1e-9)),
)
added_12 = _wrong(
    LIMITED.format("added 1e-12 inside the logarithm", "28"),
    lambda z, t: _mean(t, _log_of(softmax(z), 1e-12)),
)
clipped_15 = _wrong(
    LIMITED.format("clipped the probability at 1e-15", "35"),
    lambda z, t: _mean(t, np.log(np.clip(softmax(z), 1e-15, 1.0))),
)
logarithm_limited = _wrong(
    LIMITED.format("limited the logarithm to -100", "100"),
    lambda z, t: _mean(t, np.maximum(log_softmax(z), -100)),
)


@misconception(NAME, "0 times minus infinity is NaN for target rows. Stay with log p.")
def zero_times_infinity(z, targets):
    _refuse(z, targets)
    if targets.ndim == 1:
        return cross_entropy(z, targets)
    with np.errstate(all="ignore"):
        return -np.sum(targets * np.log(softmax(z))) / len(z)


@misconception(NAME, "NumPy warns of an overflow or of log(0) on the way.")
def warning(z, targets):
    np.exp(np.abs(z))
    return cross_entropy(z, targets)


# Misconceptions: what is refused


@misconception(NAME, "Targets of any other shape must raise a ValueError that names targets.")
def any_shape_accepted(z, targets):
    t = rows_of(targets.ravel() % z.shape[1], z.shape[1]) if targets.size < z.size else targets
    return -np.sum(np.resize(t, z.shape) * log_softmax(z)) / len(z)


@misconception(NAME, "Labels of shape (N, 1) must raise a ValueError that names targets.")
def columns_accepted(z, targets):
    return cross_entropy(
        z, targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets
    )


@misconception(NAME, "You compare only the number of samples. Rows need a column for each class.")
def lengths_compared(z, targets):
    if len(targets) != len(z):
        raise ValueError(f"targets has shape {targets.shape}")
    if targets.ndim == 1:
        return cross_entropy(z, targets)
    return -np.mean((np.resize(targets, z.shape) * log_softmax(z)).sum(axis=1))


# Alternatives


@alternative(NAME)
def by_logaddexp(z, targets):
    _refuse(z, targets)
    total = np.logaddexp.reduce(z, axis=1)
    if targets.ndim == 1:
        return float((total - z[range(len(z)), targets]).mean())
    return float(np.mean(np.sum(targets * (total[:, None] - z), axis=1)))


@alternative(NAME)
def by_take_along_axis(z, targets):
    _refuse(z, targets)
    log_p = log_softmax(z)
    if targets.ndim == 2:
        return -np.einsum("nc,nc->", targets, log_p) / len(z)
    return -np.take_along_axis(log_p, targets[:, None], axis=1).mean()


@alternative(NAME)
def by_loops(z, targets):
    if targets.shape != (len(z),) and targets.shape != z.shape:
        raise ValueError(f"targets: shape {targets.shape} does not go with {z.shape}")
    total = 0.0
    for n, row in enumerate(z):
        top = max(row)
        log_sum = top + np.log(sum(np.exp(v - top) for v in row))
        if targets.ndim == 1:
            total += log_sum - row[targets[n]]
        else:
            total += sum(t * (log_sum - v) for t, v in zip(targets[n], row))
    return total / len(z)


@alternative(NAME)
def rows_first(z, targets):
    n, c = z.shape
    if targets.ndim == 1 and len(targets) == n:
        targets = (targets[:, None] == np.arange(c)).astype(float)
    if targets.shape != (n, c):
        raise ValueError(f"targets has shape {targets.shape}, expected {(n, c)} or {(n,)}")
    return np.mean(-(targets * log_softmax(z)).sum(axis=-1))
