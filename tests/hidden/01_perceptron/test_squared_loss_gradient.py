"""squared_loss_gradient: against autograd, then with large values.

mistake                        case that exposes it    check
-----------------------------  ----------------------  ----------------
2 or x missing, a sum, a sign  any                     matches_autograd
axes swapped                   N and K unequal; N = K  matches_autograd
a difference quotient          values of about 1000    large_values
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference

pytestmark = exercise("squared_loss_gradient")
rng = case_rng("squared_loss_gradient")


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


SHAPES = [
    make_case("more samples than candidates", 5, 3),
    make_case("more candidates than samples", 2, 6),
    make_case("as many candidates as samples", 4, 4),
    make_case("one sample", 1, 4),
    make_case("one candidate", 7, 1),
]
LARGE = [make_case("values of about 1000", 6, 5, scale=1000)]


@reference
def expected(case, device):
    x, y, w = (torch.tensor(a, device=device) for a in (case.x, case.y, case.w))
    w.requires_grad_()
    ((w[:, None] * x - y) ** 2).mean(dim=1).sum().backward()
    return w.grad


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_matches_autograd(student, torch_device, case):
    """Is the derivative of each candidate's loss, for any number of samples and candidates."""
    slopes = student.squared_loss_gradient(case.x, case.y, case.w)
    assert_close(slopes, expected(case, torch_device), name="slopes")


@pytest.mark.parametrize("case", LARGE, ids=str)
def test_large_values(student, torch_device, case):
    """Is the derivative of the loss for large features and targets, too."""
    slopes = student.squared_loss_gradient(case.x, case.y, case.w)
    assert_close(slopes, expected(case, torch_device), name="slopes")
