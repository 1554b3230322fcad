"""Adam: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from . import adam_steps as steps


def by(move=steps.adam, **methods):
    """A class whose step subtracts lr * move(self, name, g)."""
    return type("Adam", (steps.Base,), {"move": move, **methods})


def wrong(message, move=steps.adam, **methods):
    return misconception("Adam", message)(by(move, **methods))


def init_without_state(self, *args, **kwargs):
    steps.Base.__init__(self, *args, **kwargs)
    del self.s


def eps_hat(o, k, g):
    (m, v), (b1, b2) = o.moments(k, g), o.betas
    return np.sqrt(1 - b2**o.t) / (1 - b1**o.t) * m / (np.sqrt(v) + o.eps)


def no_root(o, k, g):
    m, v = o.corrected(k, g)
    return m / (v + o.eps)


def swapped_weights(o, k, g):
    b1, b2 = o.betas
    m = o.put(("m", k), (1 - b1) * o.old(("m", k)) + b1 * g)
    v = o.put(("v", k), (1 - b2) * o.old(("v", k)) + b2 * g**2)
    return m / (1 - b1**o.t) / (np.sqrt(v / (1 - b2**o.t)) + o.eps)


def absolute(o, k, g):
    m, _ = o.corrected(k, g)
    b2 = o.betas[1]
    v = o.put(("a", k), b2 * o.old(("a", k)) + (1 - b2) * abs(g))
    return m / (np.sqrt(v / (1 - b2**o.t)) + o.eps)


def scalar_v(o, k, g):
    m, _ = o.corrected(k, g)
    b2 = o.betas[1]
    v = o.put(("a", k), b2 * o.old(("a", k)) + (1 - b2) * float(np.mean(g**2)))
    return m / (np.sqrt(v / (1 - b2**o.t)) + o.eps)


def amsgrad(o, k, g):
    m, v = o.corrected(k, g)
    v = o.put(("max", k), np.maximum(o.old(("max", k)), v))
    return m / (np.sqrt(v) + o.eps)


def nadam(o, k, g):
    m, v = o.corrected(k, g)
    b1 = o.betas[0]
    return (b1 * m + (1 - b1) * g / (1 - b1**o.t)) / (np.sqrt(v) + o.eps)


def plain_gradient(o, k, g):
    _, v = o.corrected(k, g)
    return g / (np.sqrt(v) + o.eps)


def one_beta(o, k, g):
    (m, v), (b1, _) = o.moments(k, g), o.betas
    return m / (1 - b1**o.t) / (np.sqrt(abs(v / (1 - b1**o.t))) + o.eps)


def counts_from_two(o, k, g):
    o.t += 1
    move = steps.adam(o, k, g)
    o.t -= 1
    return move


def uphill(o, k, g):
    return -steps.adam(o, k, g)


uncorrected_adam = wrong(
    "There is no bias correction: divide m and v by 1 - beta^t before the step.", steps.uncorrected
)
only_m_adam = wrong(
    "Only m is corrected; v starts at zero too: divide it by 1 - beta2^t.", steps.only_m
)
only_v_adam = wrong(
    "Only v is corrected; m starts at zero too: divide it by 1 - beta1^t.", steps.only_v
)
eps_hat_adam = wrong(
    "eps is added to the root of the uncorrected v (TensorFlow's way); use sqrt(v_hat) + eps.",
    eps_hat,
)
fed_back_adam = wrong(
    "The corrected moments enter the next averages; keep m and v uncorrected between steps.",
    steps.fed_back,
)
no_root_adam = wrong("The root is missing: divide by sqrt(v_hat) + eps.", no_root)
eps_inside_adam = wrong(
    "eps stands inside the root; Kingma and Ba, and torch, have it outside: sqrt(v_hat) + eps.",
    steps.eps_inside,
)
swapped_betas_adam = wrong(
    "The betas are exchanged: beta1 belongs to m, beta2 to v.", steps.swapped_betas
)
swapped_weights_adam = wrong(
    "beta and 1 - beta stand the wrong way round in the averages; beta weighs the old one.",
    swapped_weights,
)
summed_adam = wrong(
    "The factor 1 - beta of the new gradient is missing: m and v are averages.", steps.summed
)
absolute_adam = wrong("v averages |g|; it must average the squares.", absolute)
scalar_v_adam = wrong("One v for the whole array instead of one for each entry.", scalar_v)
amsgrad_adam = wrong("v never falls here: that is AMSGrad. Adam uses the present v_hat.", amsgrad)
nadam_adam = wrong("The step looks ahead: that is NAdam. Adam's is along m_hat.", nadam)
plain_gradient_adam = wrong(
    "The step is along g; it must be along m_hat, the corrected average.", plain_gradient
)
linear_correction_adam = wrong(
    "The correction is by 1 - beta in every step: the power t is missing.", steps.linear_correction
)
one_beta_adam = wrong("Both averages are corrected with beta1; v needs beta2.", one_beta)
counts_each_adam = wrong(
    "t grows with each parameter; it counts steps, one for all parameters.", steps.counts_each
)
counts_from_zero_adam = wrong(
    "The first step uses t = 0, where 1 - beta^t is 0; count before correcting.",
    steps.counts_from_zero,
)
counts_from_two_adam = wrong("t is one too large: the first step must use t = 1.", counts_from_two)
uphill_adam = wrong("The step goes uphill: subtract it.", uphill)
no_eps_adam = wrong(
    "eps is missing, so an entry that never had a gradient becomes 0/0.", steps.no_eps
)
shared_adam = wrong("All parameters share m and v; keep one pair for each name.", steps.shared)
forgets_adam = wrong(
    "m and v start from zero in every step; keep them in self from one to the next.", steps.forgets
)
rebound_adam = wrong(
    "params holds new arrays after the step; change the arrays themselves.", step=steps.renewed
)
by_position_adam = wrong(
    "Parameters and gradients are paired by position; fetch both by name.", step=steps.by_position
)
first_only_adam = wrong(
    "Only the first parameter moves; loop over all of them.", step=steps.first_only
)
frozen_adam = wrong(
    "The rate of the constructor is used for ever; read self.lr in each step.", step=steps.frozen
)
squaring_adam = wrong(
    "The caller's gradients were squared in place; leave grads as they are.", step=steps.squaring
)
class_level = wrong(
    "m and v are stored in the class, so all optimisers share them; keep them in self.",
    s={},
    __init__=init_without_state,
)


def zero_unread(self, lr, betas=(0.9, 0.999), eps=1e-8):
    betas = (betas[0] or 0.9, betas[1] or 0.999)
    steps.Base.__init__(self, lr, betas, eps)


zero_unread_adam = wrong(
    "A beta of 0 is read as the default: 0 is a value like any other.", __init__=zero_unread
)
eps_fixed_adam = wrong("eps is always 1e-8; use the one that was passed.", steps.eps_of_its_own)


def at_once(self, params, grads):
    """Written through out=."""
    self.begin()
    for k in sorted(params):
        np.subtract(params[k], self.lr * self.move(k, grads[k]), out=params[k])


torch_way = alternative("Adam")(by(steps.torch_form))
eps_scaled = alternative("Adam")(by(steps.scaled_eps, step=at_once))
