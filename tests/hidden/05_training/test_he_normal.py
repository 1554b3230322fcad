"""he_normal: the spread from the fan-in and the slope, normal with its tails, a generator.

mistake                                  case that exposes it            check
---------------------------------------  ------------------------------  -----------
fan_out, or both fans                    fans 150 and 600, 400 and 30    plain_relu
factor 2 missing, root missing           fans far from 1                 plain_relu
uniform, truncated, one-sided            12,000 draws                    plain_relu
slope ignored, not squared, elsewhere    slopes 0.5, 2 and -1            slope
global or new generator                  one seed twice; one rng twice   generator
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    misconception,
    reference,
    requires,
    seeded,
    weight,
)

from . import draws

pytestmark = exercise("he_normal")
SEED = int(case_rng("he_normal").integers(2**31))


@dataclass(frozen=True, eq=False)
class Case:
    shape: tuple
    fan_in: int
    fan_out: int
    slope: float | None = None

    def __str__(self):
        return f"{self.shape} fans {self.fan_in}, {self.fan_out} slope {self.slope}"


SIZES = [((90, 130), 130, 90), ((40, 10, 3, 5), 150, 600), ((30, 400), 400, 30)]
PLAIN = [Case(*size) for size in SIZES]
SLOPES = [Case(*size, slope) for size, slope in zip(SIZES, (0.5, 2.0, -1.0))]


@reference
def spread(case):
    """gain / sqrt(fan_in), with torch's gain."""
    slope = 0.0 if case.slope is None else case.slope
    return torch.nn.init.calculate_gain("leaky_relu", slope) / np.sqrt(case.fan_in)


def _draw(student, case, rng):
    options = {} if case.slope is None else {"slope": case.slope}
    return student.he_normal(case.shape, case.fan_in, case.fan_out, rng, **options)


def _judge(student, case):
    w = _draw(student, case, seeded(SEED))
    draws.require_shape(w, case.shape, "w")
    draws.require_spread(w, spread(case), "w")
    draws.require_kind(w, spread(case), draws.NORMAL, "w")
    draws.require_all_different(w, "w")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_plain_relu(student, case):
    """Normal weights with the spread that the fan-in gives for a ReLU."""
    _judge(student, case)


@pytest.mark.parametrize("case", SLOPES, ids=str)
def test_slope(student, case):
    """A leaky ReLU's slope makes the spread smaller."""
    _judge(student, case)


@requires("test_plain_relu")
def test_generator(student):
    """Everything is drawn from rng: one seed, one result; a second call goes on."""
    draws.require_own_generator(student, lambda rng: _draw(student, PLAIN[0], rng), "w")


def _wrong(message, std=None, draw=None):
    @misconception("he_normal", message)
    def variant(shape, fan_in, fan_out, rng, *, slope=0.0):
        if draw is not None:
            return draw(shape, np.sqrt(2 / (1 + slope**2) / fan_in), rng)
        return rng.normal(0, std(fan_in, fan_out, slope), size=shape)

    return variant


fan_out_used = _wrong(
    "You used the fan-out. Forwards, an output adds up fan-in terms.",
    lambda i, o, a: np.sqrt(2 / (1 + a**2) / o),
)
both_fans = _wrong(
    "You divided by the sum of the fans, as Glorot does. He looks at the fan-in only.",
    lambda i, o, a: np.sqrt(2 / (1 + a**2) / (i + o)),
)
without_the_two = _wrong(
    "The 2 is missing, which makes up for the half that a ReLU takes away.",
    lambda i, o, a: np.sqrt(1 / (1 + a**2) / i),
)
variance_as_spread = _wrong(
    "You handed over the variance as the standard deviation: the root is missing.",
    lambda i, o, a: 2 / (1 + a**2) / i,
)
two_outside_the_root = _wrong(
    "Your 2 stands outside the root. It multiplies the variance.",
    lambda i, o, a: 2 * np.sqrt(1 / (1 + a**2) / i),
)
uniform_bound_as_spread = _wrong(
    "This is the bound of He's uniform version, the root of 6 over the fan-in, used as a standard "
    "deviation.",
    lambda i, o, a: np.sqrt(6 / (1 + a**2) / i),
)
mean_of_fans = _wrong(
    "You took the mean of the fans. He looks at the fan-in only.",
    lambda i, o, a: np.sqrt(2 / (1 + a**2) / ((i + o) / 2)),
)
slope_ignored = _wrong("The slope is not used.", lambda i, o, a: np.sqrt(2 / i))
slope_not_squared = _wrong(
    "You used the slope itself. The left half keeps the square of the slope of its mean square.",
    lambda i, o, a: np.sqrt(2 / max(1 + a, 1e-3) / i),
)
slope_squared_together = _wrong(
    "You squared one plus the slope. Right is one plus the square of the slope.",
    lambda i, o, a: np.sqrt(2 / max((1 + a) ** 2, 1e-3) / i),
)
slope_multiplied = _wrong(
    "A larger slope makes your weights larger. It lets more through, so they must be smaller.",
    lambda i, o, a: np.sqrt(2 * (1 + a**2) / i),
)
slope_outside_the_root = _wrong(
    "You divide the spread by one plus the slope squared; that belongs under the root.",
    lambda i, o, a: np.sqrt(2 / i) / (1 + a**2),
)
slope_subtracted = _wrong(
    "You subtract the square of the slope. Both halves add to the mean square.",
    lambda i, o, a: np.sqrt(2 / max(1 - a**2, 1e-3) / i),
)
uniform_draws = _wrong(
    "Your weights are uniform with that spread. They should be normal.",
    draw=lambda shape, std, rng: rng.uniform(-1, 1, shape) * np.sqrt(3) * std,
)
truncated = _wrong(
    "Your weights are cut off at two standard deviations (Keras does that). Ours are not.",
    draw=lambda shape, std, rng: np.clip(rng.normal(0, std, shape), -2 * std, 2 * std),
)
positive = _wrong(
    "All your weights are positive. They are drawn around 0.",
    draw=lambda shape, std, rng: np.abs(rng.normal(0, std, shape)),
)
shifted = _wrong(
    "Your weights are not centred at 0.", draw=lambda shape, std, rng: rng.normal(std, std, shape)
)
global_generator = _wrong(
    "The draws come from np.random, not from rng: no seed can repeat them.",
    draw=lambda shape, std, rng: np.random.normal(0, std, shape),
)
reseeded = _wrong(
    "You make a new generator with a fixed seed in each call: all layers get the same draws.",
    draw=lambda shape, std, rng: np.random.default_rng(0).normal(0, std, shape),
)
one_row = _wrong(
    "One row is drawn and repeated for all outputs: they start as copies of one another.",
    draw=lambda shape, std, rng: np.zeros(shape) + rng.normal(0, std, shape[1:]),
)


@alternative("he_normal")
def by_standard_draws(shape, fan_in, fan_out, rng, *, slope=0.0):
    return rng.standard_normal(shape) * (2 / (fan_in + slope * slope * fan_in)) ** 0.5


@alternative("he_normal")
def output_by_output(shape, fan_in, fan_out, rng, *, slope=0.0):
    gain = 2**0.5 / np.hypot(1.0, slope)
    return np.array([rng.normal(size=shape[1:]) * gain / fan_in**0.5 for _ in range(shape[0])])


@alternative("he_normal")
def filled(shape, fan_in, fan_out, rng, *, slope=0.0):
    w = np.empty(int(np.prod(shape)))
    rng.standard_normal(out=w)
    w /= np.sqrt(fan_in * (1 + slope**2) / 2)
    return w.reshape(shape)
