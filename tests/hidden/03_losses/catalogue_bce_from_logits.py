"""bce_from_logits: known wrong implementations, by where they go wrong, and right ones."""

import math

import numpy as np

from gradlab.judge import alternative, misconception

from .logits import sigmoid, softplus

NAME = "bce_from_logits"


def _refuse(z, y):
    if y.shape != z.shape:
        raise ValueError(f"y has shape {y.shape}, expected {z.shape}")


def _terms(z, y, w=1.0):
    return w * y * softplus(-z) + (1 - y) * softplus(z)


def _wrong(message, compute):
    @misconception(NAME, message)
    def variant(z, y, *, pos_weight=1.0):
        _refuse(z, y)
        with np.errstate(all="ignore"):
            return compute(z, y, pos_weight)

    return variant


# Misconceptions: the formula

negative = _wrong(
    "The sign is turned round: the loss is never negative.",
    lambda z, y, w: -np.mean(_terms(z, y, w)),
)
ones_only = _wrong(
    "You left out the samples of class 0: add (1 - y) log(1 + exp(z)).",
    lambda z, y, w: np.mean(w * y * softplus(-z)),
)
zeros_only = _wrong(
    "You left out the samples of class 1: add y log(1 + exp(-z)).",
    lambda z, y, w: np.mean((1 - y) * softplus(z)),
)
classes_exchanged = _wrong(
    "The classes are exchanged: a large logit means target 1.",
    lambda z, y, w: np.mean(_terms(-z, y, w)),
)
targets_as_signs = _wrong(
    "You used the formula for targets -1 and +1. Here they are 0 and 1.",
    lambda z, y, w: np.mean(np.where(y > 0, w, 1.0) * softplus(-y * z)),
)
rounded_targets = _wrong(
    "You took each target for 0 or 1. Targets between them are allowed.",
    lambda z, y, w: np.mean(_terms(z, (y >= 0.5) * 1.0, w)),
)
sigmoid_twice = _wrong(
    "You applied the sigmoid twice: the loss sees probabilities as logits.",
    lambda z, y, w: np.mean(_terms(sigmoid(z), y, w)),
)
logits_as_probabilities = _wrong(
    "You took the logits for probabilities. Apply the sigmoid, inside the logarithm.",
    lambda z, y, w: _from_probabilities(np.clip(z, 1e-12, 1 - 1e-12), y, w),
)
base_two = _wrong(
    "You used the logarithm to base 2. Use the natural one.",
    lambda z, y, w: np.mean(_terms(z, y, w)) / np.log(2),
)
squared_error = _wrong(
    "You computed the squared error of the probability. Use the logarithm.",
    lambda z, y, w: np.mean(np.where(y > 0, w, 1.0) * (sigmoid(z) - y) ** 2),
)
hinge = _wrong(
    "You computed the hinge loss. Cross-entropy is smooth and never quite 0.",
    lambda z, y, w: np.mean(np.where(y > 0, w, 1.0) * np.maximum(0, 1 - (2 * y - 1) * z)),
)
summed = _wrong(
    "You summed over the samples. Take the mean.", lambda z, y, w: np.sum(_terms(z, y, w))
)
not_averaged = _wrong(
    "You returned one loss for each sample. Return their mean, one float.", _terms
)
halved = _wrong("Your result is half of the loss.", lambda z, y, w: np.mean(_terms(z, y, w)) / 2)

# Misconceptions: pos_weight

weight_ignored = _wrong(
    "pos_weight is not used: it multiplies the term of target 1.",
    lambda z, y, w: np.mean(_terms(z, y)),
)
weight_on_zeros = _wrong(
    "Your weight is on the term of target 0. It belongs to the term of target 1.",
    lambda z, y, w: np.mean(_terms(-z, 1 - y, w)),
)
weight_on_both = _wrong(
    "Your weight multiplies both terms. It belongs to the term of target 1 only.",
    lambda z, y, w: w * np.mean(_terms(z, y)),
)
weight_inverted = _wrong(
    "You divided by pos_weight. Multiply by it.", lambda z, y, w: np.mean(_terms(z, y, 1 / w))
)
divided_by_weights = _wrong(
    "You divided by the sum of the weights. This loss divides by N, whatever the weight (as torch "
    "does for pos_weight).",
    lambda z, y, w: np.sum(_terms(z, y, w)) / np.sum(w * y + 1 - y),
)
balanced_weights = _wrong(
    "You used w for the ones and 1 - w for the zeros. The zeros keep the weight 1.",
    lambda z, y, w: np.mean(_terms(z, y) * np.where(y > 0, w, abs(1 - w) if w != 1 else 1.0)),
)
weight_on_targets = _wrong(
    "You multiplied the targets themselves by pos_weight, so 1 - y changed too.",
    lambda z, y, w: np.mean(_terms(z, w * y)),
)
weight_on_logits = _wrong(
    "You multiplied the logits of the ones by pos_weight. Multiply their loss.",
    lambda z, y, w: np.mean(_terms(np.where(y > 0, w * z, z), y)),
)
weight_of_whole_ones_only = _wrong(
    "Your weight goes by the rounded target. It multiplies y log(1 + exp(-z)), also for a y "
    "between 0 and 1.",
    lambda z, y, w: np.mean(np.where(y >= 0.5, w, 1.0) * _terms(z, y)),
)
square_root_of_weight = _wrong(
    "You used the square root of pos_weight.", lambda z, y, w: np.mean(_terms(z, y, np.sqrt(w)))
)


