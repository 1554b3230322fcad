"""logistic_gradient: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "logistic_gradient"


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
