"""fans: against torch.nn.init, for layers with and without a kernel.

mistake                                   case that exposes it      check
----------------------------------------  ------------------------  -----------------
fan_in and fan_out swapped                all shapes unequal        linear
kernel left out, in one fan or in both    (8, 3, 5, 2)              convolution
only one axis of the kernel, or its sum   kernels 5 x 2, 2 x 3 x 4  convolution
one axis accepted                         (), (7,)                  refuses_too_few
"""

import math

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_equal,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("fans")
rng = case_rng("fans")
LINEAR = [(7, 20), (20, 7), (1, 9), (5, 1), (4, 4), tuple(int(n) for n in rng.integers(2, 90, 2))]
CONVOLUTION = [
    (8, 3, 5, 2),
    (64, 10, 3, 5),
    (6, 4, 7),
    (2, 3, 2, 3, 4),
    (5, 3, 1, 1),
    tuple(int(n) for n in rng.integers(2, 9, 4)),
]


@reference
def expected(shape):
    return torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("shape", LINEAR, ids=str)
def test_linear(student, shape):
    """A linear layer's fans are the two axes of its weight."""
    assert_equal(student.fans(shape), expected(shape), name="(fan_in, fan_out)")


@weight(2)
@pytest.mark.parametrize("shape", CONVOLUTION, ids=str)
def test_convolution(student, shape):
    """A kernel's size counts in both fans, whatever its number of axes."""
    assert_equal(student.fans(shape), expected(shape), name="(fan_in, fan_out)")


@requires("test_linear")
def test_refuses_too_few(student):
    """Raises ValueError naming shape when there are fewer than two axes."""
    for shape in ((7,), ()):
        with student.raises(ValueError, match=r"\bshape\b"):
            student.fans(shape)


def _wrong(message, compute):
    @misconception("fans", message)
    def variant(shape):
        if len(shape) < 2:
            raise ValueError(f"shape is {shape}")
        return compute(shape[0], shape[1], shape[2:], math.prod(shape[2:]))

    return variant


swapped = _wrong(
    "Your two fans are swapped. A weight is (out, in, ...): the fan-in comes from axis 1.",
    lambda out, n_in, kernel, field: (out * field, n_in * field),
)
no_kernel = _wrong(
    "The kernel is left out: each output adds up a whole window, so both fans are multiplied by "
    "the number of its entries.",
    lambda out, n_in, kernel, field: (n_in, out),
)
kernel_in_fan_in_only = _wrong(
    "The kernel counts in your fan-in only. One input also feeds an output through each entry of "
    "the kernel, so it counts in the fan-out too.",
    lambda out, n_in, kernel, field: (n_in * field, out),
)
kernel_in_fan_out_only = _wrong(
    "The kernel counts in your fan-out only. Each output adds up the whole window, so it counts in "
    "the fan-in too.",
    lambda out, n_in, kernel, field: (n_in, out * field),
)
first_axis_of_the_kernel = _wrong(
    "Only the first axis of the kernel counts in your result. Multiply all of its axes.",
    lambda out, n_in, kernel, field: (n_in * math.prod(kernel[:1]), out * math.prod(kernel[:1])),
)
last_axis_of_the_kernel = _wrong(
    "Only the last axis of the kernel counts in your result. Multiply all of its axes.",
    lambda out, n_in, kernel, field: (n_in * math.prod(kernel[-1:]), out * math.prod(kernel[-1:])),
)
two_axes_of_the_kernel = _wrong(
    "You count two axes of the kernel at most. A kernel may have any number of them.",
    lambda out, n_in, kernel, field: (n_in * math.prod(kernel[:2]), out * math.prod(kernel[:2])),
)
kernel_added_up = _wrong(
    "The sizes of the kernel's axes are added up. A window of 5 by 2 has ten entries: multiply.",
    lambda out, n_in, kernel, field: (n_in * (sum(kernel) or 1), out * (sum(kernel) or 1)),
)
all_but_one_axis = _wrong(
    "Your fan-out is the number of all weights. It is the axis of the outputs times the kernel.",
    lambda out, n_in, kernel, field: (n_in * field, out * n_in * field),
)
empty_kernel_is_zero = _wrong(
    "Without a kernel your fans are 0. A linear layer has a window of one entry.",
    lambda out, n_in, kernel, field: (n_in * field, out * field) if kernel else (0, 0),
)
bias_counted = _wrong(
    "You count the bias as one more input. Fans count the inputs that are weighted.",
    lambda out, n_in, kernel, field: (n_in * field + 1, out * field),
)
floats = _wrong(
    "Your fans are floats. They are counts: return ints.",
    lambda out, n_in, kernel, field: (float(n_in * field), float(out * field)),
)


@misconception("fans", "A shape with fewer than two axes must raise a ValueError that names shape.")
def anything_accepted(shape):
    out, n_in = [*shape, 1, 1][:2]
    field = math.prod(shape[2:])
    return n_in * field, out * field


@alternative("fans")
def by_division(shape):
    if len(shape) <= 1:
        raise ValueError(f"a shape of {shape} has too few axes")
    count = int(np.prod(shape))
    return count // shape[0], count // shape[1]


@alternative("fans")
def by_an_array(shape):
    if len(shape) not in range(2, 33):
        raise ValueError(f"shape {shape} should have two axes or more")
    probe = np.empty(shape)
    return [probe[0].size, probe[:, 0].size]


@alternative("fans")
def by_recursion(shape):
    if len(shape) < 2:
        raise ValueError("shape: " + repr(shape))
    if len(shape) == 2:
        return shape[1], shape[0]
    fan_in, fan_out = by_recursion(shape[:-1])
    return fan_in * shape[-1], fan_out * shape[-1]
