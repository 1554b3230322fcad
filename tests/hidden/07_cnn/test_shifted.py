"""shifted: every image by its own offset, with zeros for what comes in.

mistake                                          case that exposes it           check
-----------------------------------------------  -----------------------------  ----------------
round the edge, edge repeated                    random images without zeros    moves_each_image
rows and columns swapped, signs turned           unequal offsets, H != W        moves_each_image
one offset for all, offset of another image      a different one for each       moves_each_image
only one axis, only positive offsets             all four directions            moves_each_image
offset as large as the image, larger             offsets up to twice the size   far_offsets
channels treated differently                     three channels                 moves_each_image
the images themselves changed                    inputs compared afterwards     all
another dtype                                    float32 and float64            keeps_the_dtype
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("shifted")
rng = case_rng("shifted")


@dataclass(frozen=True, eq=False)
class Case:
    images: np.ndarray
    offsets: np.ndarray

    def __str__(self):
        return f"images {self.images.shape}, offsets {self.offsets.tolist()}"


def _case(shape, offsets):
    return Case(rng.uniform(1, 2, size=shape), np.array(offsets).reshape(-1, 2))


NEAR = [
    _case((5, 2, 4, 6), [(1, 0), (0, 2), (-2, 0), (0, -3), (2, -1)]),
    _case((4, 3, 5, 3), [(1, 2), (-1, 1), (3, -2), (-4, -1)]),
    _case((3, 1, 4, 4), [(0, 0), (1, 3), (-3, 2)]),
    _case((2, 1, 6, 5), [(-1, -2), (2, 3)]),
    _case((2, 2, 2, 2), [(1, -1), (-1, 0)]),
]
FAR = [
    _case((4, 2, 3, 4), [(3, 0), (0, -4), (-2, 3), (-3, -4)]),
    _case((5, 1, 3, 5), [(4, 1), (0, 7), (-6, 0), (1, -5), (-5, 9)]),
    _case((2, 1, 1, 1), [(0, 0), (1, 0)]),
]


@reference
def expected(case):
    y = np.zeros_like(case.images)
    height, width = y.shape[2:]
    for n, i, j in np.ndindex(len(y), height, width):
        above, left = i - case.offsets[n, 0], j - case.offsets[n, 1]
        if 0 <= above < height and 0 <= left < width:
            y[n, :, i, j] = case.images[n, :, above, left]
    return y


def _shifted(student, case, dtype=torch.float64):
    return student.shifted(torch.tensor(case.images, dtype=dtype), torch.tensor(case.offsets))


@weight(3)
@pytest.mark.parametrize("case", NEAR, ids=str)
def test_moves_each_image(student, case):
    """Moves each image by its own offset: rows down, columns to the right, zeros come in."""
    assert_close(_shifted(student, case), torch.tensor(expected(case)), name="the moved images")


@requires("test_moves_each_image")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_far_offsets(student, case):
    """An image that is moved by its size or more is all zeros."""
    assert_close(_shifted(student, case), torch.tensor(expected(case)), name="the moved images")


@requires("test_moves_each_image")
def test_keeps_the_dtype(student):
    """The result has the dtype of the images."""
    for dtype in (torch.float32, torch.uint8):
        right = torch.tensor(expected(NEAR[0])).to(dtype)
        if dtype is torch.uint8:
            right = torch.tensor(expected(Case(NEAR[0].images.astype(np.uint8), NEAR[0].offsets)))
        assert_close(_shifted(student, NEAR[0], dtype), right, name="the moved images")
