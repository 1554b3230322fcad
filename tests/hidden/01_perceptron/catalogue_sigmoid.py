"""sigmoid: known wrong implementations, then right ones."""

import math

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "sigmoid"


@misconception(NAME, "exp(-z) overflows for large negative z: the value is right, but NumPy warns.")
def naive(z):
    return 1 / (1 + np.exp(-z))


@misconception(NAME, "exp(z) / (1 + exp(z)) is NaN for large positive z: infinity over infinity.")
def twin(z):
    return np.exp(z) / (1 + np.exp(z))


@misconception(
    NAME, "np.where computes both branches for all z, so one of them overflows: use exp(-|z|)."
)
def both_branches(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@misconception(NAME, "The NaN of an overflow was replaced by 0: sigmoid(1000) is 1.")
def nan_replaced(z):
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.exp(z) / (1 + np.exp(z)))


@misconception(NAME, "The sign of the exponent is wrong: this is sigmoid(-z).")
def mirrored(z):
    return 0.5 * (1 - np.tanh(z / 2))


@misconception(NAME, "You used |z| for both signs: this is sigmoid(|z|).")
def of_absolute_value(z):
    return 1 / (1 + np.exp(-np.abs(z)))


@misconception(NAME, "You used |z| for both signs: this is sigmoid(-|z|).")
def of_negative_absolute_value(z):
    e = np.exp(-np.abs(z))
    return e / (1 + e)


@misconception(NAME, "This is tanh: the sigmoid lies between 0 and 1.")
def hyperbolic_tangent(z):
    return np.tanh(z)


@misconception(NAME, "This is sigmoid(2z): the argument of tanh must be z/2.")
def twice_as_steep(z):
    return 0.5 * (1 + np.tanh(z))


@misconception(NAME, "This is the sigmoid's derivative.")
def derivative(z):
    s = 0.5 * (1 + np.tanh(z / 2))
    return s * (1 - s)


@misconception(NAME, "This is a step: the sigmoid changes smoothly.")
def step(z):
    return np.where(z >= 0, 1.0, 0.0)


@misconception(NAME, "This is a piecewise linear substitute: use the exponential.")
def hard(z):
    return np.clip(0.2 * z + 0.5, 0, 1)


@misconception(NAME, "This is ReLU: the sigmoid lies between 0 and 1.")
def relu(z):
    return np.maximum(z, 0)


@misconception(NAME, "You used 2 as the base: it is e.")
def base_two(z):
    return 1 / (1 + 2.0 ** (-np.clip(z, -1000, 1000)))


@misconception(NAME, "This is softmax over the whole array: each element stands alone.")
def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


@misconception(NAME, "You subtracted the largest z, as for softmax: this shifts a sigmoid.")
def shifted(z):
    return 1 / (1 + np.exp(-np.clip(z - z.max(), -700, 0)))


@misconception(NAME, "You limited z to [-10, 10]: sigmoid(-10) is not 0 yet.")
def narrowly_clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -10, 10)))


@misconception(NAME, "You kept the result away from 0 and 1: return the sigmoid itself.")
def result_clipped(z):
    return np.clip(0.5 * (1 + np.tanh(z / 2)), 1e-7, 1 - 1e-7)


@misconception(NAME, "z = 0 belongs to neither of your branches: sigmoid(0) is 1/2.")
def zero_forgotten(z):
    out, e = np.zeros_like(z), np.exp(-np.abs(z))
    out[z > 0] = (1 / (1 + e))[z > 0]
    out[z < 0] = (e / (1 + e))[z < 0]
    return out


@misconception(NAME, "You rounded the result: return the probability, not the decision.")
def rounded(z):
    return np.round(0.5 * (1 + np.tanh(z / 2)), 4)


@misconception(NAME, "You flattened z: the shape stays as it is.")
def flattened(z):
    return 0.5 * (1 + np.tanh(z.ravel() / 2))


@misconception(NAME, "You decided the branch once for the whole array: each element has its own.")
def one_branch_for_all(z):
    if np.all(z >= 0):
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


@misconception(NAME, "You computed in float32: the labs use float64 throughout.")
def single_precision(z):
    return (0.5 * (1 + np.tanh(z / 2))).astype(np.float32)


@misconception(NAME, "The sign of exp(-z) is wrong: the denominator is 1 + exp(-z).")
def minus_in_denominator(z):
    with np.errstate(all="ignore"):
        return 1 / (1 - np.exp(-z))


@misconception(NAME, "You changed the caller's z: return a new array.")
def in_place(z):
    z[...] = 0.5 * (1 + np.tanh(z / 2))
    return z


@misconception(NAME, "You kept the result 1e-12 away from 0 and 1: return the sigmoid itself.")
def result_barely_clipped(z):
    return np.clip(0.5 * (1 + np.tanh(z / 2)), 1e-12, 1 - 1e-12)


@misconception(NAME, "You added 1e-8 to the result: return the sigmoid itself.")
def small_number_added(z):
    return 0.5 * (1 + np.tanh(z / 2)) + 1e-8


@misconception(NAME, "An array without dimensions came back with one: the shape stays as it is.")
def at_least_a_vector(z):
    return 0.5 * (1 + np.tanh(np.atleast_1d(z) / 2))


@misconception(NAME, "You loop over the rows of z, so an array without dimensions fails.")
def one_row_at_a_time(z):
    return np.array([0.5 * (1 + np.tanh(row / 2)) for row in z])


@alternative(NAME)
def by_tanh(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


@alternative(NAME)
def by_masks(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


@alternative(NAME)
def by_logaddexp(z):
    return np.exp(-np.logaddexp(0, -z))


@alternative(NAME)
def widely_clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


@alternative(NAME)
def two_exponentials(z):
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


@alternative(NAME)
def overflow_allowed(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


@alternative(NAME)
def one_number_at_a_time(z):
    def one(v):
        return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

    return np.array([one(v) for v in z.flat]).reshape(z.shape)


@alternative("sigmoid")
def piecewise(z):
    """Each formula sees only its own side; works for arrays without dimensions too."""
    branches = [lambda t: 1 / (1 + np.exp(-t)), lambda t: np.exp(t) / (1 + np.exp(t))]
    return np.piecewise(z, [z >= 0, z < 0], branches)
