"""pad_batch: rectangles of ids and of what is real.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  -------------
padding on the left, by EOS, BOS or -1    unequal lengths                   tokens
cut to the shortest; a column too many    longest first, last, in between   tokens
sorted by length, transposed              N != S, lengths in no order       tokens
mask inverted, shifted, without EOS       lengths 1 and S                   mask
mask of floats or ints                    dtype                             mask
empty list, empty row, PAD accepted       each, in the first or last row    refuses_...
"""

import numpy as np
import pytest

from gradlab.judge import assert_equal, case_rng, exercise, expect, requires, weight

pytestmark = exercise("pad_batch")
rng = case_rng("pad_batch")
FIXED = [
    [[5, 2], [4, 4, 7, 2], [2], [9, 8, 2]],
    [[7, 6, 5, 4, 3, 2], [1, 2]],  # ids are just numbers here: BOS may occur
    [[2]],
    [[3, 4, 2], [5, 6, 2]],
    [[11, 2], [12, 2], [13, 14, 15, 16, 2]],
]
DRAWN = [[rng.integers(1, 90, size=n).tolist() for n in lengths] for lengths in [(3, 7, 1, 5, 7)]]
CASES = FIXED + DRAWN


def _name(case):
    return "lengths " + " ".join(str(len(sequence)) for sequence in case)


def _expected(sequences):
    longest = max(len(sequence) for sequence in sequences)
    rows = [sequence + [0] * (longest - len(sequence)) for sequence in sequences]
    real = [[column < len(sequence) for column in range(longest)] for sequence in sequences]
    return np.array(rows), np.array(real)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_tokens(student, case):
    """The ids, one row per sequence, filled up on the right with PAD."""
    answer = student.pad_batch(case)
    expect(isinstance(answer, tuple | list) and len(answer) == 2, "return tokens and mask")
    assert_equal(answer[0], _expected(case)[0], name="tokens")


@requires("test_tokens")
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_mask(student, case):
    """A mask of bools, True for what is real, EOS included."""
    assert_equal(student.pad_batch(case)[1], _expected(case)[1], name="mask")


@requires("test_tokens")
def test_refuses_no_sequences(student):
    """Raises ValueError naming sequences when the list is empty."""
    with student.raises(ValueError, match=r"\bsequences\b"):
        student.pad_batch([])


@requires("test_tokens")
@pytest.mark.parametrize("case", [[[]], [[5, 2], []], [[], [5, 2]]], ids=_name)
def test_refuses_empty(student, case):
    """Raises ValueError naming sequences when one of them is empty."""
    with student.raises(ValueError, match=r"\bsequences\b"):
        student.pad_batch(case)


@requires("test_tokens")
@pytest.mark.parametrize("case", [[[5, 0, 2]], [[5, 2], [4, 2, 0]], [[0, 2], [4, 2]]], ids=str)
def test_refuses_padding(student, case):
    """Raises ValueError naming sequences when one of them contains PAD."""
    with student.raises(ValueError, match=r"\bsequences\b"):
        student.pad_batch(case)
