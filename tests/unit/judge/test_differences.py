"""Comparing piece by piece finds what comparing at once finds, and takes little memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.judge import compare, differences
from gradlab.judge.failures import Mismatch, Unreachable
from gradlab.judge.subject import MAX_ANSWER

ODD = st.sampled_from([0.0, 1.0, 1.5, -2.0, float("nan"), float("inf"), float("-inf")])


@given(st.lists(st.tuples(ODD, ODD), min_size=1, max_size=7), st.integers(1, 3))
def test_pieces_make_no_difference(pairs, piece):
    actual, expected = np.array(pairs).T
    with pytest.MonkeyPatch.context() as patch:
        whole = differences.differences(actual, expected, 1e-7, 1e-9)
        patch.setattr(differences, "PIECE", piece)
        assert repr(differences.differences(actual, expected, 1e-7, 1e-9)) == repr(whole)


@pytest.mark.parametrize("dtype", ["u1", "f2", "f8"])
def test_a_large_array_takes_little_memory(dtype):
    actual, expected = np.ones(2**22, dtype), np.zeros(2**22, dtype)
    tracemalloc.start()
    try:
        with pytest.raises(Mismatch, match=f"{2**22} of {2**22} entries differ"):
            compare.assert_close(actual, expected)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_of_an_array_in_another_order_the_places_are_right():
    expected = np.asfortranarray(np.zeros((2, 3)))
    actual = expected.copy()
    actual[0, 2] = 1
    with pytest.raises(Mismatch, match=r"at \(0, 2\)$") as caught:
        compare.assert_close(actual, expected)
    assert caught.value.detail == "output[0, 2]: expected 0.0, got 1.0"


def test_an_answer_that_no_lab_asks_for_is_not_opened(scripted):
    with pytest.raises(Unreachable, match="cannot be used: it has more than 16 MiB"):
        scripted({"value": np.zeros(MAX_ANSWER, dtype=np.uint8)}).f()
