"""neuron(X, w, b, activation): the activation of the weighted sum plus the bias."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import leaky_relu, linear, softplus

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    misconception,
    reference,
)

NAME = "neuron"
pytestmark = exercise(NAME)
rng = case_rng(NAME)

# Each activation as the student's function receives it, and in torch.
ACTIVATIONS = {
    "identity": ("z", lambda z: z),
    "tanh": ("np.tanh(z)", torch.tanh),
    "leaky": ("np.where(z > 0, z, 0.1 * z)", lambda z: leaky_relu(z, 0.1)),
    "softplus": ("np.log1p(np.exp(z))", softplus),
    "parabola": ("z**2 - 3 * z", lambda z: z**2 - 3 * z),
}


@dataclass(frozen=True, eq=False)
class Case:
    activation: str
    X: np.ndarray
    w: np.ndarray
    b: float

    def __str__(self):
        return f"{self.activation}, X {self.X.shape}"

    @property
    def source(self):
        return f"def activation(z):\n    return {ACTIVATIONS[self.activation][0]}\n"


def make_case(activation, samples, features, bias):
    X = rng.standard_normal((samples, features))
    w = rng.uniform(0.5, 1.5, features) * rng.choice([-1, 1], features)
    return Case(activation, X, w, bias * float(rng.uniform(0.5, 1.5)))


IDENTITY = [make_case("identity", 5, 3, 1), make_case("identity", 1, 4, -1)]
OTHERS = [
    make_case("tanh", 6, 2, -1),
    make_case("leaky", 8, 3, 1),
    make_case("softplus", 3, 5, 1),
    make_case("parabola", 4, 4, -1),
    make_case("parabola", 7, 1, 1),
]


@reference
def expected(case, device):
    X, w = (torch.tensor(a, device=device) for a in (case.X, case.w))
    b = torch.tensor([case.b], dtype=torch.float64, device=device)
    return ACTIVATIONS[case.activation][1](linear(X, w[None, :], b)[:, 0])


def output_of(student, case):
    return student.neuron(case.X, case.w, case.b, student.define(case.source, "activation"))


@pytest.mark.parametrize("case", IDENTITY, ids=str)
def test_identity(student, torch_device, case):
    """Is the weighted sum plus the bias when the activation is the identity."""
    assert_close(output_of(student, case), expected(case, torch_device))


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_other_activations(student, torch_device, case):
    """Applies the activation it was given to the weighted sum plus the bias."""
    assert_close(output_of(student, case), expected(case, torch_device))


@misconception(NAME, "The bias is missing.")
def without_bias(X, w, b, activation):
    return activation(X @ w)


@misconception(NAME, "You added the bias after the activation: it belongs inside.")
def bias_outside(X, w, b, activation):
    return activation(X @ w) + b


@misconception(NAME, "You subtracted the bias, as a threshold: it is added.")
def bias_subtracted(X, w, b, activation):
    return activation(X @ w - b)


@misconception(NAME, "You added the bias once for each feature: it is added once, to the sum.")
def bias_for_each_feature(X, w, b, activation):
    return activation((X * w + b).sum(axis=1))


@misconception(NAME, "You added the bias to the weights: it is added to the weighted sum.")
def bias_in_weights(X, w, b, activation):
    return activation(X @ (w + b))


@misconception(NAME, "You added the bias to the features: it is added to the weighted sum.")
def bias_in_features(X, w, b, activation):
    return activation((X + b) @ w)


@misconception(NAME, "You multiplied by the bias: it is added.")
def bias_multiplied(X, w, b, activation):
    return activation(b * (X @ w))


@misconception(NAME, "You added 1 in place of the bias.")
def bias_of_one(X, w, b, activation):
    return activation(X @ w + 1)


@misconception(NAME, "You activated the features before the sum: the activation comes last.")
def features_activated(X, w, b, activation):
    return activation(X) @ w + b


@misconception(NAME, "You activated each product before the sum: add up first, then activate.")
def products_activated(X, w, b, activation):
    return activation(X * w).sum(axis=1) + b


@misconception(NAME, "You applied the activation twice.")
def activated_twice(X, w, b, activation):
    return activation(activation(X @ w + b))


@misconception(NAME, "You did not apply the activation.")
def not_activated(X, w, b, activation):
    return X @ w + b


@misconception(NAME, "You always apply the sigmoid: call the activation that was passed.")
def always_sigmoid(X, w, b, activation):
    return 0.5 * (1 + np.tanh((X @ w + b) / 2))


@misconception(NAME, "You always apply tanh: call the activation that was passed.")
def always_tanh(X, w, b, activation):
    return np.tanh(X @ w + b)


@misconception(NAME, "You always apply a step: call the activation that was passed.")
def always_step(X, w, b, activation):
    return np.where(X @ w + b > 0, 1.0, 0.0)


@misconception(NAME, "You averaged over the features: a neuron adds them up.")
def mean_over_features(X, w, b, activation):
    return activation((X * w).mean(axis=1) + b)


@misconception(NAME, "You summed over the samples: the sum runs over the features.")
def sum_over_samples(X, w, b, activation):
    return activation((X * w).sum(axis=0) + b)


@misconception(NAME, "You returned a column of shape (N, 1); the outputs have shape (N,).")
def column(X, w, b, activation):
    return activation(X @ w[:, None] + b)


@misconception(NAME, "You returned a pair: return the outputs alone, not the weighted sums too.")
def with_cache(X, w, b, activation):
    z = X @ w + b
    return activation(z), z


@alternative(NAME)
def bias_as_a_weight(X, w, b, activation):
    ones = np.ones((len(X), 1))
    return activation(np.hstack([X, ones]) @ np.append(w, b))


@alternative(NAME)
def one_sample_at_a_time(X, w, b, activation):
    return np.array([activation(np.dot(w, row) + b) for row in X])


@alternative(NAME)
def by_einsum(X, w, b, activation):
    z = np.einsum("d,nd->n", w, X)
    z += b
    return activation(z)


@alternative(NAME)
def element_by_element(X, w, b, activation):
    return np.vectorize(activation)((X * w).sum(axis=1) + b)
