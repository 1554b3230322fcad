"""l1_penalty: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(strength):
    if strength < 0:
        raise ValueError(f"strength is {strength}")


def _wrong(message, value=None, gradient=None):
    """A version with another value, or another gradient of one array, or both."""

    @misconception("l1_penalty", message)
    def variant(weights, strength):
        _refuse(strength)
        penalty = value(weights, strength) if value else _value(weights, strength)
        slope = gradient or _gradient
        return penalty, [slope(W, strength) for W in weights]

    return variant


def _value(weights, strength):
    return strength * sum(np.sum(np.abs(W)) for W in weights)


def _gradient(W, strength):
    return strength * np.sign(W)


sizes_forgotten = _wrong(
    "You summed the weights themselves, so that opposite signs cancel. Sum their sizes.",
    lambda ws, s: s * sum(np.sum(W) for W in ws),
)
size_of_the_sum = _wrong(
    "You took the size of the sum. Sum the sizes of the weights.",
    lambda ws, s: s * sum(abs(np.sum(W)) for W in ws),
)
halved = _wrong(
    "Your penalty has a factor 1/2. That belongs to L2.",
    lambda ws, s: _value(ws, s) / 2,
    lambda W, s: s * np.sign(W) / 2,
)
value_halved = _wrong(
    "The value of your penalty has a factor 1/2. That belongs to L2.",
    lambda ws, s: _value(ws, s) / 2,
)
squares = _wrong(
    "You computed the L2 penalty.",
    lambda ws, s: 0.5 * s * sum(np.sum(W**2) for W in ws),
    lambda W, s: s * W,
)
averaged = _wrong(
    "You averaged over the weights. Their sizes are summed.",
    lambda ws, s: _value(ws, s) / sum(W.size for W in ws),
    lambda W, s: s * np.sign(W) / W.size,
)
mean_of_each = _wrong(
    "You took the mean of each array's sizes. Sum them.",
    lambda ws, s: s * sum(np.mean(np.abs(W)) for W in ws),
)
largest_column = _wrong(
    "np.linalg.norm(W, 1) is the largest column sum of a matrix. Sum the sizes of all entries.",
    lambda ws, s: s * sum(np.linalg.norm(W.reshape(len(W), -1), 1) for W in ws),
)
count_of_weights = _wrong(
    "You counted the weights that are not 0. Sum their sizes.",
    lambda ws, s: s * float(sum(np.count_nonzero(W) for W in ws)),
)
strength_ignored = _wrong(
    "strength is not used.", lambda ws, s: _value(ws, 1.0), lambda W, s: np.sign(W)
)
slope_one_at_zero = _wrong(
    "At a weight of 0 your slope is the full strength. It is 0 there.",
    None,
    lambda W, s: np.where(W >= 0, s, -s),
)
slope_minus_one_at_zero = _wrong(
    "At a weight of 0 your slope is minus the strength. It is 0 there.",
    None,
    lambda W, s: np.where(W > 0, s, -s),
)
nan_at_zero = _wrong(
    "W / |W| is NaN at a weight of 0. The slope is 0 there.", None, lambda W, s: _quotient(W, s)
)
quotient_with_epsilon = _wrong(
    "W / (|W| + 1e-3) is only nearly the sign. Use the sign itself.",
    None,
    lambda W, s: s * W / (np.abs(W) + 1e-3),
)
gradient_without_strength = _wrong(
    "Your gradient lacks the strength.", None, lambda W, s: np.sign(W)
)
gradient_without_sign = _wrong(
    "Your gradient has lost the sign of the weights.", None, lambda W, s: s * np.sign(np.abs(W))
)
gradient_of_ones = _wrong(
    "Your gradient is the strength everywhere. It has the sign of the weight, and is 0 at 0.",
    None,
    lambda W, s: np.full(W.shape, s),
)
gradient_in_proportion = _wrong(
    "Your gradient is proportional to the weight: that is L2's. L1's has one size for all.",
    None,
    lambda W, s: s * W,
)
gradient_of_sizes = _wrong(
    "You returned the sizes of the weights as gradient.", None, lambda W, s: s * np.abs(W)
)
gradient_turned = _wrong(
    "The sign of your gradient is turned round. This is the gradient, not the step.",
    None,
    lambda W, s: -s * np.sign(W),
)
first_array_only = _wrong(
    "Only the first array counts in your penalty. Sum over all of them.",
    lambda ws, s: _value(ws[:1], s),
)
last_array_only = _wrong(
    "Only the last array counts in your penalty: += instead of =.", lambda ws, s: _value(ws[-1:], s)
)


def _quotient(W, s):
    with np.errstate(invalid="ignore"):
        return s * W / np.abs(W)


@misconception("l1_penalty", "Only the penalty came back. Return the pair (penalty, gradients).")
def no_gradients(weights, strength):
    _refuse(strength)
    return _value(weights, strength)


@misconception("l1_penalty", "You changed the weights in place. Compute new arrays.")
def in_place(weights, strength):
    _refuse(strength)
    for W in weights:
        np.abs(W, out=W)
    return strength * sum(np.sum(W) for W in weights), [strength * np.sign(W) for W in weights]


@misconception("l1_penalty", "A negative strength must raise a ValueError that names it.")
def negative_accepted(weights, strength):
    return _value(weights, strength), [strength * np.sign(W) for W in weights]


@misconception("l1_penalty", "A strength of 0 is allowed: no penalty.")
def zero_refused(weights, strength):
    if strength <= 0:
        raise ValueError(f"strength is {strength}")
    return _value(weights, strength), [strength * np.sign(W) for W in weights]


@alternative("l1_penalty")
def by_selection(weights, strength):
    _refuse(strength)
    gradients = [np.where(W > 0, strength, np.where(W < 0, -strength, 0.0)) for W in weights]
    return float(sum((W * np.sign(W)).sum() for W in weights) * strength), gradients


@alternative("l1_penalty")
def by_comparison(weights, strength):
    _refuse(strength)
    signs = [(W > 0).astype(float) - (W < 0) for W in weights]
    total = sum(np.vdot(sign, W) for sign, W in zip(signs, weights))
    return strength * total, tuple(strength * sign for sign in signs)


@alternative("l1_penalty")
def by_loops(weights, strength):
    if strength < 0:
        raise ValueError(f"strength should not be negative: {strength}")
    penalty, gradients = 0.0, []
    for W in weights:
        gradient = np.zeros(W.shape)
        for index, value in np.ndenumerate(W):
            penalty += strength * abs(value)
            if value != 0:
                gradient[index] = strength if value > 0 else -strength
        gradients.append(gradient)
    return penalty, gradients
