"""im2col: against torch.nn.functional.unfold.

mistake                                        case that exposes it  check
---------------------------------------------  --------------------  ---------------------------
order inside a column, or of the columns       kh != kw, C = 3       copies_windows_into_columns
windows as rows, batch mixed in                N = 2, 3              copies_windows_into_columns
windows tile the image                         overlapping windows   copies_windows_into_columns
an option ignored, swapped, for the size only  unequal pairs         options
two options that disturb each other            all pairs unequal     all_options_together
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    weight,
)

pytestmark = exercise("im2col")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    kernel_size: object
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} k={self.kernel_size} {options}".strip()


rng = case_rng("im2col")


def _case(image, kernel_size, **options):
    return Case(rng.normal(size=image), kernel_size, options)


PLAIN = [
    _case((2, 3, 5, 6), (2, 3)),
    _case((3, 2, 4, 6), (3, 2)),
    _case((1, 1, 4, 5), 2),
    _case((2, 3, 3, 4), 1),
    _case((2, 2, 3, 4), (3, 4)),
]
OPTIONS = [
    _case((2, 2, 7, 9), (2, 3), stride=(2, 3)),
    _case((1, 3, 8, 6), 3, stride=2),
    _case((2, 2, 8, 9), (2, 1), stride=3),  # longer than the kernel: pixels are skipped
    _case((2, 2, 4, 5), (3, 2), padding=(2, 1)),
    _case((2, 2, 3, 5), (2, 3), padding=(0, 2)),
    _case((1, 2, 3, 2), [3, 4], padding=[3, 4]),
    _case((2, 2, 6, 8), (2, 3), dilation=(3, 2)),
    _case((1, 2, 7, 6), (3, 2), dilation=2),
]
TOGETHER = [
    _case((2, 3, 9, 8), (3, 2), stride=(3, 2), padding=(1, 2), dilation=(2, 3)),
    _case((3, 2, 7, 9), (2, 3), stride=(1, 3), padding=(2, 1), dilation=(3, 1)),
]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device)
    return functional.unfold(x, case.kernel_size, **case.options)


def _matches(student, device, case):
    columns = student.im2col(case.x, case.kernel_size, **case.options)
    assert_close(columns, expected(case, device), name="the columns")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_copies_windows_into_columns(student, torch_device, case):
    """Orders a column by channel, kernel row, kernel column, and the columns row by row."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", OPTIONS, ids=str)
def test_options(student, torch_device, case):
    """Uses stride, padding or dilation, each different on the two axes."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", TOGETHER, ids=str)
def test_all_options_together(student, torch_device, case):
    """Agrees with the reference for unequal strides, paddings and dilations at once."""
    _matches(student, torch_device, case)
