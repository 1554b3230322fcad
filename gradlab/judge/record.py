"""The values a check asserted on, in order: how a misconception is recognised.

Two implementations that gave the same recorded values in every case cannot be told apart by the
suite; that is the definition used by the diagnosis and by `gradlab lint`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradlab.wire import Handle, Tensor

RTOL, ATOL = 1e-6, 1e-9
MAX_BYTES = 4 * 2**20


@dataclass
class Record:
    """What one run of one test item saw, within `MAX_BYTES`: all cases are kept until the end."""

    values: list[object] = field(default_factory=list)
    outcome: str = "passed"
    room: int = MAX_BYTES

    def add(self, value: object) -> None:
        """Keep a value, or a stand-in that equals nothing where there is no room for it."""
        self.room -= _size(value)
        kept = value.copy() if isinstance(value, np.ndarray) and self.room >= 0 else value
        self.values.append(kept if self.room >= 0 else object())

    def same_as(self, other: "Record") -> bool:
        """Equal outcome and equal values up to rounding."""
        if self.outcome != other.outcome or len(self.values) != len(other.values):
            return False
        return all(same(a, b) for a, b in zip(self.values, other.values, strict=True))


_current: ContextVar[Record | None] = ContextVar("gradlab_record", default=None)


@contextmanager
def recording() -> Iterator[Record]:
    """Collect what the asserts inside see."""
    record = Record()
    token = _current.set(record)
    try:
        yield record
    finally:
        _current.reset(token)


def note(value: object) -> None:
    """Add a value to the current record, if there is one."""
    record = _current.get()
    if record is not None:
        record.add(value)


def _size(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, Tensor):
        return _size(value.array)
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(64 + _size(key) + _size(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return 64 + sum(map(_size, value))
    return len(value) if isinstance(value, str) else 32


def same(a: Any, b: Any) -> bool:
    """Whether two recorded values are the same up to rounding; opaque objects always are.

    What a check would accept alike is alike here: a float and a NumPy scalar, a list and a tuple.
    """
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return same(a.array, b.array)
    if type(a) is type(b) is bool:
        return bool(a == b)
    if isinstance(a, _NUMERIC) and isinstance(b, _NUMERIC):
        return _same_numbers(np.asarray(a), np.asarray(b))
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return isinstance(a, Handle) or hasattr(a, "gradlab_handle") or bool(a == b)


def excess(a: "np.ndarray[Any, Any]", b: "np.ndarray[Any, Any]", rtol: float, atol: float) -> float:
    """By how much |a − b| exceeds atol + rtol·|b| at worst; NaN where either is NaN or b infinite.

    In float64. The difference of two floats is never 0 unless they are equal, so its sign is right.
    """
    with np.errstate(all="ignore"):
        return float((np.abs(a - b) - (atol + rtol * np.abs(b))).max())


_NUMERIC = (bool, int, float, np.ndarray, np.generic)


def _same_numbers(a: "np.ndarray[Any, Any]", b: "np.ndarray[Any, Any]") -> bool:
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind or a.dtype.itemsize != b.dtype.itemsize:
        return False
    if a.size and a.dtype == b.dtype == np.float64:
        worst = excess(a, b, RTOL, ATOL)
        if worst == worst:
            return worst <= 0
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True))
