"""matmul: against torch, for matrices, stacks, and stacks that broadcast.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  ----------------
upstream ignored, on the wrong side       n, k, m unequal, and all equal   matrices
transposes missing or on the wrong one    n = k = m                        matrices
.T on a stack                             (2, 3, 4), and (3, 3, 3)         stacks
one matrix for the whole stack            a stack times a stack            stacks
sums over the stack                       (2, ...) with (2, ...)           stacks
lost axes where the stack broadcasts      (2, 1, ...), (3, ...), none      broadcast
vectors accepted                          (k,) on either side, a number    refuses_vectors
"""

import re

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

from .rules import assert_rule, by_torch, drawn

pytestmark = exercise("matmul")
rng = case_rng("matmul")


def _case(a, b):
    front = np.broadcast_shapes(a[:-2], b[:-2])
    return drawn(rng, a, b, upstream=(*front, a[-2], b[-1]))


MATRICES = [
    _case((2, 3), (3, 4)), _case((3, 3), (3, 3)), _case((1, 4), (4, 1)), _case((4, 1), (1, 3)),
]  # fmt: skip
STACKS = [
    _case((2, 3, 4), (2, 4, 5)), _case((3, 3, 3), (3, 3, 3)), _case((2, 3, 2, 4), (2, 3, 4, 3)),
]  # fmt: skip
BROADCAST = [
    _case((2, 3, 4), (4, 5)), _case((3, 4), (2, 4, 5)), _case((2, 1, 3, 4), (5, 4, 2)),
    _case((1, 3, 4), (2, 4, 3)),
]  # fmt: skip


@reference
def expected(case, device):
    return by_torch(torch.matmul, case, device)


def _matches(student, device, case):
    assert_rule(student.matmul(*case.arrays), case, expected(case, device), ("a", "b"))


@pytest.mark.parametrize("case", MATRICES, ids=str)
def test_matrices(student, torch_device, case):
    """Value and both gradients for two matrices."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", STACKS, ids=str)
def test_stacks(student, torch_device, case):
    """Value and both gradients for two stacks of matrices."""
    _matches(student, torch_device, case)


@requires("test_matrices")
@pytest.mark.parametrize("case", BROADCAST, ids=str)
def test_broadcast(student, torch_device, case):
    """Value and both gradients where the axes in front broadcast."""
    _matches(student, torch_device, case)


def _named(name, shape):
    """The array's name as a word, and its shape: "a" alone is in every other sentence."""
    return rf"(?s)(?=.*\b{name}\b).*{re.escape(str(shape))}"


@weight(0.5)
@requires("test_matrices")
@pytest.mark.parametrize("shape", [(3,), ()], ids=str)
def test_refuses_vector_a(student, shape):
    """Raises ValueError naming a when it has fewer than two axes."""
    with student.raises(ValueError, match=_named("a", shape)):
        student.matmul(np.ones(shape), np.ones((3, 2)))


@weight(0.5)
@requires("test_matrices")
@pytest.mark.parametrize("shape", [(3,), ()], ids=str)
def test_refuses_vector_b(student, shape):
    """Raises ValueError naming b when it has fewer than two axes."""
    with student.raises(ValueError, match=_named("b", shape)):
        student.matmul(np.ones((2, 3)), np.ones(shape))


# Misconceptions


def _turned(x):
    return np.swapaxes(x, -1, -2)


def _require(a, b):
    for name, x in (("a", a), ("b", b)):
        if np.ndim(x) < 2:
            raise ValueError(f"{name} has the shape {np.shape(x)}, two axes are needed")


def _fitted(x, like):
    """Numbers of x in the shape of `like`, as a mistake that keeps shapes would have them."""
    return np.resize(x, like.shape) if x.shape != like.shape else x


def _wrong(message, pull, value=np.matmul):
    @misconception("matmul", message)
    def variant(a, b):
        _require(a, b)
        return value(a, b), lambda g: pull(a, b, g)

    return variant


