"""parameter_counts: against torch's layers.

mistake                                     case that exposes it  check
------------------------------------------  --------------------  --------------
biases missing, one for all, one per pixel  all                   square_kernels
channels, filters or a side forgotten       C, F, H, W unequal    square_kernels
dense layer without channels or pixels      C, F, H, W unequal    square_kernels
the two counts exchanged                    all                   square_kernels
a pair taken for one number                 (2, 3), (1, 5)        kernel_pairs
"""

from dataclasses import dataclass
from math import prod

import pytest
from torch import nn

from gradlab.judge import assert_equal, exercise, reference

pytestmark = exercise("parameter_counts")


@dataclass(frozen=True)
class Case:
    in_shape: tuple
    out_shape: tuple
    kernel_size: int | tuple

    def __str__(self):
        return f"{self.in_shape} to {self.out_shape} k={self.kernel_size}"


SQUARE = [
    Case((3, 9, 7), (5, 7, 5), 3),
    Case((1, 6, 8), (4, 6, 8), 1),
    Case((6, 14, 15), (16, 10, 11), 5),
    Case((3, 224, 200), (64, 112, 100), 7),
]
PAIR = [Case((2, 8, 5), (3, 7, 3), (2, 3)), Case((4, 5, 9), (2, 5, 5), (1, 5))]


@reference
def expected(case):
    convolution = nn.Conv2d(case.in_shape[0], case.out_shape[0], case.kernel_size, device="meta")
    dense = nn.Linear(prod(case.in_shape), prod(case.out_shape), device="meta")
    return tuple(sum(p.numel() for p in layer.parameters()) for layer in (convolution, dense))


def _counts(student, case):
    return student.parameter_counts(case.in_shape, case.out_shape, case.kernel_size)


@pytest.mark.parametrize("case", SQUARE, ids=str)
def test_square_kernels(student, case):
    """Counts weights and biases of both layers."""
    assert_equal(_counts(student, case), expected(case), name="(convolution, dense)")


@pytest.mark.parametrize("case", PAIR, ids=str)
def test_kernel_pairs(student, case):
    """Counts both layers when the kernel size is a pair."""
    assert_equal(_counts(student, case), expected(case), name="(convolution, dense)")
