"""bce_from_logits: against torch, with a weight for the ones, and far from 0.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  ----------------
a term missing, classes exchanged, sign   both classes, soft targets     matches_torch
no sigmoid, or two                        any                            matches_torch
the weight on the wrong term or on both   pos_weight 3.5 and 0.25        pos_weight
divided by the sum of the weights         pos_weight 3.5, both classes   pos_weight
overflow, clip, epsilon                   z = -1000, 1000, 40            any_size
a warning on the way                      z = -1000, 1000                no_warning
(N,) against (N, 1) broadcast             (4, 1), (1,)                   refuses_y
"""

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .binary_cases import Case

pytestmark = exercise("bce_from_logits")
rng = case_rng("bce_from_logits")


def _drawn(name, y, pos_weight=1.0):
    return Case(name, rng.normal(0.3, 2.0, size=len(y)), np.array(y), pos_weight)


Z, Y = np.array([1.5, -0.75, 2.0, -3.0, 0.25]), np.array([1.0, 0.0, 0.0, 1.0, 1.0])
PLAIN = [
    Case("fixed", Z, Y),
    # p is small enough to see 1e-8 beside it, whatever is drawn below
    Case("rather certain and wrong", np.array([-8.0, 7.0, 1.0]), np.array([1, 0, 1])),
    _drawn("whole numbers", [0, 1, 1, 0, 1, 0, 0]),
    _drawn("one class only", [1.0, 1.0, 1.0]),
    _drawn("the other class only", [0, 0, 0, 0]),
    _drawn("one sample", [1.0]),
    _drawn("targets between 0 and 1", [0.75, 0.2, 1.0, 0.5, 0.0]),
]
WEIGHTED = [
    Case("fixed, weight 3.5", Z, Y, 3.5),
    Case("fixed, weight 0.25", Z, Y, 0.25),
    Case("rather certain, weight 3", np.array([-8.0, 7.0, 1.0]), np.array([1, 0, 1]), 3.0),
    _drawn("weight 20", [0, 0, 1, 0, 0, 1, 0], 20.0),
    _drawn("soft targets, weight 4", [0.75, 0.2, 1.0, 0.5, 0.0], 4.0),
]
FAR = [
    Case("certain and right", np.array([1000.0, -1000.0, 800.0]), np.array([1, 0, 1])),
    Case("certain and wrong", np.array([-1000.0, 1000.0]), np.array([1, 0])),
    Case("wrong, weight 2.5", np.array([-1000.0, 700.0, 50.0]), np.array([1.0, 0.0, 1.0]), 2.5),
    Case("moderately large", np.array([40.0, -40.0, 18.0, -36.0]), np.array([0, 1, 0, 1])),
]


@reference
def expected(case, device):
    z, y = (torch.tensor(a, dtype=torch.float64, device=device) for a in (case.z, case.y))
    pos_weight = torch.tensor(case.pos_weight, dtype=torch.float64, device=device)
    return functional.binary_cross_entropy_with_logits(z, y, pos_weight=pos_weight)


def _matches(student, device, case):
    loss = student.bce_from_logits(case.z, case.y, pos_weight=case.pos_weight)
    assert_close(loss, expected(case, device), name="loss")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_matches_torch(student, torch_device, case):
    """Averages the cross-entropy of both classes, with a weight of 1 unless told otherwise."""
    loss = student.bce_from_logits(case.z, case.y)
    assert_close(loss, expected(case, torch_device), name="loss")


@weight(2)
@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_pos_weight(student, torch_device, case):
    """Multiplies the term of target 1 by pos_weight, and still divides by N."""
    _matches(student, torch_device, case)


@weight(2)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_any_size(student, torch_device, case):
    """Is exact for logits of any size, also of a certain and wrong answer."""
    _matches(student, torch_device, case)


@requires("test_any_size")
@pytest.mark.parametrize("case", FAR, ids=str)
def test_no_warning(student, case):
    """Warns of nothing, however large the logits."""
    student.bce_from_logits(case.z, case.y, pos_weight=case.pos_weight)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(4, 1), (1,), (1, 4), (3,)])
def test_refuses_y(student, shape):
    """Raises ValueError naming y when its shape is another than that of z."""
    with student.raises(ValueError, match=r"\by\b"):
        student.bce_from_logits(np.array([0.5, 2.0, -1.0, 0.3]), np.ones(shape))
