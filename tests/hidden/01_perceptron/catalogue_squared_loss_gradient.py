"""squared_loss_gradient: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def residuals_of(x, y, w):
    """(K, N)"""
    return w[:, None] * x - y


NAME = "squared_loss_gradient"


@misconception(NAME, "The factor 2 is missing: this loss has no ½ that would cancel it.")
def without_two(x, y, w):
    return np.mean(residuals_of(x, y, w) * x, axis=1)


@misconception(NAME, "You summed over the samples: the loss, and so its derivative, is a mean.")
def summed(x, y, w):
    return 2 * np.sum(residuals_of(x, y, w) * x, axis=1)


@misconception(
    NAME, "You summed over the samples and left out the factor 2: it is 2/N times a sum."
)
def summed_without_two(x, y, w):
    return np.sum(residuals_of(x, y, w) * x, axis=1)


@misconception(NAME, "The sign is wrong: the gradient points uphill, and the step subtracts it.")
def downhill(x, y, w):
    return -2 * np.mean(residuals_of(x, y, w) * x, axis=1)


@misconception(NAME, "The inner derivative is missing: multiply each error by its x.")
def without_input(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w), axis=1)


@misconception(NAME, "You multiplied the errors by w: the inner derivative of w x - y by w is x.")
def times_weight(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * w[:, None], axis=1)


@misconception(NAME, "You multiplied the errors by y: the inner derivative of w x - y by w is x.")
def times_target(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * y, axis=1)


@misconception(NAME, "You multiplied by the square of x: the inner derivative is x itself.")
def input_squared(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * x**2, axis=1)


@misconception(NAME, "The error is still squared: the derivative of r² is 2 r.")
def error_still_squared(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) ** 2 * x, axis=1)


@misconception(NAME, "You averaged errors and inputs apart: average their products.")
def product_of_means(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w), axis=1) * np.mean(x)


@misconception(NAME, "You averaged over the candidates: average over the samples.")
def over_candidates(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * x, axis=0)


@misconception(NAME, "You averaged over everything: each candidate has its own derivative.")
def over_everything(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * x)


@misconception(NAME, "You divided by the number of candidates too: one derivative for each.")
def mean_of_candidates(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * x, axis=1) / len(w)


@misconception(NAME, "You summed the derivatives of all candidates: keep one for each.")
def sum_of_candidates(x, y, w):
    return np.full(w.shape, np.sum(2 * np.mean(residuals_of(x, y, w) * x, axis=1)))


@misconception(NAME, "You did not average: you returned one term for each sample, (K, N).")
def not_averaged(x, y, w):
    return 2 * residuals_of(x, y, w) * x


@misconception(NAME, "You paired candidate k with sample k: each candidate meets every sample.")
def paired(x, y, w):
    return 2 * (w * x - y) * x


@misconception(NAME, "This is the derivative of the absolute error: multiply by the error itself.")
def of_the_absolute_error(x, y, w):
    return np.mean(np.sign(residuals_of(x, y, w)) * x, axis=1)


@misconception(NAME, "You left out the targets: the error is w x - y.")
def without_targets(x, y, w):
    return 2 * np.mean(w[:, None] * x * x, axis=1)


@misconception(NAME, "The sign of y is wrong: the error is w x minus y.")
def targets_added(x, y, w):
    return 2 * np.mean((residuals_of(x, y, w) + 2 * y) * x, axis=1)


@misconception(NAME, "You returned a column of shape (K, 1): the shape is (K,).")
def column(x, y, w):
    return 2 * np.mean(residuals_of(x, y, w) * x, axis=1, keepdims=True)


@misconception(NAME, "You returned a list: return one array.")
def as_list(x, y, w):
    return [float(slope) for slope in 2 * np.mean(residuals_of(x, y, w) * x, axis=1)]


@misconception(
    NAME, "A forward difference with a large step is not the derivative: use the formula."
)
def forward_difference(x, y, w):
    def loss(v):
        return np.mean(residuals_of(x, y, v) ** 2, axis=1)

    return (loss(w + 1e-3) - loss(w)) / 1e-3


@alternative(NAME)
def by_moments(x, y, w):
    return 2 * (w * np.mean(x * x) - np.mean(x * y))


@alternative(NAME)
def one_candidate_at_a_time(x, y, w):
    return np.array([2 / len(x) * np.dot(one * x - y, x) for one in w])


@alternative(NAME)
def by_matrix_product(x, y, w):
    return -2 * (y - np.outer(w, x)) @ x / x.shape[0]


@alternative(NAME)
def exact_difference(x, y, w):
    """For a parabola the central difference is exact, whatever its step."""

    def loss(v):
        return np.mean(residuals_of(x, y, v) ** 2, axis=1)

    return (loss(w + 1) - loss(w - 1)) / 2
