"""gaussian_filter: against torch's window, made to add up to 1.

mistake                                 case that exposes it     check
--------------------------------------  -----------------------  ------------------------------
not normalised, or by the wrong number  all                      samples_the_bell
2 or the square lost in the exponent    sigma below and above 1  samples_the_bell
centre half a step off                  all                      samples_the_bell
cut off at three sigma                  17 values, sigma 1.5     samples_the_bell
range fixed to -1 ... 1                 13 values, sigma 2       samples_the_bell
even or no size accepted                2, 6, 0, -3              refuses_sizes_without_a_middle
any sigma accepted                      0, -1.5                  refuses_a_bell_without_width
"""

from dataclasses import dataclass

import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("gaussian_filter")


@dataclass(frozen=True, eq=False)
class Case:
    size: int
    sigma: float

    def __str__(self):
        return f"size={self.size} sigma={self.sigma:.3g}"


def _cases():
    rng = case_rng("gaussian_filter")
    wide = [Case(size, float(rng.uniform(0.6, 1.6))) for size in (3, 5, 9)]
    some = [Case(7, float(rng.uniform(2.5, 4.0))), Case(13, 2), Case(1, 0.7)]
    return [*wide, *some, Case(17, 1.5), Case(5, 0.4)]  # far beyond three sigma; below one sample


CASES = _cases()


@reference
def expected(case, device):
    bell = torch.signal.windows.gaussian(
        case.size, std=case.sigma, dtype=torch.float64, device=device
    )
    return bell / bell.sum()


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_samples_the_bell(student, torch_device, case):
    """Samples a centred bell of the given width and makes it add up to 1."""
    assert_close(student.gaussian_filter(case.size, case.sigma), expected(case, torch_device))


@requires("test_samples_the_bell")
@pytest.mark.parametrize("size", [2, 6, 0, -3])
def test_refuses_sizes_without_a_middle(student, size):
    """Raises ValueError naming size when it is even or not positive."""
    with student.raises(ValueError, match=r"\bsize\b"):
        student.gaussian_filter(size, 1.5)


@requires("test_samples_the_bell")
@pytest.mark.parametrize("sigma", [0.0, -1.5])
def test_refuses_a_bell_without_width(student, sigma):
    """Raises ValueError naming sigma when it is not above 0."""
    with student.raises(ValueError, match=r"\bsigma\b"):
        student.gaussian_filter(5, sigma)
