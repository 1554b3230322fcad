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


@dataclass
class Record:
    """What one run of one test item saw."""

    values: list[object] = field(default_factory=list)
    outcome: str = "passed"

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
        record.values.append(value)


def same(a: Any, b: Any) -> bool:
    """Whether two recorded values are the same up to rounding; opaque objects always are."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return same(a.array, b.array)
    if isinstance(a, np.ndarray | np.generic) and isinstance(b, np.ndarray | np.generic):
        return a.shape == b.shape and a.dtype == b.dtype and _close(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float):
        return _close(np.float64(a), np.float64(b))
    return isinstance(a, Handle) or hasattr(a, "gradlab_handle") or bool(a == b)


def _close(a: Any, b: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True))
