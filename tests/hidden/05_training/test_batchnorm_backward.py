"""batchnorm_backward: against torch's autograd, in training and in evaluation.

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  -----------
a term of dx missing, its sign, factor    N = 5, random upstream             training
gamma, std, eps, an axis lost in dx       random gamma, eps = 0.5, N = D     training
dgamma from x, averaged, swapped          means far from 0                   parameters
formula or statistics of training         running mean and variance unlike   evaluation
gradients of gamma and beta dropped       evaluation                         evaluation
dout changed                              all                                all
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("batchnorm_backward")
rng = case_rng("batchnorm_backward")
FORM = "the result should be (dx, dgamma, dbeta)"


@dataclass(frozen=True, eq=False)
class Case:
    """A cache built here, so that a wrong forward pass costs nothing."""

    dout: np.ndarray
    x: np.ndarray
    mean: np.ndarray
    var: np.ndarray
    gamma: np.ndarray
    eps: float
    training: bool

    def __str__(self):
        return f"x{self.x.shape} eps={self.eps} {'training' if self.training else 'evaluation'}"

    def cache(self):
        return (self.x, self.mean, self.var, self.gamma, self.eps, self.training)


def _signs(size):
    return rng.choice([-1.0, 1.0], size=size)


def _case(n, d, eps, training=True):
    x = rng.uniform(1, 3, d) * _signs(d) + np.linspace(0.6, 2.5, d) * rng.normal(size=(n, d))
    gamma = rng.uniform(1.3, 2.5, d) * _signs(d)
    mean, var = x.mean(axis=0), x.var(axis=0)
    if not training:
        mean, var = mean + rng.uniform(1, 2, d) * _signs(d), 2.0 * var + rng.uniform(1, 2, d)
    dout = rng.normal(size=(n, d)) + 0.5
    return Case(dout, x, mean, var, gamma, eps, training)


TRAINING = [
    _case(5, 3, 0.5),
    _case(4, 6, 0.1),
    _case(6, 6, 1e-5),
    _case(9, 1, 2.0),
    _case(3, 2, 0.3),
]
EVALUATION = [
    _case(5, 3, 0.5, training=False),
    _case(4, 4, 0.1, training=False),
    _case(1, 3, 0.3, training=False),
]


@reference
def expected(case, device):
    """By torch's autograd, through its own batch norm."""
    x, gamma = (torch.tensor(a, device=device, requires_grad=True) for a in (case.x, case.gamma))
    beta = torch.zeros_like(gamma, requires_grad=True)
    mean, var = (torch.tensor(a, device=device) for a in (case.mean, case.var))
    statistics = (None, None) if case.training else (mean, var)
    y = torch.nn.functional.batch_norm(
        x, *statistics, gamma, beta, training=case.training, eps=case.eps
    )
    y.backward(torch.tensor(case.dout, device=device))
    return x.grad, gamma.grad, beta.grad


def _gradients(student, case):
    result = student.batchnorm_backward(case.dout, case.cache())
    expect(isinstance(result, tuple | list) and len(result) == 3, FORM, value=result)
    return result


@weight(3)
@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_training(student, torch_device, case):
    """In training dx takes the ways through mean and variance into account."""
    dx, _, _ = _gradients(student, case)
    assert_close(dx, expected(case, torch_device)[0], name="dx")


@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_parameters(student, torch_device, case):
    """dgamma and dbeta are sums over the batch."""
    _, dgamma, dbeta = _gradients(student, case)
    assert_close(dgamma, expected(case, torch_device)[1], name="dgamma")
    assert_close(dbeta, expected(case, torch_device)[2], name="dbeta")


@weight(2)
@pytest.mark.parametrize("case", EVALUATION, ids=str)
def test_evaluation(student, torch_device, case):
    """In evaluation the cached statistics are constants; gamma and beta still learn."""
    dx, dgamma, dbeta = _gradients(student, case)
    assert_close(dx, expected(case, torch_device)[0], name="dx")
    assert_close([dgamma, dbeta], list(expected(case, torch_device)[1:]), name="dgamma, dbeta")


@requires("test_training")
@requires("test_parameters")
def test_call_after_call(student, torch_device):
    """Each call belongs to its own cache, whatever came before."""
    for case in (TRAINING[0], EVALUATION[0], TRAINING[4], TRAINING[0]):
        wanted = expected(case, torch_device)
        assert_close(_gradients(student, case), wanted, name="(dx, dgamma, dbeta)")
