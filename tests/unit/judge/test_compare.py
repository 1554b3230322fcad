"""assert_close, assert_equal and expect: what they accept, and what they say of the rest."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.judge import differences
from gradlab.judge.compare import assert_close, assert_equal, expect
from gradlab.judge.failures import Mismatch
from gradlab.judge.record import recording
from gradlab.judge.subject import Remote
from gradlab.wire import Handle, Tensor

FLOATS = st.floats(-1e6, 1e6)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
REMOTE = Remote(None, Handle(3, "LSTM"))


def failure(actual, expected, **options):
    with pytest.raises(Mismatch) as caught:
        assert_close(actual, expected, **options)
    return caught.value


# --- accepted ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (3.0, 3.0),
        (np.float64(3), 3.0),
        (np.float32(3), 3.0),
        (np.array(3.0), 3.0),
        (Tensor(np.array(3.0)), 3.0),
        (3.0, np.array(3.0)),
        (np.float64(3), np.array(3.0)),
        (np.array(3.0), np.float64(3)),
        (2, 2),
        (np.int32(2), 2),
        (np.uint8(2), 2),
        (2, np.array(2)),
        (True, True),
        (np.bool_(True), True),
        (True, np.array(True)),
        (np.complex128(1j), 1j),
        (None, None),
        ("same", "same"),
        (float("nan"), float("nan")),
        (np.inf, np.inf),
        (np.array([1, 2], dtype=np.int32), np.array([1, 2])),
        (np.array([1, 2], dtype=np.uint8), np.array([1, 2])),
        (np.array([np.nan, np.inf, -np.inf]), np.array([np.nan, np.inf, -np.inf])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        ((1.0, [2]), [1.0, (2,)]),
        ({"a": np.ones(2), 1: None}, {1: None, "a": np.ones(2)}),
        ({}, {}),
        ((), []),
        (np.ones(2), torch.ones(2, dtype=torch.float64)),
        (Tensor(np.ones(2)), np.ones(2)),
        (Tensor(np.ones(2, dtype=np.float32)), torch.ones(2)),
        (5.0, torch.tensor(5.0, dtype=torch.float64, requires_grad=True)),
    ],
    ids=repr,
)
def test_accepts(actual, expected):
    assert_close(actual, expected)


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32]), SHAPES, elements=st.floats(-8, 8, width=16)
    )
)
def test_accepts_what_rounds_differently(expected):
    tolerance = {8: 1e-9, 4: 1e-6}[expected.dtype.itemsize]
    assert_close((expected * (1 + tolerance)).astype(expected.dtype), expected)


@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS), st.data())
def test_refuses_one_wrong_entry_and_says_where(expected, data):
    if expected.size == 0:
        return
    index = data.draw(st.sampled_from(list(np.ndindex(expected.shape))))
    actual = expected.copy()
    actual[index] += 1e-5 * (1 + abs(actual[index]))
    found = failure(actual, expected)
    assert found.kind == "values"
    if expected.ndim:
        assert f"1 of {expected.size} entries differ" in str(found)
        assert str(found).endswith(f"at {index}")


@pytest.mark.parametrize(
    ("dtype", "within", "beyond"),
    [(np.float64, 5e-8, 5e-7), (np.float32, 5e-5, 5e-4), (np.float16, 5e-3, 5e-2)],
)
def test_tolerances_follow_the_dtype(dtype, within, beyond):
    expected = np.full(3, 8, dtype=dtype)
    assert_close((expected * (1 + within)).astype(dtype), expected)
    failure((expected * (1 + beyond)).astype(dtype), expected)


def test_tolerances_can_be_given():
    assert_close(1.1, 1.0, rtol=0.2)
    assert_close(0.1, 0.0, atol=0.2)
    failure(0.1, 0.0, rtol=1e9)
    failure(1 + 1e-9, 1.0, rtol=0, atol=0)


# --- refused, and what is said -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected", "kind", "says"),
    [
        (None, np.ones(2), "type", r"y should be an array of shape \(2,\), not None"),
        ([1.0, 1.0], np.ones(2), "type", "not a value of type list"),
        (1.0, np.ones(2), "type", "not a value of type float"),
        (REMOTE, np.ones(2), "type", "not a value of type LSTM"),
        (Handle(1, "x" * 99), np.ones(2), "type", "not a value of type Handle"),
        (np.ones(3), 1.0, "type", r"y should be a float, not an array of shape \(3,\)"),
        (Tensor(np.ones(3)), 1.0, "type", r"not a tensor of shape \(3,\)"),
        (1, 1.0, "type", "y should be a float, not a value of type int"),
        (True, 1.0, "type", "y should be a float, not a value of type bool"),
        (True, 1, "type", "y should be an int, not a value of type bool"),
        (1.0, 1, "type", "y should be an int, not a value of type float"),
        (1, True, "type", "y should be a bool, not a value of type int"),
        (1.0, 1j, "type", "y should be a complex number"),
        (np.complex128(1), 1.0, "type", "y should be a float"),
        ("1.0", 1.0, "type", "y should be a float, not a value of type str"),
        (REMOTE, 1.0, "type", "y should be a float, not a value of type LSTM"),
        (0, None, "type", "y should be None, not a value of type int"),
        (None, "a", "type", "y should be a str, not None"),
        (1, "a", "type", "y should be a str"),
        ("b", "a", "values", "y is another text"),
        (np.ones((4, 1)), np.ones(4), "shape", r"y has shape \(4, 1\); it should be \(4,\)"),
        (np.ones((1, 4)), np.ones(4), "shape", "has shape"),
        (np.ones(()), np.ones(1), "shape", r"has shape \(\); it should be \(1,\)"),
        (np.ones(4), np.array(1.0), "shape", "has shape"),
        (np.ones((0, 3)), np.ones((3, 0)), "shape", "has shape"),
        (np.ones(2, np.float32), np.ones(2), "dtype", "dtype float32; it should be float64"),
        (np.ones(2, int), np.ones(2), "dtype", "dtype int64; it should be float64"),
        (np.ones(2), np.ones(2, np.float32), "dtype", "dtype float64; it should be float32"),
        (np.ones(2), np.ones(2, int), "dtype", "dtype float64; it should be int64"),
        (np.ones(2, bool), np.ones(2, int), "dtype", "dtype bool; it should be int64"),
        (np.ones(2, int), np.ones(2, bool), "dtype", "dtype int64; it should be bool"),
        (np.ones(2, complex), np.ones(2), "dtype", "dtype complex128; it should be float64"),
        (1, np.array(1.0), "dtype", "dtype int64; it should be float64"),
        (np.nan, 1.0, "not finite", "y is not finite: NaN in 1 of 1 entries$"),
        (-np.inf, 1.0, "not finite", "y is not finite: infinity in 1 of 1 entries$"),
        (
            np.array([[1, np.nan], [np.inf, 1]]), np.ones((2, 2)), "not finite",
            r"NaN in 2 of 4 entries, first at \(0, 1\)",
        ),
        (np.array([1, np.inf]), np.array([np.inf, np.inf]), "values", "1 of 2 entries differ"),
        (np.inf, -np.inf, "values", "y is off by inf"),
        (1.0, np.nan, "values", "y is off by nan"),
        (np.array([1.0]), np.array([np.nan]), "values", "1 of 1 entries differ"),
        (2.5, 1.0, "values", "y is off by 1.5"),
        (3, 1, "values", "y is off by 2"),
        (False, True, "values", "y is off by 1"),
        (np.array([True]), np.array([False]), "values", "1 of 1 entries differ"),
        (np.arange(3), np.array([0, 5, 3]), "values", r"2 of 3 entries differ.* is 4 at \(1,\)"),
        (np.array([1j]), np.array([2j]), "values", "1 of 1 entries differ"),
        (np.array([1e308]), np.array([-1e308]), "values", r"is inf at \(0,\)"),
        (1.0, (1.0,), "type", "y should be a tuple of 1, not a value of type float"),
        (np.ones(2), [1.0, 1.0], "type", r"should be a list of 2, not an array of shape \(2,\)"),
        ({}, [], "type", "should be a list of 0, not a value of type dict"),
        ("ab", ["a", "b"], "type", "should be a list of 2, not a value of type str"),
        ([1.0], [1.0, 2.0], "shape", "y should have 2 items, not 1"),
        ([1.0, 2.0], [], "shape", "y should have 0 items, not 2"),
        ([], {}, "type", "y should be a dict, not a value of type list"),
        ({"a": 1}, {"b": 1}, "type", r"wrong keys \(missing \['b'\], extra \['a'\]\)"),
        ({1: 1}, {"1": 1}, "type", "wrong keys"),
        ((1.0, {"h": [0.0, 2.0]}), (1.0, {"h": [0.0, 1.0]}), "values", r"y\[1\]\[.h.\]\[1\] is"),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_refuses(actual, expected, kind, says):
    with pytest.raises(Mismatch, match=says) as caught:
        assert_close(actual, expected, name="y")
    assert caught.value.kind == kind


def test_shape_is_said_before_dtype_before_finiteness_before_values():
    expected = np.ones((2, 3))
    actual = np.full((3, 2), np.nan, dtype=np.float32)
    assert failure(actual, expected).kind == "shape"
    assert failure(actual.T, expected).kind == "dtype"
    assert failure(actual.T.astype(float), expected).kind == "not finite"
    assert failure(np.zeros((2, 3)), expected).kind == "values"


@pytest.mark.parametrize("value", [1.0, np.ones(3), "text", [1.0], {"secret": 7.25}, None])
def test_the_public_message_holds_no_expected_value(value):
    """Expected values are in `detail`, which students see in full feedback only."""
    expected = {"secret": np.full(3, 7.25), "text": "answer"}
    for actual in (value, {"secret": np.zeros(3), "text": "answer"}, {**expected, "text": "x"}):
        text = str(failure(actual, expected))
        assert "7.25" not in text
        assert "answer" not in text


def test_the_detail_names_the_first_wrong_entry():
    found = failure(np.array([[1.0, 2], [3, 5]]), np.array([[1.0, 2], [3, 4]]), name="dw")
    assert found.detail == "dw[1, 1]: expected 4.0, got 5.0"
    assert failure(2.0, 1.0).detail == "output: expected 1.0, got 2.0"


def test_messages_stay_short_whatever_comes():
    huge = {str(number) * 50: 1 for number in range(50_000)}
    assert len(str(failure(huge, {"w": 1}))) < 500
    assert len(failure("x" * 10**6, "y").detail) < 500
    assert len(str(failure([huge] * 3, [1.0]))) < 500


# --- exact -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(2**53 + 1, 2**53), (2**63, 2**63 - 1), (2**64 - 1, 2**64 - 2), (-(2**63), -(2**63) + 1)],
)
def test_large_integers_are_not_equal_because_floats_are(actual, expected):
    assert_equal(actual, actual)
    with pytest.raises(Mismatch):
        assert_equal(actual, expected)
    with pytest.raises(Mismatch):
        assert_equal(np.array([actual]), np.array([expected]))


def test_assert_equal_has_no_tolerance():
    assert_equal([1, "a", True, None, 0.5], [1, "a", True, None, 0.5])
    with pytest.raises(Mismatch):
        assert_equal(0.1 + 0.2, 0.3)
    with pytest.raises(Mismatch, match=r"order\[1\] is off by 1"):
        assert_equal([1, 2], [1, 3], name="order")


# --- expect ------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", [True, np.True_, np.array([True]), 1, [0]])
def test_expect_accepts_what_holds(condition):
    expect(condition, "never seen")


@pytest.mark.parametrize("condition", [False, np.False_, np.array(False), 0, "", None, []])
def test_expect_says_its_message(condition):
    with pytest.raises(Mismatch, match=r"^the mean is kept$") as caught:
        expect(condition, "the mean is kept")
    assert caught.value.kind == "property"


def test_an_opaque_object_fulfils_no_property():
    """`expect(student.is_even(2), …)` must not pass because every object is true."""
    with pytest.raises(Mismatch, match="type LSTM came back where a value was expected") as caught:
        expect(REMOTE, "is even")
    assert caught.value.kind == "type"


def test_all_three_record_the_students_value():
    with recording() as record:
        assert_close(1.0, 1.0)
        assert_equal(2, 2)
        expect(True, "holds", value="v")
        with pytest.raises(Mismatch):
            assert_close(None, 1.0)
    assert record.values == [1.0, 2, "v", True, None]


# --- the usual case is seen to pass at once, and nothing else ------------------------------------

ODD = [0.0, -0.0, 1.0, 1 + 1e-7, 1 + 2e-7, 1e-9, -1e-9, 5e-324, 1e308, -1e308, 1e300,
       float("inf"), float("-inf"), float("nan"), 3.0, 2.0**53, 2.0**53 + 2]  # fmt: skip
PAIRS = st.lists(st.tuples(st.sampled_from(ODD), st.sampled_from(ODD)), max_size=3)
TOLERANCES = st.sampled_from([None, 0.0, 1e-7, 1.0, 1e300, float("inf"), -1.0, float("nan")])


def said(actual, expected, **options):
    try:
        assert_close(actual, expected, **options)
    except Mismatch as error:
        return error.kind, str(error), error.detail
    return None


@given(
    PAIRS.filter(bool),
    st.sampled_from(["f8", "f4", "f2", "c16", "i8", "u8", "?", ">f8"]),
    TOLERANCES,
    TOLERANCES,
)
def test_a_short_cut_changes_no_verdict(pairs, dtype, rtol, atol):
    with np.errstate(all="ignore"):
        actual, expected = np.array(pairs).T.astype(dtype)
    short = said(actual, expected, rtol=rtol, atol=atol)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "_is_close", lambda *_: False)
        assert short == said(actual, expected, rtol=rtol, atol=atol)


@given(st.integers(2**53 - 3, 2**53 + 3), st.integers(2**53 - 3, 2**53 + 3))
def test_integers_that_floats_cannot_tell_apart_differ(one, other):
    assert (said(np.array([one]), np.array([other])) is None) == (one == other)
