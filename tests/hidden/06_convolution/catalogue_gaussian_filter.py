"""gaussian_filter: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(size, sigma):
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size is {size}: expected a positive odd number")
    if sigma <= 0:
        raise ValueError(f"sigma is {sigma}: expected a number above 0")


def _bell(size, sigma, centre=None):
    centre = (size - 1) / 2 if centre is None else centre
    return np.exp(-((np.arange(size) - centre) ** 2) / (2 * sigma**2))


def _wrong(message, bell):
    """A filter that refuses what it must and is wrong in its values."""

    @misconception("gaussian_filter", message)
    def variant(size, sigma):
        _refuse(size, sigma)
        return bell(size, sigma)

    return variant


not_normalised = _wrong(
    "Your filter is a bell but does not add up to 1: divide it by its sum.",
    _bell,
)
density = _wrong(
    "You divided by sigma times the root of 2 pi. Samples of that density do not add up to exactly "
    "1; divide by their sum.",
    lambda size, sigma: _bell(size, sigma) / (sigma * np.sqrt(2 * np.pi)),
)
unit_norm = _wrong(
    "Your filter has length 1 (its squares add up to 1). Its values must add up to 1.",
    lambda size, sigma: _bell(size, sigma) / np.linalg.norm(_bell(size, sigma)),
)


def _summing_to_one(bell):
    return lambda size, sigma: bell(size, sigma) / bell(size, sigma).sum()


factor_two_lost = _wrong(
    "Your bell is too narrow: the exponent divides by 2 sigma², not by sigma².",
    _summing_to_one(lambda size, sigma: _bell(size, sigma / np.sqrt(2))),
)
cut_off = _wrong(
    "You set values beyond three sigma to 0. A bell is small there, but not 0.",
    _summing_to_one(
        lambda size, sigma: _bell(size, sigma) * (_bell(size, sigma) >= 0.99 * np.exp(-4.5))
    ),
)
variance_as_sigma = _wrong(
    "You divided by 2 sigma: sigma is the standard deviation, the exponent has its square.",
    _summing_to_one(lambda size, sigma: _bell(size, np.sqrt(sigma))),
)
half_lost_the_other_way = _wrong(
    "You divided by (2 sigma)²: the 2 stands outside the square.",
    _summing_to_one(lambda size, sigma: _bell(size, sigma * np.sqrt(2))),
)
multiplied_by_sigma = _wrong(
    "You multiplied by sigma² where the exponent divides: a larger sigma must give a wider bell.",
    _summing_to_one(lambda size, sigma: _bell(size, 1 / (2 * sigma))),
)
centre_half_a_step_off = _wrong(
    "Your bell is centred at size / 2. The middle of 0 ... size - 1 is (size - 1) / 2.",
    _summing_to_one(lambda size, sigma: _bell(size, sigma, size / 2)),
)
one_sided = _wrong(
    "Your bell has its top at the first value. It must be centred on the middle one.",
    _summing_to_one(lambda size, sigma: _bell(size, sigma, 0)),
)
not_squared = _wrong(
    "The distance is not squared: yours has a spike in the middle, a Gaussian has a round top.",
    _summing_to_one(
        lambda size, sigma: np.exp(-np.abs(np.arange(size) - (size - 1) / 2) / (2 * sigma**2))
    ),
)
box = _wrong(
    "All your values are equal: that is a moving average, not a Gaussian.",
    lambda size, sigma: np.full(size, 1 / size),
)
upside_down = _wrong(
    "The exponent needs a minus sign: values near the middle weigh most.",
    _summing_to_one(lambda size, sigma: 1 / _bell(size, sigma)),
)
fixed_range = _wrong(
    "You spread the samples over -1 ... 1. They are one apart: sigma is measured in samples.",
    _summing_to_one(lambda size, sigma: _bell(size, sigma * max(size - 1, 1) / 2)),
)
largest_is_one = _wrong(
    "You divided by the number of values. Divide by their sum.",
    lambda size, sigma: _bell(size, sigma) / size,
)


@misconception(
    "gaussian_filter",
    "An even size has no middle value: it must raise a ValueError that names size.",
)
def even_size_accepted(size, sigma):
    if size < 1:
        raise ValueError(f"size is {size}")
    _refuse(1, sigma)
    return _bell(size, sigma) / _bell(size, sigma).sum()


@misconception(
    "gaussian_filter",
    "A sigma of 0 or below must raise a ValueError that names sigma.",
)
def any_sigma_accepted(size, sigma):
    _refuse(size, 1)
    with np.errstate(all="ignore"):
        return _bell(size, sigma) / _bell(size, sigma).sum()


@misconception(
    "gaussian_filter",
    "A size of 0 or below must raise a ValueError that names size.",
)
def no_size_accepted(size, sigma):
    _refuse(size if size > 0 else 1, sigma)
    size = max(size, 0)
    return _bell(size, sigma) / _bell(size, sigma).sum()


# Alternatives


@alternative("gaussian_filter")
def by_linspace(size, sigma):
    _refuse(size, sigma)
    half = size // 2
    z = np.linspace(-half, half, size) / sigma
    g = np.exp(-0.5 * z * z)
    g /= np.sum(g)
    return g


@alternative("gaussian_filter")
def by_density(size, sigma):
    _refuse(size, sigma)
    half = (size - 1) // 2
    g = [
        np.exp(-(k**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
        for k in range(-half, half + 1)
    ]
    return np.array(g) / sum(g)


@alternative("gaussian_filter")
def by_softmax(size, sigma):
    _refuse(size, sigma)
    logits = -((np.arange(size) - size // 2) ** 2) / (2.0 * sigma**2)
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()
