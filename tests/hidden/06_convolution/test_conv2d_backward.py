"""conv2d_backward: each gradient against torch's, with random upstream gradients.

mistake                                    case that exposes it            check
-----------------------------------------  ------------------------------  ---------------------
db over the wrong axes, or averaged        N > 1, all sizes unequal        db
dw transposed, flipped, of one image       C = F, kh != kw                 dw
dx overwritten, flipped, of one filter     overlapping windows             dx
stride ignored or swapped on the way back  (2, 3), rows left over          stride
padding not cut off, or by [p:-p]          (2, 1), (0, 2)                  padding
dilation ignored or swapped                (3, 2), (1, 2)                  dilation
options hard-wired or read as swapped      all pairs unequal               all_options_together
any dout accepted                          one more or fewer on each axis  refuses_another_shape
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

pytestmark = exercise("conv2d_backward")


@dataclass(frozen=True, eq=False)
class Case:
    dout: np.ndarray
    cache: tuple

    def __str__(self):
        x, w, _, *options = self.cache
        return f"x{x.shape} w{w.shape} s,p,d={options}"


rng = case_rng("conv2d_backward")


def _case(image, kernel, stride=1, padding=0, dilation=1):
    """Random values for images (N, C, H, W) and filters (F, C, kh, kw)."""
    x, w, b = (rng.normal(size=size) for size in (image, kernel, kernel[:1]))
    tensors = (torch.tensor(a) for a in (x, w, b))
    shape = functional.conv2d(*tensors, stride, padding, dilation).shape
    return Case(rng.normal(size=tuple(shape)), (x, w, b, stride, padding, dilation))


PLAIN = [
    _case((2, 3, 6, 5), (4, 3, 3, 2)),
    _case((3, 1, 4, 5), (2, 1, 1, 3)),
    _case((2, 3, 4, 6), (3, 3, 2, 2)),  # C = F: swapped filter axes give numbers, not an error
    _case((1, 2, 3, 4), (3, 2, 3, 4)),
]
STRIDE = [
    _case((2, 2, 7, 9), (3, 2, 3, 4), stride=(2, 3)),
    _case((2, 3, 8, 5), (2, 3, 3, 2), stride=2),  # rows left over at the end
    _case((2, 2, 4, 9), (3, 2, 3, 3), stride=(2, 3)),  # swapped strides give numbers here
    _case((2, 3, 8, 9), (2, 3, 2, 1), stride=3),  # longer than the kernel: pixels are skipped
]
PADDING = [
    _case((2, 2, 4, 5), (3, 2, 3, 3), padding=(2, 1)),
    _case((2, 3, 5, 4), (2, 3, 3, 2), padding=1),
    _case((2, 2, 3, 5), (3, 2, 2, 3), padding=(0, 2)),
    _case((1, 2, 3, 2), (2, 2, 3, 4), padding=[3, 4]),
]
DILATION = [
    _case((2, 2, 6, 8), (3, 2, 2, 3), dilation=(3, 2)),
    _case((1, 3, 7, 6), (2, 3, 3, 2), dilation=2),
    _case((2, 2, 6, 7), (3, 2, 3, 3), dilation=(1, 2)),
]
TOGETHER = [
    _case((2, 3, 9, 8), (4, 3, 3, 2), stride=(3, 2), padding=(1, 2), dilation=(2, 3)),
    _case((3, 2, 7, 9), (2, 2, 2, 3), stride=(1, 3), padding=(2, 1), dilation=(3, 1)),
    _case((2, 2, 6, 7), (3, 2, 2, 2), stride=2, padding=(0, 1), dilation=2),
    _case((2, 2, 5, 6), (3, 2, 3, 2), stride=3, padding=(1, 2)),  # so do swapped paddings
    _case((2, 2, 8, 12), (3, 2, 2, 3), stride=(2, 5), dilation=(3, 1)),  # and dilations
]


@reference
def expected(case, device):
    tensors = [torch.tensor(a, device=device, requires_grad=True) for a in case.cache[:3]]
    y = functional.conv2d(*tensors, *case.cache[3:])
    dout = torch.tensor(case.dout, device=device)
    (y * dout).sum().backward()  # to pass dout on makes torch import sympy
    return {name: tensor.grad for name, tensor in zip(("dx", "dw", "db"), tensors)}


def _matches(student, device, case, *names):
    found = student.conv2d_backward(case.dout, case.cache)
    expect(isinstance(found, tuple | list) and len(found) == 3, "it should return (dx, dw, db)")
    for name in names:
        value = found[("dx", "dw", "db").index(name)]
        assert_close(value, expected(case, device)[name], name=name)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_db(student, torch_device, case):
    """Gradient of the bias: collects from all images and all pixels."""
    _matches(student, torch_device, case, "db")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_dw(student, torch_device, case):
    """Gradient of the filters: upstream times the pixels each weight met."""
    _matches(student, torch_device, case, "dw")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_dx(student, torch_device, case):
    """Gradient of the images: collects from all windows that overlap, and all filters."""
    _matches(student, torch_device, case, "dx")


@pytest.mark.parametrize("case", STRIDE, ids=str)
def test_stride(student, torch_device, case):
    """Gradients of images and filters with a stride, also where pixels are left over."""
    _matches(student, torch_device, case, "dw", "dx")


@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Gradients of images and filters with padding, also of 0 on one axis only."""
    _matches(student, torch_device, case, "dw", "dx")


@pytest.mark.parametrize("case", DILATION, ids=str)
def test_dilation(student, torch_device, case):
    """Gradients of images and filters with a dilated kernel."""
    _matches(student, torch_device, case, "dw", "dx")


@pytest.mark.parametrize("case", TOGETHER, ids=str)
def test_all_options_together(student, torch_device, case):
    """All three gradients for unequal strides, paddings and dilations at once."""
    _matches(student, torch_device, case, "db", "dw", "dx")


CHANGES = [(0, -1, 0, 0), (0, 0, -1, 0), (0, 0, 0, -1), (-1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
CHANGES.append((2, -2, 0, 0))  # as many numbers


@requires("test_dx")
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_refuses_another_shape(student, change):
    """Raises ValueError naming dout when it has not the shape of the output."""
    shape = np.add(PLAIN[0].dout.shape, change)
    with student.raises(ValueError, match=r"\bdout\b"):
        student.conv2d_backward(np.ones(shape), PLAIN[0].cache)
