"""The usual cause of a difference, in one line, or "" when none is recognised."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


def of_type(value: object) -> str:
    """What a value that is no array usually means."""
    if value is None:
        return "Hint: does every path through the function end in a return?"
    if isinstance(value, tuple):
        return "Hint: the function returns several things: which one is compared here?"
    if isinstance(value, list):
        return "Hint: make it an array, np.array(...) or np.stack(...)."
    return ""


def of_bool(got: Array) -> str:
    """True/False where numbers are wanted, or the reverse."""
    if got.dtype.kind == "b":
        return "Hint: a comparison gives True/False; .astype(int) or .astype(float) makes numbers."
    return "Hint: a condition is wanted, True or False for each element; numbers came back."


def of_non_finite(has_nan: bool) -> str:
    """Where NaN and infinity come from."""
    if has_nan:
        return "Hint: NaN comes from 0/0, inf - inf, or the log or root of a negative number."
    return "Hint: infinity comes from exp of a large number, log(0) or a division by zero."


def of_shapes(got: Shape, wanted: Shape) -> str:
    """The usual reason for this pair of unequal shapes."""
    if got == ():
        return "Hint: one number came back: does a sum or mean lack its axis?"
    if wanted == ():
        return "Hint: one number is wanted: is a sum or mean missing, or one that keeps an axis?"
    if _without_ones(got) == _without_ones(wanted):
        return (
            "Hint: only axes of length 1 differ. (N,) and (N, 1) are not the same, and together"
            " they broadcast to (N, N); see keepdims, reshape and [:, None]."
        )
    if len(got) == 2 and got[0] == got[1] and _without_ones(wanted) == got[:1]:
        return "Hint: (N,) combined with (N, 1) broadcasts to (N, N): give both the same shape."
    if got == wanted[::-1]:
        return "Hint: the axes are reversed: is a transpose missing, or one too many?"
    if sorted(got) == sorted(wanted):
        return "Hint: the right lengths in another order: which axis is which?"
    if np.prod(got) == np.prod(wanted):
        return "Hint: the right number of elements in another shape: is a reshape missing?"
    return ""


@np.errstate(all="ignore")  # a hint must not fail where a notebook turns overflow into errors
def of_values(got: Array, wanted: Array, tolerance: float = 1e-6) -> str:
    """The usual reason for values that differ in arrays of the same shape."""
    if wanted.dtype.kind == "b":
        return ""
    if got.dtype.kind in "iu" and (wanted != np.round(wanted)).any():
        return "Hint: these are whole numbers: were decimals cut off by an integer dtype or //?"
    if got.dtype.itemsize < 8 and got.dtype.kind == "f" and _near(got, wanted, 1e-3):
        return f"Hint: {got.dtype} keeps few digits: compute in float64."
    if not (np.isfinite(got).all() and np.isfinite(wanted).all()):
        return ""
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _near(got.T, wanted, tolerance):
        return "Hint: it equals the transpose of what is expected."
    return _of_factor(got, wanted, tolerance) or _of_offset(got, wanted, tolerance)


def _of_factor(got: Array, wanted: Array, tolerance: float) -> str:
    """Whether `got` is the same multiple of `wanted` everywhere."""
    a, b = got.astype(np.float64).ravel(), wanted.astype(np.float64).ravel()
    pivot = int(np.argmax(np.abs(b)))
    factor = a[pivot] / b[pivot] if b[pivot] != 0 else 0.0
    if factor == 0 or not np.isfinite(factor) or not _near(a, factor * b, tolerance):
        return ""
    if np.count_nonzero(b) < 2 and not _is_simple(factor, tolerance):
        return ""  # any two numbers have some ratio
    where = "" if got.ndim == 0 else " everywhere"
    return (
        f"Hint: yours is {_factor_text(factor, tolerance)} the right value{where}:"
        " is a factor (a sign, 2, 1/N) missing or one too many?"
    )


def _of_offset(got: Array, wanted: Array, tolerance: float) -> str:
    difference = got.astype(np.float64) - wanted
    if got.size < 2 or not _near(
        difference, np.full_like(difference, difference.flat[0]), tolerance
    ):
        return ""
    return "Hint: every element is off by the same amount: is a term or a bias missing?"


def _without_ones(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1)


def _near(got: Array, wanted: Array, tolerance: float) -> bool:
    return bool(np.allclose(got, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max()))


def _is_simple(factor: float, tolerance: float) -> bool:
    """A whole number or one over a whole number, of either sign."""
    size = max(abs(factor), 1 / abs(factor))
    return abs(size - round(size)) <= tolerance * size and size <= 10_000


def _factor_text(factor: float, tolerance: float) -> str:
    if not _is_simple(factor, tolerance):
        return f"{factor:.4g} times"
    sign = "-" if factor < 0 else ""
    if abs(factor) >= 1 - tolerance:
        return f"{sign}{round(abs(factor))} times"
    return f"{sign}1/{round(1 / abs(factor))} of"
