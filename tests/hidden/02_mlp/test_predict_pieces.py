"""predict_pieces: the prediction, compared with a count of slopes along a fine grid.

belief                                        what it gives     check
--------------------------------------------  ----------------  ------------------
depth adds like width                         deep 9 or 8       deep, wide
every on-off pattern occurs                   deep 256          deep
a layer of two units always makes 3 pieces    deep 81           deep
a tent doubles, but one layer too few         deep 8            deep
kinks counted for pieces                      wide 8, deep 15   deep, wide
the pair swapped                              (9, 16)           deep, wide
"""

import torch

from gradlab.judge import (
    alternative,
    assert_equal,
    exercise,
    expect,
    misconception,
    reference,
    weight,
)

pytestmark = exercise("predict_pieces")


def _pieces(f, start, end, device):
    """How many slopes follow one another; kinks lie on the grid of 1/1024."""
    x = torch.arange(1024 * start, 1024 * end + 1, dtype=torch.float64, device=device) / 1024
    slopes = torch.diff(f(x)) / torch.diff(x)
    return 1 + int((torch.diff(slopes).abs() > 1e-6).sum())


def _tents(x):
    for _ in range(4):
        x = 2.0 * torch.relu(x) - 4.0 * torch.relu(x - 0.5)
    return x


@reference
def expected(device):
    def wide(x):
        return torch.relu(x[:, None] - torch.arange(1.0, 9.0, device=device)).sum(dim=1)

    return {"deep": _pieces(_tents, 0, 1, device), "wide": _pieces(wide, 0, 10, device)}


def _prediction(student):
    found = student.predict_pieces()
    pair = isinstance(found, tuple | list) and len(found) == 2
    expect(pair, "return a pair (deep, wide)", value=pair)
    return found


@weight(2)
def test_deep(student, torch_device):
    """How many pieces the deep network has."""
    assert_equal(_prediction(student)[0], expected(torch_device)["deep"], name="deep")


def test_wide(student, torch_device):
    """How many pieces the wide network has."""
    assert_equal(_prediction(student)[1], expected(torch_device)["wide"], name="wide")


def _belief(message, deep, wide):
    return misconception("predict_pieces", message)(lambda: (deep, wide))


depth_is_width = _belief(
    "You predicted 9 for both: a kink per unit. A layer on top of others bends each piece below it "
    "again, so depth multiplies.", 9, 9,
)  # fmt: skip
eight_and_eight = _belief(
    "You predicted a piece per unit. Eight kinks make nine pieces, and the deep network folds what "
    "is already folded.", 8, 8,
)  # fmt: skip
kinks_counted = _belief("You counted kinks. A line with 8 kinks has 9 pieces.", 15, 8)
kinks_counted_in_the_wide = _belief(
    "The deep network is right. In the wide one, 8 kinks make 9 pieces.", 16, 8
)
swapped = _belief("Your pair is the wrong way round: the deep network comes first.", 9, 16)
one_fold_too_few = _belief("Eight pieces come from three tents; there are four: 2, 4, 8, 16.", 8, 9)
two_per_layer = _belief(
    "You added two pieces for each layer. The second tent bends both halves of the first "
    "one, so the pieces double.", 10, 9,
)  # fmt: skip
one_per_layer = _belief("You added one piece for each layer. Each tent doubles the pieces.", 5, 9)
all_patterns = _belief(
    "256 is the number of on-off patterns of eight units. Along a line only some of them occur.",
    256, 9,
)  # fmt: skip
three_per_layer = _belief(
    "81 would be the most for two units per layer with kinks set freely: three pieces each time. A "
    "tent between 0 and 1 has two.", 81, 9,
)  # fmt: skip
one_fold_too_many = _belief("32 pieces would take five tents; there are four.", 32, 9)
wide_patterns = _belief(
    "256 is the number of on-off patterns of eight units. Along a line, units switch one after the "
    "other: 9 pieces.", 16, 256,
)  # fmt: skip


@alternative("predict_pieces")
def computed():
    return 2**4, 8 + 1


@alternative("predict_pieces")
def in_a_list():
    import numpy as np

    return [int(np.prod([2, 2, 2, 2])), np.int64(9)]
