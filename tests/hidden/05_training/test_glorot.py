"""glorot: the spread from both fans, two distributions with one spread, a gain, a generator.

mistake                                   case that exposes it            check
----------------------------------------  ------------------------------  ---------------
spread from one fan, the wrong factor     fans 150 and 600, 400 and 30    normal, uniform
variance used as standard deviation       fans far from 1                 normal
uniform bound without the root of 3       both distributions              uniform
one distribution for the other            tails, bound                    normal, uniform
gain ignored, squared, in one only        gains 5/3 and 0.4               gain
global or new generator                   one seed twice; one rng twice   generator
any name accepted                         "even", "Normal"                refuses_unknown
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
from .draws import NORMAL, UNIFORM

pytestmark = exercise("glorot")
SEED = int(case_rng("glorot").integers(2**31))


@dataclass(frozen=True, eq=False)
class Case:
    shape: tuple
    fan_in: int
    fan_out: int
    distribution: str = NORMAL
    gain: float | None = None

    def __str__(self):
        return f"{self.shape} fans {self.fan_in}, {self.fan_out} {self.distribution} {self.gain}"

    def options(self):
        """As keywords, only those that are not the default."""
        given = {} if self.distribution == NORMAL else {"distribution": self.distribution}
        return given if self.gain is None else given | {"gain": self.gain}


SIZES = [((120, 80), 80, 120), ((40, 10, 3, 5), 150, 600), ((30, 400), 400, 30)]
CASES = {kind: [Case(*size, kind) for size in SIZES] for kind in (NORMAL, UNIFORM)}
GAINS = [
    Case(*SIZES[0], NORMAL, 5 / 3),
    Case(*SIZES[2], UNIFORM, 5 / 3),
    Case(*SIZES[1], NORMAL, 0.4),
]


@reference
def spread(case):
    """The standard deviation of torch's xavier_normal_ and xavier_uniform_: both the same."""
    generator = torch.Generator().manual_seed(0)
    w = torch.empty(case.fan_out, case.fan_in, dtype=torch.float64)
    gain = 1.0 if case.gain is None else case.gain
    torch.nn.init.xavier_uniform_(w, gain=gain, generator=generator)
    bound = gain * np.sqrt(6 / (case.fan_in + case.fan_out))
    if not 0.99 * bound < float(w.abs().max()) <= bound:
        raise RuntimeError("torch draws from another interval than the paper's")
    return bound / np.sqrt(3)


def _draw(student, case, rng):
    return student.glorot(case.shape, case.fan_in, case.fan_out, rng, **case.options())


def _judge(student, case):
    w = _draw(student, case, seeded(SEED))
    draws.require_shape(w, case.shape, "w")
    draws.require_spread(w, spread(case), "w")
    draws.require_kind(w, spread(case), case.distribution, "w")
    draws.require_all_different(w, "w")


@weight(2)
@pytest.mark.parametrize("case", CASES[NORMAL], ids=str)
def test_normal(student, case):
    """By default the weights are normal, with the spread that both fans give."""
    _judge(student, case)


@weight(2)
@pytest.mark.parametrize("case", CASES[UNIFORM], ids=str)
def test_uniform(student, case):
    """The uniform weights have the same spread, and none lies beyond their bound."""
    _judge(student, case)


@pytest.mark.parametrize("case", GAINS, ids=str)
def test_gain(student, case):
    """The gain multiplies the spread, in both distributions."""
    _judge(student, case)


@requires("test_normal")
def test_generator(student):
    """Everything is drawn from rng: one seed, one result; a second call goes on."""
    for case in (CASES[NORMAL][0], CASES[UNIFORM][0]):
        draws.require_own_generator(student, lambda rng, case=case: _draw(student, case, rng), "w")


@requires("test_normal")
def test_refuses_unknown(student):
    """Raises ValueError naming distribution when it is neither of the two."""
    for name in ("even", "Normal", ""):
        with student.raises(ValueError, match=r"\bdistribution\b"):
            student.glorot((3, 2), 2, 3, seeded(0), distribution=name)


