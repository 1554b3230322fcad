"""neuron: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "neuron"


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
