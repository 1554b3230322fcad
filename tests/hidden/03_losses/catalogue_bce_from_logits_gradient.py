"""bce_from_logits_gradient: known wrong implementations, by where they go wrong, and right ones."""

import math

import numpy as np

from gradlab.judge import alternative, misconception

from .logits import sigmoid, softplus

NAME = "bce_from_logits_gradient"


def _right(z, y, w=1.0):
    """(N,), before the division by N"""
    return (1 - y) * sigmoid(z) - w * y * sigmoid(-z)


def _wrong(message, compute):
    @misconception(NAME, message)
    def variant(z, y, *, pos_weight=1.0):
        with np.errstate(all="ignore"):
            return compute(z, y, pos_weight)

    return variant


# Misconceptions: the formula

sign_turned = _wrong(
    "The sign is turned round: a logit that is too large has a positive slope.",
    lambda z, y, w: -_right(z, y, w) / len(z),
)
mean_missing = _wrong("Your gradient lacks the 1/N of the mean.", lambda z, y, w: _right(z, y, w))
divided_twice = _wrong(
    "You divided by N twice: the gradient of a mean holds one 1/N.",
    lambda z, y, w: _right(z, y, w) / len(z) ** 2,
)
averaged = _wrong(
    "You averaged the slopes into one number. Each logit has a slope of its own.",
    lambda z, y, w: np.mean(_right(z, y, w)),
)
sigmoid_missing = _wrong(
    "You compared the logit with the target. Compare the probability sigmoid(z).",
    lambda z, y, w: ((1 - y) * z - w * y * (1 - z)) / len(z),
)
sigmoid_twice = _wrong(
    "You applied the sigmoid twice.", lambda z, y, w: _right(sigmoid(z), y, w) / len(z)
)
slope_of_sigmoid = _wrong(
    "You multiplied by the slope of the sigmoid, p (1 - p). In the cross-entropy of a logit it has "
    "cancelled already.",
    lambda z, y, w: _right(z, y, w) * sigmoid(z) * sigmoid(-z) / len(z),
)
squared_error = _wrong(
    "This is the gradient of the squared error of the probability.",
    lambda z, y, w: (
        2 * np.where(y > 0, w, 1.0) * (sigmoid(z) - y) * sigmoid(z) * sigmoid(-z) / len(z)
    ),
)
by_the_probability = _wrong(
    "This is the gradient with respect to the probability. Multiply it by dp/dz = p (1 - p), and "
    "simplify.",
    lambda z, y, w: ((1 - y) / sigmoid(-z) - w * y / sigmoid(z)) / len(z),
)
classes_exchanged = _wrong(
    "The classes are exchanged: for target 1 the slope is negative.",
    lambda z, y, w: _right(z, 1 - y, w) / len(z),
)
ones_only = _wrong(
    "The samples of class 0 have no slope in your result. Theirs is sigmoid(z) / N.",
    lambda z, y, w: -w * y * sigmoid(-z) / len(z),
)
zeros_only = _wrong(
    "The samples of class 1 have no slope in your result.",
    lambda z, y, w: (1 - y) * sigmoid(z) / len(z),
)
inner_derivative_missing = _wrong(
    "The inner derivative is missing: d/dz log(1 + exp(-z)) is negative.",
    lambda z, y, w: ((1 - y) * sigmoid(z) + w * y * sigmoid(-z)) / len(z),
)
wrong_tail = _wrong(
    "For target 1 you used -sigmoid(z). The slope of log(1 + exp(-z)) is -(1 - sigmoid(z)).",
    lambda z, y, w: ((1 - y) * sigmoid(z) - w * y * sigmoid(z)) / len(z),
)
decisions = _wrong(
    "You used the decision (0 or 1) for the probability.",
    lambda z, y, w: ((1 - y) * (z > 0) - w * y * (z <= 0)) / len(z),
)
rounded_targets = _wrong(
    "You took each target for 0 or 1. Targets between them are allowed.",
    lambda z, y, w: _right(z, (y >= 0.5) * 1.0, w) / len(z),
)
loss_terms = _wrong(
    "You returned the terms of the loss, not their derivatives.",
    lambda z, y, w: (w * y * softplus(-z) + (1 - y) * softplus(z)) / len(z),
)

