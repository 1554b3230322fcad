"""What the catalogues of Adam and AdamW share: the averages, and ways to go right or wrong.

A move is what a step subtracts, over the rate: move(optimiser, parameter's name, gradient).
"""

import numpy as np


class Base:
    """Adam's state and loop, for a class that has a `move`."""

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.s, self.t = lr, betas, eps, {}, 0
        self.first_lr = lr

    def old(self, key):
        return self.s.get(key, 0.0)

    def put(self, key, value):
        self.s[key] = value
        return value

    def moments(self, k, g):
        """The new uncorrected averages, stored."""
        b1, b2 = self.betas
        m = self.put(("m", k), b1 * self.old(("m", k)) + (1 - b1) * g)
        v = self.put(("v", k), b2 * self.old(("v", k)) + (1 - b2) * g**2)
        return m, v

    def corrected(self, k, g):
        (m, v), (b1, b2) = self.moments(k, g), self.betas
        return m / (1 - b1**self.t), v / (1 - b2**self.t)

    def begin(self):
        self.t += 1

    def change(self, p, k, g):
        """Move one parameter, in place."""
        p -= self.lr * self.move(k, g)

    def step(self, params, grads):
        self.begin()
        for k in params:
            self.change(params[k], k, grads[k])


def adam(o, k, g):
    m, v = o.corrected(k, g)
    return m / (np.sqrt(v) + o.eps)


def renewed(self, params, grads):
    self.begin()
    for k in params:
        params[k] = params[k].copy()
        self.change(params[k], k, grads[k])


def by_position(self, params, grads):
    self.begin()
    for p, (k, g) in zip(params.values(), grads.items(), strict=True):
        self.change(p, k, g)


def first_only(self, params, grads):
    Base.step(self, {k: params[k] for k in list(params)[:1]}, grads)


def frozen(self, params, grads):
    lr, self.lr = self.lr, self.first_lr
    Base.step(self, params, grads)
    self.lr = lr


def squaring(self, params, grads):
    Base.step(self, params, {k: g.copy() for k, g in grads.items()})
    for k in grads:
        grads[k] **= 2


def uncorrected(o, k, g):
    m, v = o.moments(k, g)
    return m / (np.sqrt(v) + o.eps)


def only_m(o, k, g):
    m, v = o.moments(k, g)
    return m / (1 - o.betas[0] ** o.t) / (np.sqrt(v) + o.eps)


def only_v(o, k, g):
    m, v = o.moments(k, g)
    return m / (np.sqrt(v / (1 - o.betas[1] ** o.t)) + o.eps)


def fed_back(o, k, g):
    m, v = o.corrected(k, g)
    o.put(("m", k), m), o.put(("v", k), v)
    return m / (np.sqrt(v) + o.eps)


def eps_inside(o, k, g):
    m, v = o.corrected(k, g)
    return m / np.sqrt(v + o.eps)


def swapped_betas(o, k, g):
    b1, b2 = o.betas
    o.betas = b2, b1
    move = adam(o, k, g)
    o.betas = b1, b2
    return move


def summed(o, k, g):
    b1, b2 = o.betas
    m = o.put(("m", k), b1 * o.old(("m", k)) + g)
    v = o.put(("v", k), b2 * o.old(("v", k)) + g**2)
    return m / (1 - b1**o.t) / (np.sqrt(v / (1 - b2**o.t)) + o.eps)


def linear_correction(o, k, g):
    (m, v), (b1, b2) = o.moments(k, g), o.betas
    return m / (1 - b1) / (np.sqrt(v / (1 - b2)) + o.eps)


def counts_each(o, k, g):
    o.t += 1
    return adam(o, k, g)


def counts_from_zero(o, k, g):
    o.t -= 1
    with np.errstate(all="ignore"):
        move = adam(o, k, g)
    o.t += 1
    return move


def no_eps(o, k, g):
    m, v = o.corrected(k, g)
    with np.errstate(all="ignore"):
        return m / np.sqrt(v)


def shared(o, k, g):
    return adam(o, "all", g)


def forgets(o, k, g):
    o.s = {}
    return adam(o, k, g)


def eps_of_its_own(o, k, g):
    m, v = o.corrected(k, g)
    return m / (np.sqrt(v) + 1e-8)


def torch_form(o, k, g):
    """The two corrections as scalars, as in torch's source."""
    m, v = o.s.setdefault(k, (np.zeros_like(g), np.zeros_like(g)))
    b1, b2 = o.betas
    m += (1 - b1) * (g - m)
    v *= b2
    v += (1 - b2) * g * g
    denominator = np.sqrt(v) / np.sqrt(1 - b2**o.t) + o.eps
    return m / (1 - b1**o.t) / denominator


def scaled_eps(o, k, g):
    """Kingma and Ba's faster order of operations, with eps scaled to match."""
    (m, v), (b1, b2) = o.moments(k, g), o.betas
    root = np.sqrt(1 - b2**o.t)
    return root / (1 - b1**o.t) * m / (np.sqrt(v) + o.eps * root)
