"""batchnorm_backward: known wrong implementations, by where they go wrong, and right ones.

Each wrong gradient is the right one with a piece replaced. In training it has three terms,
dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)).
"""

import numpy as np

from gradlab.judge import alternative, misconception


class Backward:
    """The right gradients in pieces; the compact form, not the staged one of the solution."""

    def __init__(self, dout, cache):
        self.dout = dout
        self.x, self.mean, self.var, self.gamma, self.eps, self.training = cache

    @property
    def n(self):
        return len(self.dout)

    def std(self):
        return np.sqrt(self.var + self.eps)

    def x_hat(self):
        return (self.x - self.mean) / self.std()

    def scale(self):
        return self.gamma / self.std()

    def through_mean(self):
        return self.dout.mean(axis=0)

    def through_var(self):
        return self.x_hat() * (self.dout * self.x_hat()).mean(axis=0)

    def train(self):
        return self.scale() * (self.dout - self.through_mean() - self.through_var())

    def evaluate(self):
        return self.scale() * self.dout

    def dx(self):
        return self.train() if self.training else self.evaluate()

    def dgamma(self):
        return (self.dout * self.x_hat()).sum(axis=0)

    def dbeta(self):
        return self.dout.sum(axis=0)

    def gradients(self):
        return self.dx(), self.dgamma(), self.dbeta()


def _wrong(message, **pieces):
    kind = type("Wrong", (Backward,), pieces)

    @misconception("batchnorm_backward", message)
    def variant(dout, cache):
        return kind(dout, cache).gradients()

    return variant


# Misconceptions: dx in training

as_in_evaluation = _wrong(
    "In training you treat mean and variance as constants. They depend on x too.",
    train=Backward.evaluate,
)
mean_term_missing = _wrong(
    "The way through the mean is missing in dx.", through_mean=lambda self: 0.0
)
variance_term_missing = _wrong(
    "The way through the variance is missing in dx.", through_var=lambda self: 0.0
)
variance_term_added = _wrong(
    "The way through the variance has the wrong sign in dx.",
    through_var=lambda self: -Backward.through_var(self),
)
mean_term_added = _wrong(
    "The way through the mean has the wrong sign in dx.",
    through_mean=lambda self: -Backward.through_mean(self),
)
sums_for_means = _wrong(
    "The sums over the batch in your dx are not divided by N.",
    through_mean=lambda self: self.n * Backward.through_mean(self),
    through_var=lambda self: self.n * Backward.through_var(self),
)
unbiased_in_dx = _wrong(
    "The variance's part of your dx is divided by N - 1. The biased variance has N.",
    through_var=lambda self: Backward.through_var(self) * self.n / (self.n - 1),
)
half_the_variance = _wrong(
    "The variance's part of your dx is half of what it should be: the derivative of a square has "
    "a factor 2.",
    through_var=lambda self: 0.5 * Backward.through_var(self),
)
twice_the_variance = _wrong(
    "The variance's part of your dx is twice what it should be: the derivative of the root has a "
    "factor 1/2.",
    through_var=lambda self: 2.0 * Backward.through_var(self),
)
gamma_squared_in_the_variance = _wrong(
    "gamma is in the variance's part of your dx twice.",
    through_var=lambda self: self.gamma * Backward.through_var(self),
)
centred_for_normalised = _wrong(
    "In the variance's part of your dx the centred x stands once where the normalised one belongs.",
    through_var=lambda self: self.std() * Backward.through_var(self),
)
x_for_x_hat = _wrong(
    "In the variance's part of your dx, x itself stands in place of the normalised x.",
    through_var=lambda self: self.x * (self.dout * self.x_hat()).mean(axis=0),
)
gamma_missing = _wrong(
    "gamma is missing in your dx: the gradient of x_hat is gamma times dout.",
    scale=lambda self: 1 / self.std(),
)
not_divided = _wrong(
    "Your dx is not divided by the standard deviation.", scale=lambda self: self.gamma
)
multiplied_by_the_spread = _wrong(
    "Your dx is multiplied by the standard deviation. It is divided by it.",
    scale=lambda self: self.gamma * self.std(),
)
divided_by_variance = _wrong(
    "Your dx is divided by the variance. It is divided by its root.",
    scale=lambda self: self.gamma / self.std() ** 2,
)
eps_lost = _wrong(
    "eps is not in your standard deviation. The forward pass added it to the variance.",
    std=lambda self: np.sqrt(self.var),
)
eps_outside = _wrong(
    "Your eps is added to the root of the variance. The forward pass had it inside.",
    std=lambda self: np.sqrt(self.var) + self.eps,
)
over_the_features = _wrong(
    "The means in your dx run over the features. They run over the batch.",
    through_mean=lambda self: self.dout.mean(axis=1, keepdims=True),
    through_var=lambda self: self.x_hat() * (self.dout * self.x_hat()).mean(axis=1, keepdims=True),
)
one_mean_for_all = _wrong(
    "One mean over the whole array stands in your dx. Each column has its own.",
    through_mean=lambda self: self.dout.mean(),
    through_var=lambda self: self.x_hat() * (self.dout * self.x_hat()).mean(),
)
averaged = _wrong(
    "Your dx is divided by N once more. dout holds any 1/N of the loss already.",
    dx=lambda self: Backward.dx(self) / self.n,
)

