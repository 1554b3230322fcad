"""AdamW: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


class Base:
    """What the implementations below share: `move` returns what a step subtracts, over lr."""

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.lr, self.betas, self.eps, self.s, self.t = lr, betas, eps, {}, 0
        self.first_lr, self.decay = lr, weight_decay

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

    def shrink(self, params, k, g):
        params[k] *= 1 - self.lr * self.decay

    def step(self, params, grads):
        self.begin()
        for k in params:
            self.shrink(params, k, grads[k])
            params[k] -= self.lr * self.move(k, grads[k])


def adam(o, k, g):
    m, v = o.corrected(k, g)
    return m / (np.sqrt(v) + o.eps)


def by(move=adam, **methods):
    """A class whose step decays, then subtracts lr * move(self, name, g)."""
    return type("AdamW", (Base,), {"move": move, **methods})


def wrong(message, move=adam, **methods):
    return misconception("AdamW", message)(by(move, **methods))


def init_without_state(self, *args, **kwargs):
    Base.__init__(self, *args, **kwargs)
    del self.s


def renewed(self, params, grads):
    self.begin()
    for k in params:
        shrunk = params[k] * (1 - self.lr * self.decay)
        params[k] = shrunk - self.lr * self.move(k, grads[k])


def by_position(self, params, grads):
    self.begin()
    for p, (k, g) in zip(params.values(), grads.items(), strict=True):
        p *= 1 - self.lr * self.decay
        p -= self.lr * self.move(k, g)


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


def l2(self, params, grads):
    """The decay goes into the gradient."""
    decay, self.decay = self.decay, 0.0
    Base.step(self, params, {k: g + decay * params[k] for k, g in grads.items()})
    self.decay = decay


def late(self, params, grads):
    """The decay comes after Adam's step."""
    self.begin()
    for k in params:
        params[k] -= self.lr * self.move(k, grads[k])
        self.shrink(params, k, grads[k])


def divided(self, params, grads):
    """The decay is divided by the root together with m."""
    self.begin()
    for k in params:
        m, v = self.corrected(k, grads[k])
        params[k] -= self.lr * (m + self.decay * params[k]) / (np.sqrt(v) + self.eps)


def shrinking_by(factor):
    """A `shrink` that multiplies by factor(self, parameter, gradient)."""

    def shrink(self, params, k, g):
        params[k] *= factor(self, params[k], g)

    return {"shrink": shrink}


l2_decay = wrong(
    "The decay was added to the gradient: that is Adam with an L2 penalty. Shrink params directly.",
    step=l2,
)
late_decay = wrong(
    "The decay comes after Adam's step and shrinks that step as well; it comes first.", step=late
)
divided_decay = wrong(
    "The decay is divided by the root of v_hat too; it must be independent of it.", step=divided
)
no_decay = wrong("There is no decay: this is Adam.", **shrinking_by(lambda o, p, g: 1.0))
decay_without_rate = wrong(
    "The decay is not multiplied by the rate (the paper's form); torch shrinks by 1 - lr * lambda.",
    **shrinking_by(lambda o, p, g: 1 - o.decay),
)
decay_twice = wrong(
    "The decay is twice too large: weight_decay means half lambda times the squared norm.",
    **shrinking_by(lambda o, p, g: 1 - 2 * o.lr * o.decay),
)
half_decay = wrong(
    "The decay is half of what it should be.",
    **shrinking_by(lambda o, p, g: 1 - o.lr * o.decay / 2),
)
growing = wrong(
    "The parameters grow instead of shrinking: the decay has the wrong sign.",
    **shrinking_by(lambda o, p, g: 1 + o.lr * o.decay),
)
l1 = wrong(
    "The decay subtracts the parameter's sign (L1); it must shrink in proportion.",
    **shrinking_by(lambda o, p, g: 1 - o.lr * o.decay / abs(p)),
)
matrices_only = wrong(
    "Vectors do not decay; here every parameter does, whatever its shape.",
    **shrinking_by(lambda o, p, g: 1 - o.lr * o.decay * (p.ndim > 1)),
)
not_the_bias = wrong(
    "The parameter called b does not decay; here every parameter does.",
    shrink=lambda self, params, k, g: k == "b" or Base.shrink(self, params, k, g),
)
only_with_gradient = wrong(
    "Entries without a gradient do not decay; the decay does not depend on the gradient.",
    **shrinking_by(lambda o, p, g: 1 - o.lr * o.decay * (g != 0)),
)
constant_rate_decay = wrong(
    "The decay keeps the rate of the constructor; read self.lr in each step.",
    **shrinking_by(lambda o, p, g: 1 - o.first_lr * o.decay),
)


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


def no_root(o, k, g):
    m, v = o.corrected(k, g)
    return m / (v + o.eps)


