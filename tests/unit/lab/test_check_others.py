"""check_shape, check_true and check_raises."""

import numpy as np
import pytest

from gradlab.lab import CheckError, check_raises, check_shape, check_true


def complain(x, *, axis=None):
    """A student's function that refuses its input."""
    raise ValueError(f"x must have 2 axes, got {np.ndim(x)}; axis={axis}")


# --- check_shape -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "shape"),
    [(np.ones((2, 3)), (2, 3)), (np.ones(3), 3), (2.5, ()), (np.ones(3), [3]), (np.ones(0), 0)],
    ids=str,
)
def test_shape_passes(actual, shape, capsys):
    check_shape(actual, shape, "one row each")
    assert capsys.readouterr().out == "✓ one row each\n"


@pytest.mark.parametrize("shape", [(2,), (1, 3), (3, 1), 2, ()], ids=str)
def test_shape_is_compared_without_broadcasting(shape):
    with pytest.raises(CheckError, match="got shape \\(3,\\)"):
        check_shape(np.ones(3), shape, "one row each")


def test_a_list_has_no_shape():
    with pytest.raises(CheckError, match="got a list"):
        check_shape([1.0, 2.0], 2, "one each")


def test_shape_needs_a_message():
    with pytest.raises(TypeError, match="message"):
        check_shape(np.ones(2), (2,), "")


# --- check_true ------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", [True, np.True_, np.array(True)], ids=repr)
def test_true_passes(condition, capsys):
    check_true(condition, "the loss falls")
    assert capsys.readouterr().out == "✓ the loss falls\n"


@pytest.mark.parametrize("condition", [False, np.False_], ids=repr)
def test_false_fails(condition, capsys):
    with pytest.raises(CheckError, match="✗ the loss falls\n  this does not hold"):
        check_true(condition, "the loss falls")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "condition",
    [1, 0.5, np.array([True, True]), np.array([[True]]), "yes", None, [True], [], float("nan")],
    ids=repr,
)
def test_what_is_only_truthy_fails(condition):
    with pytest.raises(CheckError, match="the loss falls\n  expected"):
        check_true(condition, "the loss falls")


def test_true_needs_a_message():
    with pytest.raises(TypeError, match="message"):
        check_true(True, 1e-3)


# --- check_raises ----------------------------------------------------------------------------


def test_raises_passes_arguments_on(capsys):
    check_raises(ValueError, complain, np.ones(3), axis=1, match="got 1; axis=1")
    printed = capsys.readouterr().out
    assert printed == "✓ complain raises ValueError, and the message names `got 1; axis=1`\n"


def test_word_boundaries_are_matched_but_not_shown(capsys):
    check_raises(ValueError, complain, 1.0, match=r"\bx\b")
    assert capsys.readouterr().out.endswith("the message names `x`\n")
    with pytest.raises(CheckError, match="should name `axi`"):
        check_raises(ValueError, complain, 1.0, match=r"\baxi\b")


@pytest.mark.parametrize("exception", [ValueError, (TypeError, ValueError), Exception])
def test_raises_accepts_the_class_a_tuple_and_a_base_class(exception):
    check_raises(exception, complain, 1.0)


def test_a_lambda_is_called_the_call(capsys):
    check_raises(ValueError, lambda: complain(1.0))
    assert capsys.readouterr().out == "✓ the call raises ValueError\n"


@pytest.mark.parametrize(
    ("value", "text"), [(np.ones((2, 3)), r"ndarray of shape \(2, 3\)"), (None, "NoneType")]
)
def test_a_function_that_returns_fails(value, text):
    with pytest.raises(CheckError, match=f"nothing was raised; it returned {text}"):
        check_raises(ValueError, lambda: value)


def test_another_exception_fails_and_is_kept_as_the_cause():
    with pytest.raises(CheckError, match="it raised ValueError: x must have") as caught:
        check_raises(TypeError, complain, 1.0)
    assert isinstance(caught.value.__context__, ValueError)


def test_another_text_fails():
    with pytest.raises(CheckError, match="the message should name `stride`"):
        check_raises(ValueError, complain, 1.0, match="stride")


def test_a_long_text_is_shortened():
    def shout():
        raise ValueError("x" * 5000)

    with pytest.raises(CheckError) as caught:
        check_raises(TypeError, shout)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("exception", [RuntimeError, Exception, (ValueError, RuntimeError)])
def test_a_stub_does_not_pass_as_a_runtime_error(exception):
    def stub():
        raise NotImplementedError

    with pytest.raises(CheckError, match="still to be written"):
        check_raises(exception, stub)


def test_a_stub_passes_when_the_exercise_asks_for_not_implemented():
    def stub():
        raise NotImplementedError("backward")

    check_raises(NotImplementedError, stub, match="backward")


def test_the_failure_of_an_inner_check_is_not_an_accidental_pass():
    with pytest.raises(CheckError, match="it raised CheckError"):
        check_raises(ValueError, lambda: check_true(False, "inner"))


def test_interrupts_pass_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_raises(ValueError, interrupted)
