"""bce_from_probabilities: known wrong implementations, by where they go wrong, and right ones."""

import math

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "bce_from_probabilities"


def _refuse(p, y):
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p must hold probabilities")
    if y.shape != p.shape:
        raise ValueError(f"y has shape {y.shape}")


def _logs(p):
    with np.errstate(all="ignore"):
        return np.maximum(np.log(p), -100.0), np.maximum(np.log(1.0 - p), -100.0)


def _terms(p, y):
    log_p, log_q = _logs(p)
    return -(y * log_p + (1 - y) * log_q)


def _wrong(message, compute):
    @misconception(NAME, message)
    def variant(p, y):
        _refuse(p, y)
        return compute(p, y)

    return variant


# Misconceptions: the formula

negative = _wrong(
    "The minus sign is missing: a logarithm of a probability is negative, the loss is not.",
    lambda p, y: -np.mean(_terms(p, y)),
)
ones_only = _wrong(
    "You left out the samples of class 0: add (1 - y) log(1 - p).",
    lambda p, y: -np.mean(y * _logs(p)[0]),
)
zeros_only = _wrong(
    "You left out the samples of class 1: add y log(p).",
    lambda p, y: -np.mean((1 - y) * _logs(p)[1]),
)
classes_exchanged = _wrong(
    "The classes are exchanged: p is the probability of target 1.",
    lambda p, y: np.mean(_terms(p, 1 - y)),
)
targets_in_the_log = _wrong(
    "Target and probability have changed places. The logarithm is that of the probability.",
    lambda p, y: np.mean(_terms(np.asarray(y, dtype=float), p)),
)
terms_subtracted = _wrong(
    "Your two terms are subtracted from each other. Add them.",
    lambda p, y: -np.mean(y * _logs(p)[0] - (1 - y) * _logs(p)[1]),
)
rounded_targets = _wrong(
    "You took each target for 0 or 1. Targets between them are allowed.",
    lambda p, y: np.mean(_terms(p, (y >= 0.5) * 1.0)),
)
sigmoid_inside = _wrong(
    "You applied a sigmoid. The p are probabilities already.",
    lambda p, y: np.mean(_terms(1 / (1 + np.exp(-p)), y)),
)
base_two = _wrong(
    "You used the logarithm to base 2. Use the natural one.",
    lambda p, y: np.mean(_terms(p, y)) / np.log(2),
)
base_ten = _wrong(
    "You used the logarithm to base 10. Use the natural one.",
    lambda p, y: np.mean(_terms(p, y)) / np.log(10),
)
squared_error = _wrong(
    "You computed the squared error. Use the logarithm.", lambda p, y: np.mean((p - y) ** 2)
)

# Misconceptions: the mean

summed = _wrong("You summed over the samples. Take the mean.", lambda p, y: np.sum(_terms(p, y)))
not_averaged = _wrong(
    "You returned one loss for each sample. Return their mean, one float.", _terms
)
halved = _wrong(
    "Your result is half of the loss. There is no factor 1/2.",
    lambda p, y: np.mean(_terms(p, y)) / 2,
)

# Misconceptions: p = 0 and p = 1


def _quiet(p, y, log_p, log_q):
    with np.errstate(all="ignore"):
        return -np.mean(y * log_p + (1 - y) * log_q)


@misconception(NAME, "At p = 0 or p = 1 you get infinity or NaN. Count the logarithm as -100.")
def infinite(p, y):
    _refuse(p, y)
    with np.errstate(all="ignore"):
        return _quiet(p, y, np.log(p), np.log(1 - p))


@misconception(NAME, "0 log 0 gives NaN for a sample that is certain and right. It costs 0.")
def clamped_after_the_product(p, y):
    _refuse(p, y)
    with np.errstate(all="ignore"):
        return -np.mean(np.maximum(y * np.log(p) + (1 - y) * np.log(1 - p), -100.0))


@misconception(
    NAME,
    "You replaced infinities by a huge number and NaN by 0: count the logarithm as -100.",
)
def nan_to_num(p, y):
    _refuse(p, y)
    with np.errstate(all="ignore"):
        return -np.mean(np.nan_to_num(y * np.log(p) + (1 - y) * np.log(1 - p)))


def _clipped(epsilon):
    def compute(p, y):
        return np.mean(_terms(np.clip(p, epsilon, 1 - epsilon), y))

    return compute


CLIP = (
    "You clipped p at {0} and 1 - {0}, so a certain and wrong sample costs {1}. It costs 100: "
    "limit the logarithm, not the probability."
)
clipped_7 = _wrong(CLIP.format("1e-7", "16"), _clipped(1e-7))
clipped_8 = _wrong(CLIP.format("1e-8", "18"), _clipped(1e-8))
clipped_12 = _wrong(CLIP.format("1e-12", "28"), _clipped(1e-12))
clipped_15 = _wrong(CLIP.format("1e-15", "35"), _clipped(1e-15))


