"""exact_match: the share of rows that say the same and end in the same place.

mistake                                    case that exposes it                check
-----------------------------------------  ----------------------------------  -----------------
share of tokens, not of rows               rows with one wrong token           share
compared beyond the end                    another tail, in either of the two  tails
compared up to the shorter only            predictions without an end          ends
a target's end that may come late          predictions that go on              ends
padding dropped before comparing           PAD in the middle                   ends
order ignored                              permuted rows                       share
another number of columns refused          L < T and L > T                     share, ends
a count, a percentage, a bool, a tensor    some rows; all; none                share, kind
any of these, in many rows                 rows changed here and there         many_rows
another number of rows accepted            one row more, one row less          refuses
"""

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, exercise, expect, requires, weight

from .arrays import ids

pytestmark = exercise("exact_match")
rng = np.random.default_rng(1)  # not the secret: whether a few rows tell faults apart is luck


def _text(row):
    """What a row says, up to its end; None for a row that never ends."""
    row = list(map(int, row))
    return row[: row.index(2)] if 2 in row else None


def _share(predictions, targets):
    rows = zip(predictions, targets)
    return float(np.mean([_text(t) is not None and _text(p) == _text(t) for p, t in rows]))


def _pair(predictions, targets):
    return torch.tensor(predictions), torch.tensor(targets)


SAME = [[5, 3, 2, 0], [7, 2, 0, 0], [4, 6, 5, 2], [2, 0, 0, 0], [8, 8, 2, 0]]
SHARE = [
    _pair([[5, 3, 2, 0], [7, 9, 2, 0], [4, 6, 5, 2], [2, 0, 0, 0], [8, 8, 8, 2]], SAME),
    _pair([[3, 5, 2], [2, 7, 2], [6, 4, 2]], [[5, 3, 2], [7, 2, 0], [4, 6, 2]]),
    _pair(SAME, SAME),
    _pair([[9, 5, 2], [9, 2, 0]], [[5, 5, 2], [4, 2, 0]]),
    _pair([[5, 3, 2, 0, 0], [7, 2, 0, 0, 0], [5, 2, 0, 0, 0]], [[5, 3, 2], [7, 2, 0], [6, 2, 0]]),
]
TAILS = [
    _pair(
        [[5, 3, 2, 7, 7], [4, 2, 2, 9, 0], [2, 5, 5, 5, 5]],
        [[5, 3, 2, 0], [4, 2, 0, 0], [2, 0, 0, 0]],
    ),
    _pair([[5, 3, 2, 0], [4, 2, 0, 0]], [[5, 3, 2, 8, 8], [4, 2, 9, 2, 5]]),
    _pair([[6, 2, 3], [6, 3, 2]], [[6, 2, 4], [6, 2, 3]]),
]
ENDS = [
    _pair([[5, 3, 4], [7, 6, 2], [4, 4, 4]], [[5, 3, 4, 2], [7, 6, 2, 0], [4, 4, 2, 0]]),
    _pair([[5, 3, 6, 2, 0], [7, 0, 2, 0, 0], [4, 0, 6, 2, 0]], [[5, 3, 2], [7, 2, 0], [4, 6, 2]]),
    _pair([[5, 3, 0, 0], [2, 5, 3, 2], [5, 2, 0, 0]], [[5, 3, 2, 0]] * 3),
    _pair([[5, 3], [2, 0], [3, 2]], [[5, 3, 2], [2, 0, 0], [3, 2, 0]]),
    _pair([[0, 2, 0], [1, 2, 0], [1, 5, 2]], [[2, 0, 0], [2, 0, 0], [5, 2, 0]]),
]


def _drawn():
    """Forty rows, of which some are changed at one place, and tails that say nothing."""
    targets = ids(rng, rng.integers(1, 7, size=40), 9, columns=6).numpy()
    predictions = np.concatenate([targets, rng.integers(0, 9, size=(40, 2))], axis=1)
    for row in predictions[::3]:
        row[rng.integers(6)] = rng.integers(0, 9)
    return _pair(predictions, targets)


DRAWN = [_drawn() for _ in range(3)]


def _check(student, pair):
    wanted = _share(*(tensor.tolist() for tensor in pair))
    assert_close(student.exact_match(*pair), wanted, name="share")


def _name(pair):
    return f"predictions {tuple(pair[0].shape)}, targets {tuple(pair[1].shape)}: {pair[0].sum()}"


@weight(2)
@pytest.mark.parametrize("pair", SHARE, ids=_name)
def test_share(student, pair):
    """The share of rows in which every token is right."""
    _check(student, pair)


@pytest.mark.parametrize("pair", TAILS, ids=_name)
def test_tails(student, pair):
    """What stands after an end does not matter, in predictions and in targets."""
    _check(student, pair)


@pytest.mark.parametrize("pair", ENDS, ids=_name)
def test_ends(student, pair):
    """The end must come, and in the right place; padding is no end."""
    _check(student, pair)


@requires("test_share")
@pytest.mark.parametrize("pair", DRAWN, ids=["first", "second", "third"])
def test_many_rows(student, pair):
    """Many rows, changed here and there."""
    _check(student, pair)


@requires("test_share")
def test_kind(student):
    """The result is a Python float."""
    found = [type(student.exact_match(*pair)).__name__ for pair in SHARE[:3]]
    expect(found == ["float"] * 3, "return a float", value=found)


@requires("test_share")
@pytest.mark.parametrize("rows", [1, 4, 6])
def test_refuses(student, rows):
    """Raises ValueError naming predictions for another number of rows."""
    with student.raises(ValueError, match=r"\bpredictions\b"):
        student.exact_match(torch.ones(rows, 4, dtype=torch.int64) * 2, torch.tensor(SAME))