upstream_ignored = _wrong(
    "The upstream gradient g is ignored.",
    lambda a, b, g: (np.ones_like(g) @ _turned(b), _turned(a) @ np.ones_like(g)),
)
upstream_ignored_for_b = _wrong(
    "The gradient for b lacks the upstream gradient g.",
    lambda a, b, g: (g @ _turned(b), _turned(a) @ np.ones_like(g)),
)
not_transposed = _wrong(
    "The transposes are missing: g times bᵀ, and aᵀ times g.",
    lambda a, b, g: (
        (_fitted(g @ b, a), _fitted(a @ g, b))
        if g.shape[-1] == b.shape[-2] and a.shape[-1] == g.shape[-2]
        else (np.zeros_like(a), np.zeros_like(b))
    ),
)
all_axes_reversed = _wrong(
    "You used .T, which reverses all axes of a stack. Swap the last two only.",
    lambda a, b, g: (_by_t(g, b, a), _by_t(a, g, b, first=True)),
)
exchanged = _wrong(
    "The two gradients are exchanged: the one for a comes first.",
    lambda a, b, g: (_turned(a) @ g, g @ _turned(b)),
)
result_transposed = _wrong(
    "The gradient for b is transposed: it is aᵀ g, not gᵀ a.",
    lambda a, b, g: (g @ _turned(b), _turned(g) @ a),
)
entry_by_entry_slopes = _wrong(
    "Those would be the slopes of an entry-by-entry product.",
    lambda a, b, g: (_fitted(b, a) * g.mean(), _fitted(a, b) * g.mean()),
)
halved = _wrong(
    "The gradient for b is divided by the number of rows. No mean is taken here.",
    lambda a, b, g: (g @ _turned(b), _turned(a) @ g / a.shape[-2]),
)
first_of_the_stack = _wrong(
    "Only the first matrix of a stack is used.",
    lambda a, b, g: (g @ _turned(b)[(0,) * (b.ndim - 2)], _turned(a)[(0,) * (a.ndim - 2)] @ g),
)
summed_over_the_stack = _wrong(
    "The gradient is summed over the stack. Each matrix of it has its own.",
    lambda a, b, g: (
        np.zeros_like(a) + (g @ _turned(b)).sum(axis=tuple(range(g.ndim - 2))),
        np.zeros_like(b) + (_turned(a) @ g).sum(axis=tuple(range(g.ndim - 2))),
    ),
)
only_for_b = _wrong(
    "pull returns one gradient. There are two arrays, so there are two.",
    lambda a, b, g: (_turned(a) @ g,),
)
broadcast_sliced = _wrong(
    "Where a stack was broadcast, you kept one of the gradients. They are added.",
    lambda a, b, g: (_sliced(g @ _turned(b), a), _sliced(_turned(a) @ g, b)),
)


def _by_t(left, right, like, first=False):
    """left @ right with .T on one of them; zeros where that does not fit."""
    left, right = (left.T, right) if first else (left, right.T)
    try:
        product = left @ right
        return product if product.shape == like.shape else np.zeros_like(like)
    except ValueError:
        return np.zeros_like(like)


def _sliced(gradient, like):
    gradient = gradient[(0,) * (gradient.ndim - like.ndim)]
    return np.array(gradient[tuple(slice(0, n) for n in like.shape)])


@misconception("matmul", "Vectors must raise a ValueError that names a or b.")
def vectors_accepted(a, b):
    a, b = np.atleast_2d(a), b if np.ndim(b) > 1 else np.reshape(b, (-1, 1))
    if a.shape[-1] != b.shape[-2]:
        a, b = np.resize(a, (1, 3)), np.resize(b, (3, 1))
    return a @ b, lambda g: (g @ _turned(b), _turned(a) @ g)


@misconception("matmul", "A vector b must raise a ValueError that names b, as a vector a does.")
def vector_b_accepted(a, b):
    _require(a, np.ones((1, 1)))
    b = np.resize(b, (3, 1)) if np.ndim(b) < 2 else b
    return a @ b, lambda g: (g @ _turned(b), _turned(a) @ g)


# Alternatives


@alternative("matmul")
def by_einsum(a, b):
    _require(a, b)

    def pull(g):
        da = np.einsum("...nm,...km->...nk", g, b)
        return da, np.einsum("...nk,...nm->...km", a, g)

    return np.einsum("...nk,...km->...nm", a, b), pull


@alternative("matmul")
def by_moved_axes(a, b):
    _require(a, b)
    at, bt = np.moveaxis(a, -1, -2), np.moveaxis(b, -2, -1)
    return np.matmul(a, b), lambda g: [np.matmul(g, bt), np.matmul(at, g)]


@alternative("matmul")
def by_outer_products(a, b):
    _require(a, b)
    value = (a[..., :, :, None] * b[..., None, :, :]).sum(axis=-2)

    def pull(g):
        spread = g[..., :, None, :]
        return (spread * b[..., None, :, :]).sum(axis=-1), (spread * a[..., None]).sum(axis=-3)

    return value, pull


@alternative("matmul")
def summed_at_once(a, b):
    _require(a, b)

    def fit(gradient, like):
        gradient = gradient.sum(axis=tuple(range(gradient.ndim - like.ndim)))
        return gradient.sum(
            axis=tuple(i for i, n in enumerate(like.shape) if n == 1), keepdims=True
        )

    return a @ b, lambda g: (fit(g @ _turned(b), a), fit(_turned(a) @ g, b))
