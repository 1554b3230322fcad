"""confusion_matrix: rows are the truth, columns the prediction.

mistake                                     case that exposes it             check
------------------------------------------  -------------------------------  -------------------
rows and columns swapped                    unsymmetric counts               counts
a pair that occurs twice counted once       repeated pairs                   counts
size from the classes that occur            a class that does not occur      counts
right answers only, mistakes only           any                              counts
shares for counts, floats for integers      any                              counts
predictions of another length               N - 1, N + 1, (N, 1)             refuses_predictions
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_equal,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("confusion_matrix")
rng = case_rng("confusion_matrix")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    labels: np.ndarray
    predictions: np.ndarray
    classes: int

    def __str__(self):
        return self.name


CASES = [
    Case("fixed", np.array([0, 2, 2, 1, 2, 2, 1]), np.array([0, 0, 2, 2, 0, 2, 0]), 3),
    Case("last class not met", np.array([0, 1, 1, 0]), np.array([1, 1, 1, 2]), 5),
    Case("a class only predicted", np.array([0, 1, 1, 0, 1]), np.array([2, 2, 1, 0, 2]), 3),
    Case("first class not met", np.array([1, 2, 3, 3]), np.array([2, 2, 1, 3]), 4),
    Case("one sample", np.array([1]), np.array([0]), 2),
    Case("drawn", rng.integers(0, 4, size=40), rng.integers(0, 3, size=40), 4),
]


@reference
def expected(case, device):
    labels, predictions = (torch.tensor(a, device=device) for a in (case.labels, case.predictions))
    pairs = labels * case.classes + predictions
    return torch.bincount(pairs, minlength=case.classes**2).reshape(case.classes, case.classes)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_counts(student, torch_device, case):
    """Counts every pair of truth (row) and prediction (column)."""
    matrix = student.confusion_matrix(case.labels, case.predictions, case.classes)
    assert_equal(matrix, expected(case, torch_device), name="matrix")


@requires("test_counts")
@pytest.mark.parametrize("shape", [(3,), (5,), (1,), (4, 1), (1, 4)], ids=str)
def test_refuses_predictions(student, shape):
    """Raises ValueError naming predictions when there is not one for each label."""
    with student.raises(ValueError, match=r"\bpredictions\b"):
        student.confusion_matrix(np.array([0, 1, 1, 0]), np.ones(shape, dtype=int), 2)
