"""exposing_match: arguments that hide what they should expose, and some that do not."""

from gradlab.judge import alternative, misconception


def _arguments(message, *rows):
    """A misconception that returns these pairs of prediction and target."""

    @misconception("exposing_match", message)
    def variant():
        return [list(p) for p, _ in rows], [list(t) for _, t in rows]

    return variant


all_match = _arguments(
    "All your rows match, so a version that is too generous looks right.",
    ([5, 3, 2, 0], [5, 3, 2, 0]),
    ([4, 2, 0, 0], [4, 2, 0, 0]),
)
example_of_the_text = _arguments(
    "These are like the rows of the visible check, on which the two agree.",
    ([5, 3, 2, 0, 0], [5, 3, 2, 0]),
    ([5, 3, 2, 7, 7], [5, 3, 2, 0]),
    ([5, 3, 6, 2, 0], [5, 3, 2, 0]),
)
one_row = _arguments(
    "The version shown is exposed, but most others are not: your predictions all lack an end. "
    "Other faults need ends in a wrong place, other orders, PAD in between, other tails.",
    ([5, 3], [5, 3, 2]),
)
cancelling = _arguments(
    "As many rows are missed as are counted by mistake: in the share they cancel out.",
    ([5, 3, 6], [5, 3, 6, 2]),
    ([5, 2, 7], [5, 2, 0, 8]),
)
nothing_in_common = _arguments(
    "Nothing matches even in part, so every version gives 0. Wrong rows must be *nearly* right.",
    ([9, 9, 9, 9], [5, 3, 4, 2]),
    ([8, 8, 8, 8], [4, 2, 0, 0]),
)
unequal_rows = _arguments(
    "There are not as many predictions as targets, or rows of unequal length; the right function "
    "refuses that too.",
    ([5, 3, 2], [5, 2]),
    ([5, 2], [5, 3, 2]),
)
wrong_tokens_only = _arguments(
    "In all your rows a token is wrong and the end is in its place. Faults at the ends need rows "
    "that go on, stop early or never end.",
    ([5, 9, 2, 0], [5, 3, 2, 0]),
    ([4, 6, 7, 2], [4, 5, 7, 2]),
    ([6, 2, 0, 0], [7, 2, 0, 0]),
)

ROWS = [
    ([5, 3, 6, 2], [5, 3, 2, 0, 0]),
    ([5, 3, 8, 9], [5, 3, 8, 9, 2]),
    ([6, 7, 3, 4], [6, 7, 3, 4, 2]),
    ([5, 2, 3, 2], [5, 3, 2, 0, 0]),
    ([6, 4, 2, 0], [4, 6, 2, 0, 0]),
    ([4, 0, 6, 2], [4, 6, 2, 0, 0]),
    ([2, 7, 7, 0], [7, 7, 2, 0, 0]),
    ([4, 4, 2, 0], [7, 4, 2, 0, 0]),
    ([5, 3, 2, 0], [5, 3, 4, 2, 0]),
    ([5, 3, 0, 0], [5, 3, 2, 0, 0]),
    ([9, 5, 3, 2], [5, 3, 2, 0, 0]),
    ([6, 2, 9, 2], [6, 2, 0, 0, 0]),
    ([9, 2, 0, 0], [9, 2, 5, 5, 5]),
]


@alternative("exposing_match")
def as_a_dict():
    return {"predictions": [p for p, _ in ROWS], "targets": [t for _, t in ROWS]}


@alternative("exposing_match")
def upside_down():
    return tuple([list(row) for row in part] for part in zip(*ROWS[::-1]))


@alternative("exposing_match")
def with_wider_predictions():
    rows = [([*p, 7, 7], t) for p, t in ROWS if p != [5, 3, 8, 9]]
    return [p for p, _ in rows], [t for _, t in rows]
