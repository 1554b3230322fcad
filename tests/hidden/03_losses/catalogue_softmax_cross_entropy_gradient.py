"""softmax_cross_entropy_gradient: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .logits import log_softmax, rows_of, sigmoid, softmax

NAME = "softmax_cross_entropy_gradient"


def _wrong(message, compute):
    """A gradient computed from the logits and the target rows."""

    @misconception(NAME, message)
    def variant(z, targets):
        with np.errstate(all="ignore"):
            return compute(z, rows_of(targets, z.shape[1]))

    return variant


# Misconceptions: the formula

sign_turned = _wrong(
    "The sign is turned round: a logit of a wrong class has a positive slope.",
    lambda z, t: (t - softmax(z)) / len(z),
)
mean_missing = _wrong("Your gradient lacks the 1/N of the mean.", lambda z, t: softmax(z) - t)
divided_by_all = _wrong(
    "You divided by N C. The loss sums over the classes: divide by N.",
    lambda z, t: (softmax(z) - t) / z.size,
)
divided_by_classes = _wrong(
    "You divided by the number of classes. Divide by the number of samples.",
    lambda z, t: (softmax(z) - t) / z.shape[1],
)
doubled = _wrong(
    "Your gradient is twice as large as it should be: there is no square in this loss.",
    lambda z, t: 2 * (softmax(z) - t) / len(z),
)
diagonal_jacobian = _wrong(
    "You used only the diagonal of softmax's derivative, p (1 - p). A logit changes the "
    "probabilities of all classes of its row.",
    lambda z, t: -t * (1 - softmax(z)) / len(z),
)
by_the_probability = _wrong(
    "This is the gradient with respect to the probabilities, -t / p. Carry it on through softmax "
    "to the logits.",
    lambda z, t: -t / softmax(z) / len(z),
)
by_log_probability = _wrong(
    "This is the gradient with respect to log p, -t. The log-sum-exp of the row depends on the "
    "logits as well.",
    lambda z, t: -t / len(z),
)
squared_error = _wrong(
    "You multiplied p - t by the derivative of a sigmoid. In cross-entropy it has cancelled.",
    lambda z, t: (softmax(z) - t) * softmax(z) * (1 - softmax(z)) / len(z),
)
targets_forgotten = _wrong(
    "You returned the probabilities. The targets are missing.", lambda z, t: softmax(z) / len(z)
)
only_the_right_class = _wrong(
    "You set the slopes of the other classes to 0. They are p / N.",
    lambda z, t: np.where(t > 0, softmax(z) - t, 0.0) / len(z),
)
logits_for_probabilities = _wrong(
    "You subtracted the targets from the logits. Use their softmax.", lambda z, t: (z - t) / len(z)
)
sigmoid_for_softmax = _wrong(
    "You used a sigmoid for each class. Here the classes exclude each other: softmax.",
    lambda z, t: (sigmoid(z) - t) / len(z),
)
logarithm_for_probability = _wrong(
    "You used log p where p belongs.", lambda z, t: (log_softmax(z) - t) / len(z)
)
softmax_twice = _wrong("Softmax is applied twice.", lambda z, t: (softmax(softmax(z)) - t) / len(z))
along_the_samples = _wrong(
    "Your softmax runs along the samples. The classes of a row compete: axis=1.",
    lambda z, t: (softmax(z, axis=0) - t) / len(z),
)
over_everything = _wrong(
    "Your softmax runs over the whole table at once. Each row is normalised by itself.",
    lambda z, t: (softmax(z.reshape(1, -1)).reshape(z.shape) - t) / len(z),
)
decisions = _wrong(
    "You used the decision (0 or 1) for the probability.",
    lambda z, t: (np.eye(z.shape[1])[z.argmax(axis=1)] - t) / len(z),
)
summed_over_samples = _wrong(
    "You summed over the samples. Each logit has a slope of its own: the result is (N, C).",
    lambda z, t: np.sum(softmax(z) - t, axis=0) / len(z),
)

# Misconceptions: labels and rows


@misconception(
    NAME,
    "p[:, labels] -= 1 changes whole columns. Give one row index for each label: "
    "p[np.arange(N), labels].",
)
def columns_changed(z, targets):
    p = softmax(z)
    if targets.ndim == 2:
        return (p - targets) / len(z)
    p[:, targets] -= 1
    return p / len(z)


@misconception(NAME, "Labels are counted from 0: you subtracted 1 in the column to the left.")
def labels_from_one(z, targets):
    t = rows_of(targets - 1 if targets.ndim == 1 else targets, z.shape[1])
    return (softmax(z) - t) / len(z)


rows_rounded = _wrong(
    "You took the largest entry of each target row for its label. Rows may hold several classes.",
    lambda z, t: (softmax(z) - np.eye(z.shape[1])[t.argmax(axis=1)]) / len(z),
)


@misconception(NAME, "For labels your gradient lacks the 1/N of the mean.")
def labels_not_averaged(z, targets):
    slopes = softmax(z) - rows_of(targets, z.shape[1])
    return slopes / (len(z) if targets.ndim == 2 else 1)


@misconception(NAME, "For target rows your gradient lacks the 1/N of the mean.")
def rows_not_averaged(z, targets):
    slopes = softmax(z) - rows_of(targets, z.shape[1])
    return slopes / (len(z) if targets.ndim == 1 else 1)


@misconception(
    NAME,
    "Rows of integers are taken for labels. Tell labels and rows apart by their shape, not "
    "by their dtype.",
)
def told_apart_by_dtype(z, targets):
    if targets.dtype.kind == "i" and targets.ndim == 2:
        targets = targets[:, 0]
    return (softmax(z) - rows_of(targets, z.shape[1])) / len(z)


# Misconceptions: large logits, and the caller's arrays


def _naive(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


not_shifted = _wrong(
    "exp overflows for a logit of 1000, and the result is NaN. Subtract the largest logit of each "
    "row first.",
    lambda z, t: (_naive(z) - t) / len(z),
)
shifted_by_the_largest_of_all = _wrong(
    "You subtracted the largest logit of the whole table. Rows far below it become 0/0: use each "
    "row's own.",
    lambda z, t: (_naive(z - z.max()) - t) / len(z),
)
shifted_by_columns = _wrong(
    "You subtracted the largest logit of each column, which changes softmax. Use each row's own.",
    lambda z, t: (softmax(z - z.max(axis=0)) - t) / len(z),
)
logits_limited = _wrong(
    "You limited the logits, which makes rows of large logits alike. Subtract the row's maximum.",
    lambda z, t: (softmax(np.clip(z, -500, 500)) - t) / len(z),
)
epsilon_below = _wrong(
    "You added a small number to the sum below. After the shift that sum is at least 1.",
    lambda z, t: (_with_epsilon(z) - t) / len(z),
)


def _with_epsilon(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-5)


@misconception(NAME, "NumPy warns of an overflow on the way.")
def warning(z, targets):
    np.exp(np.abs(z))
    return (softmax(z) - rows_of(targets, z.shape[1])) / len(z)


@misconception(NAME, "You changed the logits in place. Work on an array of your own.")
def in_place(z, targets):
    z -= z.max(axis=1, keepdims=True)
    return (softmax(z) - rows_of(targets, z.shape[1])) / len(z)


# Alternatives


@alternative(NAME)
def by_rows(z, targets):
    return np.divide(softmax(z) - rows_of(targets, z.shape[1]), z.shape[0])


@alternative(NAME)
def by_full_jacobian(z, targets):
    t, slopes = rows_of(targets, z.shape[1]), np.empty(z.shape)
    for n, p in enumerate(softmax(z)):
        upstream_of_log = -t[n]  # by log p
        slopes[n] = upstream_of_log @ (np.eye(len(p)) - p)  # d log p_i / d z_j
    return slopes / len(z)


@alternative(NAME)
def by_logsumexp(z, targets):
    p = np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))
    if targets.ndim == 2:
        return p / len(z) - targets / len(z)
    np.subtract.at(p, (np.arange(len(z)), targets), 1.0)
    return p * (1.0 / len(z))


@alternative(NAME)
def by_loops(z, targets):
    slopes = []
    for row, target in zip(z, targets):
        powers = [np.exp(v - max(row)) for v in row]
        wanted = target if np.ndim(target) else [float(c == target) for c in range(len(row))]
        slopes.append([(e / sum(powers) - t) / len(z) for e, t in zip(powers, wanted)])
    return np.array(slopes)