def _wrong(message, *, std=None, bound=None, draw=None):
    """std(i, o, gain) and bound(i, o, gain) of the two distributions; or the draws altogether."""
    std = std or (lambda i, o, gain: gain * np.sqrt(2 / (i + o)))
    bound = bound or (lambda i, o, gain: np.sqrt(3) * std(i, o, gain))

    @misconception("glorot", message)
    def variant(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
        if distribution not in (NORMAL, UNIFORM):
            raise ValueError(f"distribution is {distribution!r}")
        if draw is not None:
            return draw(shape, gain * np.sqrt(2 / (fan_in + fan_out)), rng, distribution)
        if distribution == NORMAL:
            return rng.normal(0, std(fan_in, fan_out, gain), size=shape)
        return rng.uniform(-1, 1, size=shape) * bound(fan_in, fan_out, gain)

    return variant


without_the_two = _wrong(
    "Your spread is the root of 1 over the sum of the fans, as some slides print it: too small by "
    "the root of 2. Their mean stands below, half the sum.",
    std=lambda i, o, gain: gain * np.sqrt(1 / (i + o)),
)
fan_in_only = _wrong(
    "Your spread uses the fan-in only, like He's or LeCun's. Glorot takes the mean of both fans.",
    std=lambda i, o, gain: gain * np.sqrt(1 / i),
)
fan_out_only = _wrong(
    "Your spread uses the fan-out only. Glorot takes the mean of both fans.",
    std=lambda i, o, gain: gain * np.sqrt(1 / o),
)
he_for_glorot = _wrong(
    "This is He's spread, the root of 2 over the fan-in. Glorot divides by the sum of the fans.",
    std=lambda i, o, gain: gain * np.sqrt(2 / i),
)
variance_as_spread = _wrong(
    "You handed over the variance as the standard deviation: the root is missing.",
    std=lambda i, o, gain: gain**2 * 2 / (i + o),
)
bound_as_spread = _wrong(
    "Your normal weights have the uniform distribution's bound as standard deviation: too large by "
    "the root of 3.",
    std=lambda i, o, gain: gain * np.sqrt(6 / (i + o)),
    bound=lambda i, o, gain: gain * np.sqrt(6 / (i + o)),
)
spread_as_bound = _wrong(
    "Your uniform weights end at the standard deviation. The bound is larger by the root of 3.",
    bound=lambda i, o, gain: gain * np.sqrt(2 / (i + o)),
)
three_without_root = _wrong(
    "Your uniform bound is three times the standard deviation. It is the root of 3 times it.",
    bound=lambda i, o, gain: 3 * gain * np.sqrt(2 / (i + o)),
)
product_of_fans = _wrong(
    "You took the geometric mean of the fans. Glorot takes half their sum.",
    std=lambda i, o, gain: gain * np.sqrt(1 / np.sqrt(i * o)),
)
gain_ignored = _wrong("The gain is not used.", std=lambda i, o, gain: np.sqrt(2 / (i + o)))
gain_under_the_root = _wrong(
    "Your gain stands under the root. It multiplies the standard deviation.",
    std=lambda i, o, gain: np.sqrt(2 * gain / (i + o)),
)
gain_squared = _wrong(
    "You multiplied by the square of the gain. It multiplies the standard deviation once.",
    std=lambda i, o, gain: gain**2 * np.sqrt(2 / (i + o)),
)
gain_for_normal_only = _wrong(
    "The gain is not used in your uniform weights.",
    bound=lambda i, o, gain: np.sqrt(6 / (i + o)),
)
always_normal = _wrong(
    'With distribution="uniform" your weights are normal.',
    draw=lambda shape, std, rng, kind: rng.normal(0, std, shape),
)
always_uniform = _wrong(
    "Your weights are uniform in both cases. By default they are normal.",
    draw=lambda shape, std, rng, kind: rng.uniform(-1, 1, shape) * np.sqrt(3) * std,
)
distributions_swapped = _wrong(
    "The two distributions are swapped.",
    draw=lambda shape, std, rng, kind: (
        rng.normal(0, std, shape)
        if kind == UNIFORM
        else rng.uniform(-1, 1, shape) * np.sqrt(3) * std
    ),
)
truncated = _wrong(
    "Your normal weights are cut off at two standard deviations (Keras does that). torch's, and "
    "ours, are not.",
    draw=lambda shape, std, rng, kind: (
        np.clip(rng.normal(0, std, shape), -2 * std, 2 * std)
        if kind == NORMAL
        else rng.uniform(-1, 1, shape) * np.sqrt(3) * std
    ),
)
positive = _wrong(
    "All your weights are positive. They are drawn around 0.",
    draw=lambda shape, std, rng, kind: (
        np.abs(rng.normal(0, std, shape))
        if kind == NORMAL
        else rng.uniform(0, 1, shape) * np.sqrt(3) * std
    ),
)
global_generator = _wrong(
    "The draws come from np.random, not from rng: no seed can repeat them.",
    draw=lambda shape, std, rng, kind: (
        np.random.normal(0, std, shape)
        if kind == NORMAL
        else np.random.uniform(-1, 1, shape) * np.sqrt(3) * std
    ),
)
reseeded = _wrong(
    "You make a new generator with a fixed seed in each call: all layers get the same draws.",
    draw=lambda shape, std, rng, kind: (
        np.random.default_rng(0).normal(0, std, shape)
        if kind == NORMAL
        else np.random.default_rng(0).uniform(-1, 1, shape) * np.sqrt(3) * std
    ),
)
one_row = _wrong(
    "One row is drawn and repeated for all outputs: they start as copies of one another.",
    draw=lambda shape, std, rng, kind: (
        np.zeros(shape)
        + (
            rng.normal(0, std, shape[1:])
            if kind == NORMAL
            else rng.uniform(-1, 1, shape[1:]) * np.sqrt(3) * std
        )
    ),
)


@misconception("glorot", "Any distribution is accepted; an unknown one must raise a ValueError.")
def unknown_accepted(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    std = gain * np.sqrt(2 / (fan_in + fan_out))
    if distribution == UNIFORM:
        return rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, shape)
    return rng.normal(0, std, shape)


@alternative("glorot")
def by_standard_draws(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    scale = gain / ((fan_in + fan_out) / 2) ** 0.5
    if distribution == "normal":
        return scale * rng.standard_normal(shape)
    if distribution != "uniform":
        raise ValueError(f"no such distribution: {distribution}")
    return scale * 12**0.5 * (rng.random(shape) - 0.5)


@alternative("glorot")
def row_by_row(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    rows = {
        "normal": lambda: rng.normal(scale=gain * (2 / (fan_in + fan_out)) ** 0.5, size=shape[1:]),
        "uniform": lambda: gain * (6 / (fan_in + fan_out)) ** 0.5 * rng.uniform(-1, 1, shape[1:]),
    }
    if distribution not in rows:
        raise ValueError(f"distribution must be one of {list(rows)}")
    return np.stack([rows[distribution]() for _ in range(shape[0])])


@alternative("glorot")
def other_order(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    if not (distribution == "uniform" or distribution == "normal"):
        raise ValueError("distribution: " + distribution)
    draw = (
        rng.standard_normal
        if distribution == "normal"
        else lambda s: rng.uniform(-(3**0.5), 3**0.5, s)
    )
    return (draw(shape[::-1]) * np.sqrt(2 / (fan_in + fan_out)) * gain).T
