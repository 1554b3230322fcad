"""squared_loss: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def residuals_of(x, y, w):
    """(K, N), after the check that the exercise asks for."""
    if y.shape != x.shape:
        raise ValueError(f"y has shape {y.shape}, expected {x.shape}")
    return w[:, None] * x - y


@misconception("squared_loss", "Your losses are half as large: this course has no factor ½ here.")
def halved(x, y, w):
    return np.mean(residuals_of(x, y, w) ** 2, axis=1) / 2


@misconception("squared_loss", "You summed over the samples: the loss is their mean.")
def summed(x, y, w):
    return np.sum(residuals_of(x, y, w) ** 2, axis=1)


@misconception("squared_loss", "You summed over the samples and halved: the loss is the mean.")
def half_the_sum(x, y, w):
    return np.sum(residuals_of(x, y, w) ** 2, axis=1) / 2


@misconception("squared_loss", "You took a square root: the loss is the mean square itself.")
def root_mean_square(x, y, w):
    return np.sqrt(np.mean(residuals_of(x, y, w) ** 2, axis=1))


@misconception("squared_loss", "You averaged absolute errors: they are to be squared.")
def absolute(x, y, w):
    return np.mean(np.abs(residuals_of(x, y, w)), axis=1)


@misconception("squared_loss", "You averaged over the candidates: average over the samples.")
def over_candidates(x, y, w):
    return np.mean(residuals_of(x, y, w) ** 2, axis=0)


@misconception("squared_loss", "You averaged over everything: each candidate has its own loss.")
def over_everything(x, y, w):
    return np.mean(residuals_of(x, y, w) ** 2)


@misconception("squared_loss", "You did not average: you returned every squared error, (K, N).")
def not_averaged(x, y, w):
    return residuals_of(x, y, w) ** 2


@misconception("squared_loss", "You averaged before squaring: positive and negative errors cancel.")
def squared_mean_error(x, y, w):
    return np.mean(residuals_of(x, y, w), axis=1) ** 2


@misconception("squared_loss", "You removed the mean error first, as a bias would: there is none.")
def variance_of_errors(x, y, w):
    return residuals_of(x, y, w).var(axis=1)


@misconception("squared_loss", "You subtracted the squares: square the error w x - y instead.")
def difference_of_squares(x, y, w):
    residuals_of(x, y, w)
    return np.mean((w[:, None] * x) ** 2 - y**2, axis=1)


@misconception("squared_loss", "You paired candidate k with sample k: each meets every sample.")
def paired(x, y, w):
    residuals_of(x, y, w)
    return (w * x - y) ** 2


@misconception("squared_loss", "You divided by N - 1: the mean divides by N.")
def over_n_minus_one(x, y, w):
    return np.sum(residuals_of(x, y, w) ** 2, axis=1) / (len(x) - 1)


@misconception(
    "squared_loss", "You divided by the number of candidates: divide by that of samples."
)
def over_number_of_candidates(x, y, w):
    return np.sum(residuals_of(x, y, w) ** 2, axis=1) / len(w)


@misconception("squared_loss", "You exchanged x and y: the output is w x, the target y.")
def exchanged(x, y, w):
    return np.mean((residuals_of(y, x, w)) ** 2, axis=1)


@misconception("squared_loss", "The sign of y is wrong: the error is w x minus y.")
def targets_added(x, y, w):
    return np.mean((residuals_of(x, y, w) + 2 * y) ** 2, axis=1)


@misconception("squared_loss", "You returned a column of shape (K, 1): the shape is (K,).")
def column(x, y, w):
    return np.mean(residuals_of(x, y, w) ** 2, axis=1, keepdims=True)


@misconception("squared_loss", "You returned a list: return one array.")
def as_list(x, y, w):
    return [float(loss) for loss in np.mean(residuals_of(x, y, w) ** 2, axis=1)]


@misconception("squared_loss", "You used the first candidate only: return a loss for each.")
def first_candidate_only(x, y, w):
    return np.mean(residuals_of(x, y, w[:1]) ** 2)


@misconception("squared_loss", "You computed in float32: the labs use float64 throughout.")
def single_precision(x, y, w):
    return np.mean(residuals_of(x, y, w) ** 2, axis=1).astype(np.float32)


@misconception(
    "squared_loss",
    "The losses are right, but a y of another shape than x must raise a ValueError that names y.",
)
def unchecked(x, y, w):
    return np.mean((w[:, None] * x - y) ** 2, axis=1)


@misconception(
    "squared_loss",
    "A y of shape (N, 1) must be refused as well: compare shapes, not lengths or sizes.",
)
def only_length_checked(x, y, w):
    if len(y) != len(x):
        raise ValueError(f"y has length {len(y)}, expected {len(x)}")
    return np.mean((w[:, None] * x - y.ravel()) ** 2, axis=1)


@alternative("squared_loss")
def one_candidate_at_a_time(x, y, w):
    if y.shape != x.shape:
        raise ValueError(f"y must have shape {x.shape}, not {y.shape}")
    return np.array([np.mean((y - one * x) ** 2) for one in w])


@alternative("squared_loss")
def by_moments(x, y, w):
    residuals_of(x, y, w[:1])
    return np.mean(x * x) * w**2 - 2 * np.mean(x * y) * w + np.mean(y * y)


@alternative("squared_loss")
def samples_in_rows(x, y, w):
    if y.shape != x.shape:
        raise ValueError(f"y: got {y.shape}, expected {x.shape}")
    return np.square(np.outer(x, w) - y.reshape(-1, 1)).mean(axis=0)


@alternative("squared_loss")
def by_einsum(x, y, w):
    error = residuals_of(x, y, w)
    return np.einsum("kn,kn->k", error, error) / x.size
