"""total: against torch's sum, for every form of axis.

mistake                                  case that exposes it               check
---------------------------------------  ---------------------------------  ----------------
gradient not repeated, ones, a mean      random g                           all, one_axis
repeated along the wrong axis            a square, axis 1; (3, 3, 3)        one_axis
negative axes, axes counted wrongly      -1, -2                             one_axis
several axes                             (0, 2), (2, 0), (-1, 0), (1,)      several_axes
keepdims ignored in one of the two       unequal, and square                keepdims
axis 0 taken for no axis                 axis = 0                           one_axis
"""

import numpy as np
import pytest
import torch

from gradlab.judge import alternative, case_rng, exercise, misconception, reference, requires

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("total")
rng = case_rng("total")


def _case(shape, **options):
    x = rng.normal(size=shape)
    return Case((x,), rng.normal(size=np.sum(x, **options).shape), options)


ALL = [_case((4,)), _case((2, 3)), _case((2, 1, 3), axis=None), _case(())]
ONE = [
    _case((2, 3), axis=0), _case((2, 3), axis=1), _case((3, 3), axis=1), _case((3, 3), axis=0),
    _case((2, 3, 4), axis=1), _case((2, 3, 4), axis=-2), _case((3, 3, 3), axis=-1),
    _case((4,), axis=0), _case((3, 3, 3), axis=-3), _case((1, 3), axis=0),
]  # fmt: skip
SEVERAL = [
    _case((2, 3, 4), axis=(0, 2)), _case((2, 3, 4), axis=(2, 0)), _case((3, 3, 3), axis=(-1, 0)),
    _case((2, 3), axis=(1,)), _case((2, 3), axis=(0, 1)), _case((3, 3, 3), axis=(1, 2)),
]  # fmt: skip
KEEPDIMS = [
    _case((2, 3), axis=0, keepdims=True), _case((3, 3), axis=-1, keepdims=True),
    _case((2, 3, 4), axis=(0, -1), keepdims=True), _case((2, 3), axis=None, keepdims=True),
    _case((2, 3), axis=1, keepdims=False),
]  # fmt: skip


@reference
def expected(case, device):
    axis = case.options.get("axis")
    keepdim = case.options.get("keepdims", False)
    axes = tuple(range(case.arrays[0].ndim)) if axis is None else axis
    return by_torch(lambda x: torch.sum(x, dim=axes, keepdim=keepdim), case, device)


def _matches(student, device, case):
    assert_rule(student.total(*case.arrays, **case.options), case, expected(case, device))


@pytest.mark.parametrize("case", ALL, ids=str)
def test_all(student, torch_device, case):
    """Sums over everything when no axis is given."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", ONE, ids=str)
def test_one_axis(student, torch_device, case):
    """Sums over one axis, counted from either end, and repeats the gradient along it."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", SEVERAL, ids=str)
def test_several_axes(student, torch_device, case):
    """Sums over several axes, in any order."""
    _matches(student, torch_device, case)


@requires("test_all")
@pytest.mark.parametrize("case", KEEPDIMS, ids=str)
def test_keepdims(student, torch_device, case):
    """Keeps the summed axes when asked, with length 1."""
    _matches(student, torch_device, case)


# Misconceptions


