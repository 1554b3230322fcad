"""Comparison that says what differs: kind, structure, shape, dtype, finiteness, then values.

Tolerances are stated once, here. They follow how rounding grows in the sums of these labs
(thousands of terms at most): float64 keeps about nine digits, float32 four.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.judge.differences import Differences, differences
from gradlab.judge.failures import Mismatch
from gradlab.judge.record import note
from gradlab.wire import Tensor

TOLERANCE = {np.float64: (1e-7, 1e-9), np.float32: (1e-4, 1e-6), np.float16: (1e-2, 1e-3)}
KINDS = {"b": "a bool", "i": "an int", "u": "an int", "f": "a float", "c": "a complex number"}
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class _Tolerance:
    rtol: float | None
    atol: float | None

    def for_dtype(self, dtype: np.dtype[Any]) -> tuple[float, float]:
        rtol, atol = TOLERANCE.get(dtype.type, (0.0, 0.0))
        return (
            rtol if self.rtol is None else self.rtol,
            atol if self.atol is None else self.atol,
        )


def assert_close(
    actual: object,
    expected: object,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    name: str = "output",
) -> None:
    """Check a student's value against the expected one, element by element.

    Args:
        actual: what came back by value.
        expected: array, torch tensor, float, int, bool, None, str, or a nesting of them in
            tuples, lists and dicts. A float stands for any float scalar or 0-d float array.
        rtol, atol: |actual − expected| ≤ atol + rtol·|expected|; by default from the dtype.
        name: how to call the value in the message.

    Raises:
        Mismatch: with the first difference, in the order structure, shape, dtype, finite, values.
    """
    note(actual)
    _compare(actual, expected, _Tolerance(rtol, atol), name)


def assert_equal(actual: object, expected: object, *, name: str = "output") -> None:
    """Check exact equality of ints, strings, bools, None, integer arrays, and nestings of them."""
    assert_close(actual, expected, rtol=0.0, atol=0.0, name=name)


def expect(condition: object, message: str, *, value: object = None) -> None:
    """Check a property; `message` is for the student, `value` is what it was computed from."""
    note(value)
    note(bool(condition))
    if not bool(condition):
        raise Mismatch(message, kind="property")


def _compare(actual: object, expected: object, tolerance: _Tolerance, name: str) -> None:
    if type(expected) is np.ndarray:
        return _compare_array(_require_array(actual, expected, name), expected, tolerance, name)
    if isinstance(expected, dict):
        return _compare_dict(actual, expected, tolerance, name)
    if isinstance(expected, list | tuple):
        return _compare_sequence(actual, expected, tolerance, name)
    if expected is None or isinstance(expected, str):
        return _compare_plain(actual, expected, name)
    array = _numpy(expected)
    if isinstance(expected, np.ndarray) or array.ndim or _is_torch(expected):
        return _compare_array(_require_array(actual, array, name), array, tolerance, name)
    return _compare_scalar(actual, array, tolerance, name)


def _compare_dict(
    actual: object, expected: dict[Any, Any], tolerance: _Tolerance, name: str
) -> None:
    if type(actual) is not dict:
        raise Mismatch(f"{name} should be a dict, not {kind_of(actual)}", kind="type")
    if actual.keys() != expected.keys():
        missing = sorted(str(key) for key in expected.keys() - actual.keys())
        extra = sorted(str(key)[:40] for key in actual.keys() - expected.keys())[:5]
        raise Mismatch(f"{name} has wrong keys (missing {missing}, extra {extra})", kind="type")
    for key, item in expected.items():
        _compare(actual[key], item, tolerance, f"{name}[{key!r}]")


def _compare_sequence(
    actual: object, expected: list[Any] | tuple[Any, ...], tolerance: _Tolerance, name: str
) -> None:
    if not isinstance(actual, list | tuple):
        wanted = f"a {type(expected).__name__} of {len(expected)}"
        raise Mismatch(f"{name} should be {wanted}, not {kind_of(actual)}", kind="type")
    if len(actual) != len(expected):
        raise Mismatch(f"{name} should have {len(expected)} items, not {len(actual)}", kind="shape")
    for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
        _compare(one, other, tolerance, f"{name}[{index}]")


def _compare_plain(actual: object, expected: object, name: str) -> None:
    if type(actual) is not type(expected):
        wanted = "None" if expected is None else "a str"
        raise Mismatch(f"{name} should be {wanted}, not {kind_of(actual)}", kind="type")
    if actual != expected:
        detail = f"{name}: expected {expected!r:.200}, got {actual!r:.200}"
        raise Mismatch(f"{name} is another text", detail=detail)


def _require_array(actual: object, expected: Array, name: str) -> Array:
    """The student's array; 0-d expectations accept scalars."""
    if isinstance(actual, Tensor):
        return actual.array
    if isinstance(actual, np.ndarray):
        return actual
    if expected.ndim == 0 and isinstance(actual, np.generic | bool | int | float):
        return np.asarray(actual)
    wanted = f"an array of shape {expected.shape}" if expected.ndim else "a number"
    raise Mismatch(f"{name} should be {wanted}, not {kind_of(actual)}", kind="type")


