"""softmax: known wrong implementations, and right ones. exposing_logits hunts the wrong ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def rows(e):
    return e / e.sum(axis=1, keepdims=True)


def shifted(z):
    return z - z.max(axis=1, keepdims=True)


def _wrong(message, compute):
    """Refuses what is no batch of rows, and computes the rest wrongly."""

    @misconception("softmax", message)
    def variant(z):
        if z.ndim != 2:
            raise ValueError(f"z has shape {z.shape}")
        return compute(z)

    return variant


# Misconceptions: what is normalised

over_the_batch = _wrong(
    "Your columns add up to 1. Each row must: sum over axis 1.",
    lambda z: np.exp(z - z.max(axis=0)) / np.exp(z - z.max(axis=0)).sum(axis=0),
)
over_everything = _wrong(
    "Your whole batch adds up to 1. Each row must by itself: sum over axis 1, keepdims=True.",
    lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(),
)
not_normalised = _wrong(
    "Your rows do not add up to 1: divide by the sum of the row, not by its largest entry.",
    lambda z: np.exp(shifted(z)),
)
by_the_length = _wrong(
    "You divided by the root of the sum of squares. Divide by the sum.",
    lambda z: np.exp(shifted(z)) / np.linalg.norm(np.exp(shifted(z)), axis=1, keepdims=True),
)
averaged = _wrong(
    "You divided by the mean of the exponentials. Divide by their sum.",
    lambda z: rows(np.exp(shifted(z))) * z.shape[1],
)
normalised_by_other_rows = _wrong(
    "You divided by the sums without keepdims=True: for N = C each row is divided by the sums of "
    "all rows in turn, and for other shapes it is an error.",
    lambda z: np.exp(shifted(z)) / np.exp(shifted(z)).sum(axis=1),
)
first_row_for_all = _wrong(
    "You divided each row by the sum of the first one.",
    lambda z: np.exp(shifted(z)) / np.exp(shifted(z))[0].sum(),
)

# Misconceptions: what is summed

no_exponential = _wrong(
    "There is no exponential in yours, only a share of the sum.",
    lambda z: z / np.where(z.sum(axis=1, keepdims=True) == 0, 1.0, z.sum(axis=1, keepdims=True)),
)
base_two = _wrong("You used powers of 2. Softmax uses e.", lambda z: rows(2.0 ** shifted(z)))
negated = _wrong(
    "Your largest logit gets the smallest probability: the sign of z is wrong.",
    lambda z: rows(np.exp(z.min(axis=1, keepdims=True) - z)),
)
of_sizes = _wrong(
    "You used |z|. A logit of -3 is less than one of 1.",
    lambda z: rows(np.exp(shifted(np.abs(z)))),
)
logarithm = _wrong(
    "You returned the logarithms of the probabilities.",
    lambda z: shifted(z) - np.log(np.exp(shifted(z)).sum(axis=1, keepdims=True)),
)
twice = _wrong(
    "You applied softmax twice; once is enough.",
    lambda z: rows(np.exp(rows(np.exp(shifted(z))))),
)
sigmoids = _wrong(
    "You applied a sigmoid to each logit. Softmax compares the logits of a row.",
    lambda z: 0.5 * (1.0 + np.tanh(0.5 * z)),
)
normalised_sigmoids = _wrong(
    "You normalised sigmoids. Softmax normalises exponentials.",
    lambda z: rows(0.5 * (1.0 + np.tanh(0.5 * z)) + 1e-300),
)
one_hot = _wrong(
    "You returned a 1 for the largest logit and 0 for the others; that is argmax.",
    lambda z: np.eye(z.shape[1])[z.argmax(axis=1)],
)
scaled_by_root = _wrong(
    "You divided the logits by √C first. That belongs to attention.",
    lambda z: rows(np.exp(shifted(z) / np.sqrt(z.shape[1]))),
)
standardised = _wrong(
    "You divided the logits by their spread first. Only a shift changes nothing.",
    lambda z: rows(np.exp(shifted(z) / (z.std(axis=1, keepdims=True) + 1e-12))),
)


# Misconceptions: the shift


def _quietly(compute):
    def quiet(z):
        with np.errstate(all="ignore"):
            return compute(z)

    return quiet


no_shift = _wrong(
    "exp overflows for large logits and vanishes for very negative ones. Subtract the largest "
    "logit of each row first: nothing changes but the size of the numbers.",
    _quietly(lambda z: rows(np.exp(z))),
)
one_shift_for_all = _wrong(
    "You subtracted the largest logit of the whole batch. A row far below it becomes 0/0: each row "
    "needs its own shift.",
    _quietly(lambda z: rows(np.exp(z - z.max()))),
)
shifted_by_mean = _wrong(
    "You subtracted the mean of each row. What is far above the mean still overflows: subtract the "
    "largest.",
    _quietly(lambda z: rows(np.exp(z - z.mean(axis=1, keepdims=True)))),
)
shifted_by_minimum = _wrong(
    "You subtracted the smallest logit of each row. The largest may then still overflow.",
    _quietly(lambda z: rows(np.exp(z - z.min(axis=1, keepdims=True)))),
)
shifted_by_size = _wrong(
    "You subtracted the largest |z| of each row. Rows that are all very negative vanish.",
    _quietly(lambda z: rows(np.exp(z - np.abs(z).max(axis=1, keepdims=True)))),
)
shifted_by_column = _wrong(
    "You subtracted the largest logit of each column. Within a row that changes the differences.",
    lambda z: rows(np.exp(z - z.max(axis=0))),
)
shift_cut_at_zero = _wrong(
    "You shift only rows whose largest logit is positive. Very negative rows need it too.",
    _quietly(lambda z: rows(np.exp(z - np.maximum(z.max(axis=1, keepdims=True), 0.0)))),
)
clipped = _wrong(
    "You clipped the logits. That changes probabilities; a shift does not.",
    lambda z: rows(np.exp(np.clip(z, -500.0, 500.0))),
)
clipped_closely = _wrong(
    "You clipped the logits to ±20. That changes probabilities; a shift does not.",
    lambda z: rows(np.exp(np.clip(z, -20.0, 20.0))),
)
epsilon = _wrong(
    "You added a small number to the sum instead of shifting: rows of very negative logits "
    "no longer add up to 1.",
    _quietly(
        lambda z: (
            np.exp(np.minimum(z, 700.0))
            / (np.exp(np.minimum(z, 700.0)).sum(axis=1, keepdims=True) + 1e-12)
        )
    ),
)
nan_to_zero = _wrong(
    "You replaced NaN by 0 afterwards. The rows then do not add up to 1: shift first.",
    _quietly(lambda z: np.nan_to_num(rows(np.exp(z)), nan=0.0)),
)


# Misconceptions: what is returned and refused


@misconception("softmax", "You worked on z itself and left it changed.")
def z_changed(z):
    if z.ndim != 2:
        raise ValueError(f"z has shape {z.shape}")
    z -= z.max(axis=1, keepdims=True)
    return rows(np.exp(z))


@misconception("softmax", "A z without exactly two axes must raise a ValueError that names z.")
def any_axes_accepted(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# Alternatives


@alternative("softmax")
def by_log_sum_exp(z):
    if z.ndim != 2:
        raise ValueError(f"z: two axes expected, not {z.ndim}")
    top = np.max(z, axis=1)[:, None]
    return np.exp(z - top - np.log(np.sum(np.exp(z - top), axis=1))[:, None])


@alternative("softmax")
def row_by_row(z):
    if z.ndim != 2:
        raise ValueError(f"shape of z: {z.shape}")
    p = np.zeros(z.shape)
    for n in range(len(z)):
        e = np.exp(z[n] - max(z[n]))
        p[n] = e / sum(e)
    return p


@alternative("softmax")
def by_differences(z):
    if z.ndim != 2:
        raise ValueError("z should have two axes")
    with np.errstate(over="ignore"):
        return 1.0 / np.exp(z[:, None, :] - z[:, :, None]).sum(axis=2)


@alternative("softmax")
def by_logaddexp(z):
    if z.ndim != 2:
        raise ValueError(f"z{z.shape}")
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))
