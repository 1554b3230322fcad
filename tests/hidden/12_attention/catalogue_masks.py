"""causal_mask and padding_mask: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .attending import lower

CAUSAL, PADDING = "causal_mask", "padding_mask"


def _few(queries, keys):
    if keys < queries:
        raise ValueError(f"keys is {keys}, too few for {queries}")


def _wrong_triangle(message, compute):
    @misconception(CAUSAL, message)
    def variant(queries, keys):
        _few(queries, keys)
        return compute(queries, keys)

    return variant


upper_left = _wrong_triangle(
    "Your triangle starts in the upper left corner, as in torch's is_causal: the last query does "
    "not see the last keys. The queries are the last steps of the sequence.",
    lambda t, s: lower(t, s, 0),
)
own_step_hidden = _wrong_triangle(
    "Your steps do not see themselves: j <= i + S - T includes the step itself.",
    lambda t, s: lower(t, s, s - t - 1),
)
one_step_ahead = _wrong_triangle(
    "Your steps see one step into the future.",
    lambda t, s: lower(t, s, s - t + 1),
)
the_future_only = _wrong_triangle(
    "Your mask is turned round: True means visible, and here the future is.",
    lambda t, s: ~lower(t, s),
)
from_itself_on = _wrong_triangle(
    "Your steps see themselves and the future. It should be the past.",
    lambda t, s: np.triu(np.ones((t, s), dtype=bool), s - t),
)
numbers = _wrong_triangle(
    "Your mask holds numbers. It should be bool.",
    lambda t, s: lower(t, s).astype(float),
)
transposed_mask = _wrong_triangle(
    "Your mask has a row for each key. The rows belong to the queries.",
    lambda t, s: lower(t, s).T,
)
added_infinities = _wrong_triangle(
    "Your mask holds 0 and minus infinity, to be added. It should be bool, True for visible.",
    lambda t, s: np.where(lower(t, s), 0.0, -np.inf),
)


@misconception(CAUSAL, "Fewer keys than queries must raise a ValueError naming keys.")
def too_few_accepted(queries, keys):
    return lower(queries, keys)


@alternative(CAUSAL)
def by_tril(queries, keys):
    _few(queries, keys)
    return np.tril(np.ones((queries, keys), dtype=bool), k=keys - queries)


@alternative(CAUSAL)
def by_two_loops(queries, keys):
    _few(queries, keys)
    mask = np.zeros((queries, keys), dtype=bool)
    for i in range(queries):
        for j in range(i + keys - queries + 1):
            mask[i, j] = True
    return mask


@alternative(CAUSAL)
def nothing_above(queries, keys):
    _few(queries, keys)
    return ~np.triu(np.ones((queries, keys)), 1 + keys - queries).astype(bool)


def _wrong_padding(message, compute):
    @misconception(PADDING, message)
    def variant(lengths, keys):
        if np.any((lengths < 0) | (lengths > keys)):
            raise ValueError(f"lengths are {lengths}")
        return compute(np.arange(keys), lengths[:, None, None])

    return variant


one_too_many = _wrong_padding(
    "Your mask shows one key more than there are: key j is real where j < length.",
    lambda j, length: j <= length,
)
one_too_few = _wrong_padding(
    "Your mask shows one key less than there are: key j is real where j < length.",
    lambda j, length: j < length - 1,
)
padding_visible = _wrong_padding(
    "Your mask is turned round: True means visible, and here the padding is.",
    lambda j, length: j >= length,
)
no_axis_for_queries = _wrong_padding(
    "Your mask has shape (N, S). Against (N, T, S) it would broadcast along the wrong axis: it "
    "should be (N, 1, S).",
    lambda j, length: (j < length)[:, 0],
)
queries_masked = _wrong_padding(
    "Your mask has shape (N, S, 1), and hides queries. It should be (N, 1, S), to hide keys.",
    lambda j, length: (j < length).swapaxes(1, 2),
)
padding_in_front = _wrong_padding(
    "Your mask hides the first keys. The padding stands at the end.",
    lambda j, length: (j < length)[:, :, ::-1],
)
as_numbers = _wrong_padding(
    "Your mask holds numbers. It should be bool.",
    lambda j, length: (j < length).astype(int),
)
shortest_for_all = _wrong_padding(
    "All sequences get the shortest length. Each has its own.",
    lambda j, length: j < np.full_like(length, length.min()),
)


@misconception(PADDING, "Lengths above the number of keys must raise a ValueError naming lengths.")
def too_long_accepted(lengths, keys):
    if np.any(lengths < 0):
        raise ValueError("lengths below 0")
    return np.arange(keys) < lengths[:, None, None]


@misconception(PADDING, "Lengths below 0 must raise a ValueError naming lengths.")
def below_zero_accepted(lengths, keys):
    if np.any(lengths > keys):
        raise ValueError("lengths too long")
    return np.arange(keys) < lengths[:, None, None]


@misconception(PADDING, "A length of 0 is allowed: that sequence has no real key.")
def zero_refused(lengths, keys):
    if np.any((lengths < 1) | (lengths > keys)):
        raise ValueError(f"lengths are {lengths}")
    return np.arange(keys) < lengths[:, None, None]


@alternative(PADDING)
def row_by_row(lengths, keys):
    mask = np.zeros((len(lengths), 1, keys), dtype=bool)
    for n, length in enumerate(lengths):
        if not 0 <= length <= keys:
            raise ValueError(f"lengths[{n}] is {length}, at most {keys}")
        mask[n, 0, :length] = True
    return mask


@alternative(PADDING)
def by_outer_comparison(lengths, keys):
    if min(lengths) < 0 or max(lengths) > keys:
        raise ValueError(f"lengths {lengths.tolist()} do not fit into {keys}")
    return np.greater.outer(lengths, np.arange(keys)).reshape(-1, 1, keys)


@alternative(PADDING)
def by_rows_of_a_triangle(lengths, keys):
    if not set(lengths.tolist()) <= set(range(keys + 1)):
        raise ValueError(f"lengths are {lengths}, not from 0 to {keys}")
    return np.tri(keys + 1, keys, -1, dtype=bool)[lengths][:, None]
