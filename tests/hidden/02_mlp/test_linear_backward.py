"""linear_backward: against torch's autograd, with a random gradient from above.

mistake                                     case that exposes it        check
------------------------------------------  --------------------------  -------------
dw transposed, dx with w transposed         in = out, in = out = N      matches_torch
dw or db averaged over the batch            N > 1                       matches_torch
upstream ignored, or summed first           random dout                 matches_torch
db over the wrong axis, or with two axes    out = N; any                matches_torch
order of the three                          all shapes unequal          matches_torch
only the first or the last sample           N > 1                       matches_torch
dout altered, sums kept between calls       the same cache, twice       twice
dout of another shape accepted              (1, out), (out,), (N, 1)    refuses_dout
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("linear_backward")
rng = case_rng("linear_backward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    dout: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} w{self.w.shape} dout[0,0]={self.dout.flat[0]:.2f}"


def _case(samples, inputs, units):
    return Case(
        rng.normal(size=(samples, inputs)),
        rng.normal(size=(units, inputs)),
        rng.normal(size=(samples, units)),
    )


FIXED = Case(
    np.array([[1.5, -2.0, 0.5], [3.0, 1.0, -1.0], [0.0, 2.5, 4.0], [-0.5, 1.0, 2.0]]),
    np.array([[2.0, -1.0, 0.5], [0.25, 3.0, -2.0]]),
    np.array([[1.0, -0.5], [2.0, 3.0], [-1.5, 0.25], [0.75, -2.0]]),
)
CASES = [
    FIXED,
    _case(5, 3, 4),
    _case(1, 4, 3),
    _case(3, 3, 3),
    _case(4, 2, 2),  # in = out: dw transposed has the right shape
    _case(4, 3, 4),  # N = out: db over the wrong axis has the right length
    _case(3, 5, 1),
]


@reference
def expected(case, device):
    x, w = (torch.tensor(a, device=device, requires_grad=True) for a in (case.x, case.w))
    b = torch.zeros(len(case.w), dtype=x.dtype, device=device, requires_grad=True)
    functional.linear(x, w, b).backward(torch.tensor(case.dout, device=device))
    return x.grad, w.grad, b.grad


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives the gradients of x, w and b that autograd gives."""
    gradients = student.linear_backward(case.dout, (case.x, case.w))
    assert_close(gradients, expected(case, torch_device), name="(dx, dw, db)")


@requires("test_matches_torch")
def test_twice(student, torch_device):
    """Gives the same again when called again with the same cache."""
    cache = student.keep((FIXED.x, FIXED.w))
    for _ in range(2):
        gradients = student.linear_backward(FIXED.dout, cache)
        assert_close(gradients, expected(FIXED, torch_device), name="(dx, dw, db)")


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(1, 2), (2,), (4, 1), (2, 4), (4, 3), (3, 2)], ids=str)
def test_refuses_dout(student, shape):
    """Raises ValueError naming dout when it has not the shape of y."""
    with student.raises(ValueError, match=r"\bdout\b"):
        student.linear_backward(np.ones(shape), (FIXED.x, FIXED.w))