def _added(epsilon):
    def compute(p, y):
        return -np.mean(y * np.log(p + epsilon) + (1 - y) * np.log(1 - p + epsilon))

    return compute


ADDED = (
    "You added {0} inside the logarithm: every value changes a little, and a certain and wrong "
    "sample costs {1}, not 100."
)
added_8 = _wrong(ADDED.format("1e-8", "18"), _added(1e-8))
added_12 = _wrong(ADDED.format("1e-12", "28"), _added(1e-12))
added_100 = _wrong(ADDED.format("1e-100", "230"), _added(1e-100))
only_one_logarithm_limited = _wrong(
    "Only log(p) is limited to -100. Limit log(1 - p) too.",
    lambda p, y: -np.mean(y * _logs(p)[0] + np.where(y < 1, (1 - y) * _log_q(p), 0.0)),
)


def _log_q(p):
    with np.errstate(all="ignore"):
        return np.log(1 - p)


# Misconceptions: what is refused, and warnings


@misconception(
    NAME, "NumPy warns of log(0) on the way. Silence it, or keep 0 out of the logarithm."
)
def warning(p, y):
    _refuse(p, y)
    log_p, log_q = np.maximum(np.log(p), -100.0), np.maximum(np.log(1 - p), -100.0)
    return -np.mean(y * log_p + (1 - y) * log_q)


@misconception(NAME, "Entries of p that are no probabilities must raise a ValueError that names p.")
def any_p_accepted(p, y):
    if y.shape != p.shape:
        raise ValueError(f"y has shape {y.shape}")
    return np.mean(_terms(np.clip(p, 0, 1), y))


@misconception(NAME, "A NaN in p is no probability: it must raise a ValueError that names p.")
def nan_accepted(p, y):
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p must hold probabilities")
    if y.shape != p.shape:
        raise ValueError(f"y has shape {y.shape}")
    return np.mean(_terms(p, y))


@misconception(NAME, "Negative entries of p must raise a ValueError that names p.")
def negative_accepted(p, y):
    if not np.all(p <= 1):
        raise ValueError("p must hold probabilities")
    if y.shape != p.shape:
        raise ValueError(f"y has shape {y.shape}")
    return np.mean(_terms(p, y))


@misconception(NAME, "You refuse p = 0 and p = 1. Both are probabilities.")
def ends_refused(p, y):
    if not np.all((p > 0) & (p < 1)):
        raise ValueError("p must hold probabilities")
    _refuse(p, y)
    return np.mean(_terms(p, y))


@misconception(
    NAME,
    "A y of another shape is accepted, and NumPy broadcasts it: every prediction meets every "
    "target. Raise a ValueError that names y.",
)
def broadcasting(p, y):
    _refuse(p, p)
    return np.mean(_terms(p, y))


@misconception(
    NAME, "You compare only the lengths: (N, 1) against (N,) passes. Compare the shapes."
)
def lengths_compared(p, y):
    _refuse(p, p)
    if len(y) != len(p):
        raise ValueError(f"y has shape {y.shape}")
    return np.mean(_terms(p, y))


# Alternatives


@alternative(NAME)
def by_selection(p, y):
    _refuse(p, y)
    safe_p, safe_q = np.where(p > 0, p, 1.0), np.where(p < 1, 1 - p, 1.0)
    log_p = np.where(p > 0, np.maximum(np.log(safe_p), -100), -100.0)
    log_q = np.where(p < 1, np.maximum(np.log(safe_q), -100), -100.0)
    return -(y * log_p + (1 - y) * log_q).mean()


@alternative(NAME)
def one_at_a_time(p, y):
    _refuse(p, y)
    total = 0.0
    for chance, target in zip(p, y):
        log_p = max(math.log(chance), -100.0) if chance > 0 else -100.0
        log_q = max(math.log1p(-chance), -100.0) if chance < 1 else -100.0
        total -= target * log_p + (1 - target) * log_q
    return total / len(p)


@alternative(NAME)
def clipped_below_the_clamp(p, y):
    """exp(-100) is about 4e-44: the clip and the clamp are the same for log(p)."""
    _refuse(p, y)
    floor = np.exp(-100.0)
    return -np.mean(y * np.log(np.maximum(p, floor)) + (1 - y) * np.log(np.maximum(1 - p, floor)))


@alternative(NAME)
def with_log1p(p, y):
    _refuse(p, y)
    with np.errstate(divide="ignore"):
        logs = np.clip(np.stack([np.log1p(-p), np.log(p)]), -100, None)
    return float(np.average((np.stack([y, 1 - y])[::-1] * -logs).sum(axis=0)))
