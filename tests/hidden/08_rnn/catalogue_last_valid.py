"""last_valid: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(h, lengths):
    if np.any(lengths < 1) or np.any(lengths > h.shape[1]):
        raise ValueError(f"lengths are {lengths}")


def _wrong(message, read):
    @misconception("last_valid", message)
    def variant(h, lengths):
        _refuse(h, lengths)
        return read(h, lengths, np.arange(len(h)))

    return variant


last_padded = _wrong(
    "You read the last step of the array, padding or not. Read step lengths[n] - 1.",
    lambda h, lengths, rows: h[:, -1],
)
one_step_late = _wrong(
    "You read the step after the last real one. Steps are counted from 0: it is lengths[n] - 1.",
    lambda h, lengths, rows: h[rows, np.minimum(lengths, h.shape[1] - 1)],
)
one_step_early = _wrong(
    "You read the last but one real step.",
    lambda h, lengths, rows: h[rows, np.maximum(lengths - 2, 0)],
)
first_step = _wrong("You read the first step.", lambda h, lengths, rows: h[:, 0])
longest_for_all = _wrong(
    "You read the same step of all sequences, that of the longest.",
    lambda h, lengths, rows: h[:, lengths.max() - 1],
)
shortest_for_all = _wrong(
    "You read the same step of all sequences, that of the shortest.",
    lambda h, lengths, rows: h[:, lengths.min() - 1],
)
first_length_for_all = _wrong(
    "You read the same step of all sequences, that of the first one.",
    lambda h, lengths, rows: h[:, lengths[0] - 1],
)
axes_exchanged = _wrong(
    "Batch and time are exchanged in your index: h is (N, T, H).",
    lambda h, lengths, rows: h[
        np.minimum(lengths - 1, len(h) - 1), np.minimum(rows, h.shape[1] - 1)
    ],
)
from_the_end = _wrong(
    "You counted from the end: h[n, -lengths[n]]. Real steps stand at the beginning.",
    lambda h, lengths, rows: h[rows, -lengths],
)
mean_state = _wrong(
    "You took the mean of the real states. Read the last of them.",
    lambda h, lengths, rows: np.stack([h[n, : lengths[n]].mean(axis=0) for n in rows]),
)
all_pairs = _wrong(
    "Your result has every sequence at every length: h[:, lengths - 1]. Index both axes at once.",
    lambda h, lengths, rows: h[:, lengths - 1],
)
axis_kept = _wrong(
    "Your result still has an axis of time. It is (N, H).",
    lambda h, lengths, rows: h[rows, lengths - 1][:, None],
)


@misconception(
    "last_valid",
    "A length below 1 or above T must raise a ValueError that names lengths. NumPy reads index -1 "
    "without a word.",
)
def no_refusal(h, lengths):
    return h[np.arange(len(h)), np.minimum(lengths, h.shape[1]) - 1]


@misconception(
    "last_valid", "A length of 0 or less must raise a ValueError that names lengths, too."
)
def zero_accepted(h, lengths):
    if np.any(lengths > h.shape[1]):
        raise ValueError(f"lengths are {lengths}")
    return h[np.arange(len(h)), lengths - 1]


@misconception("last_valid", "A length above T must raise a ValueError that names lengths, too.")
def too_long_accepted(h, lengths):
    if np.any(lengths < 1):
        raise ValueError(f"lengths are {lengths}")
    return h[np.arange(len(h)), np.minimum(lengths, h.shape[1]) - 1]


# Alternatives


@alternative("last_valid")
def by_a_loop(h, lengths):
    _refuse(h, lengths)
    return np.array([sequence[length - 1] for sequence, length in zip(h, lengths)])


@alternative("last_valid")
def by_take(h, lengths):
    _refuse(h, lengths)
    return np.take_along_axis(h, (lengths - 1)[:, None, None], axis=1).squeeze(axis=1)


@alternative("last_valid")
def by_one_hot(h, lengths):
    _refuse(h, lengths)
    return np.einsum("nt,nth->nh", np.eye(h.shape[1])[lengths - 1], h)
