"""AdaGrad and RMSProp: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


class Base:
    """What the implementations below share: `move` returns what a step subtracts."""

    def __init__(self, lr=1.0, decay=0.9, eps=1e-10):
        self.lr, self.decay, self.eps, self.s, self.steps, self.first_lr = lr, decay, eps, {}, 0, lr

    def old(self, key, start=0.0):
        return self.s.get(key, start)

    def put(self, key, value):
        self.s[key] = value
        return value

    def add(self, key, value):
        return self.put(key, self.old(key) + value)

    def average(self, key, value, weight=None):
        weight = self.decay if weight is None else weight
        return self.put(key, weight * self.old(key) + (1 - weight) * value)

    def step(self, params, grads):
        self.steps += 1
        for name in params:
            params[name] -= self.lr * self.move(name, grads[name])


def renewed(self, params, grads):
    for name in params:
        params[name] = params[name] - self.lr * self.move(name, grads[name])


def first_only(self, params, grads):
    name = next(iter(params))
    params[name] -= self.lr * self.move(name, grads[name])


def by_position(self, params, grads):
    for p, (name, g) in zip(params.values(), grads.items(), strict=True):
        p -= self.lr * self.move(name, g)


def frozen(self, params, grads):
    for name in params:
        params[name] -= self.first_lr * self.move(name, grads[name])


def squaring(self, params, grads):
    for name in params:
        params[name] -= self.lr * self.move(name, grads[name].copy())
        grads[name] **= 2


def adagrad_init(self, lr, eps=1e-10):
    Base.__init__(self, lr, 0.9, eps)


def rmsprop_init(self, lr, alpha=0.99, eps=1e-8):
    Base.__init__(self, lr, alpha, eps)


INIT = {"AdaGrad": adagrad_init, "RMSProp": rmsprop_init}


def by(exercise, move, **methods):
    """A class with the exercise's signature whose step subtracts lr * move(self, name, g)."""
    return type(exercise, (Base,), {"__init__": INIT[exercise], "move": move, **methods})


def wrong(exercise, message, move, **methods):
    return misconception(exercise, message)(by(exercise, move, **methods))


def class_level(exercise, move):
    """State in the class body, one for all instances."""

    def init(self, *args, **kwargs):
        INIT[exercise](self, *args, **kwargs)
        del self.s

    return by(exercise, move, s={}, __init__=init)


REBOUND = "params holds new arrays after the step; change the arrays themselves (params[k] -= ...)."
FROZEN = "The rate of the constructor is used for ever; read self.lr in each step."
FIRST = "Only the first parameter moves; loop over all of them."
POSITION = "Parameters and gradients are paired by position; fetch both by name."
SHARED = "All parameters share one sum of squares; keep one for each name."
CLASS = "The squares are stored in the class, so all optimisers share them; keep them in self."
SQUARING = "The caller's gradients were squared in place; leave grads as they are."
EPS_INSIDE = "eps stands inside the root; the formula asked for has it outside: sqrt(s) + eps."
SCALAR = "One number for the whole array instead of one for each entry: s has the shape of g."
NO_ROOT = "The root is missing: divide by sqrt(s) + eps, not by s + eps."
ABSOLUTE = "|g| is accumulated instead of its square."
UPHILL = "The step goes uphill: subtract it."
BEFORE = "The step divides by s from before this gradient; update s first."


def adagrad(o, k, g):
    return g / (np.sqrt(o.add(k, g**2)) + o.eps)


def rmsprop(o, k, g):
    return g / (np.sqrt(o.average(k, g**2)) + o.eps)


def late(o, k, g):
    old = o.old(k)
    rmsprop(o, k, g)
    return g / (np.sqrt(old) + o.eps)


def late_sum(o, k, g):
    old = o.old(k)
    o.add(k, g**2)
    return g / (np.sqrt(old) + o.eps)


