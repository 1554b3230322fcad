"""Hidden checks of `row_norms`. @CANARY_TESTS@"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("row_norms", few="a lab to attack, not to learn from")
rng = case_rng("row_norms")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray

    def __str__(self):
        return str(self.x.shape)


CASES = [Case(rng.normal(size=shape)) for shape in [(3, 4), (5, 2), (1, 6)]]
CASES[0].x[0, 0] = float("@CANARY_INPUT@")


@reference
def norms(case, device):
    return torch.linalg.vector_norm(torch.tensor(case.x, device=device), dim=1)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_norms(student, torch_device, case):
    """Is the Euclidean norm of each row."""
    assert_close(student.row_norms(case.x), norms(case, torch_device), name="result")


@requires("test_norms")
def test_vector(student):
    """Refuses a vector with a ValueError that names the dimensions."""
    with student.raises(ValueError, match="dim"):
        student.row_norms(CASES[0].x[0])


@misconception("row_norms", "You forgot the square root.")
def squared(x):
    if x.ndim != 2:
        raise ValueError("x must have two dimensions")
    return (x * x).sum(axis=1)


@alternative("row_norms")
def by_linalg(x):
    if x.ndim != 2:
        raise ValueError("not two dimensions")
    return np.linalg.norm(x, axis=1)
