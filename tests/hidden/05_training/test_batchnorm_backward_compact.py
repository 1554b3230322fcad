"""batchnorm_backward_compact: against torch's autograd; training only, from x_hat, gamma, std.

mistake                                   case that exposes it          check
----------------------------------------  ----------------------------  -----------
a term missing, its sign, its factor      N = 5, random upstream        dx
gamma or std lost; a sum for a mean       random gamma, N = D           dx
x_hat normalised again (eps)              eps = 0.5                     dx
dgamma, dbeta averaged, swapped           all                           parameters
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    weight,
)

pytestmark = exercise("batchnorm_backward_compact")
rng = case_rng("batchnorm_backward_compact")
FORM = "the result should be (dx, dgamma, dbeta)"


@dataclass(frozen=True, eq=False)
class Case:
    dout: np.ndarray
    x: np.ndarray
    gamma: np.ndarray
    eps: float

    def __str__(self):
        return f"x{self.x.shape} eps={self.eps}"

    def arguments(self):
        std = np.sqrt(self.x.var(axis=0) + self.eps)
        return self.dout, (self.x - self.x.mean(axis=0)) / std, self.gamma, std


def _case(n, d, eps):
    gamma = rng.uniform(1.3, 2.5, d) * rng.choice([-1.0, 1.0], size=d)
    x = 2.0 + np.linspace(0.6, 2.5, d) * rng.normal(size=(n, d))
    return Case(rng.normal(size=(n, d)) + 0.5, x, gamma, eps)


CASES = [_case(5, 3, 0.5), _case(4, 6, 0.1), _case(6, 6, 1e-5), _case(9, 1, 2.0), _case(3, 2, 0.3)]


@reference
def expected(case, device):
    x, gamma = (torch.tensor(a, device=device, requires_grad=True) for a in (case.x, case.gamma))
    beta = torch.zeros_like(gamma, requires_grad=True)
    y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=case.eps)
    y.backward(torch.tensor(case.dout, device=device))
    return x.grad, gamma.grad, beta.grad


def _gradients(student, case):
    result = student.batchnorm_backward_compact(*case.arguments())
    expect(isinstance(result, tuple | list) and len(result) == 3, FORM, value=result)
    return result


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_dx(student, torch_device, case):
    """dx has all three terms."""
    assert_close(_gradients(student, case)[0], expected(case, torch_device)[0], name="dx")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(student, torch_device, case):
    """dgamma and dbeta are sums over the batch."""
    _, *found = _gradients(student, case)
    assert_close(found, list(expected(case, torch_device)[1:]), name="dgamma, dbeta")


def _wrong(message, dx=None, parameters=None):
    """dx(d, x_hat, gamma, std), parameters(d, x_hat); right where None."""

    @misconception("batchnorm_backward_compact", message)
    def variant(dout, x_hat, gamma, std):
        right = gamma / std * (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0))
        found = right if dx is None else dx(dout, x_hat, gamma, std)
        sums = (dout * x_hat).sum(0), dout.sum(0)
        return (found, *(sums if parameters is None else parameters(dout, x_hat)))

    return variant


no_mean_term = _wrong(
    "The mean of dout is not subtracted in dx.",
    lambda d, x, g, s: g / s * (d - x * (d * x).mean(0)),
)
no_variance_term = _wrong(
    "The term with x_hat is missing in dx.", lambda d, x, g, s: g / s * (d - d.mean(0))
)
neither_term = _wrong(
    "This is the gradient of evaluation mode. In training mean and variance depend on x.",
    lambda d, x, g, s: g / s * d,
)
term_added = _wrong(
    "The term with x_hat has the wrong sign.",
    lambda d, x, g, s: g / s * (d - d.mean(0) + x * (d * x).mean(0)),
)
sums_for_means = _wrong(
    "The two sums in your dx are not divided by N.",
    lambda d, x, g, s: g / s * (d - d.sum(0) - x * (d * x).sum(0)),
)
one_sum_for_a_mean = _wrong(
    "One of the two sums in your dx, the one with x_hat, is not divided by N.",
    lambda d, x, g, s: g / s * (d - d.mean(0) - x * (d * x).sum(0)),
)
gamma_missing = _wrong(
    "gamma is missing in dx.", lambda d, x, g, s: (d - d.mean(0) - x * (d * x).mean(0)) / s
)
gamma_twice = _wrong(
    "gamma is in the term with x_hat twice.",
    lambda d, x, g, s: g / s * (d - d.mean(0) - g * x * (d * x).mean(0)),
)
not_divided = _wrong(
    "dx is not divided by the standard deviation.",
    lambda d, x, g, s: g * (d - d.mean(0) - x * (d * x).mean(0)),
)
divided_twice = _wrong(
    "x_hat is divided by the standard deviation once more; it is normalised already.",
    lambda d, x, g, s: g / s * (d - d.mean(0) - x / s * (d * x).mean(0)),
)
unbiased = _wrong(
    "The term with x_hat is divided by N - 1. The variance that normalised has N.",
    lambda d, x, g, s: g / s * (d - d.mean(0) - x * (d * x).sum(0) / (len(d) - 1)),
)
over_features = _wrong(
    "The means in your dx run over the features. They run over the batch.",
    lambda d, x, g, s: g / s * (d - d.mean(1, keepdims=True) - x * (d * x).mean(1, keepdims=True)),
)
x_hat_normalised_again = _wrong(
    "You divide by the mean square of x_hat. It is not quite 1, because of eps, and does not "
    "belong there.",
    lambda d, x, g, s: g / s * (d - d.mean(0) - x * (d * x).mean(0) / (x**2).mean(0)),
)
parameters_averaged = _wrong(
    "dgamma and dbeta are averaged. They are sums.",
    parameters=lambda d, x: ((d * x).mean(0), d.mean(0)),
)
parameters_swapped = _wrong(
    "dgamma and dbeta are returned in the other order.",
    parameters=lambda d, x: (d.sum(0), (d * x).sum(0)),
)
dgamma_without_upstream = _wrong(
    "dgamma is the sum of dout times x_hat; yours is the sum of dout.",
    parameters=lambda d, x: (d.sum(0), d.sum(0)),
)


@alternative("batchnorm_backward_compact")
def as_in_the_libraries(dout, x_hat, gamma, std):
    n = len(dout)
    dbeta, dgamma = dout.sum(0), np.einsum("nd,nd->d", dout, x_hat)
    return gamma * (n * dout - dbeta - x_hat * dgamma) / (n * std), dgamma, dbeta


@alternative("batchnorm_backward_compact")
def by_projection(dout, x_hat, gamma, std):
    n = len(dout)
    ones = np.ones((n, 1))
    dx = np.empty_like(dout)
    for j in range(dout.shape[1]):
        basis = np.hstack([ones, x_hat[:, [j]]])
        dx[:, j] = (dout[:, j] - basis @ (basis.T @ dout[:, j]) / n) * gamma[j] / std[j]
    return [dx, (x_hat * dout).sum(axis=0), ones[:, 0] @ dout]


@alternative("batchnorm_backward_compact")
def in_stages(dout, x_hat, gamma, std):
    d_hat = dout * gamma
    dx = d_hat / std - (d_hat * x_hat).sum(axis=0) * x_hat / (len(dout) * std)
    return dx - dx.mean(axis=0), np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)
