"""Comparing a student's array with the expected one: shape first, then finiteness, then values.

The order matters: broadcasting hides (4, 1) against (4,), and NaN evades ``error > tolerance``.
"""

import math
import traceback
from types import TracebackType
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from gradlab.lab import _hints

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]


class CheckError(AssertionError):
    """A visible check failed; the message says what differs and what often causes it."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the notebook's own lines, without this package's."""
        from IPython import get_ipython

        shown: TracebackType | None = None
        for frame, line in reversed(list(traceback.walk_tb(self.__traceback__))):
            if not frame.f_globals.get("__name__", "").startswith(__package__):
                shown = TracebackType(shown, frame, frame.f_lasti, line)
        printer = get_ipython().InteractiveTB
        lines: list[str] = printer.structured_traceback(type(self), self, shown, tb_offset=1)
        return lines


def fail(message: str, *details: str) -> NoReturn:
    """Raise CheckError: the check's message, then a line for each detail that is not empty."""
    __tracebackhide__ = True  # IPython and pytest then show the notebook's line, not this one
    raise CheckError("\n".join(["✗ " + message, *("  " + detail for detail in details if detail)]))


def succeed(message: str) -> None:
    """Tell the student that the check passed."""
    print("✓ " + message)


def require_message(message: object) -> None:
    """Raise TypeError unless `message` is text: catches a tolerance given in its place."""
    if not isinstance(message, str) or not message.strip():
        raise TypeError(f"message must be a text that says what is checked, got {message!r}")


def require_tolerances(rtol: float, atol: float) -> None:
    """Raise ValueError unless both tolerances are finite numbers that are not negative."""
    for name, value in (("rtol", rtol), ("atol", atol)):
        if np.ndim(value) != 0 or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be one finite number >= 0, got {value!r}")


def as_array(value: object, message: str) -> Array:
    """The student's value as an array of numbers or booleans; CheckError says what else it is."""
    __tracebackhide__ = True
    if value is None or isinstance(value, (list, tuple, dict, set, str)):
        got = f"expected an array or a number, got {_describe(value)}"
        fail(message, got, _hints.of_type(value))
    if callable(getattr(value, "detach", None)):  # a torch tensor, known without importing torch
        value = value.detach().cpu().numpy()  # type: ignore[attr-defined]
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        fail(message, f"expected real numbers, got {_describe(value)} with dtype {array.dtype}")
    return array


def as_reference(expected: object) -> Array:
    """The author's expected value as an array; raises where comparing with it means nothing."""
    if callable(getattr(expected, "detach", None)):
        expected = expected.detach().cpu().numpy()  # type: ignore[attr-defined]
    try:
        array = np.asarray(expected)
    except ValueError as error:
        raise TypeError("expected has unequal rows: compare one array at a time") from error
    if array.dtype.kind not in "biuf":
        raise TypeError(f"expected must hold real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"expected is empty (shape {array.shape}): nothing would be compared")
    return array


def require_shape(got: tuple[int, ...], wanted: tuple[int, ...], message: str) -> None:
    """CheckError unless the shapes are the same, without broadcasting."""
    __tracebackhide__ = True
    if got != wanted:
        fail(message, f"expected shape {wanted}, got shape {got}", _hints.of_shapes(got, wanted))


def require_kind(got: Array, wanted: Array, message: str) -> None:
    """CheckError when one side holds True/False and the other numbers."""
    __tracebackhide__ = True
    if (got.dtype.kind == "b") != (wanted.dtype.kind == "b"):
        fail(message, f"expected dtype {wanted.dtype}, got dtype {got.dtype}", _hints.of_bool(got))


def require_finite(got: Array, message: str, *, where: npt.NDArray[np.bool_] | None = None) -> None:
    """CheckError when `got` is NaN or infinite (at the places `where` is true)."""
    __tracebackhide__ = True
    bad = ~np.isfinite(got) if where is None else ~np.isfinite(got) & where
    if not bad.any():
        return
    first = _index(bad, int(np.argmax(bad)))
    nans, infinite = int((np.isnan(got) & bad).sum()), int((np.isinf(got) & bad).sum())
    counts = [f"{n} {name}" for n, name in ((nans, "NaN"), (infinite, "infinite")) if n]
    fail(
        message,
        located(f"not finite: {' and '.join(counts)} in shape {got.shape}, first", first),
        _hints.of_non_finite(nans > 0),
    )


def require_close(got: Array, wanted: Array, message: str, *, rtol: float, atol: float) -> None:
    """CheckError unless |got - wanted| <= atol + rtol |wanted|; infinities must be equal."""
    __tracebackhide__ = True
    error, off = _errors(got.astype(np.float64), wanted.astype(np.float64), rtol, atol)
    if not off.any():
        return
    index = _index(error, int(np.argmax(np.where(off, error, -1.0))))
    allowed = f"allowed: rtol={rtol:g}, atol={atol:g}"
    difference = located(f"largest difference {error[index]:.4g}", index)
    fail(
        message,
        f"{difference}: {pair(got[index], wanted[index])} ({allowed})",
        count_off(off),
        _hints.of_values(got, wanted),
    )


def count_off(off: npt.NDArray[np.bool_]) -> str:
    """How many elements of which shape are off; nothing for a single number."""
    return f"{int(off.sum())} of {off.size} elements are off, shape {off.shape}" if off.ndim else ""


def located(text: str, index: tuple[int, ...]) -> str:
    """The text with its index; a single number has none."""
    return f"{text} at index {index}" if index else text


def pair(got: float, wanted: float, names: tuple[str, str] = ("got", "expected")) -> str:
    """Both numbers, with as many digits as it takes to tell them apart."""
    digits = next((d for d in (6, 9, 12) if f"{got:.{d}g}" != f"{wanted:.{d}g}"), 17)
    return f"{names[0]} {got:.{digits}g}, {names[1]} {wanted:.{digits}g}"


def _errors(
    got: FloatArray, wanted: FloatArray, rtol: float, atol: float
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The absolute differences (infinite where undefined) and where they are too large."""
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(all="ignore"):
        error = np.asarray(np.where(same, 0.0, np.abs(got - wanted)))
        allowed = atol + rtol * np.where(np.isfinite(wanted), np.abs(wanted), 0.0)
    error[np.isnan(error)] = np.inf
    return error, error > allowed


def _index(array: Array, flat: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, array.shape))


def _describe(value: object) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    size = f" of length {len(value)}" if isinstance(value, (list, tuple, dict, set)) else ""
    return f"{article} {name}{size}"
