"""Where two arrays differ, piece by piece: the memory it takes does not grow with them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.judge.record import excess

PIECE = 2**16
SMALLEST = np.nextafter(0.0, 1.0)
Array = np.ndarray[Any, Any]


@dataclass
class Differences:
    """Of two arrays of one shape, which entries are too far apart.

    Attributes:
        infinite: how many are infinite or NaN where a finite number is expected.
        first_infinite, first_wrong, worst_at: places in C order.
        has_nan: whether NaN is among the infinite.
        wrong: how many are further apart than allowed; infinite ones are among them.
        worst: the largest distance; NaN, where there is one, is the largest.
    """

    infinite: int = 0
    first_infinite: int = -1
    has_nan: bool = False
    wrong: int = 0
    first_wrong: int = -1
    worst: float = -1.0
    worst_at: int = -1

    def add(self, start: int, actual: Array, expected: Array, rtol: float, atol: float) -> None:
        """Look at the piece that begins at `start`."""
        with np.errstate(all="ignore"):
            self._add_infinite(start, actual, ~np.isfinite(actual) & np.isfinite(expected))
            error = _distance(actual, expected)
            size = np.abs(np.where(np.isfinite(expected), expected, 0)).astype(float)
            self._add_wrong(start, error, ~((error <= atol + rtol * size) | (error == 0)))

    def _add_infinite(self, start: int, actual: Array, bad: Array) -> None:
        count = int(bad.sum())
        if count and not self.infinite:
            self.first_infinite = start + int(bad.argmax())
        self.has_nan = self.has_nan or bool(count and np.isnan(actual[bad]).any())
        self.infinite += count

    def _add_wrong(self, start: int, error: Array, wrong: Array) -> None:
        count = int(wrong.sum())
        if not count:
            return
        if not self.wrong:
            self.first_wrong = start + int(wrong.argmax())
        self.wrong += count
        place = int(np.argmax(np.where(wrong, error, -1)))
        found = float(error[place])
        if found > self.worst or (found != found and self.worst == self.worst):
            self.worst, self.worst_at = found, start + place


def differences(actual: Array, expected: Array, rtol: float, atol: float) -> Differences:
    """Compare two arrays of one shape: |actual − expected| ≤ atol + rtol·|expected|.

    Equal infinities and NaN against NaN are 0 apart.
    """
    found = Differences()
    ours, theirs = actual.reshape(-1), expected.reshape(-1)
    for start in range(0, ours.size, PIECE):
        one, other = ours[start : start + PIECE], theirs[start : start + PIECE]
        if not _is_close(one, other, rtol, atol):
            found.add(start, one, other, rtol, atol)
    return found


def _is_close(actual: Array, expected: Array, rtol: float, atol: float) -> bool:
    """Whether the usual case holds, in which all is finite. What else may pass takes longer."""
    if not (rtol >= 0 and atol >= 0):
        return False
    if atol and actual.dtype.kind == expected.dtype.kind == "f":
        return excess(actual.astype(float), expected.astype(float), rtol, atol) <= 0
    return bool((actual == expected).all())


def _distance(actual: Array, expected: Array) -> Array:
    """|actual − expected| in float; what differs is never 0 apart, even where floats cannot tell.

    Those are integers above 2⁵³.
    """
    wide: type = complex if "c" in (actual.dtype.kind, expected.dtype.kind) else float
    same = (actual == expected) | ((actual != actual) & (expected != expected))
    apart = np.abs(actual.astype(wide) - expected.astype(wide))
    return np.where(same, 0.0, np.maximum(apart, SMALLEST))