# Misconceptions: evaluation

as_in_training = _wrong(
    "In evaluation you use the formula of training. Mean and variance were constants there.",
    evaluate=Backward.train,
)
own_statistics = _wrong(
    "You take mean and variance from x anew. In evaluation other ones were used; they are in the "
    "cache.",
    __init__=lambda self, dout, cache: Backward.__init__(
        self, dout, (cache[0], cache[0].mean(axis=0), cache[0].var(axis=0), *cache[3:])
    ),
)
gamma_missing_in_evaluation = _wrong(
    "In evaluation gamma is missing in your dx.", evaluate=lambda self: self.dout / self.std()
)
not_divided_in_evaluation = _wrong(
    "In evaluation your dx is not divided by the standard deviation.",
    evaluate=lambda self: self.gamma * self.dout,
)
identity_in_evaluation = _wrong(
    "In evaluation you return dout as it came. The layer still scales.",
    evaluate=lambda self: self.dout.copy(),
)


def _frozen(self):
    if self.training:
        return Backward.gradients(self)
    return self.dx(), np.zeros_like(self.gamma), np.zeros_like(self.gamma)


no_parameters_in_evaluation = _wrong(
    "In evaluation your gradients of gamma and beta are zero. Only the running statistics are "
    "constants there.",
    gradients=_frozen,
)

# Misconceptions: gamma and beta

dgamma_from_x = _wrong(
    "Your dgamma has x where the normalised x belongs.",
    dgamma=lambda self: (self.dout * self.x).sum(axis=0),
)
dgamma_from_centred = _wrong(
    "Your dgamma has the centred x where the normalised one belongs.",
    dgamma=lambda self: (self.dout * (self.x - self.mean)).sum(axis=0),
)
dgamma_from_y = _wrong(
    "Your dgamma has gamma in it. gamma multiplies x_hat, so its gradient is dout times x_hat.",
    dgamma=lambda self: self.gamma * Backward.dgamma(self),
)
dgamma_ignores_upstream = _wrong(
    "Your dgamma does not contain dout.", dgamma=lambda self: self.x_hat().sum(axis=0) + 0.0
)
dgamma_is_dbeta = _wrong(
    "Your dgamma is the sum of dout. It is the sum of dout times x_hat.", dgamma=Backward.dbeta
)
parameters_averaged = _wrong(
    "dgamma and dbeta are averaged over the batch. They are sums.",
    dgamma=lambda self: Backward.dgamma(self) / self.n,
    dbeta=lambda self: Backward.dbeta(self) / self.n,
)
parameters_swapped = _wrong(
    "dgamma and dbeta are returned in the other order.",
    gradients=lambda self: (self.dx(), self.dbeta(), self.dgamma()),
)
dbeta_ignores_upstream = _wrong(
    "Your dbeta is N. It is the sum of dout.",
    dbeta=lambda self: np.full_like(self.gamma, self.n),
)
parameters_per_sample = _wrong(
    "dgamma and dbeta are not summed over the batch.",
    dgamma=lambda self: self.dout * self.x_hat(),
    dbeta=lambda self: self.dout.copy(),
)
dbeta_scaled = _wrong(
    "Your dbeta has gamma in it. beta is added last, and its gradient is the sum of dout.",
    dbeta=lambda self: self.gamma * Backward.dbeta(self),
)
dx_alone = _wrong(
    "Only dx came back. Return (dx, dgamma, dbeta).", gradients=lambda self: self.dx()
)