@misconception(NAME, "pos_weight should be 1.0 unless it is given.")
def weight_of_two_by_default(z, y, *, pos_weight=2.0):
    _refuse(z, y)
    return np.mean(_terms(z, y, pos_weight))


# Misconceptions: large logits


def _from_probabilities(p, y, w, epsilon=0.0):
    with np.errstate(all="ignore"):
        return -np.mean(w * y * np.log(p + epsilon) + (1 - y) * np.log(1 - p + epsilon))


from_probabilities = _wrong(
    "You took the logarithm of a probability that has become exactly 0: infinity or NaN. Work from "
    "the logits.",
    lambda z, y, w: _from_probabilities(sigmoid(z), y, w),
)
overflowing = _wrong(
    "exp overflows for large logits. For large z, log(1 + exp(z)) is z itself.",
    lambda z, y, w: np.mean(w * y * np.log(1 + np.exp(-z)) + (1 - y) * np.log(1 + np.exp(z))),
)
nan_replaced = _wrong(
    "You replaced infinities and NaN by 0. A certain and wrong answer costs |z|.",
    lambda z, y, w: np.mean(
        np.nan_to_num(-w * y * np.log(sigmoid(z)) - (1 - y) * np.log(sigmoid(-z)), posinf=0.0)
    ),
)
LIMITED = (
    "You {0}, so a certain and wrong answer costs {1} at most. It costs |z|: work from the logits."
)
clipped_7 = _wrong(
    LIMITED.format("clipped the probability at 1e-7", "16"),
    lambda z, y, w: _from_probabilities(np.clip(sigmoid(z), 1e-7, 1 - 1e-7), y, w),
)
clipped_12 = _wrong(
    LIMITED.format("clipped the probability at 1e-12", "28"),
    lambda z, y, w: _from_probabilities(np.clip(sigmoid(z), 1e-12, 1 - 1e-12), y, w),
)
added_8 = _wrong(
    LIMITED.format("added 1e-8 inside the logarithm", "18"),
    lambda z, y, w: _from_probabilities(sigmoid(z), y, w, 1e-8),
)
added_15 = _wrong(
    LIMITED.format("added 1e-15 inside the logarithm", "35"),
    lambda z, y, w: _from_probabilities(sigmoid(z), y, w, 1e-15),
)
logits_limited = _wrong(
    LIMITED.format("limited the logits to 30", "30"),
    lambda z, y, w: np.mean(_terms(np.clip(z, -30, 30), y, w)),
)
logits_limited_at_500 = _wrong(
    LIMITED.format("limited the logits to 500", "500"),
    lambda z, y, w: np.mean(_terms(np.clip(z, -500, 500), y, w)),
)
logarithm_limited = _wrong(
    LIMITED.format("limited the logarithm to -100", "100"),
    lambda z, y, w: np.mean(
        w * y * np.minimum(softplus(-z), 100) + (1 - y) * np.minimum(softplus(z), 100)
    ),
)
log_term_missing = _wrong(
    "The term log(1 + exp(-|z|)) is missing.",
    lambda z, y, w: np.mean(w * y * np.maximum(-z, 0) + (1 - y) * np.maximum(z, 0)),
)


@misconception(NAME, "exp overflows and warns in a branch that np.where then drops. Use exp(-|z|).")
def both_branches(z, y, *, pos_weight=1.0):
    _refuse(z, y)
    up = np.where(z > 0, z + np.log1p(np.exp(-z)), np.log1p(np.exp(z)))
    return np.mean(pos_weight * y * (up - z) + (1 - y) * up)


# Misconceptions: what is refused


@misconception(
    NAME,
    "A y of another shape is accepted, and NumPy broadcasts it: every logit meets every target. "
    "Raise a ValueError that names y.",
)
def broadcasting(z, y, *, pos_weight=1.0):
    return np.mean(_terms(z, y, pos_weight))


@misconception(
    NAME, "You compare only the lengths: (N, 1) against (N,) passes. Compare the shapes."
)
def lengths_compared(z, y, *, pos_weight=1.0):
    if len(y) != len(z):
        raise ValueError(f"y has shape {y.shape}")
    return np.mean(_terms(z, y, pos_weight))


# Alternatives


@alternative(NAME)
def by_absolute_value(z, y, *, pos_weight=1.0):
    _refuse(z, y)
    tail = np.log1p(np.exp(-np.abs(z)))
    ones, zeros = np.maximum(-z, 0) + tail, np.maximum(z, 0) + tail
    return float(np.sum(pos_weight * y * ones + (1 - y) * zeros) / z.size)


@alternative(NAME)
def as_in_torch(z, y, *, pos_weight=1.0):
    _refuse(z, y)
    weights = 1 + (pos_weight - 1) * y
    return ((1 - y) * z + weights * (np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0))).mean()


@alternative(NAME)
def two_column_logsumexp(z, y, *, pos_weight=1.0):
    _refuse(z, y)
    both = np.stack([np.zeros_like(z), z], axis=1)
    top = both.max(axis=1, keepdims=True)
    log_p = both - top - np.log(np.exp(both - top).sum(axis=1, keepdims=True))
    return -np.mean((1 - y) * log_p[:, 0] + pos_weight * y * log_p[:, 1])


@alternative(NAME)
def one_at_a_time(z, y, *, pos_weight=1.0):
    _refuse(z, y)
    total = 0.0
    for logit, target in zip(z, y):
        tail = math.log1p(math.exp(-abs(logit)))
        total += pos_weight * target * (max(-logit, 0) + tail)
        total += (1 - target) * (max(logit, 0) + tail)
    return total / len(z)