def _axes(x, axis):
    """The axes as a sorted tuple, counted from the front."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(sorted(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))))


def _spread(x, g, axes):
    """g repeated along `axes`."""
    return np.broadcast_to(
        g.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]), x.shape
    )


def _wrong(message, gradient=_spread, value=np.sum, axes=_axes):
    @misconception("total", message)
    def variant(x, *, axis=None, keepdims=False):
        y = value(x, axis=axis, keepdims=keepdims)
        return y, lambda g: (np.array(gradient(x, g, axes(x, axis))),)

    return variant


def _is_first(shape, axes):
    """1 where an entry is the first of its sum, else 0."""
    places = np.indices(shape)[list(axes)] if axes else np.zeros((1, *shape))
    return (places == 0).all(axis=0)


def _try_to_broadcast(x, g, axes):
    """What g broadcasts to by itself; along the wrong axis where that fails."""
    try:
        return np.broadcast_to(g, x.shape)
    except ValueError:
        return np.resize(g, x.shape)


upstream_ignored = _wrong(
    "The upstream gradient g is ignored: every entry gets its sum's gradient, not 1.",
    lambda x, g, axes: np.ones(x.shape),
)
axis_not_put_back = _wrong(
    "The summed axes were not put back into g before it was repeated: it ran along the wrong axis.",
    _try_to_broadcast,
)
divided_by_the_count = _wrong(
    "The gradient is divided by the number of entries. That belongs to a mean.",
    lambda x, g, axes: _spread(x, g, axes) * g.size / x.size,
)
times_x = _wrong(
    "The gradient is multiplied by x. The slope of a sum is 1.",
    lambda x, g, axes: _spread(x, g, axes) * x,
)
mean_for_sum = _wrong("Your value is a mean. A sum is wanted.", value=np.mean)
shared_out = _wrong(
    "g is shared out in proportion to x. Each entry gets all of it.",
    lambda x, g, axes: _spread(x, g, axes) * x / x.sum(axis=axes, keepdims=True),
)
given_to_the_first = _wrong(
    "Only the first entry of each sum gets its gradient. All of them do.",
    lambda x, g, axes: _spread(x, g, axes) * _is_first(x.shape, axes),
)
summed_gradient = _wrong(
    "All of g is summed before it is repeated. Each sum has a gradient of its own.",
    lambda x, g, axes: np.full(x.shape, g.sum()),
)


@misconception("total", "pull returns the bare gradient. It is a tuple, (gradient,).")
def bare_gradient(x, *, axis=None, keepdims=False):
    y = np.sum(x, axis=axis, keepdims=keepdims)
    return y, lambda g: np.array(_spread(x, g, _axes(x, axis)))


@misconception("total", "keepdims is not used in the value.")
def keepdims_ignored(x, *, axis=None, keepdims=False):
    return np.sum(x, axis=axis), lambda g: (np.array(_spread(x, g, _axes(x, axis))),)


@misconception("total", "The summed axes are always kept. They go away unless keepdims is True.")
def keepdims_always(x, *, axis=None, keepdims=True):
    y = np.sum(x, axis=axis, keepdims=True)
    return y, lambda g: (np.array(_spread(x, g, _axes(x, axis))),)


@misconception("total", "axis = 0 is taken for no axis: use `is None`, not the truth of axis.")
def axis_zero_taken_for_none(x, *, axis=None, keepdims=False):
    axis = axis if axis else None
    y = np.sum(x, axis=axis, keepdims=keepdims)
    return y, lambda g: (np.array(_spread(x, np.resize(g, y.shape), _axes(x, axis))),)


@misconception("total", "A negative axis counts from the end. Yours lands elsewhere.")
def negative_axis_miscounted(x, *, axis=None, keepdims=False):
    y = np.sum(x, axis=axis, keepdims=keepdims)

    def pull(g):
        axes = _axes(x, axis)
        if isinstance(axis, int) and axis < 0:
            axes = ((axis - 1) % x.ndim,)
        if _spread_fits(x, g, axes):
            return (np.array(_spread(x, g, axes)),)
        return (np.resize(g, x.shape),)

    return y, pull


@misconception("total", "With several axes, only the first one given is summed.")
def first_axis_only(x, *, axis=None, keepdims=False):
    axis = axis[0] if isinstance(axis, tuple) else axis
    y = np.sum(x, axis=axis, keepdims=keepdims)
    return y, lambda g: (np.array(_spread(x, np.resize(g, y.shape), _axes(x, axis))),)


def _spread_fits(x, g, axes):
    return g.size == np.prod([n for i, n in enumerate(x.shape) if i not in axes])


# Alternatives


@alternative("total")
def times_ones(x, *, axis=None, keepdims=False):
    kept = x.sum(axis=axis, keepdims=True)
    return x.sum(axis=axis, keepdims=keepdims), lambda g: (g.reshape(kept.shape) * np.ones_like(x),)


@alternative("total")
def a_view_of_g(x, *, axis=None, keepdims=False):
    shape = np.sum(x, axis=axis, keepdims=True).shape
    y = np.add.reduce(x, axis=axis, keepdims=keepdims)
    return [y, lambda g: [np.broadcast_to(np.reshape(g, shape), x.shape)]]


@alternative("total")
def by_loops(x, *, axis=None, keepdims=False):
    axes = _axes(x, axis)
    sums = np.zeros([1 if i in axes else n for i, n in enumerate(x.shape)])
    for index in np.ndindex(x.shape):
        sums[tuple(0 if i in axes else k for i, k in enumerate(index))] += x[index]

    def pull(g):
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            place = tuple(0 if i in axes else k for i, k in enumerate(index))
            gradient[index] = g.reshape(sums.shape)[place]
        return (gradient,)

    kept = [n for i, n in enumerate(x.shape) if i not in axes]
    return sums if keepdims else sums.reshape(kept), pull
