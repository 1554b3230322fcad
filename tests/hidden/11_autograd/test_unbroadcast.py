"""unbroadcast: the transpose of torch's broadcasting.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  -----------------------
new axes only, or stretched axes only     (3,) and (2, 1) from (2, 3)    new_axes, stretched
axes of length 1 lost                     (1, 3), (2, 1), (1, 3, 1)      stretched, both_at_once
only the first axis of either kind        two of each                    new_axes, stretched
(1,) and (1, 1) mixed up                  one number in several shapes   both_at_once
sums over axes that were not stretched    no axis differs                nothing_to_sum
mean instead of sum                       every case                     new_axes
any shape of that size accepted           (2,), (3, 2), (6,), longer     refuses_other_shapes
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("unbroadcast")
rng = case_rng("unbroadcast")


def _cases(*pairs):
    """Pairs (shape after broadcasting, shape before), each with a random gradient."""
    drawn = [(rng.normal(size=after), before) for after, before in pairs]
    ids = [f"{after} to {before}" for after, before in pairs]
    return {"argnames": ("g", "shape"), "argvalues": drawn, "ids": ids}


NEW = _cases(((4, 3), (3,)), ((2, 4, 3), (3,)), ((2, 3, 4), (3, 4)), ((3, 2), ()), ((3, 3), (3,)))
STRETCHED = _cases(
    ((4, 3), (4, 1)), ((4, 3), (1, 3)), ((2, 3, 4), (2, 1, 1)), ((2, 3, 4), (1, 3, 1)), ((3,), (1,))
)
BOTH = _cases(
    ((4, 3), (1,)), ((4, 3), (1, 1)), ((5, 2, 3, 4), (1, 3, 1)), ((2, 3, 4, 5), (3, 1, 5)),
    ((3, 2, 2), (1, 2)), ((2, 1, 3), (1, 3)), ((1, 1), (1,)), ((1, 4), (1, 1)),
)  # fmt: skip
SAME = _cases(((2, 3), (2, 3)), ((4,), (4,)), ((), ()), ((1, 3), (1, 3)), ((1,), (1,)))


@reference
def expected(values, size, shape, device):
    before = torch.zeros(shape, dtype=torch.float64, device=device, requires_grad=True)
    g = torch.tensor(values, dtype=torch.float64, device=device).reshape(size)
    before.expand(size).backward(g)
    return before.grad


def _matches(student, device, g, shape):
    wanted = expected(tuple(g.ravel().tolist()), g.shape, shape, device)
    assert_close(student.unbroadcast(g, shape), wanted, name="the gradient")


@pytest.mark.parametrize(**NEW)
def test_new_axes(student, torch_device, g, shape):
    """Sums over the axes that broadcasting put in front."""
    _matches(student, torch_device, g, shape)


@pytest.mark.parametrize(**STRETCHED)
def test_stretched(student, torch_device, g, shape):
    """Sums over the axes that were stretched, and keeps them with length 1."""
    _matches(student, torch_device, g, shape)


@weight(2)
@pytest.mark.parametrize(**BOTH)
def test_both_at_once(student, torch_device, g, shape):
    """Undoes both at once, down to (1,), (1, 1) and axes of length 1 that were not stretched."""
    _matches(student, torch_device, g, shape)


@requires("test_new_axes")
@pytest.mark.parametrize(**SAME)
def test_nothing_to_sum(student, torch_device, g, shape):
    """Returns the values of g where nothing was broadcast."""
    _matches(student, torch_device, g, shape)


@requires("test_new_axes")
@pytest.mark.parametrize("shape", [(2,), (3, 2), (6,), (1, 2, 3), (2, 2)], ids=str)
def test_refuses_other_shapes(student, shape):
    """Raises ValueError naming shape when it cannot be broadcast to the shape of g."""
    with student.raises(ValueError, match=r"\bshape\b"):
        student.unbroadcast(np.arange(6.0).reshape(2, 3), shape)


# Misconceptions


def _require(g, shape):
    extra = g.ndim - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[extra:])):
        raise ValueError(f"shape {shape} does not broadcast to {g.shape}")
    return extra


def _right(g, shape, add=np.sum):
    g = add(g, axis=tuple(range(_require(g, shape))))
    return add(g, axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast", "Only axes in front are summed. A stretched axis needs a sum too.")
def new_axes_only(g, shape):
    return g.sum(axis=tuple(range(_require(g, shape))))


@misconception("unbroadcast", "Only stretched axes are summed. New axes in front need a sum too.")
def stretched_axes_only(g, shape):
    extra = _require(g, shape)
    axes = tuple(extra + i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=axes, keepdims=True)


@misconception("unbroadcast", "Summed axes of length 1 are lost: a stretched axis stays, length 1.")
def axes_lost(g, shape):
    g = g.sum(axis=tuple(range(_require(g, shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


@misconception("unbroadcast", "You took means. What is used several times gets a sum.")
def averaged(g, shape):
    return _right(g, shape, add=np.mean)


@misconception("unbroadcast", "Only one new axis is summed. There may be several in front.")
def one_new_axis(g, shape):
    extra = _require(g, shape)
    g = g.sum(axis=0) if extra else g
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast", "Only one stretched axis is summed. There may be several.")
def one_stretched_axis(g, shape):
    g = g.sum(axis=tuple(range(_require(g, shape))))
    ones = [i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1]
    return g.sum(axis=ones[0], keepdims=True) if ones else g


@misconception("unbroadcast", "You kept the first rows where a sum belongs.")
def sliced(g, shape):
    g = g[(0,) * _require(g, shape)]
    return np.array(g[tuple(slice(0, n) for n in shape)])


@misconception(
    "unbroadcast", "The shapes are aligned at the front. Broadcasting aligns them at the end."
)
def aligned_at_the_front(g, shape):
    extra = _require(g, shape)
    g = g.sum(axis=tuple(range(len(shape), len(shape) + extra)))
    if any(n not in (1, m) for n, m in zip(shape, g.shape)):
        return g
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@misconception("unbroadcast", "Everything is summed. Axes that were not stretched keep their size.")
def everything_summed(g, shape):
    _require(g, shape)
    return np.full(shape, g.sum()) if g.shape != shape else g.copy()


@misconception("unbroadcast", "One of the new axes is left: there are g.ndim - len(shape) of them.")
def one_axis_too_few(g, shape):
    extra = _require(g, shape)
    if extra == 0:
        return _right(g, shape)
    return _right(g, (g.shape[extra - 1], *shape)) if g.shape[extra - 1] > 1 else _right(g, shape)


@misconception("unbroadcast", "A shape that does not fit must raise a ValueError naming shape.")
def any_shape_accepted(g, shape):
    try:
        return _right(g, shape)
    except ValueError:
        return np.resize(g, shape)


# Alternatives


@alternative("unbroadcast")
def axis_by_axis(g, shape):
    if len(shape) > g.ndim:
        raise ValueError(f"the shape {shape} has more axes than {g.shape}")
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=axis, keepdims=True)
    if np.shape(g) != tuple(shape):
        raise ValueError(f"the shape {shape} does not fit")
    return g


@alternative("unbroadcast")
def one_sum_and_reshape(g, shape):
    extra = _require(g, shape)
    axes = tuple(i for i in range(g.ndim) if i < extra or shape[i - extra] == 1)
    return g.sum(axis=axes).reshape(shape)


@alternative("unbroadcast")
def by_counting(g, shape):
    _require(g, shape)
    result = np.zeros(shape)
    places = np.broadcast_to(np.arange(result.size).reshape(shape), g.shape)
    for place, value in zip(places.ravel(), g.ravel()):
        result.flat[place] += value
    return result
