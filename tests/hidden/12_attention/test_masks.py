"""causal_mask and padding_mask: for all sizes that matter, and what they refuse.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  -----------------
future and past exchanged, own step lost  T = S                            as_many_queries
triangle in the upper left corner         T < S                            last_queries
ints or floats for bool                   any                              as_many_queries
fewer keys than queries accepted          3 and 2                          too_few_keys
one step too many or too few              lengths 0, 1, S                  real_keys
rows and columns exchanged                N unlike S                       real_keys
lengths beyond S accepted, 0 refused      -1 and S + 1; 0                  refuses_lengths
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_equal,
    exercise,
    reference,
    requires,
    weight,
)

CAUSAL, PADDING = "causal_mask", "padding_mask"


@reference
def lower_right(queries, keys):
    """The last rows of the square triangle: what the last queries of all would see."""
    return torch.ones(keys, keys).tril().bool()[keys - queries :]


@exercise(CAUSAL)
@pytest.mark.parametrize("steps", [1, 4, 7])
def test_as_many_queries_as_keys(student, steps):
    """Lets each step see itself and what came before."""
    assert_equal(student.causal_mask(steps, steps), lower_right(steps, steps), name="mask")


@exercise(CAUSAL)
@weight(2)
@pytest.mark.parametrize(("queries", "keys"), [(2, 5), (1, 4), (3, 4), (4, 9)])
def test_last_queries(student, queries, keys):
    """Lets the last query see all keys when there are more keys than queries."""
    assert_equal(student.causal_mask(queries, keys), lower_right(queries, keys), name="mask")


@exercise(CAUSAL)
@requires("test_as_many_queries_as_keys")
def test_too_few_keys(student):
    """Raises ValueError naming keys when there are fewer of them than queries."""
    for queries, keys in ((3, 2), (5, 1)):
        with student.raises(ValueError, match=r"\bkeys\b"):
            student.causal_mask(queries, keys)


LENGTHS = [([3, 1, 5, 2], 5), ([4], 6), ([0, 2, 3], 3), ([2, 2], 2), ([1, 4, 0, 2], 4)]


@reference
def counted(lengths, keys):
    """From torch's padding of sequences of ones."""
    ones = [torch.ones(length) for length in (*lengths, keys)]
    rows = torch.nn.utils.rnn.pad_sequence(ones, batch_first=True)[:-1]
    return rows.bool()[:, None, :]


@exercise(PADDING)
@pytest.mark.parametrize(("lengths", "keys"), LENGTHS, ids=str)
def test_real_keys(student, lengths, keys):
    """Marks the first keys of each sequence as real, for lengths from 0 to all of them."""
    mask = student.padding_mask(np.array(lengths), keys)
    assert_equal(mask, counted(tuple(lengths), keys), name="mask")


@exercise(PADDING)
@requires("test_real_keys")
@pytest.mark.parametrize("lengths", [[2, 5], [5, 2], [-1, 2], [2, -1]], ids=str)
def test_refuses_lengths(student, lengths):
    """Raises ValueError naming lengths where one is below 0 or above the number of keys."""
    with student.raises(ValueError, match=r"\blengths\b"):
        student.padding_mask(np.array(lengths), 4)
