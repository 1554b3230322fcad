"""Gradients by central differences, and the check that compares a student's gradient with them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gradlab.lab import _compare, _hints

FloatArray = npt.NDArray[np.float64]
STEP = 1e-6


def numerical_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    *,
    upstream: npt.ArrayLike | None = None,
    step: float = STEP,
) -> FloatArray:
    """The gradient of f at x, element by element: (f(x + h) - f(x - h)) / 2h.

    f         a function of one array like x; each call gets its own copy
    x         array of real numbers, any shape; it is not modified
    upstream  None when f returns one number; else an array like f(x), and the result is the
              gradient of sum(upstream * f(x)), which is what a backward pass returns
    step      h, times |x| where |x| > 1
    Returns a float64 array of x's shape. Costs two calls of f for each element of x.
    """
    __tracebackhide__ = True
    point = _as_point(x)
    weights = _as_weights(upstream)
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step must be a finite number > 0, got {step!r}")
    gradient = np.empty_like(point)
    for index in np.ndindex(point.shape):
        h = step * max(1.0, abs(float(point[index])))
        above, below = _moved(point, index, h), _moved(point, index, -h)
        run = float(above[index]) - float(below[index])  # not quite 2h after rounding
        rise = _evaluate(f, above, weights) - _evaluate(f, below, weights)
        gradient[index] = np.sum(weights * rise) / run
    return gradient


def check_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    gradient: object,
    message: str,
    *,
    upstream: npt.ArrayLike | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> None:
    """Check `gradient` against central differences of f at x: shape, finiteness, then values.

    f, x and upstream as in numerical_gradient; `gradient` is an array of x's shape. Each entry may
    differ by atol + rtol·max(|gradient|, |numerical|), plus the rounding noise of the differences.
    """
    __tracebackhide__ = True
    _compare.require_message(message)
    _compare.require_tolerances(rtol, atol)
    point, weights = _as_point(x), _as_weights(upstream)
    got = _compare.as_array(gradient, message)
    _compare.require_shape(got.shape, point.shape, message)
    _compare.require_kind(got, point, message)
    _compare.require_finite(got, message)
    terms = weights * _evaluate(f, point.copy(), weights, f"{message} (the value of f itself)")
    noise = 4 * np.finfo(np.float64).eps * float(np.abs(terms).sum()) / STEP
    numerical = numerical_gradient(f, point, upstream=upstream)
    _require_gradient(got, numerical, message, rtol=rtol, atol=atol + noise)
    _compare.succeed(message)


def _require_gradient(
    got: _compare.Array, numerical: FloatArray, message: str, *, rtol: float, atol: float
) -> None:
    """CheckError unless |got - numerical| <= atol + rtol max(|got|, |numerical|) everywhere."""
    __tracebackhide__ = True
    with np.errstate(all="ignore"):
        error = np.abs(got - numerical)
    size = np.maximum(np.abs(got), np.abs(numerical))
    off = error > atol + rtol * size
    if not off.any():
        return
    relative = np.where(off, error / np.maximum(size, np.finfo(np.float64).tiny), -1.0)
    worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(relative)), got.shape))
    values = _compare.pair(got[worst], numerical[worst], ("yours is", "the numerical one"))
    error_text = _compare.located(f"largest relative error {relative[worst]:.3g}", worst)
    _compare.fail(
        message,
        f"{error_text}: {values} (allowed: {rtol:g})",
        _compare.count_off(off),
        _hints.of_values(got, numerical, tolerance=1e-4),
    )


def _as_point(x: npt.ArrayLike) -> FloatArray:
    point = np.array(x, dtype=np.float64)
    if point.size == 0:
        raise ValueError(f"x is empty (shape {point.shape}): there is nothing to differentiate")
    if not np.isfinite(point).all():
        raise ValueError("x must be finite")
    return point


def _as_weights(upstream: npt.ArrayLike | None) -> FloatArray:
    return np.asarray(1.0 if upstream is None else upstream, dtype=np.float64)


def _moved(point: FloatArray, index: tuple[int, ...], distance: float) -> FloatArray:
    moved = point.copy()
    moved[index] += distance
    return moved


def _evaluate(
    f: Callable[[Any], Any], x: FloatArray, weights: FloatArray, title: str = "the value of f"
) -> FloatArray:
    """f(x), copied; CheckError unless it is finite and as large as the upstream gradient."""
    __tracebackhide__ = True
    value = _compare.as_array(f(x[()] if x.ndim == 0 else x), title)
    _compare.require_shape(value.shape, weights.shape, title)
    _compare.require_finite(value, title)
    return value.astype(np.float64)
