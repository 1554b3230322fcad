"""l2_penalty: the value of the penalty, and its gradient for each array.

mistake                                   case that exposes it          check
----------------------------------------  ----------------------------  ----------------
lambda ||W||^2 for half of it            any                           value, gradients
square root: the norm itself              any                           value, gradients
values of the L1 penalty                  any                           value, gradients
first or last array only                  three arrays                  value, gradients
averaged over the weights                 arrays of many entries        value, gradients
strength lost, or squared                 strength 0.3 and 5            value, gradients
negative strength accepted                -0.5                          refuses_strength
"""

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

from .penalty_cases import penalty_cases

pytestmark = exercise("l2_penalty")
CASES = penalty_cases(case_rng("l2_penalty"))


@reference
def expected(case, device):
    weights = [torch.tensor(W, device=device, requires_grad=True) for W in case.weights]
    penalty = sum(W.square().sum() for W in weights) * case.strength / 2
    return penalty.detach(), list(torch.autograd.grad(penalty, weights))


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_value(student, torch_device, case):
    """Is half of lambda times the sum of squares of all arrays together."""
    penalty, _ = student.l2_penalty(case.weights, case.strength)
    assert_close(penalty, expected(case, torch_device)[0], name="penalty")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients(student, torch_device, case):
    """Returns the gradient of each array, in their order and shapes."""
    _, gradients = student.l2_penalty(case.weights, case.strength)
    assert_close(gradients, expected(case, torch_device)[1], name="gradients")


@requires("test_value")
def test_refuses_strength(student):
    """Raises ValueError naming strength when it is negative."""
    with student.raises(ValueError, match=r"\bstrength\b"):
        student.l2_penalty(CASES[0].weights, -0.5)
