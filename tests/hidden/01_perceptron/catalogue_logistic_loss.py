"""logistic_loss: known wrong implementations, then right ones."""

import math

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "logistic_loss"


def probability(z):
    return 0.5 * (1 + np.tanh(z / 2))


def losses(z, y):
    """(N,), right"""
    return np.logaddexp(0, z) - y * z


@misconception(
    NAME, "log(0) makes the loss infinite or NaN for sure answers: work from the logits."
)
def from_probabilities(z, y):
    p = probability(z)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@misconception(NAME, "exp(z) overflows in log(1 + exp(z)): take max(z, 0) out of it.")
def overflowing(z, y):
    return np.mean(np.log(1 + np.exp(z)) - y * z)


@misconception(NAME, "exp(-z) overflows in log(1 + exp(-z)): take max(-z, 0) out of it.")
def overflowing_mirror(z, y):
    return np.mean(np.log(1 + np.exp(-z)) + (1 - y) * z)


@misconception(
    NAME, "np.where computes both branches for all z, so one of them overflows: use exp(-|z|)."
)
def both_branches(z, y):
    softplus = np.where(z > 0, z + np.log1p(np.exp(-z)), np.log1p(np.exp(z)))
    return np.mean(softplus - y * z)


@misconception(NAME, "You replaced NaN and infinity: a sure and wrong answer costs |z|.")
def nan_replaced(z, y):
    with np.errstate(all="ignore"):
        terms = y * np.log(probability(z)) + (1 - y) * np.log(1 - probability(z))
    return -np.mean(np.nan_to_num(terms, posinf=0.0, neginf=0.0))


def make_clipped(eps):
    def clipped(z, y):
        p = np.clip(probability(z), eps, 1 - eps)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    return clipped


clipped_at_12 = misconception(
    NAME, "You clipped the probabilities: a sure and wrong answer costs |z|, not 27.6 at most."
)(make_clipped(1e-12))
clipped_at_7 = misconception(
    NAME, "You clipped the probabilities: a sure and wrong answer costs |z|, not 16 at most."
)(make_clipped(1e-7))
clipped_at_15 = misconception(
    NAME, "You clipped the probabilities: a sure and wrong answer costs |z|, not 34.5 at most."
)(make_clipped(1e-15))


def make_epsilon(eps):
    def epsilon_in_log(z, y):
        p = probability(z)
        return -np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))

    return epsilon_in_log


epsilon_8 = misconception(
    NAME,
    "You added 1e-8 inside the logarithm: a sure and wrong answer costs |z|, not 18.4.",
)(make_epsilon(1e-8))
epsilon_15 = misconception(
    NAME, "You added 1e-15 inside the logarithm: a sure and wrong answer costs |z|, not 34.5."
)(make_epsilon(1e-15))


@misconception(NAME, "You limited the logits: a sure and wrong answer costs |z|.")
def logits_clipped(z, y):
    return np.mean(losses(np.clip(z, -30, 30), y))


@misconception(NAME, "You limited the logarithm at -100, as torch's BCE of probabilities does.")
def log_clamped(z, y):
    with np.errstate(all="ignore"):
        p = probability(z)
        log_p, log_q = np.maximum(np.log(p), -100), np.maximum(np.log(1 - p), -100)
    return -np.mean(y * log_p + (1 - y) * log_q)


@misconception(NAME, "You summed over the samples: the loss is their mean.")
def summed(z, y):
    return np.sum(losses(z, y))


@misconception(NAME, "You did not average: return one float, the mean over the samples.")
def not_averaged(z, y):
    return losses(z, y)


@misconception(NAME, "You divided by N twice: the mean is taken once.")
def averaged_twice(z, y):
    return np.mean(losses(z, y)) / len(z)


@misconception(NAME, "Half the loss: there is no factor ½.")
def halved(z, y):
    return np.mean(losses(z, y)) / 2


@misconception(NAME, "The minus sign is missing: the loss is never negative.")
def negative(z, y):
    return -np.mean(losses(z, y))


