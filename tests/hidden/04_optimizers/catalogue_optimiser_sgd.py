"""SGD, Momentum and Nesterov: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


class Base:
    """What the implementations below share: `move` returns what a step subtracts."""

    def __init__(self, lr, momentum=0.9):
        self.lr, self.mu, self.v, self.first_lr = lr, momentum, {}, lr

    def old(self, name):
        return self.v.get(name, 0.0)

    def store(self, name, value):
        self.v[name] = value
        return value

    def step(self, params, grads):
        self.check(params, grads)
        for name in params:
            params[name] -= self.move(name, grads[name], params[name])

    def check(self, params, grads):
        for name in params:
            if grads[name].shape != params[name].shape:
                raise ValueError(f"grads[{name!r}] has shape {grads[name].shape}")


def by(move, **methods):
    """A class whose step subtracts move(self, name, gradient, parameter)."""
    return type("Optimiser", (Base,), {"move": move, **methods})


def renewed(self, params, grads):
    self.check(params, grads)
    for name in params:
        params[name] = params[name] - self.move(name, grads[name], params[name])


def first_only(self, params, grads):
    self.check(params, grads)
    for name in list(params)[:1]:
        params[name] -= self.move(name, grads[name], params[name])


def by_position(self, params, grads):
    for p, (name, g) in zip(params.values(), grads.items(), strict=True):
        if g.shape != p.shape:
            raise ValueError(f"grads[{name!r}] has shape {g.shape}")
        p -= self.move(name, g, p)


def on_copies(self, params, grads):
    self.check(params, grads)
    return {name: params[name] - self.move(name, grads[name], params[name]) for name in params}


def scaled_gradients(self, params, grads):
    self.check(params, grads)
    for name in params:
        grads[name] *= self.lr
        params[name] -= grads[name]


def plain(o, k, g, p):
    return o.lr * g


def heavy(o, k, g, p):
    return o.lr * o.store(k, o.mu * o.old(k) + g)


def nesterov(o, k, g, p):
    return o.lr * (g + o.mu * o.store(k, o.mu * o.old(k) + g))


def frozen_rate(move):
    """`move` with the rate that the constructor was given."""

    def frozen(o, k, g, p):
        lr, o.lr = o.lr, o.first_lr
        try:
            return move(o, k, g, p)
        finally:
            o.lr = lr

    return frozen


def aliased(move):
    """The first gradient itself becomes the velocity, and is then updated in place."""

    def step(o, k, g, p):
        if k not in o.v:
            o.v[k] = g
        else:
            o.v[k] *= o.mu
            o.v[k] += g
        return o.lr * (o.v[k] if move is heavy else g + o.mu * o.v[k])

    return step


def class_level(move):
    """State in the class body, one for all instances."""

    def init(self, lr, momentum=0.9):
        self.lr, self.mu = lr, momentum

    return by(move, v={}, __init__=init)


REBOUND = "params holds new arrays after the step; change the arrays themselves (params[k] -= ...)."
FROZEN = "The rate of the constructor is used for ever; read self.lr in each step."
FIRST = "Only the first parameter moves; loop over all of them."
POSITION = "Parameters and gradients are paired by position; fetch both by name."
COPIES = "params is left as it was: new arrays were returned, but the step works in place."
SHARED = "All parameters share one velocity; keep one for each name."
CLASS = "The velocity is stored in the class, so all optimisers share it; keep it in self."
ALIASED = "The velocity is the caller's gradient array, not a copy, and is changed with it."
INSIDE = "The rate stands inside the velocity, so old gradients keep the rate they came with."
EMA = "The velocity is an average, with (1 - mu) before the gradient; torch's is a plain sum."

sgd_ascent = misconception("SGD", "The step goes uphill: subtract the gradient.")(
    by(lambda o, k, g, p: -plain(o, k, g, p))
)
sgd_divided_again = misconception(
    "SGD", "The gradient is divided by its number of rows; it is already a mean over the batch."
)(by(lambda o, k, g, p: plain(o, k, g, p) / len(g)))
sgd_sign = misconception("SGD", "Only the gradient's sign is used, not its size.")(
    by(lambda o, k, g, p: o.lr * np.sign(g))
)
sgd_normalised = misconception(
    "SGD", "The gradient is divided by its norm; SGD takes it as it is."
)(by(lambda o, k, g, p: plain(o, k, g, p) / (np.linalg.norm(g) + 1e-12)))
sgd_rate_squared = misconception("SGD", "The rate is multiplied in twice.")(
    by(lambda o, k, g, p: o.lr**2 * g)
)
sgd_with_momentum = misconception("SGD", "This is SGD with momentum; plain SGD remembers nothing.")(
    by(heavy)
)
sgd_relative = misconception("SGD", "The step is multiplied by the parameter itself.")(
    by(lambda o, k, g, p: plain(o, k, g, p) * p)
)
sgd_first_only = misconception("SGD", FIRST)(by(plain, step=first_only))
sgd_rebound = misconception("SGD", REBOUND)(by(plain, step=renewed))
sgd_copies = misconception("SGD", COPIES)(by(plain, step=on_copies))
sgd_by_position = misconception("SGD", POSITION)(by(plain, step=by_position))
sgd_frozen = misconception("SGD", FROZEN)(by(frozen_rate(plain)))
sgd_scales_gradients = misconception(
    "SGD", "The gradients themselves are multiplied by the rate; leave grads as they are."
)(by(plain, step=scaled_gradients))
sgd_unchecked = misconception(
    "SGD",
    "A gradient of another shape than its parameter must raise a ValueError that names "
    "it: compare the shapes before NumPy broadcasts them.",
)(by(plain, check=lambda self, params, grads: None))

momentum_average = misconception("Momentum", EMA)(
    by(lambda o, k, g, p: o.lr * o.store(k, o.mu * o.old(k) + (1 - o.mu) * g))
)
momentum_dampened = misconception(
    "Momentum", "From the second step on the gradient is weighed with 1 - mu; torch's sum is plain."
)(by(lambda o, k, g, p: o.lr * o.store(k, o.mu * o.old(k) + (1 - o.mu) * g if k in o.v else g)))
momentum_rate_inside = misconception("Momentum", INSIDE)(
    by(lambda o, k, g, p: o.store(k, o.mu * o.old(k) + o.lr * g))
)
momentum_forgotten = misconception(
    "Momentum", "The velocity starts from zero in every step, so this is plain SGD."
)(by(plain))
momentum_shared = misconception("Momentum", SHARED)(by(lambda o, k, g, p: heavy(o, "all", g, p)))
momentum_minus = misconception(
    "Momentum", "The old velocity is subtracted from the gradient; it must be added."
)(by(lambda o, k, g, p: o.lr * o.store(k, g - o.mu * o.old(k))))
momentum_ascent = misconception("Momentum", "The step goes uphill: subtract the velocity.")(
    by(lambda o, k, g, p: -heavy(o, k, g, p))
)
momentum_is_nesterov = misconception(
    "Momentum", "This is Nesterov's form; plain momentum moves along the velocity itself."
)(by(nesterov))
momentum_late = misconception(
    "Momentum", "The step uses the velocity from before this gradient; update it first."
)(by(lambda o, k, g, p: (o.lr * o.old(k), heavy(o, k, g, p))[0]))
momentum_on_both = misconception(
    "Momentum", "mu multiplies the new gradient too: v = mu v + g, not mu (v + g)."
)(by(lambda o, k, g, p: o.lr * o.store(k, o.mu * (o.old(k) + g))))
momentum_swapped = misconception(
    "Momentum", "mu and 1 - mu stand the wrong way round, and this is an average; v = mu v + g."
)(by(lambda o, k, g, p: o.lr * o.store(k, (1 - o.mu) * o.old(k) + o.mu * g)))
momentum_no_decay = misconception(
    "Momentum", "The velocity is never damped: multiply the old one by mu."
)(by(lambda o, k, g, p: o.lr * o.store(k, o.old(k) + g)))
momentum_gradient_twice = misconception(
    "Momentum", "The gradient is added to the velocity and then once more to the step."
)(by(lambda o, k, g, p: plain(o, k, g, p) + heavy(o, k, g, p)))
momentum_skips_zeros = misconception(
    "Momentum", "A parameter without a gradient stands still; its velocity should carry it on."
)(by(lambda o, k, g, p: heavy(o, k, g, p) if g.any() else 0.0))
momentum_first_only = misconception("Momentum", FIRST)(by(heavy, step=first_only))
momentum_rebound = misconception("Momentum", REBOUND)(by(heavy, step=renewed))
momentum_by_position = misconception("Momentum", POSITION)(by(heavy, step=by_position))
momentum_frozen = misconception("Momentum", FROZEN)(by(frozen_rate(heavy)))
momentum_class_level = misconception("Momentum", CLASS)(class_level(heavy))
momentum_aliased = misconception("Momentum", ALIASED)(by(aliased(heavy)))

nesterov_is_momentum = misconception(
    "Nesterov", "This is plain momentum: the step must be along g + mu v, with the new v."
)(by(heavy))
nesterov_mu_twice = misconception(
    "Nesterov", "The velocity is advanced twice (mu v + g of the new v); g + mu v is enough."
)(by(lambda o, k, g, p: o.lr * (g + o.mu * (o.mu * o.store(k, o.mu * o.old(k) + g) + g))))
nesterov_mu_squared = misconception("Nesterov", "mu is multiplied in twice: g + mu v, not mu^2 v.")(
    by(lambda o, k, g, p: o.lr * (g + o.mu**2 * o.store(k, o.mu * o.old(k) + g)))
)
nesterov_no_mu = misconception("Nesterov", "The new velocity must be multiplied by mu: g + mu v.")(
    by(lambda o, k, g, p: o.lr * (g + o.store(k, o.mu * o.old(k) + g)))
)
nesterov_velocity_first = misconception(
    "Nesterov", "The two terms are exchanged: g + mu v, not v + mu g."
)(by(lambda o, k, g, p: o.lr * (o.store(k, o.mu * o.old(k) + g) + o.mu * g)))
nesterov_no_gradient = misconception(
    "Nesterov", "The gradient is missing from the step: g + mu v."
)(by(lambda o, k, g, p: o.lr * o.mu * o.store(k, o.mu * o.old(k) + g)))
nesterov_minus = misconception("Nesterov", "The velocity has the wrong sign: add mu v to g.")(
    by(lambda o, k, g, p: o.lr * (g - o.mu * o.store(k, o.mu * o.old(k) + g)))
)
nesterov_average = misconception("Nesterov", EMA)(
    by(lambda o, k, g, p: o.lr * (g + o.mu * o.store(k, o.mu * o.old(k) + (1 - o.mu) * g)))
)
nesterov_rate_inside = misconception("Nesterov", INSIDE)(
    by(lambda o, k, g, p: o.lr * g + o.mu * o.store(k, o.mu * o.old(k) + o.lr * g))
)
nesterov_stores_the_step = misconception(
    "Nesterov", "The whole step g + mu v is kept as velocity; keep v itself."
)(by(lambda o, k, g, p: o.lr * o.store(k, g + o.mu * (o.mu * o.old(k) + g))))
nesterov_ascent = misconception("Nesterov", "The step goes uphill: subtract it.")(
    by(lambda o, k, g, p: -nesterov(o, k, g, p))
)
nesterov_forgotten = misconception("Nesterov", "The velocity starts from zero in every step.")(
    by(lambda o, k, g, p: plain(o, k, g, p) * (1 + o.mu))
)
nesterov_shared = misconception("Nesterov", SHARED)(by(lambda o, k, g, p: nesterov(o, "all", g, p)))
nesterov_first_only = misconception("Nesterov", FIRST)(by(nesterov, step=first_only))
nesterov_rebound = misconception("Nesterov", REBOUND)(by(nesterov, step=renewed))
nesterov_by_position = misconception("Nesterov", POSITION)(by(nesterov, step=by_position))
nesterov_frozen = misconception("Nesterov", FROZEN)(by(frozen_rate(nesterov)))
nesterov_class_level = misconception("Nesterov", CLASS)(class_level(nesterov))
nesterov_aliased = misconception("Nesterov", ALIASED)(by(aliased(nesterov)))


def through_colons(self, params, grads):
    self.check(params, grads)
    for name in params:
        params[name][:] -= self.move(name, grads[name], params[name])


def lower_case(move):
    return lambda o, k, g, p: move(o, k.lower(), g, p)


def zero_unread(move):
    """`momentum or 0.9`: 0 is taken for "not given"."""

    def init(self, lr, momentum=0.9):
        Base.__init__(self, lr, momentum or 0.9)

    return by(move, __init__=init)


COLONS = "params[k][:] fails for an array without axes; params[k] -= ... works for every shape."
LOWER = "W and w share one velocity: names differ by case too; use them as they are."
ZERO = "A momentum of 0 is read as the default 0.9: 0 is a value like any other."

sgd_colons = misconception("SGD", COLONS)(by(plain, step=through_colons))
momentum_colons = misconception("Momentum", COLONS)(by(heavy, step=through_colons))
momentum_lower = misconception("Momentum", LOWER)(by(lower_case(heavy)))
momentum_zero = misconception("Momentum", ZERO)(zero_unread(heavy))
nesterov_colons = misconception("Nesterov", COLONS)(by(nesterov, step=through_colons))
nesterov_lower = misconception("Nesterov", LOWER)(by(lower_case(nesterov)))


def out_of_numpy(self, params, grads):
    self.check(params, grads)
    for name, p in params.items():
        np.subtract(p, self.move(name, grads[name], p), out=p)


def through_slices(self, params, grads):
    self.check(params, grads)
    for name in sorted(grads):
        params[name][...] = params[name] - self.move(name, grads[name], params[name])


def buffer(o, k, g, p):
    """Velocity with the sign of the movement, in a buffer that is updated in place."""
    v = o.v.setdefault(k, np.zeros_like(p))
    v *= o.mu
    v -= g
    return -o.lr * v


def rolled_out(o, k, g, p):
    """The velocity as a sum over the whole history."""
    past = o.v.setdefault(k, [])
    past.append(g.copy())
    return o.lr * sum(o.mu ** (len(past) - 1 - i) * old for i, old in enumerate(past))


sgd_out = alternative("SGD")(by(plain, step=out_of_numpy))
sgd_slices = alternative("SGD")(by(lambda o, k, g, p: g * float(o.lr), step=through_slices))
momentum_buffer = alternative("Momentum")(by(buffer, step=out_of_numpy))
momentum_history = alternative("Momentum")(by(rolled_out, step=through_slices))
nesterov_blend = alternative("Nesterov")(
    by(lambda o, k, g, p: plain(o, k, g, p) + o.mu * buffer(o, k, g, p))
)
nesterov_two_velocities = alternative("Nesterov")(
    by(lambda o, k, g, p: (1 + o.mu) * heavy(o, k, g, p) - o.mu * heavy_before(o, k, g))
)


def heavy_before(o, k, g):
    """lr times the velocity of the step before, from the present one."""
    return o.lr * (o.v[k] - g) / o.mu
