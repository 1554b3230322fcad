"""exposing_attention: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

EXERCISE = "exposing_attention"


def _normal(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def _thorough():
    """Arguments that expose all; the misconceptions spoil them in one way each."""
    q, k, v = _normal(1, (3, 5, 4), (3, 6, 4), (3, 6, 2))
    q[0, 0] *= 4000.0
    mask = np.random.default_rng(2).random((3, 5, 6)) < 0.7
    mask[0, 0], mask[2, 3] = True, False
    return q, k, v, mask


def _spoilt(message, spoil):
    @misconception(EXERCISE, message)
    def arguments():
        return spoil(*_thorough())

    return arguments


no_mask = _spoilt(
    "Without a mask, a fault in its treatment cannot show.",
    lambda q, k, v, mask: (q, k, v, None),
)
all_visible = _spoilt(
    "A mask that hides nothing is as good as none: hide some keys.",
    lambda q, k, v, mask: (q, k, v, np.ones_like(mask)),
)
equal_values = _spoilt(
    "If all values are equal, every weighted mean of them is the same: wrong weights cannot show.",
    lambda q, k, v, mask: (q, k, np.ones_like(v), mask),
)
queries_of_zero = _spoilt(
    "Queries of 0 give scores of 0: no wrong score can show.",
    lambda q, k, v, mask: (np.zeros_like(q), k, v, mask),
)
values_of_zero = _spoilt(
    "If all values are 0, so is every output.",
    lambda q, k, v, mask: (q, k, np.zeros_like(v), mask),
)
huge_scores_only = _spoilt(
    "All your scores are huge, so that every softmax is a 0 and a 1. That hides a wrong root, for "
    "instance. Keep some rows moderate.",
    lambda q, k, v, mask: (1e6 * q, k, v, mask),
)
nothing_visible = _spoilt(
    "Your mask hides everything, so that every output is 0.",
    lambda q, k, v, mask: (q, k, v, np.zeros_like(mask)),
)
one_key = _spoilt(
    "With a single key its weight is 1 or 0, whatever the score.",
    lambda q, k, v, mask: (q, k[:, :1], v[:, :1], mask[:, :, :1]),
)
a_mask_of_numbers = _spoilt(
    "Your arguments are refused by the right function (a mask of numbers, keys that do not fit): "
    "so they expose nothing.",
    lambda q, k, v, mask: (q, k, v, mask.astype(float)),
)
all_sizes_equal_and_one_sequence = _spoilt(
    "One sequence, equal sizes, moderate scores, the same keys for every query: that is the test "
    "that the function has passed already, with a mask. Most other faults stay hidden.",
    lambda q, k, v, mask: (
        *(a[1:2, 2:4, :2] for a in (q, k)),
        v[1:2, :2, :2],
        np.array([[True, False], [True, False]]),
    ),
)


@alternative(EXERCISE)
def by_hand():
    q = np.array([[[1.0, 2.0], [3.0, -1.0], [900.0, 800.0]], [[0.5, 1.0], [2.0, 0.0], [1.0, 1.0]]])
    k = np.array([[[1.0, 0.5], [0.3, 2.0], [1.5, -1.0], [0.1, 0.2]]] * 2)
    k[1] = k[0][::-1] * 0.7
    v = np.arange(24.0).reshape(2, 4, 3) ** 1.5
    mask = np.array(
        [
            [[1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]],
            [[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]],
        ],
        dtype=bool,
    )
    return q, k, v, mask


@alternative(EXERCISE)
def another_draw():
    q, k, v = _normal(7, (2, 4, 3), (2, 5, 3), (2, 5, 6))
    q[1, 3] *= -6000.0
    mask = np.random.default_rng(3).random((2, 4, 5)) < 0.6
    mask[0, 1], mask[1, 3] = False, True
    return [q, k, v, mask]


@alternative(EXERCISE)
def as_keyword_arguments():
    return dict(zip(("q", "k", "v", "mask"), _thorough()))
