"""output_size: the number of positions of a kernel along one axis, counted by torch."""

from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

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
    with student.raises(ValueError, match="kernel_size"):
        student.output_size(case.n, case.kernel_size, **case.options)


# Misconceptions


def _wrong(message, formula):
    """A count that refuses kernels that do not fit, and then uses a wrong formula."""

    @misconception("output_size", message)
    def variant(n, kernel_size, *, stride=1, padding=0, dilation=1):
        if dilation * (kernel_size - 1) + 1 > n + 2 * padding:
            raise ValueError(f"kernel_size {kernel_size} does not fit into {n + 2 * padding}")
        return formula(n, kernel_size, stride, padding, dilation)

    return variant


plus_one_lost = _wrong(
    "The + 1 at the end is missing: a kernel that just fits has one position, not none.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s,
)
plus_one_inside = _wrong(
    "The + 1 stands outside the floor: positions are counted after dividing by the stride.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1 + 1) // s,
)
rounded_up = _wrong(
    "You rounded up. A last position that leaves the padded input does not count: use the floor.",
    lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1,
)
rounded = _wrong(
    "You rounded to the nearest whole number. A position that does not fit never counts: use //.",
    lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s) + 1,
)
padded_once = _wrong(
    "The padding was counted once. It is added on each side, 2p in all.",
    lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1,
)
dilated_whole_kernel = _wrong(
    "A dilated kernel spans d(k - 1) + 1 inputs, not d·k: there is no gap after the last value.",
    lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1,
)
gaps_instead_of_step = _wrong(
    "You put d zeros between the kernel's values. A dilation of d means d apart, with d - 1 zeros.",
    lambda n, k, s, p, d: (n + 2 * p - (d + (d > 1)) * (k - 1) - 1) // s + 1,
)
dilation_ignored = _wrong(
    "The dilation is not used: a dilated kernel spans d(k - 1) + 1 inputs.",
    lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
)
stride_ignored = _wrong(
    "The stride is not used: only every s-th position counts.",
    lambda n, k, s, p, d: n + 2 * p - d * (k - 1),
)
padding_ignored = _wrong(
    "The padding is not used: it adds 2p inputs.",
    lambda n, k, s, p, d: max((n - d * (k - 1) - 1) // s + 1, 0),
)
floor_as_float = _wrong(
    "You returned a float. The size is right, but positions are counted: return an int.",
    lambda n, k, s, p, d: float((n + 2 * p - d * (k - 1) - 1) // s + 1),
)
without_floor = _wrong(
    "You divided without rounding down. Only whole positions count: use //.",
    lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1,
)
size_over_stride = _wrong(
    "You divided the input by the stride, then subtracted the kernel. Subtract first, then divide.",
    lambda n, k, s, p, d: (n + 2 * p) // s - d * (k - 1),
)
transposed_formula = _wrong(
    "This is the size of a transposed convolution, which goes the other way.",
    lambda n, k, s, p, d: (n - 1) * s - 2 * p + d * (k - 1) + 1,
)


def _consistent(message, room):
    """A wrong count that also decides by it which kernels fit."""

    @misconception("output_size", message)
    def variant(n, kernel_size, *, stride=1, padding=0, dilation=1):
        left = room(n, kernel_size, padding, dilation)
        if left < 0:
            raise ValueError(f"kernel_size {kernel_size} does not fit")
        return left // stride + 1

    return variant


padded_once_throughout = _consistent(
    "The padding was counted once. It is added on each side, 2p in all.",
    lambda n, k, p, d: n + p - d * (k - 1) - 1,
)
dilated_whole_throughout = _consistent(
    "A dilated kernel spans d(k - 1) + 1 inputs, not d·k: there is no gap after the last value.",
    lambda n, k, p, d: n + 2 * p - d * k,
)


@misconception(
    "output_size",
    "A kernel that does not fit must raise a ValueError that names kernel_size.",
)
def never_refuses(n, kernel_size, *, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "Your test for a kernel that does not fit forgets the dilation: it spans d(k - 1) + 1 inputs.",
)
def refuses_without_dilation(n, kernel_size, *, stride=1, padding=0, dilation=1):
    if kernel_size > n + 2 * padding:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "Your test for a kernel that does not fit forgets the padding, and refuses kernels that fit.",
)
def refuses_without_padding(n, kernel_size, *, stride=1, padding=0, dilation=1):
    if dilation * (kernel_size - 1) + 1 > n:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


@misconception(
    "output_size",
    "A kernel that just fits was refused. It has exactly one position.",
)
def refuses_a_just_fit(n, kernel_size, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room <= 0:
        raise ValueError(f"kernel_size {kernel_size} does not fit")
    return room // stride + 1


# Alternatives


@alternative("output_size")
def by_counting(n, kernel_size, *, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    starts = range(0, n + 2 * padding - span + 1, stride)
    if len(starts) == 0:
        raise ValueError(f"kernel_size={kernel_size} is too large")
    return len(starts)


@alternative("output_size")
def by_float_floor(n, kernel_size, *, stride=1, padding=0, dilation=1):
    size = int((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)
    if n + 2 * padding < dilation * (kernel_size - 1) + 1:
        raise ValueError(f"the kernel_size {kernel_size} must fit")
    return size


@alternative("output_size")
def by_rearranging(n, kernel_size, *, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1)
    if room < 1:
        raise ValueError(f"kernel_size is {kernel_size}")
    return (room + stride - 1) // stride