# Misconceptions: pos_weight

weight_ignored = _wrong("pos_weight is not used.", lambda z, y, w: _right(z, y) / len(z))
weight_on_all = _wrong(
    "Your weight multiplies the slope of every sample. It belongs to those of target 1.",
    lambda z, y, w: w * _right(z, y) / len(z),
)
weight_on_target_only = _wrong(
    "You computed p - w y. The weight multiplies the whole slope of a 1, w (p - 1).",
    lambda z, y, w: (sigmoid(z) - w * y) / len(z),
)
weight_on_zeros = _wrong(
    "Your weight is on the samples of target 0. It belongs to those of target 1.",
    lambda z, y, w: (w * (1 - y) * sigmoid(z) - y * sigmoid(-z)) / len(z),
)
weight_inverted = _wrong(
    "You divided by pos_weight. Multiply by it.", lambda z, y, w: _right(z, y, 1 / w) / len(z)
)
divided_by_weights = _wrong(
    "You divided by the sum of the weights. This loss divides by N, whatever the weight.",
    lambda z, y, w: _right(z, y, w) / np.sum(w * y + 1 - y),
)
weight_by_rounded_target = _wrong(
    "Your weight goes by the rounded target. A target of 0.2 has a share of class 1 too.",
    lambda z, y, w: np.where(y >= 0.5, w, 1.0) * (sigmoid(z) - y) / len(z),
)


@misconception(NAME, "pos_weight should be 1.0 unless it is given.")
def weight_of_two_by_default(z, y, *, pos_weight=2.0):
    return _right(z, y, pos_weight) / len(z)


# Misconceptions: large logits, and the caller's arrays

overflowing = _wrong(
    "exp(z) / (1 + exp(z)) is NaN for a large z. Use the sigmoid that is given.",
    lambda z, y, w: (
        ((1 - y) * np.exp(z) / (1 + np.exp(z)) - w * y * (1 - np.exp(z) / (1 + np.exp(z)))) / len(z)
    ),
)


@misconception(NAME, "exp overflows and warns at z = -1000. Use the sigmoid that is given.")
def warning(z, y, *, pos_weight=1.0):
    p = 1 / (1 + np.exp(-z))
    return ((1 - y) * p - pos_weight * y * (1 - p)) / len(z)


logits_limited = _wrong(
    "You limited the logits, and the slope of a certain and right answer is too large.",
    lambda z, y, w: _right(np.clip(z, -10, 10), y, w) / len(z),
)


@misconception(NAME, "You changed the logits in place. Compute a new array.")
def in_place(z, y, *, pos_weight=1.0):
    z[:] = _right(z, y, pos_weight) / len(z)
    return z


# Alternatives


@alternative(NAME)
def as_one_product(z, y, *, pos_weight=1.0):
    return ((1 + (pos_weight - 1) * y) * sigmoid(z) - pos_weight * y) / z.shape[0]


@alternative(NAME)
def by_stable_branches(z, y, *, pos_weight=1.0):
    small = np.exp(-np.abs(z))
    p = np.where(z >= 0, 1 / (1 + small), small / (1 + small))
    q = np.where(z >= 0, small / (1 + small), 1 / (1 + small))
    return (1 - y) * p / len(z) - pos_weight * y * q / len(z)


@alternative(NAME)
def by_logaddexp(z, y, *, pos_weight=1.0):
    p, q = np.exp(-np.logaddexp(0, -z)), np.exp(-np.logaddexp(0, z))
    return np.divide(p * (1 - y) - q * y * pos_weight, len(z))


@alternative(NAME)
def one_at_a_time(z, y, *, pos_weight=1.0):
    slopes = np.zeros(len(z))
    for n, (logit, target) in enumerate(zip(z, y)):
        p = 0.5 * (1 + math.tanh(logit / 2))
        slopes[n] = (1 - target) * p + pos_weight * target * (p - 1)
    return slopes / len(slopes)
