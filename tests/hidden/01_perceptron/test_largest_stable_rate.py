"""largest_stable_rate(X): 2 over the largest curvature of the mean squared error."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
)

NAME = "largest_stable_rate"
pytestmark = exercise(NAME)
rng = case_rng(NAME)


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


def mean_squares(X):
    """(D, D), half the Hessian of the loss"""
    return X.T @ X / len(X)


@misconception(NAME, "Twice the limit: the Hessian is 2/N times X^T X, you left out its 2.")
def twice(X):
    return 2 / np.linalg.eigvalsh(mean_squares(X))[-1]


@misconception(NAME, "Half the limit: this rate cancels the steepest error in one step.")
def half(X):
    return 0.5 / np.linalg.eigvalsh(mean_squares(X))[-1]


@misconception(NAME, "This limit belongs to a summed loss: the mean divides X^T X by N.")
def of_the_sum(X):
    return 1 / np.linalg.eigvalsh(X.T @ X)[-1]


@misconception(NAME, "This limit belongs to half a summed loss: ours is a mean without ½.")
def of_half_the_sum(X):
    return 2 / np.linalg.eigvalsh(X.T @ X)[-1]


@misconception(NAME, "You divided by the number of features: divide X^T X by that of samples.")
def over_features(X):
    return X.shape[1] / np.linalg.eigvalsh(X.T @ X)[-1]


@misconception(NAME, "You divided by N - 1: the loss divides by N.")
def over_n_minus_one(X):
    return (len(X) - 1) / np.linalg.eigvalsh(X.T @ X)[-1]


@misconception(NAME, "You took the smallest eigenvalue: the steepest direction has the largest.")
def smallest_eigenvalue(X):
    return 1 / np.linalg.eigvalsh(mean_squares(X))[0]


@misconception(NAME, "You averaged the eigenvalues: the largest one decides.")
def mean_eigenvalue(X):
    return X.shape[1] / np.trace(mean_squares(X))


@misconception(NAME, "You added the eigenvalues (the trace): safe, but the largest alone decides.")
def trace(X):
    return 1 / np.trace(mean_squares(X))


@misconception(NAME, "You took the Frobenius norm: safe, but the largest eigenvalue decides.")
def frobenius(X):
    return 1 / np.linalg.norm(mean_squares(X))


@misconception(NAME, "You took the largest row sum: only a bound on the largest eigenvalue.")
def largest_row_sum(X):
    return 1 / np.abs(mean_squares(X)).sum(axis=1).max()


@misconception(NAME, "You looked at each feature alone: correlated ones are steeper together.")
def largest_feature(X):
    return 1 / np.mean(X**2, axis=0).max()


@misconception(NAME, "You used the first feature only.")
def first_feature(X):
    return 1 / np.mean(X[:, 0] ** 2)


@misconception(NAME, "You used the longest sample: the curvature is an average over all samples.")
def longest_sample(X):
    return 1 / np.sum(X**2, axis=1).max()


@misconception(NAME, "You used a singular value of X: square it to get an eigenvalue of X^T X.")
def singular_value_not_squared(X):
    return len(X) / np.linalg.svd(X, compute_uv=False)[0]


@misconception(NAME, "You subtracted the means first: the neuron has no bias, so they count.")
def centred(X):
    return 1 / np.linalg.eigvalsh(mean_squares(X - X.mean(axis=0)))[-1]


@misconception(NAME, "You used the mean, not the mean square, of the features.")
def mean_without_square(X):
    return 1 / np.abs(X.mean(axis=0)).max()


@misconception(NAME, "This rate converges fastest: the largest stable one is longer.")
def fastest(X):
    eigenvalues = np.linalg.eigvalsh(mean_squares(X))
    return 1 / (eigenvalues[0] + eigenvalues[-1])


@misconception(NAME, "You returned the curvature: the limit is one over it.")
def not_inverted(X):
    return np.linalg.eigvalsh(mean_squares(X))[-1]


@misconception(NAME, "You returned the Hessian's largest eigenvalue: the limit is 2 over it.")
def hessian_eigenvalue(X):
    return 2 * np.linalg.eigvalsh(mean_squares(X))[-1]


@misconception(NAME, "One rate for each eigenvalue: return a single float, the smallest of them.")
def one_rate_each(X):
    with np.errstate(all="ignore"):
        return 1 / np.linalg.eigvalsh(mean_squares(X))


@misconception(NAME, "You returned an array of one element: return a float.")
def in_an_array(X):
    return 1 / np.linalg.eigvalsh(mean_squares(X))[-1:]


@misconception(NAME, "This is the limit of the logistic loss: its curvature is 1/8 of ours.")
def logistic_limit(X):
    return 8 / np.linalg.eigvalsh(mean_squares(X))[-1]


@misconception(
    NAME, "Your power iteration stops too early, or starts badly: eigvalsh needs neither care."
)
def power_iteration_cut_short(X):
    v = np.ones(X.shape[1])
    for _ in range(10):
        v = mean_squares(X) @ v
    return (v @ v) / (v @ mean_squares(X) @ v)


@alternative(NAME)
def by_singular_values(X):
    return X.shape[0] / np.linalg.svd(X, compute_uv=False).max() ** 2


@alternative(NAME)
def by_spectral_norm(X):
    return float(2 / np.linalg.norm(2 * X.T @ X / X.shape[0], ord=2))


@alternative(NAME)
def by_the_gram_matrix(X):
    return 1 / np.max(np.linalg.eigvalsh(X @ X.T / len(X)))


@alternative(NAME)
def by_general_eigenvalues(X):
    return 1 / np.max(np.real(np.linalg.eigvals(mean_squares(X))))
