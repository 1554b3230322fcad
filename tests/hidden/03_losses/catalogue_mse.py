"""mse: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _wrong(message, compute):
    """A loss with the right refusal, computed from the errors by `compute`."""

    @misconception("mse", message)
    def variant(predictions, targets):
        if targets.shape != predictions.shape:
            raise ValueError(f"targets has shape {targets.shape}")
        return compute(predictions - targets)

    return variant


# Misconceptions: what is averaged

averaged_over_all = _wrong(
    "You averaged over all N K entries, as torch's mse_loss does. Here the outputs are summed: "
    "divide by the number of samples only.",
    lambda e: np.mean(e**2),
)
summed_over_all = _wrong(
    "You summed over everything. Divide by the number of samples.", lambda e: np.sum(e**2)
)
averaged_over_outputs = _wrong(
    "You averaged over the outputs and summed over the samples. It is the other way round.",
    lambda e: np.sum(e**2) / e.shape[1],
)
one_less = _wrong(
    "You divided by N - 1. The loss is a plain mean: divide by N.",
    lambda e: np.sum(e**2) / max(len(e) - 1, 1),
)
for_each_sample = _wrong(
    "You returned one loss for each sample. Return their mean, one float.",
    lambda e: np.sum(e**2, axis=1),
)
for_each_output = _wrong(
    "You returned one loss for each output. Return their sum, one float.",
    lambda e: np.mean(e**2, axis=0),
)
first_output_only = _wrong(
    "Only the first output is counted. Sum over all of them.", lambda e: np.mean(e[:, 0] ** 2)
)

# Misconceptions: what is summed

halved = _wrong(
    "Your result is half of the loss. Here there is no factor 1/2.",
    lambda e: np.sum(e**2) / len(e) / 2,
)
root = _wrong(
    "You took the square root of the loss. It is the mean square itself.",
    lambda e: np.sqrt(np.sum(e**2) / len(e)),
)
absolute = _wrong(
    "You summed the absolute errors. Square them.", lambda e: np.sum(np.abs(e)) / len(e)
)
length_of_error = _wrong(
    "You averaged the length of each sample's error, with a square root. The squares are averaged.",
    lambda e: np.mean(np.sqrt(np.sum(e**2, axis=1))),
)
square_of_sum = _wrong(
    "You summed the errors of a sample before you squared them, so that errors of opposite sign "
    "cancel. Square each error first.",
    lambda e: np.mean(np.sum(e, axis=1) ** 2),
)
square_of_mean = _wrong(
    "You averaged the errors before you squared them. Square each error first.",
    lambda e: np.sum(np.mean(e, axis=0) ** 2),
)
negative = _wrong(
    "Your loss is negative. A sum of squares never is.", lambda e: -np.sum(e**2) / len(e)
)
not_squared = _wrong("You did not square the errors.", lambda e: np.sum(e) / len(e))


@misconception(
    "mse",
    "Unequal shapes are accepted, and NumPy broadcasts them: (N, 1) against (N,) compares each "
    "prediction with every target. Raise a ValueError that names targets.",
)
def broadcasting(predictions, targets):
    return np.sum((predictions - targets) ** 2) / len(predictions)


@misconception(
    "mse",
    "You compare only the number of samples. Compare the whole shapes: NumPy broadcasts the rest.",
)
def only_the_length_compared(predictions, targets):
    if len(predictions) != len(targets):
        raise ValueError(f"targets has {len(targets)} rows")
    return np.sum((predictions - targets) ** 2) / len(predictions)


# Alternatives


@alternative("mse")
def mean_of_sums(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError(f"targets: {targets.shape} for {predictions.shape}")
    return float(np.square(targets - predictions).sum(axis=1).mean())


@alternative("mse")
def by_loops(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError(f"expected targets of shape {predictions.shape}, got {targets.shape}")
    total = 0.0
    for n, k in np.ndindex(predictions.shape):
        total += (predictions[n, k] - targets[n, k]) ** 2
    return total / predictions.shape[0]


@alternative("mse")
def by_inner_product(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError(f"targets has shape {targets.shape}, expected {predictions.shape}")
    error = (predictions - targets).ravel()
    return error @ error / len(predictions)
