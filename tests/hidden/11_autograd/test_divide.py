"""divide: against torch, with and without broadcasting.

mistake                                  case that exposes it         check
---------------------------------------  ---------------------------  ------------------
upstream ignored                         random g                     same_shapes
sign, square or numerator missing        random a, b of either sign   same_shapes
the gradients exchanged                  every case                   same_shapes
a for value in the second gradient       every case                   same_shapes
only one gradient                        every case                   same_shapes
fails or sums wrongly when stretched     (3,), (2, 1), one number     stretched
"""

import numpy as np
import pytest
import torch

from gradlab.judge import alternative, case_rng, exercise, misconception, reference, weight

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("divide")
rng = case_rng("divide")


def _case(a, b):
    shape = np.broadcast_shapes(a, b)
    below = rng.uniform(0.5, 2.0, size=b) * rng.choice([-1.0, 1.0], size=b)
    return Case((rng.normal(size=a), below), rng.normal(size=shape))


SAME = [_case((4,), (4,)), _case((2, 3), (2, 3)), _case((3, 1, 2), (3, 1, 2)), _case((), ())]
STRETCHED = [_case((2, 3), (3,)), _case((2, 1), (2, 3)), _case((), (4,)), _case((3, 2), ())]


@reference
def expected(case, device):
    return by_torch(torch.div, case, device)


@weight(2)
@pytest.mark.parametrize("case", SAME, ids=str)
def test_same_shapes(student, torch_device, case):
    """Value and both gradients, for numbers of either sign."""
    assert_rule(student.divide(*case.arrays), case, expected(case, torch_device), ("a", "b"))


@pytest.mark.parametrize("case", STRETCHED, ids=str)
def test_stretched(student, torch_device, case):
    """Value and both gradients where a or b is stretched."""
    assert_rule(student.divide(*case.arrays), case, expected(case, torch_device), ("a", "b"))


# Misconceptions


def _wrong(message, pull, value=np.divide):
    @misconception("divide", message)
    def variant(a, b):
        return value(a, b), lambda g: pull(a, b, g)

    return variant


upstream_ignored = _wrong(
    "The upstream gradient g is ignored: pull returns the slopes, not g times the slopes.",
    lambda a, b, g: (np.ones_like(g) / b, -np.ones_like(g) * a / b**2),
)
upstream_ignored_for_b = _wrong(
    "The gradient for b lacks the upstream gradient g.",
    lambda a, b, g: (g / b, -np.ones_like(g) * a / b**2),
)
sign_missing = _wrong(
    "The gradient for b has the wrong sign: when b grows, a / b shrinks.",
    lambda a, b, g: (g / b, g * a / b**2),
)
not_squared = _wrong(
    "The gradient for b is divided by b. It is divided by b².",
    lambda a, b, g: (g / b, -g * a / b),
)
numerator_missing = _wrong(
    "The gradient for b lacks the factor a.", lambda a, b, g: (g / b, -g / b**2)
)
exchanged = _wrong(
    "The two gradients are exchanged: the one for a comes first.",
    lambda a, b, g: (-g * a / b**2, g / b),
)
as_a_product = _wrong(
    "Those are the slopes of a product: g * b and g * a.", lambda a, b, g: (g * b, g * a)
)
divided_by_a = _wrong(
    "The gradient for b is divided by a²; b is what stands below.",
    lambda a, b, g: (g / b, -g * b / a**2),
)
b_as_a_constant = _wrong(
    "The gradient for b is 0: b is not a constant.", lambda a, b, g: (g / b, np.zeros_like(g))
)
only_for_a = _wrong(
    "pull returns one gradient. There are two arrays, so there are two gradients.",
    lambda a, b, g: (g / b,),
)
as_a_stack = _wrong(
    "pull returns one array. It is a tuple with a gradient for each array.",
    lambda a, b, g: np.stack(np.broadcast_arrays(g / b, -g * a / b**2)),
)
upside_down = _wrong(
    "You divided b by a.", lambda a, b, g: (-g * b / a**2, g / a), lambda a, b: b / a
)
rounded_down = _wrong(
    "Your quotients are whole numbers: // rounds down.",
    lambda a, b, g: (g / b, -g * a / b**2), lambda a, b: a // b,
)  # fmt: skip


# Alternatives


@alternative("divide")
def through_the_value(a, b):
    value = a / b

    def pull(g):
        da = g / b
        return [da, -da * value]

    return [value, pull]


@alternative("divide")
def by_a_power(a, b):
    return a * b**-1.0, lambda g: (g * b**-1.0, g * (-a * b**-2.0))


@alternative("divide")
def summed_at_once(a, b):
    def pull(g):
        gradients = []
        for x, gradient in ((a, g / b), (b, -g * a / (b * b))):
            while gradient.ndim > np.ndim(x):
                gradient = gradient.sum(axis=0)
            for axis, n in enumerate(np.shape(x)):
                if n == 1:
                    gradient = gradient.sum(axis=axis, keepdims=True)
            gradients.append(gradient)
        return tuple(gradients)

    return np.divide(a, b), pull