@misconception(NAME, "The classes are exchanged: sigmoid(z) is the probability of class 1.")
def classes_exchanged(z, y):
    return np.mean(losses(z, 1 - y))


@misconception(NAME, "You left out class 0: add (1 - y) log(1 - p).")
def positives_only(z, y):
    return np.mean(y * losses(z, 1))


@misconception(NAME, "You left out class 1: add y log(p).")
def negatives_only(z, y):
    return np.mean((1 - y) * losses(z, 0))


@misconception(NAME, "You used the formula for classes -1 and +1: here they are 0 and 1.")
def for_signs(z, y):
    return np.mean(np.logaddexp(0, -y * z))


@misconception(NAME, "You took the logits for probabilities: p = sigmoid(z).")
def logits_as_probabilities(z, y):
    p = np.clip(z, 1e-12, 1 - 1e-12)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@misconception(NAME, "You applied the sigmoid twice: z are logits, so once is enough.")
def sigmoid_twice(z, y):
    return np.mean(losses(probability(z), y))


@misconception(NAME, "You used another base: the logarithm is the natural one.")
def base_two(z, y):
    return np.mean(losses(z, y)) / np.log(2)


@misconception(NAME, "You used another base: the logarithm is the natural one, not base 10.")
def base_ten(z, y):
    return np.mean(losses(z, y)) / np.log(10)


@misconception(NAME, "This is the squared error of the probability: take its logarithm.")
def squared_error(z, y):
    return np.mean((probability(z) - y) ** 2)


@misconception(NAME, "This is the squared error of the logits.")
def squared_error_of_logits(z, y):
    return np.mean((z - y) ** 2)


@misconception(NAME, "This is the hinge loss.")
def hinge(z, y):
    return np.mean(np.maximum(0, 1 - (2 * y - 1) * z))


@misconception(NAME, "The term log(1 + exp(-|z|)) is missing.")
def without_log_term(z, y):
    return np.mean(np.maximum(z, 0) - y * z)


@misconception(NAME, "The term max(z, 0) is missing.")
def without_max_term(z, y):
    return np.mean(np.log1p(np.exp(-np.abs(z))) - y * z)


@misconception(NAME, "The term y z is missing: the loss must depend on the class.")
def without_class_term(z, y):
    return np.mean(np.logaddexp(0, z))


@misconception(NAME, "You averaged each class by itself: the mean runs over all samples.")
def balanced(z, y):
    return np.mean([losses(z[y == c], c).mean() for c in (0, 1) if np.any(y == c)])


@misconception(NAME, "You rounded the probabilities: a decision has no gradient.")
def decisions(z, y):
    return np.mean((z > 0) != (y == 1))


@misconception(NAME, "np.log(1 + t) is 0 for tiny t, so small losses vanish: use np.log1p(t).")
def log_of_one_plus(z, y):
    return np.mean(np.maximum(z, 0) - y * z + np.log(1 + np.exp(-np.abs(z))))


@misconception(NAME, "You rounded to float32: it has seven digits, the labs use float64.")
def single_precision(z, y):
    return float(np.float32(np.mean(losses(z, y))))


@alternative(NAME)
def by_logaddexp(z, y):
    return np.logaddexp(0, z).mean() - (y * z).mean()


@alternative(NAME)
def by_signs(z, y):
    return np.mean(np.logaddexp(0.0, (1 - 2 * y) * z))


@alternative(NAME)
def by_selection(z, y):
    wrong = np.where(y == 1, -z, z)
    return float(np.mean(np.maximum(wrong, 0) + np.log1p(np.exp(-np.abs(wrong)))))


@alternative(NAME)
def by_log_sigmoids(z, y):
    tail = np.log1p(np.exp(-np.abs(z)))
    log_p, log_q = np.minimum(z, 0) - tail, np.minimum(-z, 0) - tail
    return -np.sum(y * log_p + (1 - y) * log_q) / z.shape[0]


@alternative(NAME)
def one_sample_at_a_time(z, y):
    total = 0.0
    for logit, label in zip(z, y):
        total += max(logit, 0.0) - label * logit + math.log1p(math.exp(-abs(logit)))
    return total / len(z)
