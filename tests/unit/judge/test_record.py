"""When two recorded values are the same, and how much is kept of large ones."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.judge.record import ATOL, MAX_BYTES, RTOL, Record, note, recording, same
from gradlab.judge.subject import Remote
from gradlab.wire import Handle, Tensor

ALIKE = [
    [None], [True, np.True_, np.array(True)], [False], [0], [1, np.int64(1), np.array(1)], [0.0],
    [1.0, np.float64(1), np.array(1.0)], [1.1], [float("nan"), np.float64("nan")], [float("inf")],
    [""], ["a"], [[], ()], [[1.0], (1.0,), [np.float64(1)]], [[1.0, 2.0]], [{}], [{"a": 1}],
    [{"a": 2}], [{"b": 1}], [np.float32(1)], [np.ones(2)], [np.ones((2, 1))], [np.zeros(2)],
    [np.ones(2, dtype=np.float32)], [np.ones(2, dtype=int)], [np.array([1.0, np.nan])],
    [np.array([1.0, np.inf])], [np.array([True])], [np.array([1j])], [np.complex64(2)],
    [Tensor(np.ones(2))], [Tensor(np.zeros(2))],
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(ALIKE)), ids=lambda place: repr(ALIKE[place][0]))
def test_values_are_the_same_as_those_a_check_takes_for_them_and_as_no_others(place):
    for value in ALIKE[place]:
        for other, group in enumerate(ALIKE):
            for found in group:
                assert same(value, copy.deepcopy(found)) is (place == other)


def test_rounding_makes_no_difference_but_more_does():
    assert same(1.0, 1.0 + 1e-9)
    assert same(np.ones(3), np.ones(3) * (1 + 1e-8))
    assert same([{"a": 1.0}], [{"a": 1.0 + 1e-9}])
    assert not same(np.ones(3), np.ones(3) * (1 + 1e-4))


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3)))
def test_arrays_are_the_same_as_themselves(array):
    assert same(array, array.copy())


def test_opaque_objects_look_alike():
    """What stays in the kernel cannot be told apart, and must not be asked."""
    assert same(Remote(None, Handle(1, "A")), Remote(None, Handle(2, "B")))
    assert same(Handle(1), Handle(2))
    assert not same(Remote(None, Handle(1)), 1)


def test_records_compare_outcome_number_and_values():
    record = Record([1.0, "a"], "values")
    assert record.same_as(Record([1.0, "a"], "values"))
    assert not record.same_as(Record([1.0, "a"], "shape"))
    assert not record.same_as(Record([1.0], "values"))
    assert not record.same_as(Record([1.0, "b"], "values"))


def test_notes_go_to_the_innermost_recording_and_nowhere_without_one():
    note("lost")
    with recording() as outer:
        note(1)
        with recording() as inner:
            note(2)
        note(3)
    note("lost")
    assert (outer.values, inner.values) == ([1, 3], [2])


def test_recording_ends_with_an_exception():
    with pytest.raises(ValueError), recording():
        raise ValueError
    with recording() as record:
        pass
    note("lost")
    assert record.values == []


def test_arrays_are_copied_so_that_no_larger_base_is_kept():
    base = np.zeros((2, 1000))
    with recording() as record:
        note(base[0])
    base[:] = 1
    assert record.values[0].base is None
    assert not record.values[0].any()


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(MAX_BYTES + 1, dtype=np.uint8),
        Tensor(np.zeros(MAX_BYTES + 1, dtype=np.uint8)),
        [np.zeros(2**19)] * 2,
        {"a": ("x" * (MAX_BYTES + 1),)},
        [[1, 2]] * 50_000,
    ],
    ids=["array", "tensor", "list", "text", "items"],
)
def test_a_value_too_large_is_not_kept_and_equals_nothing(value):
    """A submission that answers 64 MiB in each of a hundred cases must not fill the memory."""
    records = []
    for _ in range(2):
        with recording() as record:
            note(value)
        records.append(record)
    assert type(records[0].values[0]) is object
    assert not records[0].same_as(records[1])


def test_small_values_count_together():
    with recording() as record:
        for _ in range(100):
            note(np.zeros(MAX_BYTES // 400))
    kept = [value for value in record.values if isinstance(value, np.ndarray)]
    assert len(record.values) == 100
    assert sum(value.nbytes for value in kept) <= MAX_BYTES
    assert len(kept) >= 49


ODD = [0.0, -0.0, 1.0, 1 + 9e-7, 1 + 2e-6, 1e-9, 3e-9, 5e-324, 1e308, -1e308,
       float("inf"), float("-inf"), float("nan")]  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(ODD), st.sampled_from(ODD)), max_size=3),
    st.sampled_from(["f8", "f4", "c16", "i8", "?"]),
)
def test_numbers_are_the_same_where_numpy_says_so(pairs, dtype):
    with np.errstate(all="ignore"):
        one, other = np.array(pairs).reshape(-1, 2).T.astype(dtype)
        close = np.allclose(one, other, rtol=RTOL, atol=ATOL, equal_nan=True)
    assert same(one, other) is close
