"""sigmoid: against torch, then far from 0, in value, in warnings and in the tails.

mistake                             case that exposes it   check
----------------------------------  ---------------------  --------------
sign, slope, another function       any                    matches_torch
shape changed                       matrix, no dimensions  matches_torch
overflow gives NaN                  1000                   extreme_logits
overflow that only warns            -1000                  no_warning
result clipped or shifted a little  -40, 40 at 1e-14       tails
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("sigmoid")
rng = case_rng("sigmoid")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    z: np.ndarray

    def __str__(self):
        return self.name


MODERATE = [
    Case("a vector", 3 * rng.standard_normal(9)),
    Case("a matrix", 4 * rng.standard_normal((3, 4))),
    Case("three dimensions", 2 * rng.standard_normal((2, 1, 3))),
    Case("zero and near it", np.array([0.0, 1e-3, -1e-3, 0.5, -0.5])),
    Case("all negative", np.array([-0.1, -2.0, -19.5, -7.0, -12.0, -16.5])),
    Case("all positive", rng.uniform(0.1, 20, (5, 1))),
    Case("no dimensions", np.array(-1.5)),
]
EXTREME = [
    Case("large and negative", np.array([-1000.0, -750.0, -100.0, -40.0])),
    Case("large and positive", np.array([1000.0, 750.0, 100.0, 40.0])),
    Case("both, in a matrix", np.array([[-1000.0, 0.0, 1000.0], [800.0, -2.0, -800.0]])),
]


TAILS = Case("tails", np.array([-40.0, -36.0, 36.0, 40.0]))


@reference
def expected(case, device):
    return torch.sigmoid(torch.tensor(case.z, device=device))


@weight(2)
@pytest.mark.parametrize("case", MODERATE, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the logistic function, element by element, for arrays of any shape."""
    assert_close(student.sigmoid(case.z), expected(case, torch_device))


@requires("test_matches_torch")
@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_extreme_logits(student, torch_device, case):
    """Is right at -1000 and 1000 as well."""
    assert_close(student.sigmoid(case.z), expected(case, torch_device))


@requires("test_extreme_logits")
@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_no_warning(student, case):
    """Raises no RuntimeWarning at -1000 and 1000."""
    student.sigmoid(case.z)
    caught = [text for text in student.last_warnings if text.startswith("RuntimeWarning")]
    expect(not caught, f"raised {caught[0] if caught else ''}")


@requires("test_extreme_logits")
def test_tails(student, torch_device):
    """Comes as near to 0 and 1 as float64 allows, without a limit or an addend."""
    assert_close(student.sigmoid(TAILS.z), expected(TAILS, torch_device), rtol=0, atol=1e-14)