A = "AdaGrad"
adagrad_inside = wrong(A, EPS_INSIDE, lambda o, k, g: g / np.sqrt(o.add(k, g**2) + o.eps))
adagrad_average = wrong(
    A, "The squares are averaged, as in RMSProp; AdaGrad adds them up for ever.", rmsprop
)
adagrad_no_root = wrong(A, NO_ROOT, lambda o, k, g: g / (o.add(k, g**2) + o.eps))
adagrad_scalar = wrong(
    A, SCALAR, lambda o, k, g: g / (np.sqrt(o.add(k, float((g**2).sum()))) + o.eps)
)
adagrad_absolute = wrong(A, ABSOLUTE, lambda o, k, g: g / (np.sqrt(o.add(k, abs(g))) + o.eps))
adagrad_sum_of_sizes = wrong(
    A,
    "The sizes |g| are summed and used without squares and root; s is the sum of g squared.",
    lambda o, k, g: g / (o.add(k, abs(g)) + o.eps),
)
adagrad_sum_squared = wrong(
    A,
    "The gradients are summed and then squared; square first, then sum.",
    lambda o, k, g: g / (np.sqrt(o.add(k, g) ** 2) + o.eps),
)
adagrad_mean = wrong(
    A,
    "The sum of squares is divided by the number of steps; AdaGrad uses the sum.",
    lambda o, k, g: g / (np.sqrt(o.add(k, g**2) / o.steps) + o.eps),
)
adagrad_forgets = wrong(
    A,
    "The squares of this step only: nothing is added up from one step to the next.",
    lambda o, k, g: g / (np.sqrt(g**2) + o.eps),
)
adagrad_before = wrong(A, BEFORE, late_sum)
adagrad_growing_eps = wrong(
    A,
    "eps is added to the sum again in every step; add it to the root only.",
    lambda o, k, g: g / (np.sqrt(o.add(k, g**2 + o.eps)) + 1e-300),
)
adagrad_no_eps = wrong(
    A,
    "eps is missing, so an entry that never had a gradient becomes 0/0.",
    lambda o, k, g: g / np.sqrt(o.add(k, g**2)),
)
adagrad_shared = wrong(A, SHARED, lambda o, k, g: adagrad(o, "all", g))
adagrad_uphill = wrong(A, UPHILL, lambda o, k, g: -adagrad(o, k, g))
adagrad_first = wrong(A, FIRST, adagrad, step=first_only)
adagrad_rebound = wrong(A, REBOUND, adagrad, step=renewed)
adagrad_position = wrong(A, POSITION, adagrad, step=by_position)
adagrad_frozen = wrong(A, FROZEN, adagrad, step=frozen)
adagrad_squaring = wrong(A, SQUARING, adagrad, step=squaring)
adagrad_class = misconception(A, CLASS)(class_level(A, adagrad))

