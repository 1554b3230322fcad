"""logistic_gradient(X, y, p): error times input, averaged."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
)

NAME = "logistic_gradient"
pytestmark = exercise(NAME)
rng = case_rng(NAME)


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    X: np.ndarray
    y: np.ndarray
    z: np.ndarray

    def __str__(self):
        return self.name

    @property
    def p(self):
        return torch.sigmoid(torch.tensor(self.z)).numpy()


def make_case(name, classes, features, *, dtype=float, scale=1.0, z=None):
    samples = len(classes)
    X = scale * (rng.standard_normal((samples, features)) + 0.4)
    logits = 1.5 * rng.standard_normal(samples) + 0.3 if z is None else np.array(z)
    return Case(name, X, np.array(classes, dtype=dtype), logits)


ORDINARY = [
    make_case("several samples", [1, 0, 0, 1, 0], 3),
    make_case("one sample", [1], 4),
    make_case("more features than samples", [0, 1], 6),
    make_case("one feature", [0, 0, 1, 0, 1, 1, 0], 1),
    make_case("as many samples as features", [1, 0, 1, 1], 4),
    make_case("whole numbers as classes", [0, 1, 1, 0, 0, 1], 2, dtype=np.int64),
]
EXTREME = [
    make_case("probabilities of 0 and 1", [0, 1, 0, 1, 1], 3, z=[-1e3, 1e3, 1e3, -1e3, 0.5]),
    make_case("features of about 1000", [1, 0, 0, 1, 0, 1], 4, scale=1000),
]


@reference
def expected(case, device):
    X, y, z = (
        torch.tensor(a, dtype=torch.float64, device=device) for a in (case.X, case.y, case.z)
    )
    w = torch.zeros(X.shape[1], dtype=torch.float64, device=device, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, device=device, requires_grad=True)
    binary_cross_entropy_with_logits(z + X @ w + b, y).backward()
    return w.grad, b.grad


@pytest.mark.parametrize("case", ORDINARY, ids=str)
def test_matches_autograd(student, torch_device, case):
    """Are the derivatives by the weights and by the bias, for any numbers N and D."""
    gradients = student.logistic_gradient(case.X, case.y, case.p)
    assert_close(gradients, expected(case, torch_device), name="(dw, db)")


@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_extreme_values(student, torch_device, case):
    """Are right for probabilities of exactly 0 and 1, and for large features."""
    gradients = student.logistic_gradient(case.X, case.y, case.p)
    assert_close(gradients, expected(case, torch_device), name="(dw, db)")


def right(X, y, p):
    return X.T @ (p - y) / len(X), np.mean(p - y)


@misconception(NAME, "The sign is wrong: the error is p - y, and the gradient points uphill.")
def downhill(X, y, p):
    return X.T @ (y - p) / len(X), np.mean(y - p)


@misconception(NAME, "You summed over the samples: the loss is a mean, so divide by N.")
def summed(X, y, p):
    return X.T @ (p - y), np.sum(p - y)


@misconception(NAME, "db is a sum over the samples: divide it by N, as you did with dw.")
def bias_summed(X, y, p):
    return X.T @ (p - y) / len(X), np.sum(p - y)


@misconception(NAME, "dw is a sum over the samples: divide it by N, as you did with db.")
def weights_summed(X, y, p):
    return X.T @ (p - y), np.mean(p - y)


@misconception(NAME, "You divided by N twice: once is enough.")
def averaged_twice(X, y, p):
    dw, db = right(X, y, p)
    return dw / len(X), db / len(X)


@misconception(NAME, "You divided by the number of features: divide by that of samples.")
def over_features(X, y, p):
    return X.T @ (p - y) / X.shape[1], np.sum(p - y) / X.shape[1]


@misconception(NAME, "You divided dw by N and by D (a mean over the whole table): divide by N.")
def over_samples_and_features(X, y, p):
    return X.T @ (p - y) / X.size, np.mean(p - y)


@misconception(NAME, "There is no factor 2 here: that belongs to the squared error.")
def doubled(X, y, p):
    dw, db = right(X, y, p)
    return 2 * dw, 2 * db


@misconception(
    NAME, "You multiplied by p (1 - p): it cancels against the derivative of the logarithm."
)
def with_sigmoid_slope(X, y, p):
    return right(X, (p - (p - y) * p * (1 - p)), p)


@misconception(NAME, "This is the gradient of the squared error of p, not of the logistic loss.")
def of_squared_error(X, y, p):
    return right(X, (p - 2 * (p - y) * p * (1 - p)), p)


@misconception(NAME, "You stopped at the derivative by p: multiply by p (1 - p), which cancels.")
def by_probability(X, y, p):
    with np.errstate(all="ignore"):
        slope = (p - y) / (p * (1 - p))
    return X.T @ slope / len(X), np.mean(slope)


@misconception(NAME, "You rounded p to a decision: the error is p - y with the probability.")
def of_decisions(X, y, p):
    return right(X, y, np.where(p > 0.5, 1.0, 0.0))


@misconception(NAME, "You applied the sigmoid to p: p are probabilities already.")
def sigmoid_again(X, y, p):
    return right(X, y, 1 / (1 + np.exp(-p)))


@misconception(NAME, "You left out the classes: the error is p - y.")
def without_classes(X, y, p):
    return right(X, 0 * y, p)


@misconception(NAME, "You counted samples of class 1 only.")
def positives_only(X, y, p):
    return right(X, y * p + y * (1 - p), np.where(y == 1, p, 0.0))


@misconception(NAME, "You counted only samples on the wrong side: all of them pull.")
def mistakes_only(X, y, p):
    return right(X, np.where((p > 0.5) == (y == 1), p, y), p)


@misconception(NAME, "The classes are exchanged: p is the probability of class 1.")
def classes_exchanged(X, y, p):
    return right(X, 1 - y, p)


@misconception(NAME, "You averaged errors and inputs apart: average their products.")
def product_of_means(X, y, p):
    return X.mean(axis=0) * np.mean(p - y), np.mean(p - y)


@misconception(NAME, "The inputs are missing from dw: each error is multiplied by its row of X.")
def without_input(X, y, p):
    return np.full(X.shape[1], np.mean(p - y)), np.mean(p - y)


@misconception(NAME, "The order is (dw, db), that of the arguments w and b.")
def exchanged(X, y, p):
    return right(X, y, p)[::-1]


@misconception(NAME, "db is an array with an entry for each sample: it is their mean.")
def bias_not_averaged(X, y, p):
    return X.T @ (p - y) / len(X), p - y


@misconception(NAME, "db is an array of one element: return a float.")
def bias_in_an_array(X, y, p):
    return X.T @ (p - y) / len(X), np.array([np.mean(p - y)])


@misconception(NAME, "db is 0: the bias learns as well.")
def bias_frozen(X, y, p):
    return X.T @ (p - y) / len(X), 0.0


@misconception(NAME, "db is the mean of dw: it is the mean error.")
def bias_from_weights(X, y, p):
    dw = X.T @ (p - y) / len(X)
    return dw, np.mean(dw)


@misconception(NAME, "dw has a row for each sample: add them up.")
def weights_not_summed(X, y, p):
    return X * (p - y)[:, None], np.mean(p - y)


@misconception(NAME, "dw is a column of shape (D, 1): its shape is (D,).")
def column(X, y, p):
    dw, db = right(X, y, p)
    return dw[:, None], db


@misconception(NAME, "X is not transposed: the sum runs over the samples.")
def not_transposed(X, y, p):
    return X @ (p - y) / len(X), np.mean(p - y)


@misconception(NAME, "You returned dw only: return (dw, db).")
def weights_only(X, y, p):
    return right(X, y, p)[0]


@misconception(NAME, "You packed db into dw: return two values, (dw, db).")
def packed(X, y, p):
    return np.append(*right(X, y, p))


@alternative(NAME)
def by_broadcasting(X, y, p):
    error = p - y
    return np.mean(error[:, None] * X, axis=0), float(error.mean())


@alternative(NAME)
def one_sample_at_a_time(X, y, p):
    dw, db = np.zeros(X.shape[1]), 0.0
    for row, label, chance in zip(X, y, p):
        dw += (chance - label) * row
        db += chance - label
    return dw / len(y), db / len(y)


@alternative(NAME)
def bias_as_a_weight(X, y, p):
    packed_gradient = (p - y) @ np.hstack([X, np.ones((len(X), 1))]) / len(X)
    return packed_gradient[:-1], packed_gradient[-1]


@alternative(NAME)
def both_classes_apart(X, y, p):
    error = -(y * (1 - p) - (1 - y) * p)
    return np.einsum("n,nd->d", error, X) / X.shape[0], np.average(error)
