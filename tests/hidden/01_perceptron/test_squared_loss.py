"""squared_loss: against torch for several sizes, then targets of another shape.

mistake                             case that exposes it    check
----------------------------------  ----------------------  -------------------
½, a sum, a root                    any                     matches_torch
mean over candidates, axes swapped  N and K unequal; N = K  matches_torch
y of another shape is broadcast     (5, 1), (1,) for 5      rejects_bad_targets
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("squared_loss")
rng = case_rng("squared_loss")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    x: np.ndarray
    y: np.ndarray
    w: np.ndarray

    def __str__(self):
        return self.name


def make_case(name, samples, candidates, scale=1.0):
    x = scale * (rng.standard_normal(samples) + 0.5)
    y = scale * (rng.standard_normal(samples) - 0.7)
    return Case(name, x, y, 2 * rng.standard_normal(candidates))


CASES = [
    make_case("more samples than candidates", 5, 3),
    make_case("more candidates than samples", 2, 6),
    make_case("as many candidates as samples", 4, 4),
    make_case("one sample", 1, 4),
    make_case("one candidate", 7, 1),
    make_case("values of about 1000", 6, 5, scale=1000),
]


@reference
def expected(case, device):
    x, y, w = (torch.tensor(a, device=device) for a in (case.x, case.y, case.w))
    return torch.stack([mse_loss(one * x, y) for one in w])


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the squared error of each candidate, averaged over the samples."""
    losses = student.squared_loss(case.x, case.y, case.w)
    assert_close(losses, expected(case, torch_device), name="losses")


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(6,), (5, 1), (1,)], ids=str)
def test_rejects_bad_targets(student, shape):
    """Raises ValueError naming y unless it has the shape of x."""
    with student.raises(ValueError, match=r"\by\b"):
        student.squared_loss(np.ones(5), np.ones(shape), np.ones(3))
