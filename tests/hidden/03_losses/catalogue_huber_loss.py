"""huber_loss: known wrong implementations, and right ones."""

from dataclasses import dataclass

import numpy as np

from gradlab.judge import alternative, misconception


@dataclass
class Errors:
    """What a wrong version is made of: errors, delta, the right terms and slopes."""

    e: np.ndarray
    d: float

    @property
    def near(self):
        return np.abs(self.e) <= self.d

    @property
    def terms(self):
        return np.where(self.near, self.e**2 / 2, self.d * (np.abs(self.e) - self.d / 2))

    @property
    def slopes(self):
        return np.clip(self.e, -self.d, self.d)


def _errors(predictions, targets, delta):
    if not delta > 0:
        raise ValueError(f"delta is {delta}")
    return Errors(predictions - targets, delta)


def _wrong(message, loss=None, slopes=None):
    """A version in which the loss or the gradient is computed otherwise."""

    @misconception("huber_loss", message)
    def variant(predictions, targets, delta):
        c = _errors(predictions, targets, delta)
        value = loss(c) if loss else np.sum(c.terms) / len(c.e)
        return value, slopes(c) if slopes else c.slopes / len(c.e)

    return variant


smooth_l1 = _wrong(
    "You divided by delta, as torch's smooth_l1_loss does. Huber's slope far out is delta, not 1.",
    lambda c: np.sum(c.terms) / c.d / len(c.e),
    lambda c: c.slopes / c.d / len(c.e),
)
delta_of_one = _wrong(
    "Your result is that of delta = 1: delta is not used.",
    lambda c: np.sum(Errors(c.e, 1.0).terms) / len(c.e),
    lambda c: np.clip(c.e, -1, 1) / len(c.e),
)
not_halved_near = _wrong(
    "Near zero the loss is half the square, so that it meets the straight line.",
    lambda c: np.sum(np.where(c.near, c.e**2, c.terms)) / len(c.e),
)
jump = _wrong(
    "Your straight line lacks the - delta / 2, so the loss jumps where the two pieces meet.",
    lambda c: np.sum(np.where(c.near, c.terms, c.d * np.abs(c.e))) / len(c.e),
)
offset_not_squared = _wrong(
    "Your straight line is delta |r| - delta / 2. It should be delta (|r| - delta / 2).",
    lambda c: np.sum(np.where(c.near, c.terms, c.d * np.abs(c.e) - c.d / 2)) / len(c.e),
)
pieces_swapped = _wrong(
    "The two pieces are swapped: the square is for small errors.",
    lambda c: np.sum(np.where(c.near, c.d * (np.abs(c.e) - c.d / 2), c.e**2 / 2)) / len(c.e),
    lambda c: np.where(c.near, c.d * np.sign(c.e), c.e) / len(c.e),
)
one_sided = _wrong(
    "Errors below -delta are treated as small. Compare the size of the error with delta.",
    lambda c: np.sum(np.where(c.e <= c.d, c.e**2 / 2, c.terms)) / len(c.e),
    lambda c: np.minimum(c.e, c.d) / len(c.e),
)
sign_lost_in_loss = _wrong(
    "Far out your loss takes r for |r|, so it is negative for negative errors.",
    lambda c: np.sum(np.where(c.near, c.terms, c.d * (c.e - c.d / 2))) / len(c.e),
)
capped = _wrong(
    "Your loss is constant beyond delta. It goes on as a straight line.",
    lambda c: np.sum(c.slopes**2 / 2) / len(c.e),
)
averaged_over_all = _wrong(
    "You averaged over all N K entries. Sum over the outputs, average over the samples.",
    lambda c: np.mean(c.terms),
    lambda c: c.slopes / c.e.size,
)
summed_over_all = _wrong(
    "You summed over the samples. Divide by their number.",
    lambda c: np.sum(c.terms),
    lambda c: c.slopes,
)
gradient_not_averaged = _wrong("Your gradient lacks the 1/N of the mean.", None, lambda c: c.slopes)
gradient_of_the_square = _wrong(
    "Your gradient is that of the squared error: limit it to delta in size.",
    None,
    lambda c: c.e / len(c.e),
)
gradient_of_one = _wrong(
    "Beyond delta your gradient is +1 or -1. It is +delta or -delta there.",
    None,
    lambda c: np.where(c.near, c.e, np.sign(c.e)) / len(c.e),
)
gradient_zero_far_out = _wrong(
    "Beyond delta your gradient is 0. It is +delta or -delta there.",
    None,
    lambda c: np.where(c.near, c.e, 0.0) / len(c.e),
)
gradient_without_sign = _wrong(
    "Beyond delta your gradient is positive for negative errors too.",
    None,
    lambda c: np.where(c.near, c.e, c.d) / len(c.e),
)
gradient_turned = _wrong(
    "The sign of your gradient is turned round.", None, lambda c: -c.slopes / len(c.e)
)


@misconception("huber_loss", "A delta of 0 or below must raise a ValueError that names delta.")
def any_delta_accepted(predictions, targets, delta):
    c = Errors(predictions - targets, delta)
    return np.sum(c.terms) / len(c.e), np.where(c.near, c.e, delta * np.sign(c.e)) / len(c.e)


@misconception("huber_loss", "A delta of exactly 0 must raise a ValueError too.")
def zero_accepted(predictions, targets, delta):
    if delta < 0:
        raise ValueError(f"delta is {delta}")
    c = Errors(predictions - targets, delta)
    return np.sum(c.terms) / len(c.e), c.slopes / len(c.e)


@alternative("huber_loss")
def by_where(predictions, targets, delta):
    c = _errors(predictions, targets, delta)
    return float(c.terms.sum(axis=1).mean()), np.where(c.near, c.e, delta * np.sign(c.e)) / len(c.e)


@alternative("huber_loss")
def by_masks(predictions, targets, delta):
    c = _errors(predictions, targets, delta)
    terms, slopes = np.empty_like(c.e), np.empty_like(c.e)
    terms[c.near], slopes[c.near] = c.e[c.near] ** 2 / 2, c.e[c.near]
    far = c.e[~c.near]
    terms[~c.near], slopes[~c.near] = delta * np.abs(far) - delta**2 / 2, delta * np.sign(far)
    return terms.sum() / len(terms), slopes / len(slopes)


@alternative("huber_loss")
def by_loops(predictions, targets, delta):
    if delta <= 0:
        raise ValueError(f"delta must be above 0, not {delta}")
    loss, slopes = 0.0, np.zeros(predictions.shape)
    for i in np.ndindex(predictions.shape):
        r = predictions[i] - targets[i]
        size = abs(r)
        loss += r * r / 2 if size < delta else delta * (size - delta / 2)
        slopes[i] = max(-delta, min(delta, r)) / len(predictions)
    return loss / len(predictions), slopes
