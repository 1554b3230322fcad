"""smooth_labels: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(s):
    if not 0 <= s <= 1:
        raise ValueError(f"smoothing is {s}")


def _wrong(message, compute):
    """Rows computed from the one-hot rows and s."""

    @misconception("smooth_labels", message)
    def variant(labels, classes, smoothing):
        _refuse(smoothing)
        return compute(np.eye(classes)[labels], smoothing)

    return variant


spread_over_the_others = _wrong(
    "You spread s over the other C - 1 classes, as some code does. Here it is spread over all C, "
    "the right one included.",
    lambda t, s: t * (1 - s) + (1 - t) * s / (t.shape[1] - 1),
)
others_only = _wrong(
    "The right class lacks its own share s / C, so your rows do not sum to 1.",
    lambda t, s: t * (1 - s) + (1 - t) * s / t.shape[1],
)
not_taken_away = _wrong(
    "You added s / C but did not take s from the right class: the rows sum to more than 1.",
    lambda t, s: t + s / t.shape[1],
)
not_divided = _wrong(
    "Every class got s. Divide it by the number of classes.", lambda t, s: t * (1 - s) + s
)
others_get_s = _wrong(
    "The other classes got s each. Divide it by the number of classes.",
    lambda t, s: np.where(t > 0, 1 - s, s),
)
exchanged = _wrong(
    "s and 1 - s are exchanged: s is the share of doubt.",
    lambda t, s: t * s + (1 - s) / t.shape[1],
)
divided_by_samples = _wrong(
    "You divided s by the number of samples. It is spread over the classes.",
    lambda t, s: t * (1 - s) + s / len(t),
)
only_taken_away = _wrong(
    "You took s from the right class, but did not spread it.", lambda t, s: t * (1 - s)
)
not_smoothed = _wrong("smoothing is not used.", lambda t, s: t)
halved = _wrong("You spread only half of s.", lambda t, s: t * (1 - s / 2) + s / 2 / t.shape[1])
transposed = _wrong(
    "Your table is transposed: samples are rows, classes are columns.",
    lambda t, s: (t * (1 - s) + s / t.shape[1]).T,
)
taken_from_right_by_share = _wrong(
    "You took s / C from the right class. It loses s, and gets s / C back.",
    lambda t, s: np.where(t > 0, 1 - s / t.shape[1], s / t.shape[1]),
)


@misconception(
    "smooth_labels",
    "rows[:, labels] changes whole columns. Give one row index for each label.",
)
def whole_columns(labels, classes, smoothing):
    _refuse(smoothing)
    rows = np.full((len(labels), classes), smoothing / classes)
    rows[:, labels] += 1 - smoothing
    return rows


@misconception("smooth_labels", "A smoothing below 0 or above 1 must raise a ValueError naming it.")
def any_smoothing_accepted(labels, classes, smoothing):
    return np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes


@misconception("smooth_labels", "smoothing = 0 and smoothing = 1 are allowed.")
def ends_refused(labels, classes, smoothing):
    if not 0 < smoothing < 1:
        raise ValueError(f"smoothing is {smoothing}")
    return np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes


@misconception("smooth_labels", "smoothing = 1 is allowed: all classes are alike then.")
def one_refused(labels, classes, smoothing):
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing is {smoothing}")
    return np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes


@alternative("smooth_labels")
def from_one_hot(labels, classes, smoothing):
    _refuse(smoothing)
    return (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes


@alternative("smooth_labels")
def by_selection(labels, classes, smoothing):
    _refuse(smoothing)
    low = smoothing / classes
    return np.where(labels[:, None] == np.arange(classes), 1 - smoothing + low, low)


@alternative("smooth_labels")
def by_loops(labels, classes, smoothing):
    if smoothing < 0 or smoothing > 1:
        raise ValueError(f"smoothing should be from 0 to 1, not {smoothing}")
    rows = np.zeros((len(labels), classes))
    for n, label in enumerate(labels):
        rows[n] = smoothing / classes
        rows[n, label] = 1 - smoothing * (classes - 1) / classes
    return rows
