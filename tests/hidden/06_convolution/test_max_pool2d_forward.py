"""max_pool2d_forward: against torch, often on images below 0.

mistake                                     case that exposes it  check
------------------------------------------  --------------------  ------------------------
mean, minimum, largest size, 0 at least     images below 0        tiles
maximum over the channels too               three channels        tiles
kernel swapped or square                    (2, 3), (3, 1)        tiles
stride ignored, swapped, 1 or 2 by default  (1, 3), (3, 4), none  stride
zeros or -1e9 as padding                    values of -1e12       padding
padded images in the cache                  padding 1, (1, 2)     cache
default stride resolved in the cache        no stride             cache
too much padding accepted, half refused     2 of 2, 1 of 2        refuses_too_much_padding
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

pytestmark = exercise("max_pool2d_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    kernel_size: object
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} k={self.kernel_size} {options}".strip()


rng = case_rng("max_pool2d_forward")


def _case(image, kernel_size, **options):
    return Case(rng.normal(size=image), kernel_size, options)


def _negative(image, kernel_size, **options):
    """All values below zero, where a padded zero would win."""
    return Case(-1 - rng.exponential(size=image), kernel_size, options)


TILES = [
    _case((2, 3, 6, 8), 2),
    _case((1, 2, 7, 8), (2, 3)),  # rows and columns left over
    _case((2, 2, 6, 5), (3, 1)),
    _negative((2, 3, 5, 6), 2),
]
STRIDE = [
    _case((2, 2, 7, 8), 3, stride=2),
    _case((2, 3, 6, 9), (3, 2), stride=(1, 3)),
    _case((1, 2, 9, 8), 2, stride=(3, 4)),
    _case((2, 2, 5, 6), (2, 3), stride=1),
    _case((2, 2, 6, 8), (3, 2), stride=(1, 4)),  # tiles would fit, and are not asked for
]
PADDING = [
    _negative((2, 2, 6, 7), 3, stride=2, padding=1),
    _negative((2, 3, 5, 8), (2, 4), padding=(1, 2)),
    _negative((1, 2, 6, 5), (4, 3), stride=(1, 2), padding=(2, 0)),
    _negative((1, 2, 4, 5), [6, 8], stride=[1, 2], padding=[3, 4]),
    _negative((2, 2, 4, 5), 2, stride=1, padding=1),
    Case(-1e12 * (1 + rng.exponential(size=(1, 2, 4, 5))), 2, {"padding": 1}),
]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device)
    return functional.max_pool2d(x, case.kernel_size, **case.options)


def _matches(student, device, case):
    y, _ = student.max_pool2d_forward(case.x, case.kernel_size, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", TILES, ids=str)
def test_tiles(student, torch_device, case):
    """Keeps the largest value of each tile, each channel by itself, and drops incomplete tiles."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", STRIDE, ids=str)
def test_stride(student, torch_device, case):
    """Uses a stride other than the kernel size: windows overlap or leave gaps."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Pads with values that never win, also against an image below zero."""
    _matches(student, torch_device, case)


@requires("test_tiles")
@pytest.mark.parametrize("case", [PADDING[0], PADDING[1], TILES[0]], ids=str)
def test_cache(student, case):
    """Returns the cache (x, kernel_size, stride, padding) as described."""
    _, cache = student.max_pool2d_forward(case.x, case.kernel_size, **case.options)
    expect(isinstance(cache, tuple | list) and len(cache) == 4, "the cache should hold four items")
    assert_close(cache[0], case.x, name="x in the cache")
    options = (case.options.get("stride"), case.options.get("padding", 0))
    wanted = [case.kernel_size, *options]
    assert_equal(list(cache[1:]), wanted, name="the options in the cache, as they were passed")


TOO_MUCH = [(2, 2), ((4, 2), (1, 2)), ((2, 4), (2, 1)), (3, 2)]


@requires("test_tiles")
@pytest.mark.parametrize(("kernel_size", "padding"), TOO_MUCH, ids=str)
def test_refuses_too_much_padding(student, kernel_size, padding):
    """Raises ValueError naming padding when it is more than half the kernel."""
    with student.raises(ValueError, match=r"\bpadding\b"):
        student.max_pool2d_forward(TILES[0].x, kernel_size, padding=padding)
