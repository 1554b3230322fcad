"""conv2d_forward: against torch, one option at a time and then all together.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  ------------------
kernel flipped or transposed              random kernel, kh != kw          sums_the_window
filter and channel axes swapped           C = F                            sums_the_window
bias missing, per column, per channel     random b, F = W'                 sums_the_window
stride or its order ignored               (2, 3); 3 over a kernel of 2     stride
padding on one side, of the edge's value  (2, 1), (0, 2)                   padding
padding of more than 2 cut down to 2      (3, 4)                           padding
dilation or its order ignored             (3, 2), (1, 3)                   dilation
all pairs read as (horizontal, vertical)  all pairs unequal                all_options_together
a list is not taken for a pair            [2, 1]                           all_options_together
adds to the output of the last call       two calls of one shape           second_call
padded images or no options in the cache  padding 2 and 1                  cache
options made pairs in the cache           stride 2, dilation 2             cache
any number of channels accepted           1, 2 and 5 for 3                 refuses_wrong_channels
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("conv2d_forward")
OPTIONS = ("stride", "padding", "dilation")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} w{self.w.shape} {options}".strip()


rng = case_rng("conv2d_forward")


def _case(image, kernel, **options):
    """Random values for an image (N, C, H, W) and filters (F, C, kh, kw)."""
    return Case(
        rng.normal(size=image), rng.normal(size=kernel), rng.normal(size=kernel[0]), options
    )


PLAIN = [
    _case((2, 3, 6, 5), (4, 3, 3, 2)),
    _case((1, 1, 5, 7), (1, 1, 3, 3)),
    _case((2, 3, 5, 7), (3, 3, 2, 2)),  # C = F: swapped filter axes give numbers, not an error
    _case((3, 2, 5, 6), (4, 2, 2, 3)),  # F = W': a bias added along the columns does too
    _case((2, 3, 4, 3), (2, 3, 1, 1)),
    _case((2, 2, 3, 4), (3, 2, 3, 4)),
]
STRIDE = [
    _case((2, 2, 7, 9), (3, 2, 2, 3), stride=(2, 3)),
    _case((1, 3, 8, 6), (2, 3, 3, 3), stride=2),
    _case((2, 3, 8, 9), (2, 3, 2, 1), stride=3),  # longer than the kernel: pixels are skipped
]
PADDING = [
    _case((2, 2, 4, 5), (3, 2, 3, 3), padding=(2, 1)),
    _case((1, 3, 5, 4), (2, 3, 3, 2), padding=1),
    _case((2, 2, 3, 5), (3, 2, 2, 3), padding=(0, 2)),
    _case((2, 2, 6, 5), (3, 2, 3, 3), padding=(1, 2)),
    _case((1, 2, 3, 2), (2, 2, 3, 4), padding=(3, 4)),
]
DILATION = [
    _case((2, 2, 6, 8), (3, 2, 2, 3), dilation=(3, 2)),
    _case((1, 3, 7, 8), (2, 3, 3, 3), dilation=2),
    _case((2, 2, 7, 5), (3, 2, 3, 2), dilation=(1, 3)),
]
TOGETHER = [
    _case((2, 3, 9, 8), (4, 3, 3, 2), stride=(3, 2), padding=(1, 2), dilation=(2, 3)),
    _case((3, 2, 7, 9), (2, 2, 2, 3), stride=(1, 3), padding=(2, 1), dilation=(3, 1)),
    _case((2, 2, 6, 7), (3, 2, 2, 2), stride=2, padding=(0, 1), dilation=2),
    _case((1, 2, 5, 6), (3, 2, 3, 3), stride=(2, 1), padding=2, dilation=(1, 2)),
    _case((1, 2, 6, 5), (3, 2, 2, 3), stride=[2, 1], padding=[1, 0], dilation=[2, 1]),
]


@reference
def expected(case, device):
    x, w, b = (torch.tensor(a, device=device) for a in (case.x, case.w, case.b))
    return functional.conv2d(x, w, b, **case.options)


def _matches(student, device, case):
    y, _ = student.conv2d_forward(case.x, case.w, case.b, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_sums_the_window(student, torch_device, case):
    """Sums filter times window over all channels and adds the filter's bias."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", STRIDE, ids=str)
def test_stride(student, torch_device, case):
    """Moves by the stride, which may differ by axis and leave inputs over."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Pads with zeros on each side, by different amounts on the two axes."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", DILATION, ids=str)
def test_dilation(student, torch_device, case):
    """Spreads the kernel by the dilation, which may differ by axis."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", TOGETHER, ids=str)
def test_all_options_together(student, torch_device, case):
    """Agrees with the reference for unequal strides, paddings and dilations at once."""
    _matches(student, torch_device, case)


@requires("test_sums_the_window")
def test_second_call(student, torch_device):
    """Starts from nothing again when called a second time with arrays of the same shapes."""
    first = PLAIN[0]
    second = Case(1 - first.x, 1 - first.w, -first.b, {})
    for case in (first, second):
        _matches(student, torch_device, case)


@requires("test_sums_the_window")
@pytest.mark.parametrize("case", [TOGETHER[0], TOGETHER[2], PLAIN[0]], ids=str)
def test_cache(student, case):
    """Returns the cache (x, w, b, stride, padding, dilation) as described."""
    _, cache = student.conv2d_forward(case.x, case.w, case.b, **case.options)
    expect(isinstance(cache, tuple | list) and len(cache) == 6, "the cache should hold six items")
    assert_close(cache[:3], (case.x, case.w, case.b), name="the start of the cache")
    wanted = [case.options.get(name, default) for name, default in zip(OPTIONS, (1, 0, 1))]
    assert_equal(list(cache[3:]), wanted, name="the options in the cache, as they were passed")


@requires("test_sums_the_window")
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_refuses_wrong_channels(student, channels):
    """Raises ValueError naming w when x and w disagree about the channels."""
    case = PLAIN[0]
    w = np.repeat(case.w[:, :1], channels, axis=1)
    with student.raises(ValueError, match=r"\bw\b"):
        student.conv2d_forward(case.x, w, case.b)
