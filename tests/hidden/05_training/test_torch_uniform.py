"""torch_uniform: shape, bound and spread of weight and bias, and where the draws come from.

mistake                                  case that exposes it            check
---------------------------------------  ------------------------------  ----------------
another bound: LeCun's, Glorot's, 1/n    fans 60 and 90, 150 and 600     weight
fan_out in place of fan_in               fans unequal                    weight
one-sided, or normal                     12,000 draws                    weight
bias zero, of another size or shape      300 outputs of 6 inputs         bias
global or new generator                  one seed twice; one rng twice   generator
"""

from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    expect,
    misconception,
    requires,
    seeded,
    weight,
)

from . import draws

pytestmark = exercise("torch_uniform")
SEED = int(case_rng("torch_uniform").integers(2**31))


@dataclass(frozen=True, eq=False)
class Case:
    shape: tuple
    fan_in: int
    fan_out: int

    def __str__(self):
        return f"{self.shape} fans {self.fan_in}, {self.fan_out}"


CASES = [Case((90, 60), 60, 90), Case((40, 10, 3, 5), 150, 600), Case((30, 400), 400, 30)]
MANY_OUTPUTS = [Case((2000, 6), 6, 2000), Case((1500, 2, 3), 6, 4500)]


def _pair(student, case, rng):
    result = student.torch_uniform(case.shape, case.fan_in, case.fan_out, rng)
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    expect(is_pair, "the result should be a pair (w, b)", value=result)
    return result


def _judge(values, shape, fan_in, name):
    std = 1 / np.sqrt(3 * fan_in)  # of an even distribution with the bound 1 / sqrt(fan_in)
    draws.require_shape(values, shape, name)
    draws.require_spread(values, std, name, tolerance=0.05)
    draws.require_kind(values, std, draws.UNIFORM, name)
    draws.require_all_different(values, name)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_weight(student, case):
    """The weight is uniform within the bound that the fan-in gives."""
    w, _ = _pair(student, case, seeded(SEED))
    _judge(w, case.shape, case.fan_in, "w")


@requires("test_weight")
@pytest.mark.parametrize("case", MANY_OUTPUTS, ids=str)
def test_bias(student, case):
    """There is one bias per output, drawn like the weight and not the same numbers."""
    w, b = _pair(student, case, seeded(SEED))
    _judge(b, case.shape[:1], case.fan_in, "b")
    shared = len(np.intersect1d(w, b))
    expect(shared == 0, "the bias repeats numbers of the weight", value=shared)


@requires("test_weight")
def test_generator(student):
    """Everything is drawn from rng: one seed, one result; a second call goes on."""
    for item, name in ((0, "w"), (1, "b")):

        def draw(rng, item=item):
            return _pair(student, CASES[0], rng)[item]

        draws.require_own_generator(student, draw, name)


def _wrong(message, weight=None, bias=None):
    """weight, bias: (shape, fan_in, fan_out, rng) -> draws; right where None."""

    def right(shape, fan_in, fan_out, rng):
        return rng.uniform(-1, 1, size=shape) / np.sqrt(fan_in)

    @misconception("torch_uniform", message)
    def variant(shape, fan_in, fan_out, rng):
        w = (weight or right)(shape, fan_in, fan_out, rng)
        return w, (bias or weight or right)(shape[:1], fan_in, fan_out, rng)

    return variant


def _bounded(bound):
    return lambda shape, fan_in, fan_out, rng: (
        rng.uniform(-1, 1, size=shape) * bound(fan_in, fan_out)
    )


