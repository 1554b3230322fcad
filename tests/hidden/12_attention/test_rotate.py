"""rotate: a product of complex numbers, by torch; what the scores depend on.

mistake                                   case that exposes it          check
----------------------------------------  ----------------------------  -----------------
halves paired, or joined in halves        D of 4 and more               turns_pairs
turned backwards, sine and cosine mixed   random vectors                turns_pairs
one angle for all pairs, or one a column  D of 6                        turns_pairs
positions along another axis, from 1      N, H, T unequal               turns_pairs
start or base ignored                     start 7, base 50              start_and_base
float64 for float32, in place             dtype; the caller's tensor    single_precision
odd size accepted                         3, 5                          odd_size
"""

from dataclasses import dataclass, field

import numpy as np
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

EXERCISE = "rotate"
pytestmark = exercise(EXERCISE)
rng = case_rng(EXERCISE)


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    start: int = 0
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"x{self.x.shape} from {self.start} {self.options or ''}".strip()


PLAIN = [
    Case(rng.normal(size=shape))
    for shape in [(2, 3, 5, 4), (4, 6), (3, 2, 8), (2, 4, 4, 4), (1, 2)]
]
OTHER = [
    Case(rng.normal(size=(2, 3, 4)), 7),
    Case(rng.normal(size=(2, 2, 3, 6)), 2, {"base": 50.0}),
    Case(rng.normal(size=(5, 4)), 0, {"base": 9.0}),
]


@reference
def expected(case, device):
    """Pairs as complex numbers, times unit numbers of the angles."""
    x = torch.tensor(case.x, device=device)
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    base = torch.tensor(case.options.get("base", 10000.0), dtype=torch.float64)
    rates = base ** (-torch.linspace(0, 1, x.shape[-1] // 2 + 1, dtype=torch.float64)[:-1])
    times = torch.arange(x.shape[-2], dtype=torch.float64) + case.start
    angles = torch.outer(times, rates).to(device)
    turned = pairs * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


def _rotated(student, case, x=None):
    x = torch.tensor(case.x if x is None else x)
    if not case.start:
        return student.rotate(x, **case.options)
    return student.rotate(x, case.start, **case.options)


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_turns_pairs(student, torch_device, case):
    """Turns each pair of neighbours by an angle in proportion to its step."""
    assert_close(_rotated(student, case), expected(case, torch_device), name="x")


@requires("test_turns_pairs")
@pytest.mark.parametrize("case", OTHER, ids=str)
def test_start_and_base(student, torch_device, case):
    """Counts from start on, and uses the base."""
    assert_close(_rotated(student, case), expected(case, torch_device), name="x")


@requires("test_turns_pairs")
def test_single_precision(student, torch_device):
    """Returns the dtype of x, calculated in it."""
    case = Case(rng.normal(size=(2, 5, 6)).astype(np.float32), 3)
    assert_close(_rotated(student, case), expected(case, torch_device), name="x")


@requires("test_turns_pairs")
@pytest.mark.parametrize("size", [1, 3, 5])
def test_odd_size(student, size):
    """Raises ValueError naming x when its last axis is odd."""
    with student.raises(ValueError, match=r"\bx\b"):
        student.rotate(torch.ones(2, 3, size))
