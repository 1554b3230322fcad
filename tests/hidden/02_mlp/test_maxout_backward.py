"""maxout_backward: against torch's autograd through the maximum.

mistake                                        case that exposes it         check
---------------------------------------------  ---------------------------  -------------
all pieces hear of the loss, or share it       K = 3                        matches_torch
the winner of another sample or unit           winners differ everywhere    matches_torch
dx through the first piece or the sum          K = 3                        matches_torch
`=` for `+=` over samples or units             N > K, units that share k    matches_torch
averaged over the batch; upstream ignored      N > 1, random dout           matches_torch
dw transposed, order                           all sizes unequal; in = out  matches_torch
sums kept between calls, dout altered          the same cache, twice        twice
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("maxout_backward")
rng = case_rng("maxout_backward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    dout: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} w{self.w.shape} dout[0,0]={self.dout.flat[0]:.2f}"


def _case(samples, inputs, pieces, units, rng=rng):
    return Case(
        rng.normal(size=(samples, inputs)),
        rng.normal(size=(pieces, units, inputs)),
        rng.normal(size=(pieces, units)),
        rng.normal(size=(samples, units)),
    )


FIXED = _case(7, 3, 3, 2, np.random.default_rng(2))
CASES = [FIXED, _case(9, 2, 3, 4), _case(5, 3, 2, 3), _case(4, 2, 1, 3), _case(1, 4, 4, 2)]


@reference
def expected(case, device):
    x, w, b = (torch.tensor(a, device=device, requires_grad=True) for a in (case.x, case.w, case.b))
    pieces = torch.einsum("ni,koi->kno", x, w) + b[:, None, :]
    largest, winner = pieces.max(dim=0)
    largest.backward(torch.tensor(case.dout, device=device))
    return {"gradients": (x.grad, w.grad, b.grad), "winner": winner}


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives the gradients of x, w and b that autograd gives."""
    right = expected(case, torch_device)
    gradients = student.maxout_backward(case.dout, (case.x, case.w, right["winner"]))
    assert_close(gradients, right["gradients"], name="(dx, dw, db)")


@requires("test_matches_torch")
def test_twice(student, torch_device):
    """Gives the same again when called again with the same cache."""
    right = expected(FIXED, torch_device)
    cache = student.keep((FIXED.x, FIXED.w, right["winner"]))
    for _ in range(2):
        gradients = student.maxout_backward(FIXED.dout, cache)
        assert_close(gradients, right["gradients"], name="(dx, dw, db)")
