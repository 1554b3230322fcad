"""conv1d: against torch, for filters from one value to as many as the series has.

mistake                                case that exposes it  check
-------------------------------------  --------------------  ---------------------
filter flipped                         random filter         slides_the_filter
full, same or circular length          6 of 6, 3 of 9        slides_the_filter
first or last position missing         all                   slides_the_filter
averaged, normalised, not summed       random filter         slides_the_filter
a long filter swapped with the series  9 values on 7         refuses_a_long_filter
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

pytestmark = exercise("conv1d")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    f: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} f{self.f.shape}"


def _cases():
    rng = case_rng("conv1d")
    sizes = [(9, 3), (12, 4), (7, 2), (6, 6), (5, 1), (1, 1), (11, 5)]
    return [Case(rng.normal(size=t), rng.normal(size=k)) for t, k in sizes]


CASES = _cases()


@reference
def expected(case, device):
    x, f = (torch.tensor(a, device=device)[None, None] for a in (case.x, case.f))
    return functional.conv1d(x, f)[0, 0]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_slides_the_filter(student, torch_device, case):
    """Sums filter times series at every position where the filter fits."""
    assert_close(student.conv1d(case.x, case.f), expected(case, torch_device), name="y")


@requires("test_slides_the_filter")
def test_refuses_a_long_filter(student):
    """Raises ValueError naming f when f is longer than x."""
    with student.raises(ValueError, match=r"\bf\b"):
        student.conv1d(CASES[2].x, CASES[0].x)
