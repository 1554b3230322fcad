"""predict: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def checked(X, w):
    if w.shape != (X.shape[1],):
        raise ValueError(f"w has shape {w.shape}, expected ({X.shape[1]},)")


@misconception("predict", "You added 1 to each output: this neuron has no bias yet.")
def bias_of_one(X, w):
    checked(X, w)
    return X @ w + 1


@misconception("predict", "You used the last weight as a bias: here each weight has its feature.")
def last_weight_as_bias(X, w):
    checked(X, w)
    return X[:, :-1] @ w[:-1] + w[-1]


@misconception("predict", "You multiplied features and weights but did not add up the products.")
def no_sum(X, w):
    checked(X, w)
    return X * w


@misconception("predict", "You averaged over the features: a neuron adds them up.")
def mean_over_features(X, w):
    checked(X, w)
    return (X * w).mean(axis=1)


@misconception("predict", "You summed over the samples (axis 0): the sum runs over the features.")
def sum_over_samples(X, w):
    checked(X, w)
    return (X * w).sum(axis=0)


@misconception("predict", "You summed over everything: each sample has an output of its own.")
def sum_over_all(X, w):
    checked(X, w)
    return (X * w).sum()


@misconception("predict", "X is transposed: samples are rows, so the product is X @ w.")
def transposed(X, w):
    checked(X, w)
    return X.T @ w


@misconception("predict", "You returned a column of shape (N, 1); the outputs have shape (N,).")
def column(X, w):
    checked(X, w)
    return X @ w[:, None]


@misconception("predict", "You applied a sigmoid: this neuron returns the weighted sum itself.")
def with_sigmoid(X, w):
    checked(X, w)
    return 0.5 * (1 + np.tanh(X @ w / 2))


@misconception("predict", "You applied a step: this neuron returns the weighted sum itself.")
def with_step(X, w):
    checked(X, w)
    return np.where(X @ w > 0, 1.0, 0.0)


@misconception("predict", "You set negative outputs to 0: this neuron has no activation.")
def with_relu(X, w):
    checked(X, w)
    return np.maximum(X @ w, 0)


@misconception("predict", "You divided by the length of w: the weights are used as they are.")
def normalised(X, w):
    checked(X, w)
    return X @ w / np.linalg.norm(w)


@misconception("predict", "You used the first feature only: the sum runs over all of them.")
def first_feature_only(X, w):
    checked(X, w)
    return X[:, 0] * w[0]


@misconception("predict", "You took the absolute value: an output may be negative.")
def absolute(X, w):
    checked(X, w)
    return np.abs(X @ w)


@misconception("predict", "You computed in float32: the labs use float64 throughout.")
def single_precision(X, w):
    checked(X, w)
    return X.astype(np.float32) @ w.astype(np.float32)


@misconception(
    "predict",
    "The outputs are right, but a w of another shape must raise a ValueError that names w.",
)
def unchecked(X, w):
    return X @ w


@misconception(
    "predict", "A w of shape (D, 1) must be refused as well: compare shapes, not lengths."
)
def only_length_checked(X, w):
    if len(w) != X.shape[1]:
        raise ValueError(f"w has {len(w)} weights, expected {X.shape[1]}")
    return X @ w


@misconception(
    "predict",
    "A w of shape (D, 1) or (1, D) must be refused as well: compare shapes, not sizes.",
)
def only_size_checked(X, w):
    if w.size != X.shape[1]:
        raise ValueError(f"w has {w.size} weights, expected {X.shape[1]}")
    return X @ w.ravel()


@misconception(
    "predict",
    "A w of one dimension may still have too few or too many weights: compare whole shapes. "
    "NumPy's own error does not name w.",
)
def only_dimensions_checked(X, w):
    if w.ndim != 1:
        raise ValueError(f"w has shape {w.shape}, expected ({X.shape[1]},)")
    return X @ w


@alternative("predict")
def by_einsum(X, w):
    checked(X, w)
    return np.einsum("nd,d->n", X, w)


@alternative("predict")
def by_loops(X, w):
    checked(X, w)
    return np.array([sum(x * v for x, v in zip(row, w)) for row in X])


@alternative("predict")
def by_product_and_sum(X, w):
    if w.ndim != 1:
        raise ValueError(f"`w` must be one-dimensional, got shape {w.shape}")
    if w.size != X.shape[1]:
        raise ValueError(f"w.shape is {w.shape}; X has {X.shape[1]} columns")
    return (X * w).sum(axis=1)


@alternative("predict")
def from_the_left(X, w):
    checked(X, w)
    return w @ X.T


class WrongShape(ValueError):
    """An error class of the student's own."""


@alternative("predict")
def by_an_error_of_its_own(X, w):
    if np.ndim(w) != 1 or len(w) != X.shape[1]:
        raise WrongShape(f"shape of w: {w.shape}, should be ({X.shape[1]},)")
    return np.asfortranarray(X).dot(w)
