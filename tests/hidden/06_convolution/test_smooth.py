"""smooth: against torch's convolution of a replicated series.

mistake                                    case that exposes it             check
-----------------------------------------  -------------------------------  ----------------------
zeros, mirror image, mean beyond the ends  series around 2                  keeps_the_length
filter flipped                             asymmetric filter                keeps_the_length
too short, too long, padded on one side    filters of 3, 5, 7               keeps_the_length
filter normalised                          filters that do not add up to 1  keeps_the_length
even filter accepted                       2 and 4 values                   refuses_an_even_filter
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

pytestmark = exercise("smooth")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    f: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} f{self.f.shape}"


def _cases():
    rng = case_rng("smooth")
    sizes = [(11, 3), (14, 5), (9, 7), (6, 1), (3, 7)]
    return [Case(rng.normal(2.0, 1.0, t), rng.uniform(0.1, 1.0, k)) for t, k in sizes]


CASES = _cases()


@reference
def expected(case, device):
    x, f = (torch.tensor(a, device=device)[None, None] for a in (case.x, case.f))
    reach = len(case.f) // 2
    return functional.conv1d(functional.pad(x, (reach, reach), mode="replicate"), f)[0, 0]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_keeps_the_length(student, torch_device, case):
    """Keeps the length and repeats the first and last value, also for an asymmetric filter."""
    assert_close(student.smooth(case.x, case.f), expected(case, torch_device), name="y")


@requires("test_keeps_the_length")
@pytest.mark.parametrize("size", [2, 4])
def test_refuses_an_even_filter(student, size):
    """Raises ValueError naming f when f has an even number of values."""
    with student.raises(ValueError, match=r"\bf\b"):
        student.smooth(CASES[0].x, CASES[1].x[:size])
