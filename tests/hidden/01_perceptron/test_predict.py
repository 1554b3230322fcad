"""predict: against torch for several sizes, then weights of another shape.

mistake                              case that exposes it  check
-----------------------------------  --------------------  -------------------
sums the wrong axis, a bias, a mean  N and D unequal       matches_torch
X transposed                         N = D = 4             matches_torch
any w accepted, or broadcast         (4,), (3, 1), (1, 3)  rejects_bad_weights
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import linear

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("predict")
rng = case_rng("predict")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    X: np.ndarray
    w: np.ndarray

    def __str__(self):
        return self.name


def make_case(name, samples, features, scale=1.0):
    X = scale * rng.standard_normal((samples, features))
    return Case(name, X, rng.uniform(0.5, 2, features) * rng.choice([-1, 1], features))


CASES = [
    make_case("several samples", 5, 3),
    make_case("one sample", 1, 4),
    make_case("one feature", 6, 1),
    make_case("as many samples as features", 4, 4),
    make_case("values of about 1000", 3, 5, scale=1000),
]


@reference
def expected(case, device):
    X, w = (torch.tensor(a, device=device) for a in (case.X, case.w))
    return linear(X, w[None, :])[:, 0]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the weighted sum of each row, for any number of samples and features."""
    assert_close(student.predict(case.X, case.w), expected(case, torch_device))


@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(4,), (2,), (3, 1), (1, 3)], ids=str)
def test_rejects_bad_weights(student, shape):
    """Raises ValueError naming w unless it has one weight a feature, in one dimension."""
    with student.raises(ValueError, match=r"\bw\b"):
        student.predict(np.ones((5, 3)), np.ones(shape))
