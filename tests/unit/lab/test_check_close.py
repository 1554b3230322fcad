"""check_close: kind, shape, finiteness and values, in that order; and the hint for each cause."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.lab import CheckError, check_close

FLOATS = st.floats(-1e6, 1e6)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)


def failure(actual, expected, **tolerances):
    """The text of the failure that comparing these must give."""
    with pytest.raises(CheckError) as caught:
        check_close(actual, expected, "the sum", **tolerances)
    return str(caught.value)


# --- passing ---------------------------------------------------------------------------------


def test_prints_the_message_when_it_passes(capsys):
    assert check_close(np.array([1.0, 2.0]), [1.0, 2.0], "adds up") is None
    assert capsys.readouterr().out == "✓ adds up\n"


def test_prints_nothing_when_it_fails(capsys):
    failure(1.0, 2.0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (3, 3.0),
        (np.float64(3), 3),
        (np.array(3.0), 3.0),
        (np.array([1, 2]), [1.0, 2.0]),
        (np.array([0, 255], dtype=np.uint8), [0, 255]),
        (np.array([True, False]), [True, False]),
        (np.array([1.0, np.inf, np.nan]), [1.0, np.inf, np.nan]),
        (np.array([-np.inf]), [-np.inf]),
        (np.float32([0.5, 0.25]), [0.5, 0.25]),
    ],
    ids=str,
)
def test_accepts_equal_values(actual, expected):
    check_close(actual, expected, "equal")


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS))
def test_accepts_rounding_and_leaves_both_sides_alone(expected):
    actual = expected * (1 + 1e-9)
    before = actual.copy(), expected.copy()
    check_close(actual, expected, "equal")
    np.testing.assert_array_equal(actual, before[0])
    np.testing.assert_array_equal(expected, before[1])


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS), st.data())
def test_refuses_one_wrong_element_and_says_which(expected, draw):
    index = draw.draw(st.sampled_from(list(np.ndindex(expected.shape))))
    actual = expected.copy()
    actual[index] += 1 + abs(actual[index])
    text = failure(actual, expected)
    if expected.ndim:
        assert f"at index {index}" in text
        assert f"1 of {expected.size} elements are off, shape {expected.shape}" in text


class Tensor:
    """What check_close needs of a torch tensor, so that the test needs no torch."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    cpu = detach

    def numpy(self):
        return np.array(self.values)


def test_accepts_tensors_on_both_sides():
    check_close(Tensor([1.0, 2.0]), Tensor([1.0, 2.0]), "equal")
    assert "expected 3" in failure(Tensor([1.0, 2.0]), Tensor([1.0, 3.0]))


# --- kind ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (None, ["got None", "return?"]),
        ([1.0, 2.0], ["got a list of length 2", "np.array"]),
        ((np.ones(2), "cache"), ["got a tuple of length 2", "several things"]),
        ({"a": 1}, ["got a dict of length 1"]),
        ("1.0", ["got a str"]),
        (object(), ["got an object with dtype object"]),
        (np.array([1 + 1j, 2]), ["dtype complex128"]),
        (np.array(["a", "b"]), ["dtype <U1"]),
    ],
    ids=["None", "list", "tuple", "dict", "str", "object", "complex", "strings"],
)
def test_refuses_what_is_no_array_of_numbers(actual, words):
    text = failure(actual, [1.0, 2.0])
    assert text.startswith("✗ the sum\n")
    assert all(word in text for word in words), text


def test_true_and_one_are_not_the_same_kind():
    assert "expected dtype float64, got dtype bool" in failure(np.array([True, False]), [1.0, 0.0])
    assert "expected dtype bool, got dtype int64" in failure(np.array([1, 0]), [True, False])


# --- shape -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "wanted", "hint"),
    [
        ((4, 1), (4,), "broadcast to (N, N)"),
        ((4,), (4, 1), "broadcast to (N, N)"),
        ((1, 4), (4, 1), "broadcast to (N, N)"),
        ((4, 4), (4,), "(N,) combined with (N, 1)"),
        ((4, 4), (4, 1), "(N,) combined with (N, 1)"),
        ((), (4,), "lack its axis"),
        ((1,), (), "one number is wanted"),
        ((4,), (), "one number is wanted"),
        ((2, 3), (3, 2), "transpose"),
        ((2, 3, 4), (3, 2, 4), "another order"),
        ((6,), (2, 3), "reshape"),
        ((5,), (4,), ""),
    ],
)
def test_unequal_shapes_fail_with_equal_values(got, wanted, hint):
    text = failure(np.ones(got), np.ones(wanted))
    assert f"expected shape {wanted}, got shape {got}" in text
    assert hint in text
    assert bool(hint) == ("Hint:" in text)


def test_shape_comes_before_finiteness():
    assert "expected shape (2,)" in failure(np.full((2, 1), np.nan), np.ones(2))


# --- finiteness ------------------------------------------------------------------------------


def test_nan_fails_whatever_the_tolerance():
    text = failure(np.array([[1.0, 1.0], [np.nan, np.nan]]), np.ones((2, 2)), rtol=1e9, atol=1e9)
    assert "not finite: 2 NaN in shape (2, 2), first at index (1, 0)" in text
    assert "0/0" in text


def test_infinity_is_counted_apart_from_nan():
    text = failure(np.array([np.inf, np.nan, -np.inf]), np.zeros(3))
    assert "1 NaN and 2 infinite" in text
    assert "log(0)" in failure(np.array([np.inf]), [0.0])


