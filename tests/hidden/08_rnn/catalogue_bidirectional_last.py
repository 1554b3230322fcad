"""bidirectional_last: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(h):
    if h.shape[2] % 2:
        raise ValueError(f"h has shape {h.shape}, expected an even last axis")


def _wrong(message, read):
    """`read` gets both halves, each with the rows and the lengths."""

    @misconception("bidirectional_last", message)
    def variant(h, lengths):
        _refuse(h)
        there, back = np.split(h, 2, axis=2)
        return read(there, back, np.arange(len(h)), lengths - 1)

    return variant


def _join(*halves):
    return np.concatenate(halves, axis=1)


last_real_step_for_both = _wrong(
    "Both halves are read at the last real step. There the backward direction has seen one input "
    "only; it has read the whole sequence at step 0.",
    lambda there, back, rows, end: _join(there[rows, end], back[rows, end]),
)
last_padded_step_for_both = _wrong(
    "Both halves are read at the last step of the array, padding or not.",
    lambda there, back, rows, end: _join(there[:, -1], back[:, -1]),
)
last_padded_step = _wrong(
    "The forward half is read in the padding. Its last real step is lengths[n] - 1.",
    lambda there, back, rows, end: _join(there[:, -1], back[:, 0]),
)
first_step_for_both = _wrong(
    "Both halves are read at step 0. There the forward direction has seen one input only.",
    lambda there, back, rows, end: _join(there[:, 0], back[:, 0]),
)
ends_exchanged = _wrong(
    "The forward half is read at step 0 and the backward half at the end. It is the reverse.",
    lambda there, back, rows, end: _join(there[:, 0], back[rows, end]),
)
halves_exchanged = _wrong(
    "The backward half comes first in your result. The forward half does.",
    lambda there, back, rows, end: _join(back[:, 0], there[rows, end]),
)
halves_taken_for_each_other = _wrong(
    "You took the second half of h for the forward direction. It is the first half.",
    lambda there, back, rows, end: _join(back[rows, end], there[:, 0]),
)
backward_at_step_one = _wrong(
    "The backward half is read at step 1. It has read the whole sequence at step 0.",
    lambda there, back, rows, end: _join(there[rows, end], back[:, 1]),
)
backward_mirrored = _wrong(
    "The backward half is read at T - lengths[n]. It has read the whole sequence at step 0.",
    lambda there, back, rows, end: _join(there[rows, end], back[rows, back.shape[1] - 1 - end]),
)
summed = _wrong(
    "The two halves were added up. Join them: 2H numbers.",
    lambda there, back, rows, end: there[rows, end] + back[:, 0],
)
forward_only = _wrong(
    "Only the forward half came back. Join both: 2H numbers.",
    lambda there, back, rows, end: there[rows, end],
)
first_length_for_all = _wrong(
    "All sequences are read at the length of the first one. Each has its own.",
    lambda there, back, rows, end: _join(there[:, end[0]], back[:, 0]),
)
axes_exchanged = _wrong(
    "Batch and time are exchanged in your index: h is (N, T, 2H).",
    lambda there, back, rows, end: _join(
        there[np.minimum(end, len(there) - 1), np.minimum(rows, there.shape[1] - 1)], back[:, 0]
    ),
)


@misconception(
    "bidirectional_last", "An h with an odd last axis must raise a ValueError that names h."
)
def odd_accepted(h, lengths):
    units = h.shape[2] // 2
    return _join(h[np.arange(len(h)), lengths - 1, :units], h[:, 0, units:])


# Alternatives


@alternative("bidirectional_last")
def by_a_loop(h, lengths):
    _refuse(h)
    units, rows = h.shape[2] // 2, []
    for sequence, length in zip(h, lengths):
        rows.append([*sequence[length - 1][:units], *sequence[0][units:]])
    return np.array(rows)


@alternative("bidirectional_last")
def by_overwriting(h, lengths):
    _refuse(h)
    last = h[:, 0].copy()
    units = h.shape[2] // 2
    last[:, :units] = np.take_along_axis(h, (lengths - 1)[:, None, None], axis=1)[:, 0, :units]
    return last


@alternative("bidirectional_last")
def by_split(h, lengths):
    _refuse(h)
    there, back = np.array_split(h, 2, axis=-1)
    final = np.einsum("nt,nth->nh", np.arange(h.shape[1]) == lengths[:, None] - 1, there)
    return np.hstack((final, back[:, 0, :]))