lecun = _wrong(
    "Your bound is LeCun's, the root of 3 over the fan-in (Keras' lecun_uniform). torch has no 3.",
    _bounded(lambda i, o: np.sqrt(3 / i)),
)
glorot_bound = _wrong(
    "Your bound is Glorot's, the root of 6 over the sum of the fans. torch's default has 1 over "
    "the root of the fan-in.",
    _bounded(lambda i, o: np.sqrt(6 / (i + o))),
)
he_bound = _wrong(
    "Your bound is He's, the root of 6 over the fan-in. torch's default is smaller.",
    _bounded(lambda i, o: np.sqrt(6 / i)),
)
no_root = _wrong(
    "Your bound is 1 over the fan-in: its root is missing.", _bounded(lambda i, o: 1 / i)
)
fan_out_used = _wrong(
    "You used the fan-out. The bound follows from the fan-in, the number of terms in the sum.",
    _bounded(lambda i, o: 1 / np.sqrt(o)),
)
smaller_by_three = _wrong(
    "Your bound is the standard deviation of the distribution. The bound itself is larger by the "
    "root of 3.",
    _bounded(lambda i, o: 1 / np.sqrt(3 * i)),
)
not_scaled = _wrong("The draws lie between -1 and 1, whatever the fans.", _bounded(lambda i, o: 1))
one_sided = _wrong(
    "All your draws are positive: the interval reaches to both sides of 0.",
    lambda shape, i, o, rng: rng.uniform(0, 1 / np.sqrt(i), size=shape),
)
half_as_wide = _wrong(
    "Your interval is half as wide as it should be: it reaches from minus the bound to plus it.",
    _bounded(lambda i, o: 0.5 / np.sqrt(i)),
)
normal_draws = _wrong(
    "Your draws are normal with that spread. They should be uniform: none beyond the bound.",
    lambda shape, i, o, rng: rng.normal(0, 1 / np.sqrt(3 * i), size=shape),
)
normal_with_the_bound = _wrong(
    "Your draws are normal, with the bound as standard deviation. They should be uniform.",
    lambda shape, i, o, rng: rng.normal(0, 1 / np.sqrt(i), size=shape),
)
zero_bias = _wrong(
    "Your biases are zero. torch draws them like the weights.",
    bias=lambda shape, i, o, rng: np.zeros(shape),
)
bias_from_outputs = _wrong(
    "Your bias has a bound of its own, from the number of outputs. It has the weight's.",
    bias=lambda shape, i, o, rng: rng.uniform(-1, 1, size=shape) / np.sqrt(shape[0]),
)
one_bias_for_all = _wrong(
    "All biases are one and the same draw. Each output has its own.",
    bias=lambda shape, i, o, rng: np.full(shape, rng.uniform(-1, 1) / np.sqrt(i)),
)
reseeded = _wrong(
    "You make a new generator with a fixed seed in each call: all layers get the same draws. Use "
    "the one you are given.",
    lambda shape, i, o, rng: (
        np.random.default_rng(len(shape)).uniform(-1, 1, size=shape) / np.sqrt(i)
    ),
)
global_generator = _wrong(
    "The draws come from np.random, not from rng: no seed can repeat them.",
    lambda shape, i, o, rng: np.random.uniform(-1, 1, size=shape) / np.sqrt(i),
)
columns_repeated = _wrong(
    "One row is drawn and repeated for all outputs: they start as copies of one another.",
    lambda shape, i, o, rng: (
        np.zeros(shape) + rng.uniform(-1, 1, size=shape[1:] or shape) / np.sqrt(i)
    ),
)


@misconception("torch_uniform", "The bias has the weight's shape; it has one number per output.")
def bias_of_the_weight(shape, fan_in, fan_out, rng):
    bound = 1 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape), rng.uniform(-bound, bound, shape)


@misconception("torch_uniform", "The bias has one number per input; it needs one per output.")
def bias_per_input(shape, fan_in, fan_out, rng):
    bound = 1 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape), rng.uniform(-bound, bound, shape[1])


@misconception("torch_uniform", "Only the weight came back. Return the pair (w, b).")
def no_bias(shape, fan_in, fan_out, rng):
    return rng.uniform(-1, 1, shape) / np.sqrt(fan_in)


@misconception("torch_uniform", "The first numbers of the weight serve again as the bias.")
def shared_draws(shape, fan_in, fan_out, rng):
    w = rng.uniform(-1, 1, shape) / np.sqrt(fan_in)
    return w, w.ravel()[: shape[0]].copy()


@alternative("torch_uniform")
def bias_first(shape, fan_in, fan_out, rng):
    b = (2 * rng.random(shape[0]) - 1) / fan_in**0.5
    return (2 * rng.random(shape) - 1) / fan_in**0.5, b


@alternative("torch_uniform")
def all_at_once(shape, fan_in, fan_out, rng):
    count = int(np.prod(shape))
    numbers = rng.uniform(-((1 / fan_in) ** 0.5), (1 / fan_in) ** 0.5, count + shape[0])
    return [numbers[:count].reshape(shape), numbers[count:]]


@alternative("torch_uniform")
def output_by_output(shape, fan_in, fan_out, rng):
    bound = fan_in**-0.5
    rows = [
        (rng.uniform(-bound, bound, shape[1:]), rng.uniform(-bound, bound)) for _ in range(shape[0])
    ]
    return np.stack([w for w, _ in rows]), np.array([b for _, b in rows])
