"""largest_stable_rate: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "largest_stable_rate"


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


@misconception(
    NAME,
    "Your power iteration starts from ones, and it never finds a direction at right angles to "
    "them: eigvalsh needs no start.",
)
def power_iteration_from_ones(X):
    v = np.ones(X.shape[1])
    with np.errstate(all="ignore"):
        for _ in range(100):
            v = mean_squares(X) @ v
            v = v / np.linalg.norm(v)
        return 1 / (v @ mean_squares(X) @ v)


@misconception(NAME, "np.linalg.eig does not sort: the first eigenvalue need not be the largest.")
def first_of_eig(X):
    with np.errstate(all="ignore"):
        return 1 / np.real(np.linalg.eig(mean_squares(X))[0][0])


@misconception(NAME, "np.linalg.eig does not sort: the last eigenvalue need not be the largest.")
def last_of_eig(X):
    with np.errstate(all="ignore"):
        return 1 / np.real(np.linalg.eig(mean_squares(X))[0][-1])


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