def eps_inside(o, k, g):
    m, v = o.corrected(k, g)
    return m / np.sqrt(v + o.eps)


def swapped_betas(o, k, g):
    b1, b2 = o.betas
    o.betas = b2, b1
    move = adam(o, k, g)
    o.betas = b1, b2
    return move


def counts_each(o, k, g):
    o.t += 1
    return adam(o, k, g)


def counts_from_zero(o, k, g):
    o.t -= 1
    with np.errstate(all="ignore"):
        move = adam(o, k, g)
    o.t += 1
    return move


def uphill(o, k, g):
    return -adam(o, k, g)


def no_eps(o, k, g):
    m, v = o.corrected(k, g)
    with np.errstate(all="ignore"):
        return m / np.sqrt(v)


def shared(o, k, g):
    return adam(o, "all", g)


def forgets(o, k, g):
    o.s = {}
    return adam(o, k, g)


def summed(o, k, g):
    b1, b2 = o.betas
    m = o.put(("m", k), b1 * o.old(("m", k)) + g)
    v = o.put(("v", k), b2 * o.old(("v", k)) + g**2)
    return m / (1 - b1**o.t) / (np.sqrt(v / (1 - b2**o.t)) + o.eps)


def linear_correction(o, k, g):
    (m, v), (b1, b2) = o.moments(k, g), o.betas
    return m / (1 - b1) / (np.sqrt(v / (1 - b2)) + o.eps)


uncorrected_adamw = wrong(
    "There is no bias correction: divide m and v by 1 - beta^t before the step.", uncorrected
)
only_m_adamw = wrong("Only m is corrected; v starts at zero too: divide it by 1 - beta2^t.", only_m)
only_v_adamw = wrong("Only v is corrected; m starts at zero too: divide it by 1 - beta1^t.", only_v)
fed_back_adamw = wrong(
    "The corrected moments enter the next averages; keep m and v uncorrected between steps.",
    fed_back,
)
eps_inside_adamw = wrong(
    "eps stands inside the root; Kingma and Ba, and torch, have it outside: sqrt(v_hat) + eps.",
    eps_inside,
)
swapped_betas_adamw = wrong(
    "The betas are exchanged: beta1 belongs to m, beta2 to v.", swapped_betas
)
summed_adamw = wrong(
    "The factor 1 - beta of the new gradient is missing: m and v are averages.", summed
)
linear_correction_adamw = wrong(
    "The correction is by 1 - beta in every step: the power t is missing.", linear_correction
)
counts_each_adamw = wrong(
    "t grows with each parameter; it counts steps, one for all parameters.", counts_each
)
counts_from_zero_adamw = wrong(
    "The first step uses t = 0, where 1 - beta^t is 0; count before correcting.", counts_from_zero
)
no_eps_adamw = wrong("eps is missing, so an entry that never had a gradient becomes 0/0.", no_eps)
shared_adamw = wrong("All parameters share m and v; keep one pair for each name.", shared)
forgets_adamw = wrong(
    "m and v start from zero in every step; keep them in self from one to the next.", forgets
)
rebound_adamw = wrong(
    "params holds new arrays after the step; change the arrays themselves.", step=renewed
)
by_position_adamw = wrong(
    "Parameters and gradients are paired by position; fetch both by name.", step=by_position
)
first_only_adamw = wrong("Only the first parameter moves; loop over all of them.", step=first_only)
frozen_adamw = wrong(
    "The rate of the constructor is used for ever; read self.lr in each step.", step=frozen
)
squaring_adamw = wrong(
    "The caller's gradients were squared in place; leave grads as they are.", step=squaring
)
class_level = wrong(
    "m and v are stored in the class, so all optimisers share them; keep them in self.",
    s={},
    __init__=init_without_state,
)


def zero_unread(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    betas = (betas[0] or 0.9, betas[1] or 0.999)
    Base.__init__(self, lr, betas, eps, weight_decay)


def eps_of_its_own(o, k, g):
    m, v = o.corrected(k, g)
    return m / (np.sqrt(v) + 1e-8)


zero_unread_adamw = wrong(
    "A beta of 0 is read as the default: 0 is a value like any other.", __init__=zero_unread
)
eps_fixed_adamw = wrong("eps is always 1e-8; use the one that was passed.", eps_of_its_own)


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


def at_once(self, params, grads):
    """Decay and step from the old parameters, written through out=."""
    self.begin()
    for k in sorted(params):
        move = self.move(k, grads[k]) + self.decay * params[k]
        np.subtract(params[k], self.lr * move, out=params[k])


torch_way = alternative("AdamW")(by(torch_form))
eps_scaled = alternative("AdamW")(by(scaled_eps, step=at_once))
