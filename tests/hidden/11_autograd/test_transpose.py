"""transpose: against torch's permute; cyclic orders tell a permutation from its inverse.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  -----------------
the same order on the way back            (2, 0, 1), (1, 2, 0) on a cube   three_axes
any reversal for the way back             (0, 2, 1), (1, 0, 2)             three_axes
gradient not turned back                  a square                         matrix
negative axes sorted as they stand        (1, -1, 0), (-1, 0, 1)           negative_axes
default lost, or (1, 0) always            None with one and three axes     default
"""

import numpy as np
import pytest
import torch

from gradlab.judge import alternative, case_rng, exercise, misconception, reference, requires

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("transpose")
rng = case_rng("transpose")


def _case(shape, axes):
    x = rng.normal(size=shape)
    return Case((x,), rng.normal(size=np.transpose(x, axes).shape), {"axes": axes})


MATRIX = [_case((2, 3), (1, 0)), _case((3, 3), (1, 0)), _case((2, 3), (0, 1))]
THREE = [
    _case((2, 3, 4), (2, 0, 1)), _case((2, 3, 4), (1, 2, 0)), _case((3, 3, 3), (2, 0, 1)),
    _case((3, 3, 3), (0, 2, 1)), _case((2, 3, 4), (1, 0, 2)), _case((2, 3, 4, 5), (3, 0, 2, 1)),
    _case((2, 2, 2, 2), (1, 2, 3, 0)),
]  # fmt: skip
NEGATIVE = [
    _case((2, 3, 4), (1, -1, 0)), _case((3, 3, 3), (-1, 0, 1)), _case((2, 3, 4), (-3, -1, -2)),
    _case((3, 3, 3), (-2, -1, 0)),
]  # fmt: skip
DEFAULT = [_case((2, 3), None), _case((3, 3), None), _case((2, 3, 4), None), _case((4,), None)]


@reference
def expected(case, device):
    axes = case.options["axes"] or tuple(reversed(range(case.arrays[0].ndim)))
    return by_torch(lambda x: torch.permute(x, axes), case, device)


def _matches(student, device, case):
    assert_rule(student.transpose(*case.arrays, **case.options), case, expected(case, device))


@pytest.mark.parametrize("case", MATRIX, ids=str)
def test_matrix(student, torch_device, case):
    """Turns a matrix over, and its gradient back."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", THREE, ids=str)
def test_three_axes(student, torch_device, case):
    """Undoes any order of three axes or four, cyclic ones too."""
    _matches(student, torch_device, case)


@requires("test_matrix")
@pytest.mark.parametrize("case", NEGATIVE, ids=str)
def test_negative_axes(student, torch_device, case):
    """Takes axes that count from the end."""
    _matches(student, torch_device, case)


@requires("test_matrix")
@pytest.mark.parametrize("case", DEFAULT, ids=str)
def test_default(student, torch_device, case):
    """Reverses all axes for axes=None and when axes are not given."""
    _matches(student, torch_device, case)
    assert_rule(student.transpose(*case.arrays), case, expected(case, torch_device))


# Misconceptions


def _order(x, axes):
    return tuple(reversed(range(x.ndim))) if axes is None else tuple(axes)


def _shaped(gradient, x):
    """In x's shape, with the numbers in another order where it does not fit."""
    return np.array(gradient).reshape(x.shape)


def _wrong(message, back, order=_order):
    """A rule with this order of axes on the way back."""

    @misconception("transpose", message)
    def variant(x, *, axes=None):
        axes = order(x, axes)
        return np.transpose(x, axes), lambda g: (_shaped(np.transpose(g, back(axes)), x),)

    return variant


same_order_back = _wrong(
    "The gradient is put in the same order once more. It needs the order that undoes it.",
    lambda axes: axes,
)
reversed_back = _wrong(
    "The gradient's axes are reversed. That undoes only a reversal.",
    lambda axes: tuple(reversed(range(len(axes)))),
)
list_reversed_back = _wrong(
    "The list of axes is read backwards on the way back. That does not undo it.",
    lambda axes: axes[::-1],
)
last_two_back = _wrong(
    "The gradient's last two axes are swapped, whatever the order was.",
    lambda axes: tuple(range(len(axes)))[:-2] + tuple(range(len(axes)))[-2:][::-1],
)
negative_axes_sorted = _wrong(
    "Your way back is right for axes that count from the front. Make negative ones so first.",
    lambda axes: tuple(np.argsort(axes)),
)
inverse_forwards = _wrong(
    "Your value has the axes in the order that undoes `axes`.",
    np.argsort,
    order=lambda x, axes: tuple(np.argsort([a % x.ndim for a in _order(x, axes)])),
)
always_reversed = _wrong(
    "`axes` is not used: your value has all axes reversed.",
    np.argsort,
    order=lambda x, axes: tuple(reversed(range(x.ndim))),
)
default_swaps_two = _wrong(
    "axes=None reverses all axes. Yours swaps the last two only.",
    np.argsort,
    order=lambda x, axes: (
        tuple(a % x.ndim for a in axes)
        if axes is not None
        else tuple(range(x.ndim))[:-2] + tuple(range(x.ndim))[-2:][::-1]
    ),
)
default_changes_nothing = _wrong(
    "axes=None reverses all axes. Yours leaves them in order.",
    np.argsort,
    order=lambda x, axes: tuple(a % x.ndim for a in axes) if axes else tuple(range(x.ndim)),
)


@misconception("transpose", "You reshaped the array. That keeps the order of the entries.")
def reshaped(x, *, axes=None):
    shape = [x.shape[a] for a in _order(x, axes)]
    return x.reshape(shape), lambda g: (g.reshape(x.shape),)


@misconception("transpose", "The gradient is reshaped, not transposed: entries land elsewhere.")
def gradient_reshaped(x, *, axes=None):
    return np.transpose(x, axes), lambda g: (g.reshape(x.shape),)


@misconception("transpose", "The upstream gradient g is ignored.")
def upstream_ignored(x, *, axes=None):
    return np.transpose(x, axes), lambda g: (np.ones_like(x),)


@misconception("transpose", "pull returns the bare gradient. It is a tuple, (gradient,).")
def bare_gradient(x, *, axes=None):
    back = np.argsort([a % x.ndim for a in _order(x, axes)])
    return np.transpose(x, axes), lambda g: np.transpose(g, back)


# Alternatives


@alternative("transpose")
def by_a_table(x, *, axes=None):
    axes = [a % x.ndim for a in _order(x, axes)]
    back = [axes.index(i) for i in range(x.ndim)]
    return x.transpose(axes).copy(), lambda g: [g.transpose(back)]


@alternative("transpose")
def by_scattering(x, *, axes=None):
    places = np.arange(x.size).reshape(x.shape).transpose(axes)

    def pull(g):
        gradient = np.zeros(x.size)
        gradient[places.ravel()] = g.ravel()
        return (gradient.reshape(x.shape),)

    return x.ravel()[places], pull


@alternative("transpose")
def by_moveaxis(x, *, axes=None):
    axes = _order(x, axes)
    to = range(x.ndim)
    return np.moveaxis(x, axes, to), lambda g: (np.moveaxis(g, to, axes),)
