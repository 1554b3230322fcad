"""max_pool2d_backward: against torch; on ties, each value is handed out once.

mistake                                     case that exposes it                  check
------------------------------------------  ------------------------------------  ----------------
all pixels, or the smallest, get something  random dout                           tiles
one winner for all channels or images       3 channels, N = 2                     tiles
later windows overwrite earlier ones        stride below the kernel               overlaps
strides swapped, ignored, 1 by default      (2, 1), (1, 4)                        overlaps
padded zeros win, padding not cut off       images below 0                        padding
every maximum of a window gets all          rounded values                        ties
the same, where windows overlap             three zeros, kernel (1, 2), stride 1  overlapping_ties
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
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("max_pool2d_backward")


@dataclass(frozen=True, eq=False)
class Case:
    dout: np.ndarray
    cache: tuple

    def __str__(self):
        x, kernel_size, stride, padding = self.cache
        return f"x{x.shape} k={kernel_size} stride={stride} padding={padding}"


rng = case_rng("max_pool2d_backward")


def _case(x, kernel_size, stride=None, padding=0):
    shape = functional.max_pool2d(torch.tensor(x), kernel_size, stride, padding).shape
    return Case(rng.normal(size=tuple(shape)), (x, kernel_size, stride, padding))


def _negative(size):
    """All values below zero, where a padded zero would win."""
    return -1 - rng.exponential(size=size)


TILES = [
    _case(rng.normal(size=(2, 3, 6, 8)), 2),
    _case(rng.normal(size=(1, 2, 7, 8)), (2, 3)),
    _case(_negative((3, 2, 6, 5)), (3, 2)),
]
OVERLAPS = [
    _case(rng.normal(size=(2, 2, 7, 8)), 3, 2),
    _case(rng.normal(size=(2, 3, 6, 9)), (3, 2), (1, 3)),
    _case(rng.normal(size=(2, 2, 5, 6)), (2, 4), 1),
    _case(rng.normal(size=(1, 2, 9, 8)), 2, (3, 4)),
    _case(rng.normal(size=(2, 2, 3, 8)), (2, 3), (2, 1)),  # swapped strides give numbers here
    _case(rng.normal(size=(2, 2, 6, 8)), (3, 2), (1, 4)),  # tiles would fit, and are not asked for
]
PADDING = [
    _case(_negative((2, 2, 6, 7)), 3, 2, 1),
    _case(_negative((2, 3, 5, 8)), (2, 4), None, (1, 2)),
    _case(_negative((1, 2, 6, 5)), (4, 3), (1, 2), (2, 0)),
    _case(rng.normal(size=(2, 2, 4, 5)), (2, 3), 1, 1),
    _case(_negative((2, 1, 4, 5)), (3, 4), 1, (0, 2)),
    _case(_negative((1, 2, 4, 5)), (6, 8), 1, [3, 4]),
    _case(1e12 * _negative((1, 2, 4, 5)), 2, None, 1),
]
TIES = _case(np.maximum(np.round(rng.normal(size=(2, 3, 8, 6))), 0), 2)


@reference
def expected(case, device):
    x = torch.tensor(case.cache[0], device=device, requires_grad=True)
    y = functional.max_pool2d(x, *case.cache[1:])
    dout = torch.tensor(case.dout, device=device)
    (y * dout).sum().backward()  # to pass dout on makes torch import sympy
    return x.grad


def _matches(student, device, case):
    dx = student.max_pool2d_backward(case.dout, case.cache)
    assert_close(dx, expected(case, device), name="dx")


@weight(2)
@pytest.mark.parametrize("case", TILES, ids=str)
def test_tiles(student, torch_device, case):
    """Gives each upstream gradient to the winner of its tile, and nothing to the others."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", OVERLAPS, ids=str)
def test_overlaps(student, torch_device, case):
    """Adds up what a pixel collects from several windows, for any stride."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Never gives gradient to the padding, and cuts it off."""
    _matches(student, torch_device, case)


def _tiles(image):
    n, c, height, width = image.shape
    return image.reshape(n, c, height // 2, 2, width // 2, 2)


@requires("test_tiles")
def test_ties(student):
    """Hands out each upstream gradient exactly once when several pixels tie for the maximum."""
    x, dx = TIES.cache[0], student.max_pool2d_backward(TIES.dout, TIES.cache)
    fits = isinstance(dx, np.ndarray) and dx.shape == x.shape
    expect(fits, "dx should be an array of the shape of x")
    assert_close(_tiles(dx).sum(axis=(3, 5)), TIES.dout, name="the sum of dx over each window")
    losers = _tiles(x) < _tiles(x).max(axis=(3, 5), keepdims=True)
    assert_close(np.where(losers, _tiles(dx), 0), np.zeros(losers.shape), name="dx of the losers")


FLAT = [_case(np.zeros((1, 1, 1, 3)), (1, 2), 1), _case(np.ones((2, 3, 4, 5)), (3, 2), (1, 2))]


@requires("test_overlaps")
@pytest.mark.parametrize("case", FLAT, ids=str)
def test_overlapping_ties(student, case):
    """Hands out each upstream gradient exactly once also where tied windows overlap."""
    dx = student.max_pool2d_backward(case.dout, case.cache)
    fits = isinstance(dx, np.ndarray) and dx.shape == case.cache[0].shape
    expect(fits, "dx should be an array of the shape of x")
    total = dx.sum(axis=(2, 3))
    assert_close(total, case.dout.sum(axis=(2, 3)), name="the sum of dx over each channel")
