"""one_hot: rows with a single 1 at the label.

mistake                                    case that exposes it             check
-----------------------------------------  -------------------------------  ---------------
table transposed                           N != C, N = C                    rows
compared without an axis                   N = C                            rows
width from the labels that occur           the last class does not occur    rows
off by one                                 labels 0 and C - 1               rows
integers or bools for floats               any                              rows
-1 taken for the last class                -1                               refuses_labels
C wraps, is clipped or gives a row of 0    C, C + 2                         refuses_labels
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

pytestmark = exercise("one_hot")
rng = case_rng("one_hot")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    labels: np.ndarray
    classes: int

    def __str__(self):
        return self.name


CASES = [
    Case("four samples, three classes", np.array([2, 0, 0, 1]), 3),
    Case("as many samples as classes", np.array([1, 2, 0, 2]), 4),
    Case("last class not met", np.array([0, 1, 0]), 5),
    Case("first class not met", np.array([3, 1, 2, 1, 3]), 4),
    Case("one sample", np.array([1]), 3),
    Case("one class", np.array([0, 0]), 1),
    Case("drawn", rng.integers(0, 6, size=7), 6),
]


@reference
def expected(case, device):
    labels = torch.tensor(case.labels, device=device)
    return functional.one_hot(labels, case.classes).double()


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows(student, torch_device, case):
    """Has a row of floats for each sample, with a 1 at its label."""
    rows = student.one_hot(case.labels, case.classes)
    assert_close(rows, expected(case, torch_device), name="rows")


@requires("test_rows")
@pytest.mark.parametrize("label", [-1, -3, 3, 5])
def test_refuses_labels(student, label):
    """Raises ValueError naming labels when one is below 0, or C or above."""
    with student.raises(ValueError, match=r"\blabels\b"):
        student.one_hot(np.array([2, label, 0]), 3)
