"""activation_backward: known wrong implementations, by activation, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


RIGHT = {
    "identity": lambda z, a, s, c: np.ones_like(z),
    "sigmoid": lambda z, a, s, c: a * (1.0 - a),
    "tanh": lambda z, a, s, c: 1.0 - a**2,
    "relu": lambda z, a, s, c: (z > 0).astype(float),
    "leaky_relu": lambda z, a, s, c: np.where(z > 0, 1.0, s),
    "elu": lambda z, a, s, c: np.where(z > 0, 1.0, c * np.exp(np.minimum(z, 0.0))),
}


def _wrong(message, **slopes):
    """Right but for the slopes given, each a function of z, a, slope and alpha."""

    @misconception("activation_backward", message)
    def variant(da, cache):
        kind, z, a, slope, alpha = cache
        if da.shape != z.shape:
            raise ValueError(f"da has shape {da.shape}")
        return da * (RIGHT | slopes)[kind](z, a, slope, alpha)

    return variant


# Misconceptions: sigmoid and tanh

sigmoid_at_z = _wrong(
    "Your sigmoid's slope is z (1 - z). It is a (1 - a), with the output.",
    sigmoid=lambda z, a, s, c: z * (1.0 - z),
)
sigmoid_of_sigmoid = _wrong(
    "You applied the sigmoid to the output once more: the slope is a (1 - a) as it stands.",
    sigmoid=lambda z, a, s, c: _sigmoid(a) * (1.0 - _sigmoid(a)),
)
sigmoid_factor_missing = _wrong(
    "Your sigmoid's slope is a. The factor (1 - a) is missing.",
    sigmoid=lambda z, a, s, c: a,
)
sigmoid_other_factor_missing = _wrong(
    "Your sigmoid's slope is 1 - a. The factor a is missing.",
    sigmoid=lambda z, a, s, c: 1.0 - a,
)
sigmoid_squared = _wrong(
    "Your sigmoid's slope is 1 - a². That is tanh's; the sigmoid's is a (1 - a).",
    sigmoid=lambda z, a, s, c: 1.0 - a**2,
)
sigmoid_sign = _wrong(
    "Your sigmoid's slope is negative: it is a (1 - a).",
    sigmoid=lambda z, a, s, c: a * (a - 1.0),
)
sigmoid_by_exponentials = _wrong(
    "Your sigmoid's slope overflows far out. a (1 - a) is finite for any z.",
    sigmoid=lambda z, a, s, c: np.exp(-z) / (1.0 + np.exp(-z)) ** 2,
)
tanh_at_z = _wrong(
    "Your tanh's slope is 1 - z². It is 1 - a², with the output.",
    tanh=lambda z, a, s, c: 1.0 - z**2,
)
tanh_of_tanh = _wrong(
    "You applied tanh to the output once more: the slope is 1 - a² as it stands.",
    tanh=lambda z, a, s, c: 1.0 - np.tanh(a) ** 2,
)
tanh_not_squared = _wrong(
    "Your tanh's slope is 1 - a. The output is squared.",
    tanh=lambda z, a, s, c: 1.0 - a,
)
tanh_as_sigmoid = _wrong(
    "Your tanh's slope is a (1 - a). That is the sigmoid's; tanh's is 1 - a².",
    tanh=lambda z, a, s, c: a * (1.0 - a),
)
tanh_by_cosh = _wrong(
    "Your tanh's slope overflows far out. 1 - a² is finite for any z.",
    tanh=lambda z, a, s, c: 1.0 / np.cosh(z) ** 2,
)

# Misconceptions: ReLU and its relatives

relu_value = _wrong(
    "You multiplied da with the ReLU's output. Its slope is 1 where z > 0, else 0.",
    relu=lambda z, a, s, c: a,
)
relu_reversed = _wrong(
    "Your ReLU lets the gradient through where it was off.",
    relu=lambda z, a, s, c: (z < 0).astype(float),
)
relu_open = _wrong(
    "Your ReLU lets all of the gradient through. Where z < 0 its slope is 0.",
    relu=lambda z, a, s, c: np.ones_like(z),
)
identity_stops = _wrong(
    "Your identity stops the gradient where z < 0. Its slope is 1 everywhere.",
    identity=lambda z, a, s, c: (z > 0).astype(float),
)
identity_times_z = _wrong(
    "Your identity multiplies da with z. Its slope is 1.",
    identity=lambda z, a, s, c: z,
)
leaky_sides_swapped = _wrong(
    "The sides are swapped in your leaky ReLU: the slope belongs to z < 0.",
    leaky_relu=lambda z, a, s, c: np.where(z > 0, s, 1.0),
)
leaky_slope_fixed = _wrong(
    "Your leaky ReLU has the slope 0.1. The cache says which one was used.",
    leaky_relu=lambda z, a, s, c: np.where(z > 0, 1.0, 0.1),
)
leaky_by_alpha = _wrong(
    "Your leaky ReLU uses alpha for its slope. The cache is (kind, z, a, slope, alpha).",
    leaky_relu=lambda z, a, s, c: np.where(z > 0, 1.0, c),
)
leaky_is_relu = _wrong(
    "Your leaky ReLU lets nothing through left of 0. Its slope there is `slope`.",
    leaky_relu=lambda z, a, s, c: np.where(z > 0, 1.0, 0.0),
)
leaky_value = _wrong(
    "Left of 0 you used the leaky ReLU's value, s z. Its slope there is s.",
    leaky_relu=lambda z, a, s, c: np.where(z > 0, 1.0, a),
)
elu_alpha_lost = _wrong(
    "Your ELU's slope left of 0 is exp(z). It is alpha exp(z).",
    elu=lambda z, a, s, c: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0))),
)
elu_plus_one = _wrong(
    "Your ELU's slope left of 0 is a + 1. That is right only for alpha = 1: it is a + alpha.",
    elu=lambda z, a, s, c: np.where(z > 0, 1.0, a + 1.0),
)
elu_value = _wrong(
    "Left of 0 you used ELU's value for its slope: the -1 goes away in the derivative.",
    elu=lambda z, a, s, c: np.where(z > 0, 1.0, a),
)
elu_alpha_only = _wrong(
    "Your ELU's slope left of 0 is alpha everywhere. It is alpha exp(z).",
    elu=lambda z, a, s, c: np.where(z > 0, 1.0, c),
)
elu_alpha_on_both_sides = _wrong(
    "Your alpha scales the slope on both sides. Right of 0 the slope is 1.",
    elu=lambda z, a, s, c: c * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0))),
)
elu_overflows = _wrong(
    "Your ELU's slope overflows far right of 0: np.where computes both branches.",
    elu=lambda z, a, s, c: np.where(z > 0, 1.0, c * np.exp(z)),
)

# Misconceptions: the chain rule


@misconception("activation_backward", "Your result is the slope alone. Multiply it by da.")
def upstream_ignored(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da has shape {da.shape}")
    return RIGHT[kind](z, a, slope, alpha)


@misconception(
    "activation_backward",
    "You also stopped negative gradients at the ReLU ('guided backpropagation', made for "
    "pictures). Only the sign of z decides.",
)
def guided(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da has shape {da.shape}")
    dz = da * RIGHT[kind](z, a, slope, alpha)
    return np.maximum(dz, 0.0) if kind == "relu" else dz


@misconception("activation_backward", "You asked for the sign of da. The sign of z decides.")
def sign_of_upstream(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da has shape {da.shape}")
    at = da if kind in ("relu", "leaky_relu", "elu") else z
    return da * RIGHT[kind](at, a, slope, alpha)


@misconception("activation_backward", "A da of another shape than z must raise a ValueError.")
def any_upstream_accepted(da, cache):
    kind, z, a, slope, alpha = cache
    return (
        da.flat[0] * RIGHT[kind](z, a, slope, alpha)
        if da.shape != z.shape
        else (da * RIGHT[kind](z, a, slope, alpha))
    )


# Alternatives


@alternative("activation_backward")
def from_outputs_only(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da should have shape {z.shape}")
    if kind == "identity":
        return da
    if kind == "sigmoid":
        return da * (a - a**2)
    if kind == "tanh":
        return da * (1 - a) * (1 + a)
    left = {"relu": 0.0, "leaky_relu": slope, "elu": np.minimum(a, 0.0) + alpha}[kind]
    return da * np.where(z < 0, left, 1.0)


@alternative("activation_backward")
def by_masks(da, cache):
    kind, z, _, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"shape of da: {da.shape}, of z: {z.shape}")
    dz, left = np.array(da), z <= 0
    if kind == "sigmoid":
        dz *= _sigmoid(z) * _sigmoid(-z)
    elif kind == "tanh":
        dz *= 1.0 - np.tanh(z) ** 2
    elif kind == "relu":
        dz[left] = 0.0
    elif kind == "leaky_relu":
        dz[left] *= slope
    elif kind == "elu":
        dz[left] *= alpha * np.exp(z[left])
    return dz


@alternative("activation_backward")
def entry_by_entry(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da: {da.shape}")
    dz = np.zeros(z.shape)
    for i in np.ndindex(z.shape):
        one = [np.array([array[i]]) for array in (z, a)]
        dz[i] = da[i] * RIGHT[kind](*one, slope, alpha)[0]
    return dz
