"""avg_pool2d_forward: against torch, which counts the padding.

mistake                                 case that exposes it        check
--------------------------------------  --------------------------  -------
divided by one side, or not at all      kernels (2, 3), (3, 1)      tiles
rounded up, or the last window missing  7 rows under a kernel of 2  tiles
mean over the channels too              three channels              tiles
stride ignored, swapped, 1 by default   (1, 3), (3, 4), none        stride
padding not counted, infinite, swapped  (1, 2), (2, 0)              padding
images or padded shape in the cache     padding 1, (1, 2)           cache
default stride resolved in the cache    no stride                   cache
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

pytestmark = exercise("avg_pool2d_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    kernel_size: object
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} k={self.kernel_size} {options}".strip()


rng = case_rng("avg_pool2d_forward")


def _case(image, kernel_size, **options):
    return Case(rng.normal(1.0, 1.0, size=image), kernel_size, options)


TILES = [
    _case((2, 3, 6, 8), 2),
    _case((1, 2, 7, 8), (2, 3)),  # rows and columns left over
    _case((2, 2, 6, 5), (3, 1)),
]
STRIDE = [
    _case((2, 2, 7, 8), 3, stride=2),
    _case((2, 3, 6, 9), (3, 2), stride=(1, 3)),
    _case((1, 2, 9, 8), 2, stride=(3, 4)),
    _case((2, 2, 5, 6), (2, 3), stride=1),
    _case((2, 2, 6, 8), (3, 2), stride=(1, 4)),  # tiles would fit, and are not asked for
]
PADDING = [
    _case((2, 2, 6, 7), 3, stride=2, padding=1),
    _case((2, 3, 5, 8), (2, 4), padding=(1, 2)),
    _case((1, 2, 6, 5), (4, 3), stride=(1, 2), padding=(2, 0)),
    _case((1, 2, 4, 5), [6, 8], stride=[1, 2], padding=[3, 4]),
]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device)
    return functional.avg_pool2d(x, case.kernel_size, **case.options)


def _matches(student, device, case):
    y, _ = student.avg_pool2d_forward(case.x, case.kernel_size, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", TILES, ids=str)
def test_tiles(student, torch_device, case):
    """Averages each tile, each channel by itself, and drops incomplete tiles."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", STRIDE, ids=str)
def test_stride(student, torch_device, case):
    """Uses a stride other than the kernel size: windows overlap or leave gaps."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Pads with zeros and counts them."""
    _matches(student, torch_device, case)


@requires("test_tiles")
@pytest.mark.parametrize("case", [PADDING[0], PADDING[1], TILES[0]], ids=str)
def test_cache(student, case):
    """Returns the cache (shape of x, kernel_size, stride, padding) as described."""
    _, cache = student.avg_pool2d_forward(case.x, case.kernel_size, **case.options)
    expect(isinstance(cache, tuple | list) and len(cache) == 4, "the cache should hold four items")
    assert_close(cache[0], case.x.shape, name="the shape of x in the cache")
    options = (case.options.get("stride"), case.options.get("padding", 0))
    wanted = [case.kernel_size, *options]
    assert_equal(list(cache[1:]), wanted, name="the options in the cache, as they were passed")
