"""batchnorm_forward: known wrong implementations, by where they go wrong, and right ones.

Those above the line "what is returned and refused" serve the bug hunt exposing_batchnorm too.
"""

import numpy as np

from gradlab.judge import alternative, misconception

from .normalisation import Call, refuse, right

HUNTED = []
"""The functions whose fault shows in a training step followed by an evaluation."""


def _wrong(message, y=None, mean=None, var=None):
    """y, mean, var: Call -> the output, and the new running statistics; right where None."""

    @misconception("batchnorm_forward", message)
    def variant(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
        refuse(x, gamma, beta, training)
        c = Call(x, gamma, beta, running_mean, running_var, training, momentum, eps)
        statistics = (mean or Call.new_mean)(c), (var or Call.new_var)(c)
        return ((y or Call.y)(c), *statistics), c.cache()

    HUNTED.append(variant)
    return variant


def _normalised(c, mean, scale):
    return c.gamma * (c.x - mean) / scale + c.beta


def _blended(c, old, new):
    """A running statistic after training; as it was after evaluation."""
    return c.momentum * new + (1 - c.momentum) * old if c.training else old


# Misconceptions: the output

unbiased_normalises = _wrong(
    "You normalise with the unbiased variance (divided by N - 1). The biased one normalises; the "
    "unbiased one is what is stored.",
    y=lambda c: _normalised(c, c.mean(), np.sqrt(c.unbiased() + c.eps)) if c.training else c.y(),
)
divided_by_variance = _wrong(
    "You divide by the variance: the root is missing.",
    y=lambda c: _normalised(c, c.mean(), c.var() + c.eps),
)
eps_outside_the_root = _wrong(
    "Your eps is added to the root of the variance. It stands inside the root.",
    y=lambda c: _normalised(c, c.mean(), np.sqrt(c.var()) + c.eps),
)
eps_missing = _wrong(
    "Your eps is not used: it is added to the variance, inside the root.",
    y=lambda c: _normalised(c, c.mean(), np.sqrt(c.var() + 1e-12)),
)
eps_of_its_own = _wrong(
    "Your eps is fixed at 1e-5. Use the argument.",
    y=lambda c: c.y(eps=1e-5),
)
eps_squared = _wrong(
    "You add the square of eps under the root. eps itself is added.",
    y=lambda c: c.y(eps=c.eps**2),
)
mean_not_subtracted = _wrong(
    "The mean is not subtracted.",
    y=lambda c: _normalised(c, 0.0, np.sqrt(c.var() + c.eps)),
)
gamma_ignored = _wrong("gamma is not used.", y=lambda c: c.y(gamma=np.ones_like(c.gamma)))
beta_ignored = _wrong("beta is not used.", y=lambda c: c.y(beta=np.zeros_like(c.beta)))
gamma_and_beta_swapped = _wrong(
    "gamma and beta are swapped: gamma multiplies, beta is added.",
    y=lambda c: c.y(gamma=c.beta, beta=c.gamma),
)
beta_scaled_too = _wrong(
    "You add beta before you multiply by gamma. It is added last.",
    y=lambda c: c.y(beta=c.gamma * c.beta),
)
beta_subtracted = _wrong("beta is subtracted. It is added.", y=lambda c: c.y(beta=-c.beta))
gamma_divides = _wrong(
    "You divide by gamma. It multiplies the normalised values.",
    y=lambda c: c.x_hat() / c.gamma + c.beta,
)
each_row = _wrong(
    "You normalise each row over its features: that is layer norm. Normalise each column over the "
    "batch.",
    y=lambda c: (
        (
            c.gamma
            * (c.x - c.x.mean(axis=1, keepdims=True))
            / np.sqrt(c.x.var(axis=1, keepdims=True) + c.eps)
            + c.beta
        )
        if c.training
        else c.y()
    ),
)
whole_array = _wrong(
    "One mean and one variance serve all columns. Each column has its own.",
    y=lambda c: _normalised(c, c.x.mean(), np.sqrt(c.x.var() + c.eps)) if c.training else c.y(),
)
one_spread_for_all = _wrong(
    "One variance serves all columns. Each column has its own.",
    y=lambda c: _normalised(c, c.mean(), np.sqrt(c.x.var() + c.eps)) if c.training else c.y(),
)
mean_square = _wrong(
    "Your variance is the mean square of x, without subtracting the mean.",
    y=lambda c: (
        _normalised(c, c.mean(), np.sqrt((c.x**2).mean(axis=0) + c.eps)) if c.training else c.y()
    ),
)
absolute_deviation = _wrong(
    "You divide by the mean absolute deviation. The root of the variance is asked for.",
    y=lambda c: (
        _normalised(c, c.mean(), np.abs(c.x - c.mean()).mean(axis=0) + c.eps)
        if c.training
        else c.y()
    ),
)

# Misconceptions: which statistics

evaluated_on_the_batch = _wrong(
    "In evaluation you normalise with the batch's own statistics. The running ones serve there.",
    y=lambda c: Call.y(c, training=True),
)
evaluated_with_batch_variance = _wrong(
    "In evaluation you use the running mean, but the batch's own variance.",
    y=lambda c: _normalised(c, c.mean(), np.sqrt(c.x.var(axis=0) + c.eps)),
)
evaluated_with_batch_mean = _wrong(
    "In evaluation you use the running variance, but the batch's own mean.",
    y=lambda c: _normalised(c, c.x.mean(axis=0), np.sqrt(c.var() + c.eps)),
)
trained_on_running = _wrong(
    "In training you normalise with the running statistics. The batch's own serve there.",
    y=lambda c: c.y(training=False),
)
trained_on_the_new_running = _wrong(
    "In training you normalise with the updated running statistics. The batch's own serve there.",
    y=lambda c: _normalised(c, c.new_mean(), np.sqrt(c.new_var() + c.eps)),
)

# Misconceptions: the running statistics

biased_stored = _wrong(
    "You store the biased variance (divided by N). torch stores the unbiased one.",
    var=lambda c: _blended(c, c.running_var, c.x.var(axis=0)),
)
momentum_of_the_old = _wrong(
    "Your momentum is the weight of the old running statistics, as in Keras. Here, as in torch, it "
    "is the weight of the new batch.",
    mean=lambda c: c.new_mean(momentum=1 - c.momentum),
    var=lambda c: c.new_var(momentum=1 - c.momentum),
)
momentum_of_its_own = _wrong(
    "Your momentum is fixed at 0.1. Use the argument.",
    mean=lambda c: c.new_mean(momentum=0.1),
    var=lambda c: c.new_var(momentum=0.1),
)
mean_frozen = _wrong(
    "The running mean does not move in training.", mean=lambda c: c.running_mean.copy()
)
variance_frozen = _wrong(
    "The running variance does not move in training.", var=lambda c: c.running_var.copy()
)
both_frozen = _wrong(
    "The running statistics do not move in training.",
    mean=lambda c: c.running_mean.copy(),
    var=lambda c: c.running_var.copy(),
)
replaced = _wrong(
    "The running statistics are those of the last batch. They should move a part of the way.",
    mean=lambda c: c.new_mean(momentum=1.0),
    var=lambda c: c.new_var(momentum=1.0),
)
added = _wrong(
    "You add the new statistics to the whole old ones. The old ones are weighed by 1 - momentum.",
    mean=lambda c: c.running_mean + c.momentum * c.x.mean(axis=0) * c.training,
    var=lambda c: (
        c.running_var + c.momentum * c.unbiased() * c.training if c.training else c.running_var
    ),
)
spread_stored = _wrong(
    "You store the standard deviation as the running variance.",
    var=lambda c: _blended(c, c.running_var, np.sqrt(c.unbiased())) if c.training else c.new_var(),
)
eps_stored = _wrong(
    "The variance you store has eps in it.",
    var=lambda c: _blended(c, c.running_var, c.unbiased() + c.eps) if c.training else c.running_var,
)
corrected_twice = _wrong(
    "The factor N/(N - 1) is in your running variance twice.",
    var=lambda c: (
        _blended(c, c.running_var, c.unbiased() * len(c.x) / (len(c.x) - 1))
        if c.training
        else c.running_var
    ),
)
correction_on_everything = _wrong(
    "The factor N/(N - 1) multiplies the old running variance too. It belongs to the batch's only.",
    var=lambda c: (
        _blended(c, c.running_var, c.x.var(axis=0)) * len(c.x) / (len(c.x) - 1)
        if c.training
        else c.running_var
    ),
)
variance_about_the_running_mean = _wrong(
    "Your stored variance is taken about the running mean. It is taken about the batch's own.",
    var=lambda c: (
        _blended(
            c,
            c.running_var,
            ((c.x - c.new_mean()) ** 2).sum(axis=0) / (len(c.x) - 1),
        )
        if c.training
        else c.running_var
    ),
)
momentum_for_the_mean_only = _wrong(
    "Your running variance uses the momentum the other way round, unlike your running mean.",
    var=lambda c: c.new_var(momentum=1 - c.momentum),
)

# Misconceptions: what is returned and refused


def _changed(message, change):
    """change(result, call): what comes back, made from the right result."""

    @misconception("batchnorm_forward", message)
    def variant(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
        result = right(
            x, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
        )
        return change(
            result, Call(x, gamma, beta, running_mean, running_var, training, momentum, eps)
        )

    return variant


def _updated_in_evaluation(result, c):
    (y, *_), cache = result
    c = Call(c.x, c.gamma, c.beta, c.running_mean, c.running_var, True, c.momentum, c.eps)
    return (y, c.new_mean(), c.running_var if len(c.x) < 2 else c.new_var()), cache


def _cached(place, value):
    """The cache with another item at that place."""

    def change(result, c):
        outputs, cache = result
        return outputs, (*cache[:place], value(c), *cache[place + 1 :])

    return change


updated_in_evaluation = _changed(
    "The running statistics move in evaluation too. They must stay as they are.",
    _updated_in_evaluation,
)
only_y = _changed(
    "Only y came back. Return (y, running_mean, running_var), cache.", lambda r, c: r[0][0]
)
no_statistics = _changed(
    "The running statistics are missing: return (y, running_mean, running_var), cache.",
    lambda r, c: (r[0][0], r[1]),
)
statistics_swapped = _changed(
    "The running mean and the running variance are returned in the other order.",
    lambda r, c: ((r[0][0], r[0][2], r[0][1]), r[1]),
)
statistics_with_an_axis = _changed(
    "Your running statistics have shape (1, D). They have shape (D,).",
    lambda r, c: ((r[0][0], r[0][1][None], r[0][2][None]), r[1]),
)
unbiased_in_cache = _changed(
    "Your cache holds the unbiased variance. It should hold the one that normalised x.",
    _cached(2, lambda c: c.unbiased() if c.training else c.running_var),
)
running_in_cache = _changed(
    "Your cache holds the running mean in training. It should hold the one that normalised x.",
    _cached(1, lambda c: c.new_mean()),
)
spread_in_cache = _changed(
    "Your cache holds the standard deviation. It should hold the variance, without eps.",
    _cached(2, lambda c: np.sqrt(c.var() + c.eps)),
)
eps_in_cached_variance = _changed(
    "The variance in your cache has eps in it already.", _cached(2, lambda c: c.var() + c.eps)
)
normalised_in_cache = _changed(
    "Your cache holds the normalised x. It should hold x itself.", _cached(0, lambda c: c.x_hat())
)
batch_in_evaluation_cache = _changed(
    "In evaluation your cache holds the batch's statistics. It should hold those that were used.",
    _cached(1, lambda c: c.x.mean(axis=0)),
)
mode_not_in_cache = _changed(
    "Your cache says that every call was training. It should hold the argument.",
    _cached(5, lambda c: True),
)


def _any_shape(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    c = Call(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    return (c.y(), c.new_mean(), c.new_var()), c.cache()


@misconception("batchnorm_forward", "One row in training must raise a ValueError that names x.")
def one_row_accepted(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    refuse(x, gamma, beta, False)
    if training and len(x) == 1:
        return (np.zeros_like(x) + beta, running_mean, running_var), (
            x, x[0], 0 * x[0], gamma, eps, training,
        )  # fmt: skip
    return _any_shape(
        x, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )


@misconception("batchnorm_forward", "One row is refused in evaluation too. There it is fine.")
def one_row_refused_in_evaluation(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    refuse(x, gamma, beta, True)
    return _any_shape(
        x, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )


@misconception("batchnorm_forward", "A gamma of another shape must raise a ValueError naming it.")
def any_gamma(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    refuse(x, beta, beta, training)
    return _any_shape(
        x, np.resize(gamma, x.shape[1]), beta, running_mean, running_var,
        training=training, momentum=momentum, eps=eps,
    )  # fmt: skip


@misconception("batchnorm_forward", "A beta of another shape must raise a ValueError naming it.")
def any_beta(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    refuse(x, gamma, gamma, training)
    return _any_shape(
        x, gamma, np.resize(beta, x.shape[1]), running_mean, running_var,
        training=training, momentum=momentum, eps=eps,
    )  # fmt: skip


@misconception("batchnorm_forward", "The caller's running statistics are changed; make new arrays.")
def in_place(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    refuse(x, gamma, beta, training)
    c = Call(x, gamma, beta, running_mean.copy(), running_var.copy(), training, momentum, eps)
    running_mean[...], running_var[...] = c.new_mean(), c.new_var()
    return (c.y(), running_mean, running_var), c.cache()


# Alternatives


@alternative("batchnorm_forward")
def column_by_column(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    n, d = x.shape
    if len(gamma) != d:
        raise ValueError(f"gamma: {len(gamma)} numbers for {d} columns")
    if len(beta) != d:
        raise ValueError(f"beta: {len(beta)} numbers for {d} columns")
    if training and n == 1:
        raise ValueError(f"x has one row only: {x.shape}")
    y, means, variances = np.zeros((n, d)), running_mean.copy(), running_var.copy()
    used = []
    for j in range(d):
        mean, var = running_mean[j], running_var[j]
        if training:
            mean = sum(x[:, j]) / n
            var = sum((value - mean) ** 2 for value in x[:, j]) / n
            means[j] += momentum * (mean - means[j])
            variances[j] += momentum * (var * n / (n - 1) - variances[j])
        y[:, j] = gamma[j] * (x[:, j] - mean) / (var + eps) ** 0.5 + beta[j]
        used.append((mean, var))
    mean, var = np.array(used).T
    return [y, means, variances], [x, mean, var, gamma, eps, training]


@alternative("batchnorm_forward")
def as_an_affine_map(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    for name, array in {"gamma": gamma, "beta": beta}.items():
        if array.shape != (x.shape[1],):
            raise ValueError(f"{name} has shape {array.shape}")
    if training:
        if x.shape[0] <= 1:
            raise ValueError(f"x needs two rows, has shape {x.shape}")
        mean = np.mean(x, axis=0)
        var = np.einsum("nd,nd->d", x - mean, x - mean) / x.shape[0]
        running_mean = running_mean - momentum * (running_mean - mean)
        running_var = running_var - momentum * (running_var - np.var(x, axis=0, ddof=1))
    else:
        mean, var = running_mean.copy(), running_var.copy()
    scale = gamma / np.sqrt(var + eps)
    return (x * scale + (beta - mean * scale), running_mean, running_var), (
        x, mean, var, gamma, eps, training,
    )  # fmt: skip


@alternative("batchnorm_forward")
def by_covariance(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    if gamma.shape != x[0].shape:
        raise ValueError(f"gamma {gamma.shape} against {x[0].shape}")
    if beta.shape != x[0].shape:
        raise ValueError(f"beta {beta.shape} against {x[0].shape}")
    mean, var = running_mean, running_var
    if training:
        if len(x) < 2:
            raise ValueError(f"x of shape {x.shape} has no variance")
        mean = np.full(len(x), 1 / len(x)) @ x
        unbiased = np.diag(np.atleast_2d(np.cov(x, rowvar=False)))
        var = unbiased * (1 - 1 / len(x))
        running_mean = np.average([running_mean, mean], axis=0, weights=[1 - momentum, momentum])
        running_var = np.average([running_var, unbiased], axis=0, weights=[1 - momentum, momentum])
    y = np.multiply(gamma, (x - mean) * (var + eps) ** -0.5) + beta
    return (y, running_mean, running_var), (x, mean, var, gamma, eps, training)