R = "RMSProp"
rmsprop_inside = wrong(R, EPS_INSIDE, lambda o, k, g: g / np.sqrt(o.average(k, g**2) + o.eps))
rmsprop_swapped = wrong(
    R,
    "alpha and 1 - alpha stand the wrong way round; alpha weighs the old average.",
    lambda o, k, g: g / (np.sqrt(o.average(k, g**2, 1 - o.decay)) + o.eps),
)
rmsprop_sum = wrong(R, "The squares are added up, as in AdaGrad; RMSProp averages them.", adagrad)
rmsprop_unweighted = wrong(
    R,
    "The new square must be multiplied by 1 - alpha.",
    lambda o, k, g: g / (np.sqrt(o.put(k, o.decay * o.old(k) + g**2)) + o.eps),
)
rmsprop_no_root = wrong(R, NO_ROOT, lambda o, k, g: g / (o.average(k, g**2) + o.eps))
rmsprop_scalar = wrong(
    R, SCALAR, lambda o, k, g: g / (np.sqrt(o.average(k, float((g**2).mean()))) + o.eps)
)
rmsprop_absolute = wrong(R, ABSOLUTE, lambda o, k, g: g / (np.sqrt(o.average(k, abs(g))) + o.eps))
rmsprop_not_squared = wrong(
    R,
    "The gradients are averaged and then squared; square first, then average.",
    lambda o, k, g: g / (np.sqrt(o.average(k, g) ** 2) + o.eps),
)
rmsprop_corrected = wrong(
    R,
    "The average is divided by 1 - alpha^t; bias correction is Adam's, RMSProp has none.",
    lambda o, k, g: g / (np.sqrt(o.average(k, g**2) / (1 - o.decay**o.steps)) + o.eps),
)
rmsprop_first_square = wrong(
    R,
    "The average starts at the first squared gradient; it must start at 0.",
    lambda o, k, g: (o.s.setdefault(k, g**2), rmsprop(o, k, g))[1],
)
rmsprop_starts_at_one = wrong(
    R,
    "The average starts at 1; it must start at 0.",
    lambda o, k, g: (o.s.setdefault(k, np.ones_like(g)), rmsprop(o, k, g))[1],
)
rmsprop_forgets = wrong(
    R,
    "The average of earlier steps is lost: it starts from zero in every step.",
    lambda o, k, g: g / (np.sqrt((1 - o.decay) * g**2) + o.eps),
)
rmsprop_centred = wrong(
    R,
    "The squared mean is subtracted: that is the centred variant, not the one asked for.",
    lambda o, k, g: g / (np.sqrt(abs(o.average(k, g**2) - o.average(("m", k), g) ** 2)) + o.eps),
)
rmsprop_before = wrong(R, BEFORE, late)
rmsprop_averaged = wrong(
    R,
    "The gradient itself is averaged too, as in Adam; RMSProp steps along g.",
    lambda o, k, g: o.average(("m", k), g) / (np.sqrt(o.average(k, g**2)) + o.eps),
)
rmsprop_shared = wrong(R, SHARED, lambda o, k, g: rmsprop(o, "all", g))
rmsprop_uphill = wrong(R, UPHILL, lambda o, k, g: -rmsprop(o, k, g))
rmsprop_first = wrong(R, FIRST, rmsprop, step=first_only)
rmsprop_rebound = wrong(R, REBOUND, rmsprop, step=renewed)
rmsprop_position = wrong(R, POSITION, rmsprop, step=by_position)
rmsprop_frozen = wrong(R, FROZEN, rmsprop, step=frozen)
rmsprop_squaring = wrong(R, SQUARING, rmsprop, step=squaring)
rmsprop_class = misconception(R, CLASS)(class_level(R, rmsprop))


def with_init(exercise, move, init):
    return by(exercise, move, __init__=init)


def larger_eps(self, lr, eps=1e-8):
    Base.__init__(self, lr, 0.9, eps)


def shorter_memory(self, lr, alpha=0.9, eps=1e-8):
    Base.__init__(self, lr, alpha, eps)


def zero_unread(self, lr, alpha=0.99, eps=1e-8):
    Base.__init__(self, lr, alpha or 0.99, eps)


adagrad_default = misconception(A, "The default of eps is 1e-8; the signature says 1e-10.")(
    with_init(A, adagrad, larger_eps)
)
rmsprop_default = misconception(R, "The default of alpha is 0.9; the signature says 0.99.")(
    with_init(R, rmsprop, shorter_memory)
)
rmsprop_zero = misconception(
    R, "An alpha of 0 is read as the default 0.99: 0 is a value like any other."
)(with_init(R, rmsprop, zero_unread))
rmsprop_single = wrong(
    R,
    "The averages are kept in float32, which has seven digits only; the labs use float64.",
    lambda o, k, g: g / (np.sqrt(o.average(k, g**2).astype(float)) + o.eps),
    put=lambda o, k, value: Base.put(o, k, np.asarray(value, dtype=np.float32)),
)


def out_of_numpy(self, params, grads):
    self.steps += 1
    for name in sorted(params):
        np.subtract(params[name], self.lr * self.move(name, grads[name]), out=params[name])


def in_buffers(update):
    """s in an array that is updated in place."""

    def move(o, k, g):
        s = o.s.setdefault(k, np.zeros_like(g))
        update(o, s, g)
        return np.divide(g, np.add(np.sqrt(s), o.eps))

    return move


def decayed(o, s, g):
    s += (1 - o.decay) * (g * g - s)


def history(o, k, g):
    """All squares so far, kept one by one."""
    past = o.put(k, [*o.old(k, []), np.square(g)])
    return g * (np.sum(past, axis=0) ** 0.5 + o.eps) ** -1


adagrad_buffers = alternative(A)(by(A, in_buffers(lambda o, s, g: np.add(s, g * g, out=s))))
adagrad_history = alternative(A)(by(A, history, step=out_of_numpy))
rmsprop_buffers = alternative(R)(by(R, in_buffers(decayed)))
rmsprop_out = alternative(R)(by(R, rmsprop, step=out_of_numpy))