def test_a_number_that_is_nan_has_no_index():
    text = failure(float("nan"), 1.0)
    assert "1 NaN" in text
    assert "index" not in text


@pytest.mark.parametrize("actual", [1.0, -np.inf, np.nan])
def test_an_expected_infinity_must_be_met(actual):
    assert "expected inf" in failure(np.array([0.0, actual]), [0.0, np.inf], rtol=1e9, atol=1e9)


def test_an_expected_nan_must_be_met():
    assert "expected nan" in failure(np.array([0.0, 1.0]), [0.0, np.nan])


# --- values ----------------------------------------------------------------------------------


def test_reports_the_largest_difference_where_it_is():
    text = failure(np.array([[1.0, 2.5], [3.0, 9.0]]), [[1.0, 2.0], [3.0, 4.0]])
    assert "largest difference 5 at index (1, 1): got 9, expected 4" in text
    assert "2 of 4 elements are off, shape (2, 2)" in text
    assert "rtol=1e-07, atol=1e-09" in text


def test_the_element_named_is_off_even_when_an_allowed_difference_is_larger():
    text = failure(np.array([1e10 + 100, 1.5]), [1e10, 1.0])
    assert "largest difference 0.5 at index (1,)" in text


def test_equal_values_pass_without_any_tolerance():
    check_close(np.array([0.1, 0.0, -2.0]), [0.1, 0.0, -2.0], "exact", rtol=0, atol=0)


def test_a_number_is_reported_without_index_or_count():
    text = failure(1.0, 2.5)
    assert "largest difference 1.5: got 1, expected 2.5" in text
    assert "index" not in text
    assert "elements" not in text


def test_close_numbers_are_printed_with_enough_digits():
    assert "got 1.000001, expected 1 " in failure(1.000001, 1.0)
    assert "got 1.0000000000000002, expected 1 " in failure(1 + 2.3e-16, 1.0, rtol=0, atol=0)


def test_never_prints_a_wall_of_numbers():
    text = failure(np.random.default_rng(0).normal(size=(100, 100)), np.zeros((100, 100)))
    assert len(text) < 400


def test_unsigned_integers_do_not_wrap_around():
    assert "largest difference 2:" in failure(np.uint8(1), 3)


@pytest.mark.parametrize(("difference", "passes"), [(0.9e-3, True), (1.1e-3, False)])
@pytest.mark.parametrize("tolerances", [{"rtol": 0, "atol": 1e-3}, {"rtol": 1e-3, "atol": 0}])
def test_each_tolerance_is_used(difference, passes, tolerances):
    if passes:
        check_close(1 + difference, 1.0, "close", **tolerances)
    else:
        failure(1 + difference, 1.0, **tolerances)


def test_rtol_is_relative_to_the_expected_value():
    check_close(0.0, 10.0, "ten", rtol=1.0)
    failure(10.0, 0.0, rtol=1.0)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda x: 2 * x, "yours is 2 times the right value everywhere"),
        (lambda x: -x, "yours is -1 times"),
        (lambda x: x / 9, "yours is 1/9 of"),
        (lambda x: -x / 2, "yours is -1/2 of"),
        (lambda x: 0.3 * x, "yours is 0.3 times"),
        (lambda x: x + 1, "off by the same amount"),
        (lambda x: x.T, "transpose"),
        (lambda x: x.astype(int), "whole numbers"),
        (lambda x: x.astype(np.float16), "float16 keeps few digits"),
        (lambda x: x**2, None),
        (lambda x: 0 * x, None),
    ],
    ids=["2", "-1", "1/N", "-1/2", "0.3", "offset", "T", "int", "float16", "none", "zeros"],
)
def test_names_the_usual_cause(change, hint):
    expected = np.random.default_rng(3).normal(size=(3, 3)) * 3
    expected[0, 1] = 0.0
    text = failure(change(expected), expected)
    assert (hint in text) if hint else ("Hint" not in text)


@pytest.mark.parametrize("expected", [1e-308, -1e308, 5e-324])
def test_extreme_values_fail_as_a_check_and_not_as_an_overflow(expected):
    with np.errstate(all="raise"):
        failure(np.array([1e308, 1.0]), [expected, 1.0])
        failure(1e308, expected)


def test_a_single_number_has_a_factor_only_when_it_is_a_simple_one():
    assert "yours is 2 times the right value:" in failure(3.0, 1.5)
    assert "Hint" not in failure(3.0, 1.3)


# --- misuse by the author --------------------------------------------------------------------


@pytest.mark.parametrize("message", ["", "  ", 1e-5, None])
def test_the_message_must_be_a_text(message):
    with pytest.raises(TypeError, match="message"):
        check_close(1.0, 1.0, message)


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf, np.array([1e-3, 1e-3])], ids=str)
def test_tolerances_must_be_finite_numbers(name, value):
    with pytest.raises(ValueError, match=name):
        check_close(1.0, 1.0, "equal", **{name: value})


def test_tolerances_go_by_keyword():
    with pytest.raises(TypeError):
        check_close(1.0, 1.0, "equal", 1e-3)


@pytest.mark.parametrize(
    ("expected", "error", "match"),
    [
        (np.empty((0, 3)), ValueError, "empty"),
        ([[1.0], [1.0, 2.0]], TypeError, "one array at a time"),
        (None, TypeError, "real numbers"),
        ("text", TypeError, "real numbers"),
    ],
    ids=["empty", "ragged", "None", "str"],
)
def test_an_expected_value_that_compares_nothing_is_refused(expected, error, match):
    with pytest.raises(error, match=match):
        check_close(np.empty((0, 3)), expected, "equal")
