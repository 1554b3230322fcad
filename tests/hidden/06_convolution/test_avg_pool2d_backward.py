"""avg_pool2d_backward: against torch, which counts the padding.

mistake                                  case that exposes it        check
---------------------------------------  --------------------------  --------
not shared, shared by one side only      kernels (2, 3), (3, 2)      tiles
upstream gradient ignored or averaged    random dout                 tiles
pixels left over are missing in dx       7 rows under a kernel of 2  tiles
later windows overwrite earlier ones     stride below the kernel     overlaps
strides swapped or taken for the kernel  (2, 1), (1, 4)              overlaps
shared between real pixels only          padding 1, (1, 2)           padding
padding not cut off, or on one side      (2, 0), (0, 2)              padding
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

pytestmark = exercise("avg_pool2d_backward")


@dataclass(frozen=True, eq=False)
class Case:
    dout: np.ndarray
    cache: tuple

    def __str__(self):
        shape, kernel_size, stride, padding = self.cache
        return f"x{shape} k={kernel_size} stride={stride} padding={padding}"


rng = case_rng("avg_pool2d_backward")


def _case(image, kernel_size, stride=None, padding=0):
    shape = functional.avg_pool2d(torch.zeros(image), kernel_size, stride, padding).shape
    return Case(rng.normal(size=tuple(shape)), (image, kernel_size, stride, padding))


TILES = [
    _case((2, 3, 6, 8), 2),
    _case((1, 2, 7, 8), (2, 3)),  # rows and columns left over
    _case((3, 2, 6, 5), (3, 2)),
]
OVERLAPS = [
    _case((2, 2, 7, 8), 3, 2),
    _case((2, 3, 6, 9), (3, 2), (1, 3)),
    _case((2, 2, 5, 6), (2, 4), 1),
    _case((1, 2, 9, 8), 2, (3, 4)),
    _case((2, 2, 3, 8), (2, 3), (2, 1)),  # swapped strides give numbers here
    _case((2, 2, 6, 8), (3, 2), (1, 4)),  # tiles would fit, and are not asked for
]
PADDING = [
    _case((2, 2, 6, 7), 3, 2, 1),
    _case((2, 3, 5, 8), (2, 4), None, (1, 2)),
    _case((1, 2, 6, 5), (4, 3), (1, 2), (2, 0)),
    _case((2, 1, 4, 5), (3, 4), 1, (0, 2)),
    _case((1, 2, 4, 5), (6, 8), 1, [3, 4]),
]


@reference
def expected(case, device):
    x = torch.zeros(case.cache[0], dtype=torch.float64, device=device, requires_grad=True)
    y = functional.avg_pool2d(x, *case.cache[1:])
    dout = torch.tensor(case.dout, device=device)
    (y * dout).sum().backward()  # to pass dout on makes torch import sympy
    return x.grad


def _matches(student, device, case):
    dx = student.avg_pool2d_backward(case.dout, case.cache)
    assert_close(dx, expected(case, device), name="dx")


@weight(2)
@pytest.mark.parametrize("case", TILES, ids=str)
def test_tiles(student, torch_device, case):
    """Shares each upstream gradient equally between the pixels of its tile."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", OVERLAPS, ids=str)
def test_overlaps(student, torch_device, case):
    """Adds up what a pixel collects from several windows, for any stride."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Gives the padding its share too, and cuts it off."""
    _matches(student, torch_device, case)