@misconception("batchnorm_backward", "dout itself is changed. Work on a copy.")
def in_place(dout, cache):
    _, dgamma, dbeta = Backward(dout, cache).gradients()
    dout *= cache[3]
    return Backward(dout, (*cache[:3], 1.0, *cache[4:])).dx(), dgamma, dbeta


# Alternatives


@alternative("batchnorm_backward")
def compact(dout, cache):
    x, mean, var, gamma, eps, training = cache
    x_hat = (x - mean) * (var + eps) ** -0.5
    dgamma, dbeta = np.einsum("nd,nd->d", dout, x_hat), dout.sum(0)
    dx = dout - (dbeta + dgamma * x_hat) / len(x) if training else dout
    return dx * gamma * (var + eps) ** -0.5, dgamma, dbeta


@alternative("batchnorm_backward")
def by_the_jacobian(dout, cache):
    x, mean, var, gamma, eps, training = cache
    n, s = len(x), np.sqrt(var + eps)
    dx = np.empty_like(x)
    for j in range(x.shape[1]):
        x_hat = (x[:, j] - mean[j]) / s[j]
        jacobian = np.eye(n)
        if training:
            jacobian -= 1 / n + np.outer(x_hat, x_hat) / n
        dx[:, j] = gamma[j] / s[j] * jacobian @ dout[:, j]
    return [dx, ((x - mean) / s * dout).sum(axis=0), np.ones(n) @ dout]


@alternative("batchnorm_backward")
def staged_the_other_way(dout, cache):
    """As in Kratzert's graph: x - mu, square, mean, root, inverse, product."""
    x, mean, var, gamma, eps, training = cache
    n = dout.shape[0]
    centred, root = x - mean, (var + eps) ** 0.5
    dbeta, dgamma = np.sum(dout, axis=0), np.sum(dout * centred / root, axis=0)
    dnormal = dout * gamma
    if not training:
        return dnormal / root, dgamma, dbeta
    dinverse = np.sum(dnormal * centred, axis=0)
    dcentred = dnormal / root
    droot = -dinverse / root**2
    dsquares = 0.5 * droot / root * np.ones_like(x) / n
    dcentred = dcentred + 2 * centred * dsquares
    return dcentred - np.sum(dcentred, axis=0) / n * np.ones_like(x), dgamma, dbeta


@alternative("batchnorm_backward")
def sample_by_sample(dout, cache):
    x, mean, var, gamma, eps, training = cache
    dx, dgamma, dbeta = np.zeros_like(x), np.zeros_like(gamma), np.zeros_like(gamma)
    n, d = x.shape
    for j in range(d):
        s = (var[j] + eps) ** 0.5
        c = [x[i, j] - mean[j] for i in range(n)]
        g = [gamma[j] * dout[i, j] for i in range(n)]
        total, moment = sum(g), sum(a * b for a, b in zip(g, c))
        for i in range(n):
            dgamma[j] += dout[i, j] * c[i] / s
            dbeta[j] += dout[i, j]
            dx[i, j] = g[i] / s
            if training:
                dx[i, j] -= total / (n * s) + c[i] * moment / (n * s**3)
    return dx, dgamma, dbeta
