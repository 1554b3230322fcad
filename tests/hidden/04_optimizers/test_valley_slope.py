"""valley_slope: against autograd, for several points and depths.

mistake                              case that exposes it    check
-----------------------------------  ----------------------  ----------------
a factor, a sign, a missing term     any                     matches_autograd
the inner derivative of a² missing   a unlike 1/2            matches_autograd
c ignored, or in both terms          c of 0.5, 3 and 100     matches_autograd
rows exchanged, transposed, summed   K of 5; K = 2           matches_autograd
w changed                            w kept                  leaves_w_alone
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    fetch,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("valley_slope")
rng = case_rng("valley_slope")
FIXED = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])
CASES = {
    "three fixed points, c = 3": (FIXED, 3.0),
    "five points, c = 100": (rng.normal(size=(2, 5)), 100.0),
    "two points, c = 0.5": (rng.normal(size=(2, 2)), 0.5),
    "one point, c = 7": (rng.normal(size=(2, 1)), 7.0),
}


@reference
def expected(name, device):
    w, c = CASES[name]
    w = torch.tensor(w, device=device, requires_grad=True)
    ((1 - w[0]) ** 2 + c * (w[1] - w[0] ** 2) ** 2).sum().backward()
    return w.grad


@weight(2)
@pytest.mark.parametrize("name", CASES)
def test_matches_autograd(student, torch_device, name):
    """Is the gradient at every point, for shallow and for steep valleys."""
    w, c = CASES[name]
    assert_close(student.valley_slope(w, c), expected(name, torch_device), name="the slopes")


@requires("test_matches_autograd")
def test_leaves_w_alone(student):
    """Does not change the points it was given."""
    w = student.keep(FIXED)
    student.valley_slope(w, 3.0)
    assert_close(fetch(w), FIXED, name="w afterwards")


def _wrong(message, slope):
    """slope(a, b, c, r) gives the two derivatives; r = b - a²."""

    @misconception("valley_slope", message)
    def variant(w, c):
        a, b = w
        return np.stack(slope(a, b, c, b - a**2))

    return variant


first_term_missing = _wrong(
    "The term of (1 - a)² is missing.", lambda a, b, c, r: (-4 * c * a * r, 2 * c * r)
)
first_sign = _wrong(
    "The sign of the first term is wrong: the inner derivative of 1 - a is -1.",
    lambda a, b, c, r: (2 * (1 - a) - 4 * c * a * r, 2 * c * r),
)
inner_missing = _wrong(
    "The inner derivative of -a² is missing: it is -2a.",
    lambda a, b, c, r: (-2 * (1 - a) + 2 * c * r, 2 * c * r),
)
inner_sign = _wrong(
    "The inner derivative of b - a² is -2a, with a minus.",
    lambda a, b, c, r: (-2 * (1 - a) + 4 * c * a * r, 2 * c * r),
)
half = _wrong(
    "A factor 2 is missing: the derivative of r² is 2r.",
    lambda a, b, c, r: (-(1 - a) - 2 * c * a * r, c * r),
)
two_for_four = _wrong(
    "In the derivative with respect to a two factors 2 meet: 2r and 2a.",
    lambda a, b, c, r: (-2 * (1 - a) - 2 * c * a * r, 2 * c * r),
)
c_ignored = _wrong(
    "c is missing: it multiplies the second square.",
    lambda a, b, c, r: (-2 * (1 - a) - 4 * a * r, 2 * r),
)
c_everywhere = _wrong(
    "c multiplies the second square only.",
    lambda a, b, c, r: (c * (-2 * (1 - a) - 4 * a * r), 2 * c * r),
)
rows_exchanged = _wrong(
    "The rows are exchanged: first the derivative with respect to a.",
    lambda a, b, c, r: (2 * c * r, -2 * (1 - a) - 4 * c * a * r),
)
downhill = _wrong(
    "This is the way down; the gradient points up.",
    lambda a, b, c, r: (2 * (1 - a) + 4 * c * a * r, -2 * c * r),
)
averaged = _wrong(
    "You divided by the number of points; each point has a height of its own.",
    lambda a, b, c, r: ((-2 * (1 - a) - 4 * c * a * r) / len(a), 2 * c * r / len(a)),
)


@misconception("valley_slope", "The result is transposed: it has the shape of w.")
def transposed(w, c):
    return by_parts(w, c).T


@misconception("valley_slope", "You changed w itself; return a new array.")
def in_place(w, c):
    w[...] = by_parts(w, c)
    return w


@alternative("valley_slope")
def by_parts(w, c):
    a, b = w[0], w[1]
    return np.array([2 * a - 2 + 4 * c * a**3 - 4 * c * a * b, 2 * c * b - 2 * c * a**2])


@alternative("valley_slope")
def by_loop(w, c):
    out = np.empty_like(w)
    for k in range(w.shape[1]):
        a, b = w[:, k]
        up = 2 * c * (b - a * a)
        out[:, k] = 2 * (a - 1) - 2 * a * up, up
    return out


@alternative("valley_slope")
def by_jacobian(w, c):
    a, b = w
    inner = np.stack([np.stack([-np.ones_like(a), 0 * a]), np.stack([-2 * a, np.ones_like(a)])])
    return np.einsum("ijk,ik->jk", inner, 2 * np.stack([1 - a, c * (b - a**2)]))
