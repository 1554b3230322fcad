"""dropout_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


class Dropout:
    """A right layer in pieces, so that each mistake below replaces one of them."""

    def refuse(self, p, training):
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}")

    def draw(self, x, p, rng):
        return rng.random(x.shape) >= p

    def scale(self, p, keep):
        return 1 / (1 - p) if p < 1 else 0.0

    def train(self, x, p, rng):
        keep = self.draw(x, p, rng)
        return keep * x * self.scale(p, keep), keep

    def evaluate(self, x, p, rng):
        return x.copy(), None

    def result(self, y, keep, p):
        return y, (keep, p)

    def __call__(self, x, p, rng, *, training):
        self.refuse(p, training)
        y, keep = (self.train if training else self.evaluate)(x, p, rng)
        return self.result(y, keep, p)


def _wrong(message, **pieces):
    layer = type("Layer", (Dropout,), pieces)()

    @misconception("dropout_forward", message)
    def variant(x, p, rng, *, training):
        return layer(x, p, rng, training=training)

    return variant


# Misconceptions: the scale

not_rescaled = _wrong(
    "What survives is not scaled up. Divide by 1 - p in training, so that the mean is kept.",
    scale=lambda self, p, keep: 1.0,
)
scaled_down = _wrong(
    "You multiplied by 1 - p. In training what survives is divided by it.",
    scale=lambda self, p, keep: 1 - p,
)
divided_by_p = _wrong(
    "You divided by p. The chance to be kept is 1 - p: divide by that.",
    scale=lambda self, p, keep: 1 / p if p > 0 else 1.0,
)
by_measured_share = _wrong(
    "You divided by the share that was kept this time. Divide by its expected value, 1 - p.",
    scale=lambda self, p, keep: 1 / max(keep.mean(), 1e-12),
)
by_the_root = _wrong(
    "You divided by the root of 1 - p. That keeps the mean square; dropout keeps the mean.",
    scale=lambda self, p, keep: 1 / np.sqrt(1 - p) if p < 1 else 0.0,
)
zero_over_zero = _wrong(
    "p = 1 gives NaN: it is 0/0. Everything is dropped, so the result is zeros.",
    scale=lambda self, p, keep: np.divide(1.0, 1 - p) if p < 1 else np.nan,
)


def _train_original(self, x, p, rng):
    keep = self.draw(x, p, rng)
    return keep * x, keep


original_paper = _wrong(
    "Nothing is scaled in training, and evaluation multiplies by 1 - p, as in the original paper. "
    "Inverted dropout divides in training and leaves evaluation alone.",
    train=_train_original,
    evaluate=lambda self, x, p, rng: ((1 - p) * x, None),
)
evaluation_scaled_too = _wrong(
    "Evaluation multiplies by 1 - p, although training has scaled already.",
    evaluate=lambda self, x, p, rng: ((1 - p) * x, None),
)

# Misconceptions: the mask

keep_and_drop_swapped = _wrong(
    "p is the chance to be kept in your layer, as in the original paper. Here, and in torch, it is "
    "the chance to be dropped.",
    draw=lambda self, x, p, rng: rng.random(x.shape) < p,
    scale=lambda self, p, keep: 1 / p if p > 0 else 0.0,
)
mask_reversed = _wrong(
    "Your mask is True with probability p, and then it keeps. A share of 1 - p should be kept.",
    draw=lambda self, x, p, rng: rng.random(x.shape) < p,
)
one_mask_per_row = _wrong(
    "Each row is kept or dropped as a whole. Every entry is drawn by itself.",
    draw=lambda self, x, p, rng: np.broadcast_to(
        rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p, x.shape
    ).copy(),
)
one_mask_for_the_batch = _wrong(
    "All samples share one mask. Every entry is drawn by itself.",
    draw=lambda self, x, p, rng: np.broadcast_to(rng.random(x.shape[1:]) >= p, x.shape).copy(),
)
one_mask_along_the_last_axis = _wrong(
    "Along the last axis all entries share one draw. Every entry is drawn by itself.",
    draw=lambda self, x, p, rng: np.broadcast_to(
        rng.random((*x.shape[:-1], 1)) >= p, x.shape
    ).copy(),
)


def _exact_share(self, x, p, rng):
    keep = np.ones(x.size, dtype=bool)
    keep[: round(p * x.size)] = False
    return rng.permutation(keep).reshape(x.shape)


def _exact_share_of_rows(self, x, p, rng):
    order = rng.random(x.shape).argsort(axis=-1).argsort(axis=-1)
    return order >= round(p * x.shape[-1])


exactly_so_many = _wrong(
    "Exactly the share p of the entries is dropped each time. Draw every entry independently: the "
    "number of dropped ones then varies.",
    draw=_exact_share,
)
exactly_so_many_per_row = _wrong(
    "In each row exactly the share p is dropped. Draw every entry independently.",
    draw=_exact_share_of_rows,
)
fair_coin = _wrong(
    "Your mask is a fair coin, whatever p is.",
    draw=lambda self, x, p, rng: (
        rng.integers(0, 2, x.shape) > 0 if 0 < p < 1 else np.full(x.shape, p == 0)
    ),
)
normal_draws = _wrong(
    "Your mask compares normal draws with p. Uniform draws between 0 and 1 have that chance.",
    draw=lambda self, x, p, rng: rng.normal(size=x.shape) >= p,
)
rounded_draws = _wrong(
    "p = 0 drops nothing and p = 1 everything; your mask gets one of them wrong.",
    draw=lambda self, x, p, rng: rng.random(x.shape) > min(max(p, 0.1), 0.95),
)
global_generator = _wrong(
    "The mask comes from np.random, not from rng: no seed can repeat it.",
    draw=lambda self, x, p, rng: np.random.random(x.shape) >= p,
)
reseeded = _wrong(
    "A new generator with a fixed seed is made in each call: the mask never changes.",
    draw=lambda self, x, p, rng: np.random.default_rng(0).random(x.shape) >= p,
)


def _noise(self, x, p, rng):
    keep = self.draw(x, p, rng)
    spread = np.sqrt(p / (1 - p)) if p < 1 else 0.0
    return x * (1 + spread * rng.normal(size=x.shape)) * (p < 1), keep


gaussian = _wrong(
    "You multiply by Gaussian noise. That is another method (and in the same paper); here entries "
    "are kept or set to zero.",
    train=_noise,
)

# Misconceptions: evaluation

active_in_evaluation = _wrong(
    "Your layer drops in evaluation too. There it does nothing.",
    evaluate=lambda self, x, p, rng: Dropout.train(self, x, p, rng or np.random.default_rng(0)),
)
modes_swapped = _wrong(
    "The two modes are swapped: entries are dropped in training, not in evaluation.",
    train=lambda self, x, p, rng: (x.copy(), None),
    evaluate=lambda self, x, p, rng: Dropout.train(self, x, p, rng or np.random.default_rng(0)),
)
evaluation_draws = _wrong(
    "Evaluation draws from rng, which is None there. It needs no randomness.",
    evaluate=lambda self, x, p, rng: (x + 0 * rng.random(x.shape), None),
)
zeros_in_evaluation_at_one = _wrong(
    "With p = 1 evaluation gives zeros. In evaluation nothing is dropped, whatever p is.",
    evaluate=lambda self, x, p, rng: (x * (p < 1), None),
)

# Misconceptions: what is returned and refused

mask_in_evaluation = _wrong(
    "In evaluation your cache holds a mask of ones. It should hold None.",
    evaluate=lambda self, x, p, rng: (x.copy(), np.ones(x.shape, dtype=bool)),
)
scaled_mask_in_cache = _wrong(
    "Your cache holds the mask with its scale in it. It should hold the bool mask itself.",
    result=lambda self, y, keep, p: (y, (keep if keep is None else keep * self.scale(p, keep), p)),
)
float_mask_in_cache = _wrong(
    "The mask in your cache holds floats. It should be of dtype bool.",
    result=lambda self, y, keep, p: (y, (keep if keep is None else keep.astype(float), p)),
)
drop_mask_in_cache = _wrong(
    "The mask in your cache is True where an entry was dropped. It should be True where kept.",
    result=lambda self, y, keep, p: (y, (keep if keep is None else ~keep, p)),
)
keep_probability_in_cache = _wrong(
    "Your cache holds 1 - p. It should hold p.",
    result=lambda self, y, keep, p: (y, (keep, 1 - p)),
)
mask_alone = _wrong(
    "Your cache holds the mask alone. It should be the pair (keep, p).",
    result=lambda self, y, keep, p: (y, keep),
)
no_cache = _wrong("Only y came back. Return the pair y, cache.", result=lambda self, y, keep, p: y)


def _redrawn(self, x, p, rng):
    y, _ = Dropout.train(self, x, p, rng)
    return y, self.draw(x, p, rng)


another_mask_in_cache = _wrong(
    "The mask in your cache is not the one that made y: you have drawn twice.", train=_redrawn
)


def _in_place(self, x, p, rng):
    keep = self.draw(x, p, rng)
    x *= keep * self.scale(p, keep)
    return x, keep


in_place = _wrong("Your layer changes x itself. Return a new array.", train=_in_place)
any_p = _wrong(
    "A p outside 0 to 1 must raise a ValueError that names p.",
    refuse=lambda self, p, training: None,
    scale=lambda self, p, keep: 1 / (1 - p) if p != 1 else 0.0,
)


def _refuse_in_training(self, p, training):
    if training:
        Dropout.refuse(self, p, training)


def _refuse_one(self, p, training):
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}")


def _refuse_large_only(self, p, training):
    if p > 1:
        raise ValueError(f"p is {p}")


refused_in_training_only = _wrong(
    "A p outside 0 to 1 is refused in training only. It is wrong in both modes.",
    refuse=_refuse_in_training,
)
one_refused = _wrong("p = 1 is refused. It is allowed and drops everything.", refuse=_refuse_one)
negative_accepted = _wrong(
    "A negative p must raise a ValueError that names p.", refuse=_refuse_large_only
)

# Alternatives


@alternative("dropout_forward")
def by_where(x, p, rng, *, training):
    if p < 0 or p > 1:
        raise ValueError(f"p must be a probability, not {p}")
    if not training:
        return x, [None, p]
    keep = rng.uniform(size=x.shape) < 1 - p
    if p == 1:
        return np.zeros_like(x), [keep, p]
    return np.where(keep, x / (1 - p), 0.0), [keep, p]


@alternative("dropout_forward")
def by_binomial(x, p, rng, *, training):
    if not (p >= 0 and p <= 1):
        raise ValueError("p: " + str(p))
    if training is False:
        return np.array(x), (None, p)
    keep = rng.binomial(1, 1 - p, size=x.shape).astype(bool)
    y = np.zeros(x.shape)
    y[keep] = x[keep] / (1 - p)
    return y, (keep, p)


@alternative("dropout_forward")
def entry_by_entry(x, p, rng, *, training):
    if p != min(max(p, 0), 1):
        raise ValueError(f"p = {p} is no probability")
    if not training:
        return x + 0.0, (None, p)
    keep, y = np.empty(x.shape, dtype=bool), np.empty(x.shape)
    for index in np.ndindex(*x.shape):
        keep[index] = rng.random() >= p
        y[index] = x[index] / (1 - p) if keep[index] else 0.0
    return y, (keep, p)


@alternative("dropout_forward")
def by_choice(x, p, rng, *, training):
    if abs(p - 0.5) > 0.5:
        raise ValueError(f"p is {p}, outside 0 to 1")
    if not training:
        return x.copy(), (None, p)
    keep = rng.choice([False, True], size=x.shape, p=[p, 1 - p])
    return keep * x / (1 - p if p < 1 else 1), (keep, p)
