"""output_size: against the shapes of torch's convolution.

mistake                                 case that exposes it      check
--------------------------------------  ------------------------  ----------------------------------
1 lost, or inside the fraction          a kernel that just fits   counts_without_options
rounded up, or to the nearest           strides 3, 4, 5           counts_with_options
padding on one side                     padding 2                 counts_with_options
dilation times the whole kernel         dilation 3                counts_with_options
float instead of int                    all                       counts_with_options
a kernel that does not fit is accepted  dilated, padded, strided  refuses_a_kernel_that_does_not_fit
"""

from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_equal,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("output_size")


@dataclass(frozen=True)
class Case:
    n: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __str__(self):
        return f"n={self.n} k={self.kernel_size} s={self.stride} p={self.padding} d={self.dilation}"

    @property
    def options(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}


def _random_cases(count):
    """Sizes that fit: n is at least what the dilated kernel spans."""
    rng = case_rng("output_size")
    cases = []
    for _ in range(count):
        kernel, stride, padding, dilation = (int(rng.integers(2, top)) for top in (6, 5, 4, 4))
        cases.append(
            Case(
                dilation * (kernel - 1) + int(rng.integers(1, 30)),
                kernel,
                stride,
                padding,
                dilation,
            )
        )
    return cases


PLAIN = [Case(9, 4), Case(7, 7), Case(5, 1), Case(1, 1)]
STRIDE = [Case(11, 4, stride=3), Case(12, 3, stride=5), Case(9, 2, stride=4)]
PADDING = [Case(6, 3, padding=2), Case(2, 4, padding=1)]
DILATION = [Case(12, 4, dilation=3), Case(10, 4, dilation=3)]
TOO_LARGE = [Case(3, 4), Case(5, 3, dilation=3), Case(2, 9, padding=3), Case(4, 6, stride=3)]


@reference
def expected(case, device):
    image, kernel = (torch.zeros(1, 1, size, device=device) for size in (case.n, case.kernel_size))
    return functional.conv1d(image, kernel, **case.options).shape[-1]


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_counts_without_options(student, torch_device, case):
    """Counts the positions of a plain kernel."""
    assert_equal(student.output_size(case.n, case.kernel_size), expected(case, torch_device))


@weight(2)
@pytest.mark.parametrize("case", [*STRIDE, *PADDING, *DILATION, *_random_cases(12)], ids=str)
def test_counts_with_options(student, torch_device, case):
    """Counts the positions with stride, padding and dilation, alone and together."""
    found = student.output_size(case.n, case.kernel_size, **case.options)
    assert_equal(found, expected(case, torch_device))


@requires("test_counts_with_options")
@pytest.mark.parametrize("case", TOO_LARGE, ids=str)
def test_refuses_a_kernel_that_does_not_fit(student, case):
    """Raises ValueError naming kernel_size when the dilated kernel does not fit."""
    with student.raises(ValueError, match=r"\bkernel_size\b"):
        student.output_size(case.n, case.kernel_size, **case.options)
