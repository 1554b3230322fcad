"""mse_gradient: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _wrong(message, compute):
    @misconception("mse_gradient", message)
    def variant(predictions, targets):
        return compute(predictions - targets)

    return variant


factor_two_missing = _wrong(
    "Your gradient is half as large as it should be: the derivative of r² is 2r.",
    lambda e: e / len(e),
)
mean_missing = _wrong("Your gradient lacks the 1/N of the mean over the samples.", lambda e: 2 * e)
mean_and_two_missing = _wrong(
    "You returned the errors themselves. The derivative of r² is 2r, and the loss is a mean: 2r/N.",
    lambda e: e.copy(),
)
divided_by_all = _wrong(
    "You divided by N K, as for torch's mse_loss. This loss sums over the outputs: divide by N.",
    lambda e: 2 * e / e.size,
)
divided_by_outputs = _wrong(
    "You divided by the number of outputs. Divide by the number of samples.",
    lambda e: 2 * e / e.shape[1],
)
divided_twice = _wrong(
    "You divided by N twice: the gradient of a mean holds one 1/N.",
    lambda e: 2 * e / len(e) ** 2,
)
sign_turned = _wrong(
    "The sign is turned round: this is the gradient with respect to the targets. A "
    "prediction that is too large has a positive slope.",
    lambda e: -2 * e / len(e),
)
sign_only = _wrong(
    "You used only the sign of each error: that is the gradient of the absolute error.",
    lambda e: np.sign(e) / len(e),
)
absolute_value = _wrong(
    "You took the size of the errors. The slope has the sign of the error.",
    lambda e: 2 * np.abs(e) / len(e),
)
loss_terms = _wrong(
    "You returned the terms of the loss, not their derivatives.", lambda e: e**2 / len(e)
)
summed_over_samples = _wrong(
    "You summed over the samples. Each prediction has a slope of its own: the result is (N, K).",
    lambda e: 2 * e.sum(axis=0) / len(e),
)
summed_over_outputs = _wrong(
    "You summed over the outputs. Each prediction has a slope of its own: the result is (N, K).",
    lambda e: 2 * e.sum(axis=1, keepdims=True) / len(e) + np.zeros_like(e),
)
transposed = _wrong(
    "Your result is transposed: it should have the shape of the predictions.",
    lambda e: 2 * e.T / len(e),
)


@misconception("mse_gradient", "You changed the predictions in place. Compute a new array.")
def in_place(predictions, targets):
    predictions -= targets
    predictions *= 2 / len(predictions)
    return predictions


@alternative("mse_gradient")
def by_loops(predictions, targets):
    slopes = np.empty(predictions.shape)
    for index in np.ndindex(slopes.shape):
        slopes[index] = 2 * (predictions[index] - targets[index]) / len(predictions)
    return slopes


@alternative("mse_gradient")
def by_upstream(predictions, targets):
    upstream = np.full(predictions.shape, 1 / predictions.shape[0])
    return -2.0 * (targets - predictions) * upstream


@alternative("mse_gradient")
def step_by_step(predictions, targets):
    slopes = predictions - targets
    slopes += slopes
    slopes /= slopes.shape[0]
    return slopes
