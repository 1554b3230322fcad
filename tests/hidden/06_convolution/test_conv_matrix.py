"""conv_matrix: its entries against torch's convolution of unit images.

mistake                                case that exposes it      check
-------------------------------------  ------------------------  --------------
kernel flipped or transposed           random kernel, kh != kw   entries
image or output read by columns        height != width           entries
matrix transposed, or of four axes     all                       entries
windows that wrap, tile or are padded  kernels (1, 3) to (3, 4)  entries
kernel rounded to float32              1/3, 1/7, 0.1             copies_exactly
product of another layout              random image              convolves
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

pytestmark = exercise("conv_matrix")


@dataclass(frozen=True, eq=False)
class Case:
    kernel: np.ndarray
    height: int
    width: int
    image: np.ndarray

    def __str__(self):
        return f"kernel{self.kernel.shape} image({self.height}, {self.width})"


def _cases():
    rng = case_rng("conv_matrix")
    sizes = [((2, 3), 4, 6), ((3, 2), 5, 4), ((3, 3), 6, 5), ((1, 2), 3, 4), ((2, 1), 3, 2)]
    sizes += [((1, 1), 2, 3), ((3, 4), 3, 4), ((2, 2), 3, 3), ((1, 3), 1, 7)]
    return [Case(rng.normal(size=kernel), *size, rng.normal(size=size)) for kernel, *size in sizes]


CASES = _cases()


@reference
def expected(case, device):
    pixels = case.height * case.width
    units = torch.eye(pixels, dtype=torch.float64, device=device)
    kernel = torch.tensor(case.kernel, device=device)
    images = units.reshape(pixels, 1, case.height, case.width)
    return functional.conv2d(images, kernel[None, None]).reshape(pixels, -1).T


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_entries(student, torch_device, case):
    """Each row holds the kernel where its window lies, and zeros elsewhere."""
    matrix = student.conv_matrix(case.kernel, case.height, case.width)
    assert_close(matrix, expected(case, torch_device), name="the matrix")


def test_copies_exactly(student):
    """The kernel's values are copied, to the last digit."""
    kernel = np.array([[1 / 3, 0.1, -1 / 7], [np.pi, 1e-3, 2 / 3]])
    row = [*kernel[0], 0.0, *kernel[1], 0.0]
    wanted = np.array([row, [0.0, *row[:-1]]])
    # a copy has no rounding error; a float32 on the way leaves one of about 3e-8
    assert_close(student.conv_matrix(kernel, 2, 4), wanted, rtol=1e-12, name="the matrix")


@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_convolves(student, torch_device, case):
    """Times a raveled image, the matrix gives the raveled convolution."""
    matrix = student.conv_matrix(case.kernel, case.height, case.width)
    pixels = case.image.ravel()
    assert_close(matrix @ pixels, expected(case, torch_device) @ pixels, name="the product")
