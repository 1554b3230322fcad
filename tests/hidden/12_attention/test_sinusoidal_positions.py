"""sinusoidal_positions: the real and imaginary part of complex powers, by torch.

mistake                                  case that exposes it           check
---------------------------------------  -----------------------------  -----------
exponent i / E, i / (E/2 - 1), root      width 6, 10                    the_table
sines first, then cosines; exchanged     width of 4 and more            the_table
first step is 1; periods for rates       several steps                  the_table
base fixed or misused                    base 7.5, 100                  other_bases
odd width accepted; float32              5; dtype                       odd_width
"""

import pytest
import torch

from gradlab.judge import (
    assert_close,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("sinusoidal_positions")


@reference
def expected(steps, width, base, device):
    """Step t is the t-th power of unit complex numbers, whose parts are neighbours."""
    exponents = torch.linspace(0, 1, width // 2 + 1, dtype=torch.float64, device=device)[:-1]
    angles = torch.pow(torch.tensor(base, dtype=torch.float64, device=device), -exponents)
    times = torch.arange(steps, dtype=torch.float64, device=device)
    turned = torch.polar(torch.ones_like(angles)[None], times[:, None] * angles)
    return torch.stack([turned.imag, turned.real], dim=2).reshape(steps, width)


@weight(2)
@pytest.mark.parametrize(("steps", "width"), [(5, 6), (7, 2), (4, 4), (3, 10), (1, 8), (40, 12)])
def test_the_table(student, torch_device, steps, width):
    """Holds sine and cosine of each frequency side by side, from step 0 on."""
    table = student.sinusoidal_positions(steps, width)
    assert_close(table, expected(steps, width, 10000.0, torch_device), name="table")


@requires("test_the_table")
@pytest.mark.parametrize("base", [7.5, 100.0])
def test_other_bases(student, torch_device, base):
    """Uses the base that is given."""
    table = student.sinusoidal_positions(6, 8, base=base)
    assert_close(table, expected(6, 8, base, torch_device), name="table")


@requires("test_the_table")
@pytest.mark.parametrize("width", [1, 5, 7])
def test_odd_width(student, width):
    """Raises ValueError naming width when it is odd."""
    with student.raises(ValueError, match=r"\bwidth\b"):
        student.sinusoidal_positions(4, width)
