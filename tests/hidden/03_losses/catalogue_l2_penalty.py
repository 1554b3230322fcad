"""l2_penalty: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(strength):
    if strength < 0:
        raise ValueError(f"strength is {strength}")


def _wrong(message, value=None, gradient=None):
    """A version with another value, or another gradient of one array, or both."""

    @misconception("l2_penalty", message)
    def variant(weights, strength):
        _refuse(strength)
        penalty = value(weights, strength) if value else _value(weights, strength)
        slope = gradient or _gradient
        return penalty, [slope(W, strength) for W in weights]

    return variant


def _value(weights, strength):
    return 0.5 * strength * sum(np.sum(W**2) for W in weights)


def _gradient(W, strength):
    return strength * W


without_half = _wrong(
    "Your penalty is lambda times the sum of squares, as in Keras. Here it is half of that, so "
    "that the gradient is lambda W (as for torch's weight_decay).",
    lambda ws, s: 2 * _value(ws, s),
    lambda W, s: 2 * s * W,
)
value_without_half = _wrong(
    "The factor 1/2 is missing in the value of your penalty.", lambda ws, s: 2 * _value(ws, s)
)
gradient_doubled = _wrong(
    "Your gradient is 2 lambda W. With the 1/2 in the penalty it is lambda W.",
    None,
    lambda W, s: 2 * s * W,
)
gradient_halved = _wrong(
    "Your gradient is half of lambda W. The derivative of W² is 2W, which cancels the 1/2.",
    None,
    lambda W, s: s * W / 2,
)
averaged = _wrong(
    "You averaged over the weights. The squares are summed.",
    lambda ws, s: _value(ws, s) / sum(W.size for W in ws),
    lambda W, s: s * W / W.size,
)
mean_of_each = _wrong(
    "You took the mean of each array's squares. Sum them.",
    lambda ws, s: 0.5 * s * sum(np.mean(W**2) for W in ws),
)
divided_by_rows = _wrong(
    "You divided by the number of rows. A weight matrix is no batch: nothing is averaged here.",
    lambda ws, s: sum(_value([W], s) / len(W) for W in ws),
    lambda W, s: s * W / len(W),
)
norm_for_square = _wrong(
    "You took the square root. The penalty is the squared norm.",
    lambda ws, s: 0.5 * s * np.sqrt(sum(np.sum(W**2) for W in ws)),
)
sum_of_norms = _wrong(
    "You added up the norms of the arrays. Add up their squares.",
    lambda ws, s: 0.5 * s * sum(np.linalg.norm(W) for W in ws),
)
spectral_norm = _wrong(
    "np.linalg.norm(W, 2) is the largest singular value. Sum the squares of all entries.",
    lambda ws, s: 0.5 * s * sum(np.linalg.norm(W.reshape(len(W), -1), 2) ** 2 for W in ws),
)
square_of_sum = _wrong(
    "You squared the sum of the weights. Square each weight first.",
    lambda ws, s: 0.5 * s * sum(np.sum(W) ** 2 for W in ws),
)
absolute_values = _wrong(
    "You computed the L1 penalty.",
    lambda ws, s: s * sum(np.sum(np.abs(W)) for W in ws),
    lambda W, s: s * np.sign(W),
)
strength_ignored = _wrong(
    "strength is not used.", lambda ws, s: _value(ws, 1.0), lambda W, s: W.copy()
)
strength_squared = _wrong(
    "The strength is squared: it multiplies the sum of squares, not each weight before it.",
    lambda ws, s: _value(ws, s**2),
)
gradient_without_strength = _wrong("Your gradient lacks the strength.", None, lambda W, s: W.copy())
gradient_of_squares = _wrong(
    "Your gradient holds W². The derivative of W²/2 is W.", None, lambda W, s: s * W**2
)
gradient_turned = _wrong(
    "The sign of your gradient is turned round. This is the gradient, not the step.",
    None,
    lambda W, s: -s * W,
)
gradient_zero = _wrong("Your gradient is 0: the penalty depends on W.", None, lambda W, s: 0.0 * W)
gradient_of_absolute = _wrong(
    "Your gradient has lost the sign of the weights.", None, lambda W, s: s * np.abs(W)
)
first_array_only = _wrong(
    "Only the first array counts in your penalty. Sum over all of them.",
    lambda ws, s: _value(ws[:1], s),
)
last_array_only = _wrong(
    "Only the last array counts in your penalty: += instead of =.", lambda ws, s: _value(ws[-1:], s)
)
value_for_each = _wrong(
    "You returned one penalty for each array. Return their sum.",
    lambda ws, s: [_value([W], s) for W in ws],
)


@misconception("l2_penalty", "Your gradients are joined in one array. Return one for each array.")
def gradients_joined(weights, strength):
    _refuse(strength)
    return _value(weights, strength), np.concatenate([strength * W.ravel() for W in weights])


@misconception("l2_penalty", "Only the penalty came back. Return the pair (penalty, gradients).")
def no_gradients(weights, strength):
    _refuse(strength)
    return _value(weights, strength)


@misconception("l2_penalty", "You changed the weights in place. Compute new arrays.")
def in_place(weights, strength):
    _refuse(strength)
    penalty = _value(weights, strength)
    for W in weights:
        W *= strength
    return penalty, weights


@misconception("l2_penalty", "A negative strength must raise a ValueError that names it.")
def negative_accepted(weights, strength):
    return _value(weights, strength), [strength * W for W in weights]


@misconception("l2_penalty", "A strength of 0 is allowed: no penalty.")
def zero_refused(weights, strength):
    if strength <= 0:
        raise ValueError(f"strength is {strength}")
    return _value(weights, strength), [strength * W for W in weights]


@alternative("l2_penalty")
def by_inner_products(weights, strength):
    _refuse(strength)
    total = 0.0
    for W in weights:
        total += W.ravel() @ W.ravel()
    return strength / 2 * total, tuple(W * strength for W in weights)


@alternative("l2_penalty")
def by_norms(weights, strength):
    _refuse(strength)
    norms = np.array([np.linalg.norm(W.ravel()) for W in weights])
    return float(strength * np.sum(norms**2) / 2), [np.multiply(strength, W) for W in weights]


@alternative("l2_penalty")
def by_loops(weights, strength):
    if strength < 0:
        raise ValueError(f"strength should not be negative: {strength}")
    penalty, gradients = 0.0, []
    for W in weights:
        gradient = np.zeros(W.shape)
        for index, value in np.ndenumerate(W):
            penalty += 0.5 * strength * value * value
            gradient[index] = strength * value
        gradients.append(gradient)
    return penalty, gradients
