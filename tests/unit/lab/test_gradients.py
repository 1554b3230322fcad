"""numerical_gradient and check_gradient, against derivatives known in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradlab.lab import CheckError, check_gradient, numerical_gradient

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=3)
FLOATS = st.floats(-3, 3)


def cubes(x):
    return np.sum(x**3)


def failure(f, x, gradient, **options):
    with pytest.raises(CheckError) as caught:
        check_gradient(f, x, gradient, "the gradient of f", **options)
    return str(caught.value)


# --- numerical_gradient ----------------------------------------------------------------------


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS))
def test_agrees_with_the_derivative_and_leaves_x_alone(x):
    before = x.copy()
    gradient = numerical_gradient(cubes, x)
    assert gradient.shape == x.shape
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(x, before)


def test_upstream_weighs_the_outputs():
    rng = np.random.default_rng(0)
    w, x, upstream = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    gradient = numerical_gradient(lambda x: x @ w.T, x, upstream=upstream)
    np.testing.assert_allclose(gradient, upstream @ w, rtol=1e-7, atol=1e-9)


def test_each_call_gets_a_copy_that_it_may_spoil():
    def spoil(x):
        value = cubes(x)
        x[...] = np.nan
        return value

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(numerical_gradient(spoil, x), [3.0, 12.0])
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_an_output_that_is_the_function_s_own_buffer_is_copied():
    buffer = np.zeros(2)

    def reuse(x):
        np.square(x, out=buffer)
        return buffer

    gradient = numerical_gradient(reuse, np.array([1.0, 2.0]), upstream=np.ones(2))
    np.testing.assert_allclose(gradient, [2.0, 4.0])


@pytest.mark.parametrize("x", [2, 2.0, np.float64(2), np.array(2.0)], ids=repr)
def test_a_number_gives_a_number(x):
    gradient = numerical_gradient(lambda x: x**2, x)
    assert gradient.shape == ()
    np.testing.assert_allclose(gradient, 4.0)


def test_a_function_of_a_number_is_given_one():
    kinds = []
    numerical_gradient(lambda x: kinds.append(type(x)) or x * x, 2.0)
    assert all(issubclass(kind, float) for kind in kinds)
    assert kinds


def test_integers_are_differentiated_as_reals():
    np.testing.assert_allclose(numerical_gradient(cubes, np.array([1, 2])), [3.0, 12.0])


def test_the_step_grows_with_large_values():
    gradient = numerical_gradient(lambda x: np.sum(x**2), np.array([1e8, 1.0]))
    np.testing.assert_allclose(gradient[0], 2e8, rtol=1e-6)


def test_the_step_is_used():
    kink = 0.01  # |x - kink| has slope -1 at 0 for small steps; a wide one straddles the kink
    assert numerical_gradient(lambda x: abs(x - kink), 0.0) == pytest.approx(-1.0)
    assert numerical_gradient(lambda x: abs(x - kink), 0.0, step=1.0) == pytest.approx(-kink)


@pytest.mark.parametrize("step", [0.0, -1e-6, np.nan, np.inf])
def test_a_step_that_is_no_step_is_refused(step):
    with pytest.raises(ValueError, match="step"):
        numerical_gradient(cubes, np.ones(2), step=step)


@pytest.mark.parametrize(
    ("x", "match"), [(np.empty((0, 2)), "empty"), ([1.0, np.nan], "finite"), ([np.inf], "finite")]
)
def test_a_point_without_a_gradient_is_refused(x, match):
    with pytest.raises(ValueError, match=match):
        numerical_gradient(cubes, x)


@pytest.mark.parametrize(
    ("f", "upstream", "words"),
    [
        (lambda x: x**2, None, r"expected shape \(\), got shape \(2,\)"),
        (lambda x: x.sum(keepdims=True), None, r"expected shape \(\), got shape \(1,\)"),
        (lambda x: x**2, np.ones((2, 1)), r"expected shape \(2, 1\), got shape \(2,\)"),
        (lambda x: x**2, 1.0, r"expected shape \(\), got shape \(2,\)"),
        (lambda x: None, None, "got None"),
        (lambda x: np.inf, None, "infinite"),
    ],
    ids=["array", "keepdims", "broadcast", "scalar upstream", "None", "inf"],
)
def test_f_must_return_what_upstream_weighs(f, upstream, words):
    with pytest.raises(CheckError, match=words):
        numerical_gradient(f, np.ones(2), upstream=upstream)


# --- check_gradient --------------------------------------------------------------------------


def test_prints_the_message_when_it_passes(capsys):
    check_gradient(cubes, np.array([1.0, 2.0]), np.array([3.0, 12.0]), "three x squared")
    assert capsys.readouterr().out == "✓ three x squared\n"


def test_accepts_a_gradient_of_zero_and_a_number():
    check_gradient(lambda x: 7.0, np.ones(3), np.zeros(3), "constant")
    check_gradient(lambda w: (w - 1.0) ** 2, 3.0, 4.0, "a parabola")


def test_accepts_large_losses_where_differences_are_noisy():
    x = np.array([1e3, 1e-3, 0.0])
    check_gradient(lambda x: 1e6 + np.sum(x**2), x, 2 * x, "a parabola on a plateau")


def test_leaves_everything_alone():
    x, gradient, upstream = np.array([1.0, 2.0]), np.array([2.0, 8.0]), np.array([1.0, 2.0])
    copies = [value.copy() for value in (x, gradient, upstream)]
    check_gradient(lambda x: x**2, x, gradient, "square", upstream=upstream)
    for value, copy in zip((x, gradient, upstream), copies, strict=True):
        np.testing.assert_array_equal(value, copy)


@settings(derandomize=True, deadline=None)
@given(hnp.arrays(np.float64, SHAPES, elements=FLOATS), st.data())
def test_one_wrong_entry_is_refused_and_named(x, draw):
    index = draw.draw(st.sampled_from(list(np.ndindex(x.shape))))
    gradient = np.array(3 * x**2)
    gradient[index] += 0.01
    text = failure(cubes, x, gradient)
    assert "largest relative error" in text
    assert "the numerical one" in text
    if x.ndim:
        assert f"at index {index}" in text
        assert f"1 of {x.size} elements are off, shape {x.shape}" in text


def test_says_how_large_the_relative_error_is():
    text = failure(cubes, np.array([1.0, 2.0]), np.array([3.0, 6.0]))
    assert "largest relative error 0.5 at index (1,): yours is 6, the numerical one 12" in text


def test_the_entry_named_is_off_even_when_another_is_relatively_worse():
    text = failure(lambda x: np.sum(x**2), np.array([0.0, 1.0]), np.array([1e-8, 2.1]))
    assert "at index (1,)" in text  # the first is within atol: a relative error of 1 means nothing


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (None, ["got None"]),
        ([3.0, 12.0], ["got a list"]),
        (np.array([[3.0], [12.0]]), ["expected shape (2,), got shape (2, 1)", "broadcast"]),
        (15.0, ["expected shape (2,), got shape ()"]),
        (np.array([3.0, np.nan]), ["1 NaN", "index (1,)"]),
        (np.array([True, True]), ["dtype bool"]),
        (np.array([-3.0, -12.0]), ["yours is -1 times"]),
        (np.array([1.5, 6.0]), ["yours is 1/2 of"]),
    ],
    ids=["None", "list", "column", "sum", "NaN", "bool", "sign", "half"],
)
def test_wrong_gradients(gradient, words):
    text = failure(cubes, np.array([1.0, 2.0]), gradient)
    assert all(word in text for word in words), text


def test_integers_that_cut_off_decimals_are_named():
    assert "whole numbers" in failure(cubes, np.array([0.5, 1.5]), np.array([0, 6]))


def test_a_transposed_gradient_is_named():
    w = np.arange(4.0).reshape(2, 2) + 1
    assert "transpose" in failure(cubes, w, (3 * w**2).T)


def test_upstream_is_used():
    x, upstream = np.array([1.0, 2.0]), np.array([1.0, -3.0])
    check_gradient(lambda x: x**2, x, 2 * x * upstream, "weighed", upstream=upstream)
    failure(lambda x: x**2, x, 2 * x, upstream=upstream)


def test_a_function_of_the_wrong_shape_fails_under_the_check_s_name():
    text = failure(lambda x: x**2, np.ones(2), np.ones(2))
    assert text.startswith("✗ the gradient of f (the value of f itself)")
    assert "expected shape (), got shape (2,)" in text


@pytest.mark.parametrize("tolerances", [{"rtol": 0.1, "atol": 0}, {"rtol": 0, "atol": 0.5}])
def test_each_tolerance_is_used(tolerances):
    gradient = np.array([3.2, 12.2])
    check_gradient(cubes, np.array([1.0, 2.0]), gradient, "roughly", **tolerances)
    failure(cubes, np.array([1.0, 2.0]), gradient)


def test_misuse_is_refused():
    with pytest.raises(TypeError, match="message"):
        check_gradient(cubes, np.ones(2), np.ones(2), 1e-5)
    with pytest.raises(ValueError, match="rtol"):
        check_gradient(cubes, np.ones(2), np.ones(2), "three", rtol=np.inf)
    with pytest.raises(ValueError, match="empty"):
        check_gradient(cubes, np.empty(0), np.empty(0), "nothing")
