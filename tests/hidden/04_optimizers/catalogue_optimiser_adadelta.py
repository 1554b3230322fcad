"""Adadelta: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


class Base:
    """What the implementations below share: `move` returns what a step subtracts, over lr."""

    def __init__(self, lr=1.0, rho=0.9, eps=1e-6):
        self.lr, self.rho, self.eps, self.s, self.first_lr = lr, rho, eps, {}, lr

    def old(self, key, start=0.0):
        return self.s.get(key, start)

    def put(self, key, value):
        self.s[key] = value
        return value

    def average(self, key, value, weight=None):
        weight = self.rho if weight is None else weight
        return self.put(key, weight * self.old(key) + (1 - weight) * value)

    def step(self, params, grads):
        for name in params:
            params[name] -= self.lr * self.move(name, grads[name])


def renewed(self, params, grads):
    for name in params:
        params[name] = params[name] - self.lr * self.move(name, grads[name])


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


def by(move, **methods):
    """A class whose step subtracts lr * move(self, name, g)."""
    return type("Adadelta", (Base,), {"move": move, **methods})


def wrong(message, move, **methods):
    return misconception("Adadelta", message)(by(move, **methods))


def class_init(self, lr=1.0, rho=0.9, eps=1e-6):
    Base.__init__(self, lr, rho, eps)
    del self.s


REBOUND = "params holds new arrays after the step; change the arrays themselves (params[k] -= ...)."
FROZEN = "The rate of the constructor is used for ever; read self.lr in each step."
SHARED = "All parameters share one sum of squares; keep one for each name."
CLASS = "The squares are stored in the class, so all optimisers share them; keep them in self."
UPHILL = "The step goes uphill: subtract it."
POSITION = "Parameters and gradients are paired by position; fetch both by name."
SQUARING = "The caller's gradients were squared in place; leave grads as they are."


def adadelta(o, k, g):
    s = o.average(k, g**2)
    delta = np.sqrt(o.old(("u", k)) + o.eps) / np.sqrt(s + o.eps) * g
    o.average(("u", k), delta**2)
    return delta


def delta_by(make_delta, keep=lambda o, k, g, delta: o.average(("u", k), delta**2)):
    """A move from the old u and the new s; `keep` updates u."""

    def move(o, k, g):
        s = o.average(k, g**2)
        delta = make_delta(o, g, s, o.old(("u", k)))
        keep(o, k, g, delta)
        return delta

    return move


def zeiler(o, g, s, u):
    return np.sqrt(u + o.eps) / np.sqrt(s + o.eps) * g


def new_u(o, k, g):
    s = o.average(k, g**2)
    u = o.average(("u", k), (np.sqrt(o.old(("u", k)) + o.eps) / np.sqrt(s + o.eps) * g) ** 2)
    return zeiler(o, g, s, u)


adadelta_outside = wrong(
    "eps stands outside the roots; in Adadelta it is inside both.",
    delta_by(lambda o, g, s, u: (np.sqrt(u) + o.eps) / (np.sqrt(s) + o.eps) * g),
)
adadelta_outside_below = wrong(
    "eps stands outside the lower root; in Adadelta it is inside both.",
    delta_by(lambda o, g, s, u: np.sqrt(u + o.eps) / (np.sqrt(s) + o.eps) * g),
)
adadelta_new_u = wrong("The step uses the new u; it must use the one before it.", new_u)
adadelta_no_u = wrong(
    "The root of u is missing above: this is RMSProp with eps inside.",
    delta_by(lambda o, g, s, u: g / np.sqrt(s + o.eps)),
)
adadelta_no_roots = wrong(
    "The roots are missing.", delta_by(lambda o, g, s, u: (u + o.eps) / (s + o.eps) * g)
)
adadelta_u_of_gradients = wrong(
    "u averages the squared gradients; it must average the squared steps.",
    delta_by(zeiler, lambda o, k, g, delta: o.average(("u", k), g**2)),
)
adadelta_u_not_squared = wrong(
    "u averages the steps without squaring them.",
    delta_by(zeiler, lambda o, k, g, delta: o.average(("u", k), abs(delta))),
)
adadelta_u_summed = wrong(
    "u adds the squared steps up; it must average them.",
    delta_by(zeiler, lambda o, k, g, delta: o.put(("u", k), o.old(("u", k)) + delta**2)),
)
adadelta_rate_inside = wrong(
    "u averages the steps with their rate; torch keeps the rate out of u.",
    delta_by(zeiler, lambda o, k, g, delta: o.average(("u", k), (o.lr * delta) ** 2)),
)
adadelta_u_swapped = wrong(
    "In u, rho and 1 - rho stand the wrong way round.",
    delta_by(zeiler, lambda o, k, g, delta: o.average(("u", k), delta**2, 1 - o.rho)),
)
adadelta_shared = wrong(SHARED, lambda o, k, g: adadelta(o, "all", g))
adadelta_uphill = wrong(UPHILL, lambda o, k, g: -adadelta(o, k, g))
adadelta_rebound = wrong(REBOUND, adadelta, step=renewed)
adadelta_frozen = wrong(FROZEN, adadelta, step=frozen)
adadelta_position = wrong(POSITION, adadelta, step=by_position)
adadelta_squaring = wrong(SQUARING, adadelta, step=squaring)
adadelta_class = wrong(CLASS, adadelta, s={}, __init__=class_init)


def other_rate(self, lr=0.001, rho=0.9, eps=1e-6):
    Base.__init__(self, lr, rho, eps)


def zero_unread(self, lr=1.0, rho=0.9, eps=1e-6):
    Base.__init__(self, lr, rho or 0.9, eps)


adadelta_default = wrong(
    "The default rate is 0.001 (Keras); the signature says 1.0.", adadelta, __init__=other_rate
)
adadelta_zero = wrong(
    "A rho of 0 is read as the default 0.9: 0 is a value like any other.",
    adadelta,
    __init__=zero_unread,
)


def out_of_numpy(self, params, grads):
    for name in sorted(params):
        np.subtract(params[name], self.lr * self.move(name, grads[name]), out=params[name])


def ratio(o, k, g):
    """Both roots in one."""
    s = o.average(k, np.power(g, 2))
    u = o.old(("u", k), np.zeros_like(g))
    delta = g * ((u + o.eps) / (s + o.eps)) ** 0.5
    o.put(("u", k), u + (1 - o.rho) * (delta * delta - u))
    return delta


adadelta_ratio = alternative("Adadelta")(by(ratio))
adadelta_out = alternative("Adadelta")(by(adadelta, step=out_of_numpy))
