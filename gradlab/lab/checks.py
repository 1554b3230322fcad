"""The visible checks: each prints ``✓ message`` or raises CheckError saying what differs."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.lab import _compare


def check_close(
    actual: object, expected: object, message: str, *, rtol: float = 1e-7, atol: float = 1e-9
) -> None:
    """Check that `actual` equals `expected` up to rounding: shape, then finiteness, then values.

    actual    an array or a number (a list is not an array; torch tensors are accepted)
    expected  an array, a number, or nested lists of numbers; not empty
    message   what is checked, as a sentence the student reads
    Each element may differ by atol + rtol·|expected|; where NaN or infinity is expected, it must be
    met exactly.
    """
    __tracebackhide__ = True
    _compare.require_message(message)
    _compare.require_tolerances(rtol, atol)
    wanted = _compare.as_reference(expected)
    got = _compare.as_array(actual, message)
    _compare.require_shape(got.shape, wanted.shape, message)
    _compare.require_kind(got, wanted, message)
    _compare.require_finite(got, message, where=np.isfinite(wanted))
    _compare.require_close(got, wanted, message, rtol=rtol, atol=atol)
    _compare.succeed(message)


def check_shape(actual: object, shape: int | tuple[int, ...], message: str) -> None:
    """Check that the array (or number) `actual` has this shape: () for a number, 3 means (3,)."""
    __tracebackhide__ = True
    _compare.require_message(message)
    wanted = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    _compare.require_shape(_compare.as_array(actual, message).shape, wanted, message)
    _compare.succeed(message)


def check_true(condition: object, message: str) -> None:
    """Check one condition. An array of conditions needs np.all or np.any first."""
    __tracebackhide__ = True
    _compare.require_message(message)
    value = _compare.as_array(condition, message)
    if value.shape != () or value.dtype.kind != "b":
        _compare.fail(
            message,
            f"expected one True or False, got shape {value.shape} and dtype {value.dtype}",
        )
    if not value:
        _compare.fail(message, "this does not hold")
    _compare.succeed(message)


def check_raises(
    exception: type[BaseException] | tuple[type[BaseException], ...],
    function: Callable[..., Any],
    *args: Any,
    match: str | None = None,
    **kwargs: Any,
) -> None:
    """Check that function(*args, **kwargs) raises `exception`, its text matching `match`."""
    __tracebackhide__ = True
    wanted = exception if isinstance(exception, tuple) else (exception,)
    title = f"{_name(function)} raises {' or '.join(kind.__name__ for kind in wanted)}"
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        _require_exception(error, wanted, match, title)
    else:
        _compare.fail(title, f"nothing was raised; it returned {_summary(result)}")
    _compare.succeed(title if match is None else f"{title}, and the message names {_words(match)}")


def _require_exception(
    error: Exception, wanted: tuple[type[BaseException], ...], match: str | None, title: str
) -> None:
    """CheckError unless `error` is one of `wanted` and says what `match` asks for."""
    __tracebackhide__ = True
    raised = f"it raised {type(error).__name__}: {_shorten(str(error))}"
    if isinstance(error, NotImplementedError) and NotImplementedError not in wanted:
        # A stub raises it; being a RuntimeError (and an Exception) must not make it pass.
        _compare.fail(title, raised, "Hint: this exercise is still to be written.")
    if not isinstance(error, wanted):
        _compare.fail(title, raised)
    if match is not None and re.search(match, str(error)) is None:
        _compare.fail(title, raised, f"the message should name {_words(match)}")


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", "<lambda>")
    return "the call" if name == "<lambda>" else str(name)


def _words(match: str) -> str:
    """The regex as a student reads it: without the marks of word boundaries."""
    return f"`{match.replace(chr(92) + 'b', '')}`"


def _summary(result: object) -> str:
    shape = getattr(result, "shape", None)
    return type(result).__name__ + (f" of shape {tuple(shape)}" if shape is not None else "")


def _shorten(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
