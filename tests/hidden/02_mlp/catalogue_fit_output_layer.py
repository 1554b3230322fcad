"""fit_output_layer: known wrong fits, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _columns(hidden):
    return np.concatenate([hidden, np.ones((len(hidden), 1))], axis=1)


def _least_squares(hidden, y):
    solution = np.linalg.lstsq(_columns(hidden), y, rcond=None)[0]
    return solution[:-1].T, solution[-1]


def _wrong(message, compute):
    """`compute(h, x, y, w1, b1, phi)` with h the hidden layer; a y that does not fit is refused."""

    @misconception("fit_output_layer", message)
    def variant(x, y, w1, b1, phi):
        if y.ndim != 2 or len(y) != len(x):
            raise ValueError(f"y has shape {y.shape}")
        return compute(phi(x @ w1.T + b1), x, y, w1, b1, phi)

    return variant


no_bias = _wrong(
    "Your fit has no bias: without a column of ones, every fit goes through 0.",
    lambda h, x, y, w1, b1, phi: (
        np.linalg.lstsq(h, y, rcond=None)[0].T,
        np.zeros(y.shape[1]),
    ),
)
bias_is_the_mean = _wrong(
    "Your bias is the mean of y. It would be only if the hidden units had the mean 0.",
    lambda h, x, y, w1, b1, phi: (
        np.linalg.lstsq(h, y - y.mean(axis=0), rcond=None)[0].T,
        y.mean(axis=0),
    ),
)
centred_only = _wrong(
    "You centred the hidden units and then used the weights with uncentred ones: the bias is "
    "mean(y) minus what the mean of the hidden units gives.",
    lambda h, x, y, w1, b1, phi: (_least_squares(h, y)[0], y.mean(axis=0)),
)
no_activation = _wrong(
    "You fitted to z, before the activation. The output layer sees phi(z).",
    lambda h, x, y, w1, b1, phi: _least_squares(x @ w1.T + b1, y),
)
hidden_bias_missing = _wrong(
    "Your hidden layer lacks b1.",
    lambda h, x, y, w1, b1, phi: _least_squares(phi(x @ w1.T), y),
)
hidden_bias_after = _wrong(
    "You added b1 after the activation.",
    lambda h, x, y, w1, b1, phi: _least_squares(phi(x @ w1.T) + b1, y),
)
always_relu = _wrong(
    "Your hidden layer uses ReLU. Use the activation phi that is given.",
    lambda h, x, y, w1, b1, phi: _least_squares(np.maximum(x @ w1.T + b1, 0.0), y),
)
ridge = _wrong(
    "Your weights are pulled towards 0 (ridge regression). Plain least squares is asked for.",
    lambda h, x, y, w1, b1, phi: _ridge(h, y, 0.1),
)
small_ridge = _wrong(
    "You added a small number to the diagonal, so the fit is not quite the best. lstsq or the "
    "pseudo-inverse needs no such help.",
    lambda h, x, y, w1, b1, phi: _ridge(h, y, 1e-3),
)
gradient_steps = _wrong(
    "You stopped on the way to the minimum. Least squares gives it exactly.",
    lambda h, x, y, w1, b1, phi: _descended(h, y),
)
first_target_for_all = _wrong(
    "You fitted the first target only. Each column of y gets its own weights.",
    lambda h, x, y, w1, b1, phi: _least_squares(h, np.repeat(y[:, :1], y.shape[1], axis=1)),
)
weights_transposed = _wrong(
    "Your w2 is transposed: it has a row for each target, (T, H).",
    lambda h, x, y, w1, b1, phi: (_least_squares(h, y)[0].T, _least_squares(h, y)[1]),
)
bias_first = _wrong(
    "You mixed up which coefficient is the bias: it belongs to the column of ones.",
    lambda h, x, y, w1, b1, phi: (
        np.linalg.lstsq(_columns(h), y, rcond=None)[0][1:].T,
        np.linalg.lstsq(_columns(h), y, rcond=None)[0][0],
    ),
)
bias_with_two_axes = _wrong(
    "Your b2 has the shape (1, T); it is (T,).",
    lambda h, x, y, w1, b1, phi: (_least_squares(h, y)[0], _least_squares(h, y)[1][None]),
)
order_changed = _wrong(
    "The order is (w2, b2).", lambda h, x, y, w1, b1, phi: _least_squares(h, y)[::-1]
)
correlations = _wrong(
    "You projected y on each unit by itself. The units overlap: solve for all of them at once.",
    lambda h, x, y, w1, b1, phi: (
        (h.T @ y / (h**2).sum(axis=0)[:, None].clip(1e-12)).T,
        y.mean(axis=0),
    ),
)
through_two_points = _wrong(
    "You fitted the first few samples only. Least squares uses all of them.",
    lambda h, x, y, w1, b1, phi: _least_squares(h[: h.shape[1] + 1], y[: h.shape[1] + 1]),
)
absolute_weights = _wrong(
    "Your weights are never negative.",
    lambda h, x, y, w1, b1, phi: (np.abs(_least_squares(h, y)[0]), _least_squares(h, y)[1]),
)


def _inverse(h, y):
    columns = _columns(h)
    solution = np.linalg.inv(columns.T @ columns) @ columns.T @ y
    return solution[:-1].T, solution[-1]


inverse = _wrong(
    "You inverted a matrix that has no inverse when a unit is dead. np.linalg.lstsq copes.",
    lambda h, x, y, w1, b1, phi: _inverse(h, y),
)


def _ridge(h, y, strength):
    columns = _columns(h)
    matrix = columns.T @ columns + strength * np.eye(columns.shape[1])
    solution = np.linalg.solve(matrix, columns.T @ y)
    return solution[:-1].T, solution[-1]


def _descended(h, y):
    columns, solution = _columns(h), np.zeros((h.shape[1] + 1, y.shape[1]))
    rate = 1.0 / np.linalg.norm(columns, 2) ** 2
    for _ in range(100):
        solution = solution - rate * columns.T @ (columns @ solution - y)
    return solution[:-1].T, solution[-1]


@misconception("fit_output_layer", "A y that does not fit x must raise a ValueError naming y.")
def any_targets_accepted(x, y, w1, b1, phi):
    if y.ndim == 2 and len(y) == len(x):
        return _least_squares(phi(x @ w1.T + b1), y)
    return np.zeros((1, len(w1))), np.zeros(1)


@misconception("fit_output_layer", "You refused other lengths of y, but not a y of one axis.")
def flat_targets_accepted(x, y, w1, b1, phi):
    if len(y) != len(x) or y.ndim > 2:
        raise ValueError(f"y has shape {y.shape}")
    return _least_squares(phi(x @ w1.T + b1), y.reshape(len(y), -1))


@alternative("fit_output_layer")
def by_pseudo_inverse(x, y, w1, b1, phi):
    if y.ndim != 2 or y.shape[0] != x.shape[0]:
        raise ValueError(f"y should have shape ({len(x)}, T)")
    ones = np.ones((len(x), 1))
    solution = np.linalg.pinv(np.hstack([ones, phi(x @ w1.T + b1)])) @ y
    return solution[1:].T, solution[0]


@alternative("fit_output_layer")
def by_centring(x, y, w1, b1, phi):
    if np.ndim(y) != 2 or len(y) != len(x):
        raise ValueError("y does not fit x")
    h = phi(x @ w1.T + b1)
    w2 = np.linalg.lstsq(h - h.mean(axis=0), y - y.mean(axis=0), rcond=None)[0].T
    return [w2, y.mean(axis=0) - w2 @ h.mean(axis=0)]


@alternative("fit_output_layer")
def by_normal_equations(x, y, w1, b1, phi):
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(f"y: {y.shape}")
    columns = _columns(phi(x @ w1.T + b1))
    solution = np.linalg.pinv(columns.T @ columns, rcond=1e-12, hermitian=True) @ columns.T @ y
    return solution[:-1].T, solution[-1]


@alternative("fit_output_layer")
def by_singular_values(x, y, w1, b1, phi):
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(f"y has {y.ndim} axes and {len(y)} rows")
    u, s, vt = np.linalg.svd(_columns(phi(x @ w1.T + b1)), full_matrices=False)
    keep = s > 1e-10 * s[0]
    solution = vt[keep].T @ ((u[:, keep].T @ y) / s[keep, None])
    return solution[:-1].T.copy(), solution[-1].copy()
