"""smooth_labels: the share s is spread over all classes.

mistake                                    case that exposes it     check
-----------------------------------------  -----------------------  -----------------
share spread over the other C - 1          s = 0.3, C = 4           matches_torch
rows that do not sum to 1                  any s                    matches_torch
s and 1 - s exchanged                      s = 0.3                  matches_torch
table transposed, whole columns marked     N != C, repeated labels  matches_torch
s = 0 and s = 1 refused                    0, 1                     no_and_full_doubt
any s accepted                             -0.1, 1.1                refuses_smoothing
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("smooth_labels")
rng = case_rng("smooth_labels")


@dataclass(frozen=True, eq=False)
class Case:
    labels: np.ndarray
    classes: int
    smoothing: float
    note: str = "fixed"

    def __str__(self):
        return f"N={len(self.labels)} C={self.classes} s={self.smoothing:g} {self.note}"


CASES = [
    Case(np.array([2, 0, 3, 2, 1]), 4, 0.3),
    Case(np.array([1, 0, 0]), 3, 0.1),
    Case(np.array([4]), 6, 0.45),
    Case(np.array([0, 1, 1, 0]), 2, 0.2),
    Case(rng.integers(0, 5, size=7), 5, 0.15, "drawn"),
]
ENDS = [Case(np.array([1, 3, 0, 1, 2]), 4, s) for s in (0.0, 1.0)]


@reference
def expected(case, device):
    """The target that torch uses: the slope of its smoothed loss is (softmax(z) - target) / N."""
    z = torch.zeros(len(case.labels), case.classes, dtype=torch.float64, device=device)
    z.requires_grad_()
    labels = torch.tensor(case.labels, device=device)
    loss = functional.cross_entropy(z, labels, label_smoothing=case.smoothing, reduction="sum")
    return torch.softmax(z.detach(), dim=1) - torch.autograd.grad(loss, z)[0]


def _matches(student, device, case):
    rows = student.smooth_labels(case.labels, case.classes, case.smoothing)
    assert_close(rows, expected(case, device), name="rows")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Keeps 1 - s at the label and spreads s over all classes."""
    _matches(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", ENDS, ids=str)
def test_no_and_full_doubt(student, torch_device, case):
    """Gives one-hot rows for s = 0, even rows for s = 1."""
    _matches(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("smoothing", [-0.1, 1.1, 2.0])
def test_refuses_smoothing(student, smoothing):
    """Raises ValueError naming smoothing when it is below 0 or above 1."""
    with student.raises(ValueError, match=r"\bsmoothing\b"):
        student.smooth_labels(np.array([1, 0]), 3, smoothing)
