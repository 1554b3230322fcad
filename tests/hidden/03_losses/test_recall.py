"""recall: the share of each class that was found.

mistake                                   case that exposes it           check
----------------------------------------  -----------------------------  --------------
precision: columns for rows               unsymmetric counts             shares
accuracy, mean of the classes             unequal classes                shares
divided by N                              unequal classes                shares
missed for found                          any                            shares
0, 1 or an error for an empty class       a row of zeros                 empty_class
a warning on the way                      a row of zeros                 no_warning
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("recall")
rng = case_rng("recall")


class Case:
    def __init__(self, name, matrix):
        self.name, self.matrix = name, np.array(matrix)

    def __str__(self):
        return self.name


FULL = [
    Case("fixed", [[6, 1, 1], [3, 2, 0], [0, 4, 12]]),
    Case("two classes", [[190, 10], [3, 7]]),
    Case("a class never found", [[5, 2, 0], [1, 4, 3], [2, 1, 0]]),
    Case("one class", [[7]]),
    Case("drawn", rng.integers(1, 20, size=(5, 5))),
]
EMPTY = [
    Case("last class empty", [[3, 1, 2], [2, 5, 0], [0, 0, 0]]),
    Case("middle class empty", [[6, 1, 1, 0], [0, 0, 0, 0], [3, 2, 4, 0], [0, 4, 0, 12]]),
]


@reference
def expected(case, device):
    """Of the samples of each class, written out one by one, the share of right predictions."""
    shares = []
    for label, row in enumerate(torch.tensor(case.matrix, device=device)):
        predictions = torch.repeat_interleave(torch.arange(len(row), device=device), row)
        shares.append((predictions == label).double().mean())  # of none: NaN
    return torch.stack(shares)


@weight(2)
@pytest.mark.parametrize("case", FULL, ids=str)
def test_shares(student, torch_device, case):
    """Is the share of each class's own samples that were found."""
    assert_close(student.recall(case.matrix), expected(case, torch_device), name="recall")


@requires("test_shares")
@pytest.mark.parametrize("case", EMPTY, ids=str)
def test_empty_class(student, torch_device, case):
    """Is NaN for a class without samples, and right for the others."""
    assert_close(student.recall(case.matrix), expected(case, torch_device), name="recall")


@requires("test_empty_class")
@pytest.mark.parametrize("case", EMPTY, ids=str)
def test_no_warning(student, case):
    """Warns of nothing when a class has no samples."""
    student.recall(case.matrix)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))
