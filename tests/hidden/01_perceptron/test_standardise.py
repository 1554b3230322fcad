"""standardise: against torch, then constant features and other columns.

mistake                         case that exposes it      check
------------------------------  ------------------------  ---------------------
the test set's own ruler        sets that differ          matches_torch
rows, variance, N - 1           any                       matches_torch
a constant divided by 0         a column of 3s            constant_features
rounding taken for a deviation  columns of 0.1 and 14.62  constant_features
a small deviation taken for 0   features of 1e-9          constant_features
other columns accepted          1, 2 and 4 for 3          rejects_other_columns
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("standardise")
rng = case_rng("standardise")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    train: np.ndarray
    test: np.ndarray

    def __str__(self):
        return self.name


def make_case(name, samples, others, features, *, constant=None, scale=1.0, offset=0.0):
    """The test set has a mean and a deviation of its own; `constant` is a column of train."""
    train = scale * (rng.standard_normal((samples, features)) * 2 + 0.7) + offset
    test = scale * (rng.standard_normal((others, features)) * 3 - 1.5) + offset
    if constant is not None:
        train[:, constant] = 3.0
    return Case(name, train, test)


def _constants(name, samples, values):
    """A feature that varies, then constant ones; none is constant in the test set."""
    train = np.column_stack([rng.standard_normal(samples), *(np.full(samples, v) for v in values)])
    return Case(name, train, rng.standard_normal((3, 1 + len(values))) + 1.0)


VARIED = [
    make_case("unequal sizes", 6, 4, 3),
    make_case("one test sample", 5, 1, 4),
    make_case("a large test set", 4, 9, 2),
    make_case("equal sizes", 5, 5, 5),
    make_case("one feature", 7, 3, 1),
    make_case("scales from 1e-4 to 1000", 8, 5, 3, scale=np.array([1e-4, 1.0, 1000.0])),
    make_case("far from zero", 6, 3, 2, offset=1000.0),
]
CONSTANT = [
    make_case("a constant feature", 6, 4, 3, constant=1),
    make_case("only constant features", 5, 3, 1, constant=0),
    make_case("one training sample", 1, 4, 3),
    # Their means are not exact, so np.std gives 1e-17 and 1e-14 and not 0.
    _constants("a constant that is no binary number", 10, [0.1, 0.7]),
    _constants("a constant in many rows", 1000, [14.62]),
    make_case("features of about 1e-9", 6, 4, 2, scale=1e-9),  # tiny, not constant
]


@reference
def expected(case, device):
    train, test = (torch.tensor(a, device=device) for a in (case.train, case.test))
    deviation, mean = torch.std_mean(train, dim=0, correction=0)
    deviation[train.amax(dim=0) == train.amin(dim=0)] = 1.0
    return (train - mean) / deviation, (test - mean) / deviation


@weight(2)
@pytest.mark.parametrize("case", VARIED, ids=str)
def test_matches_torch(student, torch_device, case):
    """Transforms both sets with the mean and deviation of the training set's columns."""
    sets = student.standardise(case.train, case.test)
    assert_close(sets, expected(case, torch_device), name="(train_z, test_z)")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CONSTANT, ids=str)
def test_constant_features(student, torch_device, case):
    """Divides a feature that is constant in the training set by 1, in both sets, and no other."""
    sets = student.standardise(case.train, case.test)
    assert_close(sets, expected(case, torch_device), name="(train_z, test_z)")


@requires("test_matches_torch")
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_rejects_other_columns(student, columns):
    """Raises ValueError naming test when its number of columns is not that of train."""
    for samples in (4, 5):
        with student.raises(ValueError, match=r"\btest\b"):
            student.standardise(np.arange(15.0).reshape(5, 3), np.ones((samples, columns)))