def _compare_scalar(actual: object, expected: Array, tolerance: _Tolerance, name: str) -> None:
    """`expected` is one number: bool, int, float or complex, each only its own kind."""
    found = _scalar(actual)
    wanted = KINDS[expected.dtype.kind]
    if found is None or KINDS[found.dtype.kind] != wanted:
        raise Mismatch(f"{name} should be {wanted}, not {kind_of(actual)}", kind="type")
    _compare_values(found, expected, tolerance, name)


def _scalar(actual: object) -> Array | None:
    if isinstance(actual, Tensor):
        actual = actual.array
    if isinstance(actual, np.ndarray) and actual.ndim:
        return None
    if isinstance(actual, bool | int | float | np.generic | np.ndarray):
        found = np.asarray(actual)
        return found if found.dtype.kind in KINDS else None
    return None


def _compare_array(actual: Array, expected: Array, tolerance: _Tolerance, name: str) -> None:
    if actual.shape != expected.shape:
        text = f"{name} has shape {actual.shape}; it should be {expected.shape}"
        raise Mismatch(text, kind="shape")
    if not _same_dtype(actual.dtype, expected.dtype):
        raise Mismatch(
            f"{name} has dtype {actual.dtype}; it should be {expected.dtype}", kind="dtype"
        )
    _compare_values(actual, expected, tolerance, name)


def _same_dtype(actual: np.dtype[Any], expected: np.dtype[Any]) -> bool:
    """Floats must agree exactly; the width of an integer is the platform's affair."""
    if actual.kind in "iu" and expected.kind in "iu":
        return True
    return actual == expected


def _compare_values(actual: Array, expected: Array, tolerance: _Tolerance, name: str) -> None:
    found = differences(actual, expected, *tolerance.for_dtype(expected.dtype))
    if found.infinite:
        what = "NaN" if found.has_nan else "infinity"
        where = f", first at {_index(found.first_infinite, actual)}" if actual.ndim else ""
        count = f"{found.infinite} of {actual.size} entries"
        raise Mismatch(f"{name} is not finite: {what} in {count}{where}", kind="not finite")
    if found.wrong:
        detail = _detail(actual, expected, _index(found.first_wrong, actual), name)
        raise Mismatch(_describe(found, actual, name), detail=detail)


def _describe(found: Differences, actual: Array, name: str) -> str:
    if actual.ndim == 0:
        return f"{name} is off by {found.worst:.2g}"
    count, index = f"{found.wrong} of {actual.size} entries differ", _index(found.worst_at, actual)
    return f"{name} has wrong values: {count}, the largest error is {found.worst:.2g} at {index}"


def _detail(actual: Array, expected: Array, index: tuple[int, ...], name: str) -> str:
    where = f"{name}{list(index)}" if index else name
    return f"{where}: expected {expected[index].item()!r}, got {actual[index].item()!r}"


def _index(place: int, array: Array) -> tuple[int, ...]:
    """The index of what is at that place in C order."""
    return tuple(int(i) for i in np.unravel_index(place, array.shape))


def kind_of(value: object) -> str:
    """A value's kind in a student's words."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Tensor):
        return f"a tensor of shape {value.array.shape}"
    handle = getattr(value, "_handle", None)
    type_name = str(getattr(handle, "type_name", type(value).__name__))[:40]
    return "None" if value is None else f"a value of type {type_name}"


def _is_torch(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "torch"


def _numpy(value: Any) -> Array:
    """An expected value as an array: torch tensors come to the CPU first."""
    return np.asarray(value.detach().cpu().numpy() if _is_torch(value) else value)
