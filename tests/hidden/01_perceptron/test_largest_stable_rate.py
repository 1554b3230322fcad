"""largest_stable_rate: one feature, then several.

mistake                             case that exposes it       check
----------------------------------  -------------------------  -------------
factor 2 or N                       any                        one_feature
means subtracted                    far from zero              one_feature
trace, row sum, largest feature     correlated features        many_features
eigenvalues of eig taken as sorted  the largest in the middle  many_features
power iteration from ones           the steepest is (1, -1)    many_features
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference

pytestmark = exercise("largest_stable_rate")
rng = case_rng("largest_stable_rate")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    X: np.ndarray

    def __str__(self):
        return self.name


def make_case(name, samples, features, *, scale=1.0, offset=0.0):
    """Correlated features, since a mixing matrix follows the draws."""
    X = rng.standard_normal((samples, features))
    mixing = np.eye(features) + 0.6 * rng.standard_normal((features, features))
    return Case(name, scale * (X @ mixing + offset))


ONE = [
    make_case("one feature", 6, 1),
    make_case("one feature, far from zero", 5, 1, offset=3.0),
    make_case("one sample", 1, 1, offset=2.0),
]
MANY = [
    make_case("correlated features", 8, 3),
    make_case("features far from zero", 7, 2, offset=4.0),
    make_case("more features than samples", 3, 5),
    make_case("unequal scales", 9, 3, scale=np.array([1.0, 30.0, 1000.0])),
    make_case("small values", 6, 4, scale=0.01),
    # The steepest direction is (1, -1): a power iteration from (1, 1) never meets it.
    Case("two opposite features", np.array([[1.0, -1.0]])),
    # np.linalg.eig returns the eigenvalues of a diagonal matrix as they stand: 1/3, 3, 4/3.
    Case("the steepest in the middle", np.diag([1.0, 3.0, 2.0])),
    Case("opposite features", np.array([[2.0, -2.0], [0.5, 0.5], [-1.5, 1.5]])),
]


@reference
def expected(case, device):
    X = torch.tensor(case.X, device=device)
    return X.shape[0] / torch.linalg.matrix_norm(X, ord=2) ** 2


@pytest.mark.parametrize("case", ONE, ids=str)
def test_one_feature(student, torch_device, case):
    """Is the limit for a single feature."""
    assert_close(student.largest_stable_rate(case.X), expected(case, torch_device), name="rate")


@pytest.mark.parametrize("case", MANY, ids=str)
def test_many_features(student, torch_device, case):
    """Is the limit for several features, set by the steepest direction."""
    assert_close(student.largest_stable_rate(case.X), expected(case, torch_device), name="rate")
