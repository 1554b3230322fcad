"""predict_reversed: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

EXERCISE = "predict_reversed"


def _belief(message, *words):
    @misconception(EXERCISE, message)
    def believed():
        return words

    return believed


order_never_matters = _belief(
    "You expect the same output in all four. Without a mask each *step* gets the same, but the "
    "steps stand in the new order; and mask and positions do change what a step gets.",
    "same", "same", "same", "same",
)  # fmt: skip
output_unmoved = _belief(
    "You expect the output to stay in place when all of x is reversed. Row t belongs to query t, "
    "and the queries are reversed as well.",
    "same", "other", "other", "same",
)  # fmt: skip
order_always_matters = _belief(
    "You expect something new in every variant. Weights depend on query and key alone, not on "
    "where the key stands: a sum over the keys has no order.",
    "other", "other", "other", "other",
)  # fmt: skip
always_reversed = _belief(
    "You expect a reversed output in every variant. In the fourth the queries stay, so the output "
    "stays; and mask and positions tie a step to its place.",
    "reversed", "reversed", "reversed", "reversed",
)  # fmt: skip
keys_reverse_too = _belief(
    "In the fourth variant you expect the output to turn round with keys and values. Its rows "
    "belong to the queries, and a sum over the keys has no order.",
    "reversed", "other", "other", "reversed",
)  # fmt: skip
keys_change_it = _belief(
    "In the fourth variant you expect something new. Each key keeps its value, and a sum over the "
    "keys has no order.",
    "reversed", "other", "other", "other",
)  # fmt: skip
mask_changes_nothing = _belief(
    "You expect the causal mask to change nothing. It stays as it is, so that after the reversal "
    "each step sees what used to come after it.",
    "reversed", "reversed", "other", "same",
)  # fmt: skip
positions_change_nothing = _belief(
    "You expect positions to change nothing. They stay where they are, so that after the reversal "
    "each step gets the position of another.",
    "reversed", "other", "reversed", "same",
)  # fmt: skip
neither_matters = _belief(
    "You expect mask and positions to change nothing. Both stay in place while the steps move.",
    "reversed", "reversed", "reversed", "same",
)  # fmt: skip
mask_undoes_it = _belief(
    "You expect the same output with the causal mask. After the reversal each step sees what used "
    "to come after it.",
    "reversed", "same", "other", "same",
)  # fmt: skip
positions_undo_it = _belief(
    "You expect the same output with positions added. After the reversal each step has the "
    "position of another.",
    "reversed", "other", "same", "same",
)  # fmt: skip


@alternative(EXERCISE)
def as_a_list():
    return ["reversed", "other", "other", "same"]


@alternative(EXERCISE)
def by_a_trial():
    rng = np.random.default_rng(0)
    x, p = rng.normal(size=(2, 4, 3))

    def attend(q, k, causal=False):
        a = np.exp(q @ k.T) * (np.tri(4) if causal else 1)
        return a / a.sum(axis=1, keepdims=True) @ k

    def word(y, z):
        return "same" if np.allclose(y, z) else "reversed" if np.allclose(y[::-1], z) else "other"

    r = x[::-1]
    return (
        word(attend(x, x), attend(r, r)),
        word(attend(x, x, True), attend(r, r, True)),
        word(attend(x + p, x + p), attend(r + p, r + p)),
        word(attend(x, x), attend(x, r)),
    )
