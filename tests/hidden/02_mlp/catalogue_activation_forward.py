"""activation_forward: known wrong implementations, by activation, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

RIGHT = {
    "identity": lambda z, s, c: z.copy(),
    "sigmoid": lambda z, s, c: 0.5 * (1.0 + np.tanh(0.5 * z)),
    "tanh": lambda z, s, c: np.tanh(z),
    "relu": lambda z, s, c: np.maximum(z, 0.0),
    "leaky_relu": lambda z, s, c: np.maximum(z, 0.0) + s * np.minimum(z, 0.0),
    "elu": lambda z, s, c: np.maximum(z, 0.0) + c * np.expm1(np.minimum(z, 0.0)),
}


def _wrong(message, **formulas):
    """Right but for the formulas given, each a function of z, slope and alpha."""

    @misconception("activation_forward", message)
    def variant(kind, z, *, slope=0.1, alpha=1.0):
        if kind not in RIGHT:
            raise ValueError(f"kind is {kind!r}")
        a = (RIGHT | formulas)[kind](z, slope, alpha)
        return a, (kind, z, a, slope, alpha)

    return variant


def _loud_sigmoid(z, s, c):
    return 1.0 / (1.0 + np.exp(-z))


# Misconceptions: sigmoid and tanh

sigmoid_overflows = _wrong(
    "Your sigmoid overflows far left of 0: np.exp(1000) is too large for a float64.",
    sigmoid=_loud_sigmoid,
)
sigmoid_mirrored = _wrong(
    "Your sigmoid falls where it should rise: the exponent is -z.",
    sigmoid=lambda z, s, c: RIGHT["sigmoid"](-z, s, c),
)
sigmoid_too_steep = _wrong(
    "Your sigmoid is that of 2z: σ(z) = (1 + tanh(z/2)) / 2.",
    sigmoid=lambda z, s, c: 0.5 * (1.0 + np.tanh(z)),
)
sigmoid_by_exponentials_of_z = _wrong(
    "Your sigmoid overflows far right of 0: let np.exp see negative numbers only.",
    sigmoid=lambda z, s, c: np.exp(z) / (1.0 + np.exp(z)),
)
sigmoid_clipped = _wrong(
    "You clipped z before the sigmoid; it is then not quite right far out, and needs no clipping.",
    sigmoid=lambda z, s, c: RIGHT["sigmoid"](np.clip(z, -5.0, 5.0), s, c),
)
hard_sigmoid = _wrong(
    "Your sigmoid has straight pieces (a 'hard' sigmoid). It is 1 / (1 + exp(-z)).",
    sigmoid=lambda z, s, c: np.clip(0.5 + z / 4.0, 0.0, 1.0),
)
softmax_for_sigmoid = _wrong(
    "Your sigmoid depends on the other entries. It is applied to each number on its own.",
    sigmoid=lambda z, s, c: np.exp(z - z.max()) / np.exp(z - z.max()).sum(),
)
tanh_from_one_sigmoid = _wrong(
    "Your tanh is 2σ(z) - 1; that is tanh(z/2).",
    tanh=lambda z, s, c: np.tanh(z / 2.0),
)
tanh_by_quotient = _wrong(
    "Your tanh is a quotient of exponentials, which overflow. np.tanh does it for any z.",
    tanh=lambda z, s, c: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
)
tanh_unscaled = _wrong(
    "Your tanh lies between 0 and 1. Tanh goes from -1 to 1.",
    tanh=lambda z, s, c: 0.5 * (1.0 + np.tanh(z)),
)

# Misconceptions: ReLU and its relatives

identity_bent = _wrong(
    "Your identity cuts off what is negative. It returns z as it is.",
    identity=lambda z, s, c: np.maximum(z, 0.0),
)
relu_is_absolute = _wrong(
    "Your ReLU gives |z|. What is negative becomes 0.",
    relu=lambda z, s, c: np.abs(z),
)
relu_is_step = _wrong(
    "Your ReLU gives 0 or 1. Right of 0 it is z itself.",
    relu=lambda z, s, c: (z > 0).astype(float),
)
relu_capped = _wrong(
    "Your ReLU ends at 6 (ReLU6). It has no upper end.",
    relu=lambda z, s, c: np.clip(z, 0.0, 6.0),
)
relu_mirrored = _wrong(
    "Your ReLU keeps the negative side: it is max(0, z).",
    relu=lambda z, s, c: np.minimum(z, 0.0),
)
relu_of_one = _wrong(
    "Your ReLU is max(1, z). What is negative becomes 0.",
    relu=lambda z, s, c: np.maximum(z, 1.0),
)
leaky_sides_swapped = _wrong(
    "The sides of your leaky ReLU are swapped: the slope is for z < 0.",
    leaky_relu=lambda z, s, c: s * np.maximum(z, 0.0) + np.minimum(z, 0.0),
)
leaky_slope_fixed = _wrong(
    "Your leaky ReLU has the slope 0.1 whatever `slope` is.",
    leaky_relu=lambda z, s, c: np.where(z > 0, z, 0.1 * z),
)
leaky_small_slope = _wrong(
    "Your leaky ReLU has the slope 0.01 (torch's default), whatever `slope` is.",
    leaky_relu=lambda z, s, c: np.where(z > 0, z, 0.01 * z),
)
leaky_by_maximum = _wrong(
    "You wrote leaky ReLU as max(z, s z). That is the same only for slopes below 1.",
    leaky_relu=lambda z, s, c: np.maximum(z, s * z),
)
leaky_by_alpha = _wrong(
    "Your leaky ReLU uses alpha for its slope. alpha belongs to elu, slope to leaky_relu.",
    leaky_relu=lambda z, s, c: np.where(z > 0, z, c * z),
)
leaky_upwards = _wrong(
    "Left of 0 your leaky ReLU rises to the left: it is s z there, not s |z|.",
    leaky_relu=lambda z, s, c: np.where(z > 0, z, -s * z),
)
leaky_is_relu = _wrong(
    "Your leaky ReLU is 0 left of 0. It has the slope `slope` there.",
    leaky_relu=lambda z, s, c: np.maximum(z, 0.0),
)
elu_alpha_lost = _wrong(
    "Your ELU does not use alpha: left of 0 it is alpha (exp(z) - 1).",
    elu=lambda z, s, c: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
)
elu_alpha_inside = _wrong(
    "Your alpha stands inside the exponential. It is a factor in front: alpha (exp(z) - 1).",
    elu=lambda z, s, c: np.where(z > 0, z, np.expm1(np.minimum(c * z, 0.0))),
)
elu_alpha_on_exponential_only = _wrong(
    "Your ELU is alpha exp(z) - 1 left of 0. The brackets matter: alpha (exp(z) - 1).",
    elu=lambda z, s, c: np.where(z > 0, z, c * np.exp(np.minimum(z, 0.0)) - 1.0),
)
elu_one_missing = _wrong(
    "Your ELU jumps at 0: left of 0 it is alpha (exp(z) - 1), with the minus 1.",
    elu=lambda z, s, c: np.where(z > 0, z, c * np.exp(np.minimum(z, 0.0))),
)
elu_alpha_on_both_sides = _wrong(
    "Your alpha scales both sides (as in SELU). Right of 0, ELU is z.",
    elu=lambda z, s, c: c * np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
)
elu_sides_swapped = _wrong(
    "The sides of your ELU are swapped: right of 0 it is z.",
    elu=lambda z, s, c: np.where(z < 0, z, c * np.expm1(np.minimum(z, 30.0))),
)
elu_overflows = _wrong(
    "Your ELU overflows far right of 0: np.where computes both branches before it chooses.",
    elu=lambda z, s, c: np.where(z > 0, z, c * (np.exp(z) - 1.0)),
)

# Misconceptions: what is returned and refused


@misconception("activation_forward", "Only a came back. Return the pair (a, cache).")
def no_cache(kind, z, *, slope=0.1, alpha=1.0):
    if kind not in RIGHT:
        raise ValueError(f"kind is {kind!r}")
    return RIGHT[kind](z, slope, alpha)


@misconception("activation_forward", "z and a are swapped in your cache: (kind, z, a, ...).")
def cache_swapped(kind, z, *, slope=0.1, alpha=1.0):
    a = no_cache(kind, z, slope=slope, alpha=alpha)
    return a, (kind, a, z, slope, alpha)


@misconception("activation_forward", "Your cache lacks slope and alpha. The way back needs them.")
def options_not_in_cache(kind, z, *, slope=0.1, alpha=1.0):
    a = no_cache(kind, z, slope=slope, alpha=alpha)
    return a, (kind, z, a)


@misconception("activation_forward", "slope and alpha are swapped in your cache.")
def options_swapped(kind, z, *, slope=0.1, alpha=1.0):
    a = no_cache(kind, z, slope=slope, alpha=alpha)
    return a, (kind, z, a, alpha, slope)


@misconception("activation_forward", "An unknown kind must raise a ValueError that names kind.")
def any_kind_accepted(kind, z, *, slope=0.1, alpha=1.0):
    a = RIGHT.get(kind, RIGHT["identity"])(z, slope, alpha)
    return a, (kind, z, a, slope, alpha)


@misconception("activation_forward", "slope is 0.1 unless given; yours is another number.")
def other_default_slope(kind, z, *, slope=0.01, alpha=1.0):
    a = no_cache(kind, z, slope=slope, alpha=alpha)
    return a, (kind, z, a, slope, alpha)


@misconception("activation_forward", "alpha is 1 unless given; yours is another number.")
def other_default_alpha(kind, z, *, slope=0.1, alpha=1.6733):
    a = no_cache(kind, z, slope=slope, alpha=alpha)
    return a, (kind, z, a, slope, alpha)


# Alternatives


@alternative("activation_forward")
def by_masks(kind, z, *, slope=0.1, alpha=1.0):
    a, left = z.copy(), z < 0
    if kind == "sigmoid":
        e = np.exp(-np.abs(z))
        a = np.where(left, e, 1.0) / (1.0 + e)
    elif kind == "tanh":
        a = np.tanh(z)
    elif kind in ("relu", "leaky_relu"):
        a[left] *= 0.0 if kind == "relu" else slope
    elif kind == "elu":
        a[left] = alpha * (np.exp(z[left]) - 1.0)
    elif kind != "identity":
        raise ValueError(f"unknown kind {kind}")
    return a, [kind, z, a, slope, alpha]


@alternative("activation_forward")
def entry_by_entry(kind, z, *, slope=0.1, alpha=1.0):
    def one(v):
        if kind == "sigmoid":
            return 1 / (1 + np.exp(-v)) if v > 0 else np.exp(v) / (1 + np.exp(v))
        if kind == "tanh":
            return np.tanh(v)
        if kind == "relu":
            return v * (v > 0)
        if kind == "leaky_relu":
            return v if v > 0 else slope * v
        return v if kind == "identity" or v > 0 else alpha * (np.exp(v) - 1)

    if kind not in ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu"):
        raise ValueError("the kind is not known")
    a = np.array([one(v) for v in z.ravel()]).reshape(z.shape)
    return a, (kind, z, a, slope, alpha)


@alternative("activation_forward")
def quiet_and_returning_z_itself(kind, z, *, slope=0.1, alpha=1.0):
    if kind not in RIGHT:
        raise ValueError(f"kind = {kind}")
    with np.errstate(over="ignore"):
        a = {
            "identity": lambda: z,
            "sigmoid": lambda: 1.0 / (1.0 + np.exp(-z)),
            "tanh": lambda: 1.0 - 2.0 / (1.0 + np.exp(2.0 * z)),
            "relu": lambda: 0.5 * (z + np.abs(z)),
            "leaky_relu": lambda: np.where(z >= 0, z, slope * z),
            "elu": lambda: np.where(z >= 0, z, alpha * (np.exp(z) - 1.0)),
        }[kind]()
    return a, (kind, z, a, slope, alpha)
