"""AdamW: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from . import adam_steps as steps


class Base(steps.Base):
    """The decay, then Adam's step."""

    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(lr, betas, eps)
        self.decay = weight_decay

    def shrink(self, p, k, g):
        p *= 1 - self.lr * self.decay

    def change(self, p, k, g):
        self.shrink(p, k, g)
        super().change(p, k, g)


def by(move=steps.adam, **methods):
    """A class whose step decays, then subtracts lr * move(self, name, g)."""
    return type("AdamW", (Base,), {"move": move, **methods})


def wrong(message, move=steps.adam, **methods):
    return misconception("AdamW", message)(by(move, **methods))


def init_without_state(self, *args, **kwargs):
    Base.__init__(self, *args, **kwargs)
    del self.s


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
        self.shrink(params[k], k, grads[k])


def divided(self, params, grads):
    """The decay is divided by the root together with m."""
    self.begin()
    for k in params:
        m, v = self.corrected(k, grads[k])
        params[k] -= self.lr * (m + self.decay * params[k]) / (np.sqrt(v) + self.eps)


def shrinking_by(factor):
    """A `shrink` that multiplies by factor(self, parameter, gradient)."""

    def shrink(self, p, k, g):
        p *= factor(self, p, g)

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
    shrink=lambda self, p, k, g: k == "b" or Base.shrink(self, p, k, g),
)
only_with_gradient = wrong(
    "Entries without a gradient do not decay; the decay does not depend on the gradient.",
    **shrinking_by(lambda o, p, g: 1 - o.lr * o.decay * (g != 0)),
)
constant_rate_decay = wrong(
    "The decay keeps the rate of the constructor; read self.lr in each step.",
    **shrinking_by(lambda o, p, g: 1 - o.first_lr * o.decay),
)


uncorrected_adamw = wrong(
    "There is no bias correction: divide m and v by 1 - beta^t before the step.", steps.uncorrected
)
only_m_adamw = wrong(
    "Only m is corrected; v starts at zero too: divide it by 1 - beta2^t.", steps.only_m
)
only_v_adamw = wrong(
    "Only v is corrected; m starts at zero too: divide it by 1 - beta1^t.", steps.only_v
)
fed_back_adamw = wrong(
    "The corrected moments enter the next averages; keep m and v uncorrected between steps.",
    steps.fed_back,
)
eps_inside_adamw = wrong(
    "eps stands inside the root; Kingma and Ba, and torch, have it outside: sqrt(v_hat) + eps.",
    steps.eps_inside,
)
swapped_betas_adamw = wrong(
    "The betas are exchanged: beta1 belongs to m, beta2 to v.", steps.swapped_betas
)
summed_adamw = wrong(
    "The factor 1 - beta of the new gradient is missing: m and v are averages.", steps.summed
)
linear_correction_adamw = wrong(
    "The correction is by 1 - beta in every step: the power t is missing.", steps.linear_correction
)
counts_each_adamw = wrong(
    "t grows with each parameter; it counts steps, one for all parameters.", steps.counts_each
)
counts_from_zero_adamw = wrong(
    "The first step uses t = 0, where 1 - beta^t is 0; count before correcting.",
    steps.counts_from_zero,
)
no_eps_adamw = wrong(
    "eps is missing, so an entry that never had a gradient becomes 0/0.", steps.no_eps
)
shared_adamw = wrong("All parameters share m and v; keep one pair for each name.", steps.shared)
forgets_adamw = wrong(
    "m and v start from zero in every step; keep them in self from one to the next.", steps.forgets
)
rebound_adamw = wrong(
    "params holds new arrays after the step; change the arrays themselves.", step=steps.renewed
)
by_position_adamw = wrong(
    "Parameters and gradients are paired by position; fetch both by name.", step=steps.by_position
)
first_only_adamw = wrong(
    "Only the first parameter moves; loop over all of them.", step=steps.first_only
)
frozen_adamw = wrong(
    "The rate of the constructor is used for ever; read self.lr in each step.", step=steps.frozen
)
squaring_adamw = wrong(
    "The caller's gradients were squared in place; leave grads as they are.", step=steps.squaring
)
class_level = wrong(
    "m and v are stored in the class, so all optimisers share them; keep them in self.",
    s={},
    __init__=init_without_state,
)


def zero_unread(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    betas = (betas[0] or 0.9, betas[1] or 0.999)
    Base.__init__(self, lr, betas, eps, weight_decay)


zero_unread_adamw = wrong(
    "A beta of 0 is read as the default: 0 is a value like any other.", __init__=zero_unread
)
eps_fixed_adamw = wrong("eps is always 1e-8; use the one that was passed.", steps.eps_of_its_own)


def at_once(self, params, grads):
    """Decay and step from the old parameters, written through out=."""
    self.begin()
    for k in sorted(params):
        move = self.move(k, grads[k]) + self.decay * params[k]
        np.subtract(params[k], self.lr * move, out=params[k])


torch_way = alternative("AdamW")(by(steps.torch_form))
eps_scaled = alternative("AdamW")(by(steps.scaled_eps, step=at_once))
