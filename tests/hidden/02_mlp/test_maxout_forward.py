"""maxout_forward: against torch, then the winners it keeps and what it refuses.

mistake                                       case that exposes it         check
--------------------------------------------  ---------------------------  -------------
mean, sum, minimum, absolute value            K = 3, random                matches_torch
maximum before the bias, one bias for all     random b                     matches_torch
maximum over units or samples                 K, N, out unequal            matches_torch
only two pieces, a ReLU on top                K = 1, 4                     matches_torch
winner before the bias, as a mask, counted    random b, K = 3              cache
from 1, per sample
w without pieces, other columns; b of (out,)  2 axes; 2 and 5 columns      refuses_w, _b
No two pieces tie.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("maxout_forward")
rng = case_rng("maxout_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} w{self.w.shape}"


def _case(samples, inputs, pieces, units):
    return Case(
        rng.normal(size=(samples, inputs)),
        rng.normal(size=(pieces, units, inputs)),
        2.0 * rng.normal(size=(pieces, units)),
    )


FIXED = Case(
    np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -3.0], [2.0, -1.0], [-2.0, -2.0]]),
    np.array(
        [
            [[1.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]],
            [[-1.0, 0.0], [0.0, 0.0], [0.0, -1.0], [3.0, 2.0]],
            [[0.5, -1.0], [-2.0, 3.0], [1.0, 0.25], [0.0, -1.0]],
        ]
    ),
    np.array([[-0.75, -1.0, 0.5, 3.0], [0.25, 1.5, -2.0, -4.0], [2.0, 0.125, 1.0, -0.5]]),
)
CASES = [
    FIXED,
    _case(4, 3, 3, 2),
    _case(2, 4, 1, 3),
    _case(3, 2, 4, 5),
    _case(3, 3, 3, 3),
    _case(1, 2, 2, 4),
    _case(6, 3, 2, 1),
]


@reference
def expected(case, device):
    pieces = torch.stack(
        [
            functional.linear(*(torch.tensor(a, device=device) for a in (case.x, w, b)))
            for w, b in zip(case.w, case.b)
        ]
    )
    largest, winner = pieces.max(dim=0)
    return {"y": largest, "winner": winner}


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives the largest of the pieces, each with its own bias."""
    y, _ = student.maxout_forward(case.x, case.w, case.b)
    assert_close(y, expected(case, torch_device)["y"], name="y")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:5], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache (x, w, winner), with which piece won for each sample and unit."""
    _, cache = student.maxout_forward(case.x, case.w, case.b)
    expect(isinstance(cache, tuple | list) and len(cache) == 3, "the cache should hold three")
    assert_close(cache[:2], (case.x, case.w), name="(x, w) in the cache")
    assert_equal(cache[2], expected(case, torch_device)["winner"], name="winner in the cache")


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(4, 2), (3, 4, 1), (3, 4, 5), (1, 3, 4, 2)], ids=str)
def test_refuses_w(student, shape):
    """Raises ValueError naming w unless it has three axes and the columns of x."""
    with student.raises(ValueError, match=r"\bw\b"):
        student.maxout_forward(FIXED.x, np.ones(shape), FIXED.b)


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 1), (4, 3), (3, 4, 1), ()], ids=str)
def test_refuses_b(student, shape):
    """Raises ValueError naming b unless its shape is (K, out), even where it would broadcast."""
    with student.raises(ValueError, match=r"\bb\b"):
        student.maxout_forward(FIXED.x, FIXED.w, np.ones(shape))
