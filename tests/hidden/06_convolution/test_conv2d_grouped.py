"""conv2d_grouped: against torch, from one group to as many as there are channels.

mistake                                  case that exposes it               check
---------------------------------------  ---------------------------------  --------------
channels or filters dealt out in turn    2 and 3 groups                     groups
one group's channels or filters for all  2 and 3 groups                     groups
groups ignored, added up, reversed       6 filters, 2 groups                groups
bias missing, or of the first group      random b                           groups
filters of a channel mixed up            C groups                           depthwise
options ignored or swapped               all pairs unequal                  options
height sized without the dilation        (5, 3), kernel (2, 1), dilation 2  options
any groups accepted                      2 for 3 channels, 2 for 3 filters  refuses_groups
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
    requires,
    weight,
)

pytestmark = exercise("conv2d_grouped")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} w{self.w.shape} {options}".strip()


rng = case_rng("conv2d_grouped")


def _case(image, kernel, **options):
    """Random values for an image (N, C, H, W) and filters (F, C / groups, kh, kw)."""
    return Case(
        rng.normal(size=image), rng.normal(size=kernel), rng.normal(size=kernel[0]), options
    )


GROUPS = [
    _case((2, 4, 5, 6), (6, 2, 3, 2), groups=2),
    _case((2, 6, 4, 5), (9, 2, 2, 3), groups=3),
    _case((1, 6, 5, 4), (4, 3, 2, 2), groups=2),
    _case((2, 3, 5, 6), (4, 3, 2, 3)),
]
DEPTHWISE = [
    _case((2, 3, 5, 6), (3, 1, 3, 2), groups=3),
    _case((1, 3, 6, 4), (6, 1, 2, 2), groups=3),
]
OPTIONS = [
    _case((2, 4, 9, 8), (4, 2, 3, 2), groups=2, stride=(3, 1), padding=(1, 2), dilation=(2, 3)),
    _case((1, 6, 6, 7), (6, 2, 2, 2), groups=3, stride=(1, 2), padding=(0, 1), dilation=(1, 3)),
    _case((1, 4, 5, 3), (2, 2, 2, 1), groups=2, dilation=2),
    _case((1, 4, 3, 2), (2, 2, 2, 3), groups=2, padding=[3, 4]),
]


@reference
def expected(case, device):
    x, w, b = (torch.tensor(a, device=device) for a in (case.x, case.w, case.b))
    return functional.conv2d(x, w, b, **case.options)


def _matches(student, device, case):
    y = student.conv2d_grouped(case.x, case.w, case.b, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", GROUPS, ids=str)
def test_groups(student, torch_device, case):
    """Joins each block of channels to its own block of filters, of another size or the same."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", DEPTHWISE, ids=str)
def test_depthwise(student, torch_device, case):
    """Gives every channel filters of its own when there are as many groups as channels."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", OPTIONS, ids=str)
def test_options(student, torch_device, case):
    """Uses stride, padding and dilation in every group."""
    _matches(student, torch_device, case)


@requires("test_groups")
@pytest.mark.parametrize(("channels", "filters"), [(3, 4), (4, 3)], ids=str)
def test_refuses_groups(student, channels, filters):
    """Raises ValueError naming groups when it does not divide the channels and the filters."""
    x, w = np.ones((1, channels, 4, 5)), np.ones((filters, 2, 2, 2))
    with student.raises(ValueError, match=r"\bgroups\b"):
        student.conv2d_grouped(x, w, np.zeros(filters), groups=2)
