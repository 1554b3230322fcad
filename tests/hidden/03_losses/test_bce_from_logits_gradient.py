"""bce_from_logits_gradient: against torch's derivative, with a weight, and far from 0.

mistake                                  case that exposes it            check
---------------------------------------  ------------------------------  ---------------
1/N missing or twice, sign               N = 5                           matches_torch
no sigmoid, its slope multiplied         any                             matches_torch
the weight on p - y of every sample      both classes, 3.5               pos_weight
the weight on y only (p - w y)           both classes, 3.5               pos_weight
divided by the sum of the weights        both classes, 3.5               pos_weight
NaN from exp(z) / (1 + exp(z))           z = 1000                        any_size
a warning on the way                     z = -1000, 1000                 no_warning
"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .binary_cases import Case

pytestmark = exercise("bce_from_logits_gradient")
rng = case_rng("bce_from_logits_gradient")


def _drawn(name, y, pos_weight=1.0):
    return Case(name, rng.normal(0.3, 2.0, size=len(y)), np.array(y), pos_weight)


Z, Y = np.array([1.5, -0.75, 2.0, -3.0, 0.25]), np.array([1.0, 0.0, 0.0, 1.0, 1.0])
PLAIN = [
    Case("fixed", Z, Y),
    _drawn("whole numbers", [0, 1, 1, 0, 1, 0, 0]),
    _drawn("one sample", [1.0]),
    _drawn("targets between 0 and 1", [0.75, 0.2, 1.0, 0.5, 0.0]),
]
WEIGHTED = [
    Case("fixed, weight 3.5", Z, Y, 3.5),
    Case("fixed, weight 0.25", Z, Y, 0.25),
    _drawn("weight 20", [0, 0, 1, 0, 0, 1, 0], 20.0),
    _drawn("soft targets, weight 4", [0.75, 0.2, 1.0, 0.5, 0.0], 4.0),
]
FAR = [
    Case("certain and wrong", np.array([-1000.0, 1000.0, 800.0]), np.array([1, 0, 0])),
    Case("certain and right", np.array([1000.0, -1000.0, 2.0]), np.array([1, 0, 1])),
    Case("wrong, weight 2.5", np.array([-1000.0, 700.0, 50.0]), np.array([1.0, 0.0, 1.0]), 2.5),
]


@reference
def expected(case, device):
    z = torch.tensor(case.z, device=device, requires_grad=True)
    y, pos_weight = (
        torch.tensor(a, dtype=torch.float64, device=device) for a in (case.y, case.pos_weight)
    )
    loss = functional.binary_cross_entropy_with_logits(z, y, pos_weight=pos_weight)
    return torch.autograd.grad(loss, z)[0]


def _matches(student, device, case):
    slopes = student.bce_from_logits_gradient(case.z, case.y, pos_weight=case.pos_weight)
    assert_close(slopes, expected(case, device), name="gradient")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the gradient of the mean loss, with a weight of 1 unless told otherwise."""
    slopes = student.bce_from_logits_gradient(case.z, case.y)
    assert_close(slopes, expected(case, torch_device), name="gradient")


@weight(3)
@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_pos_weight(student, torch_device, case):
    """Takes pos_weight into account where the target is 1, and only there."""
    _matches(student, torch_device, case)


@weight(2)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_any_size(student, torch_device, case):
    """Is finite and exact for logits of any size."""
    _matches(student, torch_device, case)


@requires("test_any_size")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_no_warning(student, case):
    """Warns of nothing, however large the logits."""
    student.bce_from_logits_gradient(case.z, case.y, pos_weight=case.pos_weight)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))
