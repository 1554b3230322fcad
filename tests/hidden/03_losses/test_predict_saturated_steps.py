"""predict_saturated_steps: powers of ten of the steps that a certain and wrong unit takes.

mistake                                     case that exposes it   check
------------------------------------------  ---------------------  -------------
both losses learn alike                     z = -10                squared
squared error only ten times as slow        z = -10                squared
the speed of the first step all the way     z = -10                squared
cross-entropy slow as well                  z = -10                cross_entropy
"""

import math

import numpy as np
import torch

from gradlab.judge import alternative, exercise, expect, misconception, reference

from .guesses import two_numbers

pytestmark = exercise("predict_saturated_steps")


@reference
def steps(slope, device):
    """Steps from z = -10 to 0 at rate 1; `slope` is the loss's derivative as a function of p."""
    z, count = torch.tensor(-10.0, dtype=torch.float64), 0
    while z < 0:
        z, count = z - slope(torch.sigmoid(z)), count + 1
    return count


def _of_cross_entropy(p):
    return p - 1


def _of_squared_error(p):
    return 2 * (p - 1) * p * (1 - p)


def _power(count):
    return round(math.log10(count))


def test_cross_entropy(student, torch_device):
    """The first number is the power of ten for cross-entropy."""
    guess = two_numbers(student.predict_saturated_steps())
    right = guess[0] == _power(steps(_of_cross_entropy, torch_device))
    expect(right, "cross-entropy takes another number of steps", value=guess)


def test_squared(student, torch_device):
    """The second number is the power of ten for the squared error."""
    guess = two_numbers(student.predict_saturated_steps())
    right = guess[1] == _power(steps(_of_squared_error, torch_device))
    expect(right, "the squared error takes another number of steps", value=guess)


def _belief(message, *guess):
    return misconception("predict_saturated_steps", message)(lambda: guess)


alike = _belief(
    "You expected about ten steps with either loss. With the squared error the first step is "
    "2 p (1 - p)² long, which is nearly 0 at p = 0.000045.",
    1,
    1,
)
ten_times = _belief(
    "You expected a factor of ten between the two. Compare the first steps: 1 and 0.00009.", 1, 2
)
hundred_times = _belief(
    "You expected a factor of a hundred between the two. Solve dz/dt = 2 exp(z): the time is about "
    "exp(10) / 2.",
    1,
    3,
)
constant_speed = _belief(
    "You divided the way by the length of the first step of the squared error. The unit gets "
    "faster as it goes, so it takes a tenth of that time.",
    1,
    5,
)
swapped = _belief("The two are swapped: cross-entropy is the fast one.", 4, 1)
one_step = _belief(
    "Cross-entropy moves the logit by less than 1 in each step, so it takes ten of them or more.",
    0,
    4,
)
cross_entropy_slow = _belief(
    "The slope of cross-entropy is p - y, almost -1 from the start: ten steps or a few more.", 2, 4
)
both_slow = _belief(
    "You expected both to be slow. The slope of cross-entropy does not vanish: it is p - y.", 4, 4
)
actual_steps = _belief("Return the powers of ten, not the numbers of steps themselves.", 10, 10000)
million = _belief(
    "That is too many for the squared error: exp(10) is about 22,000, and half of it is needed.",
    1,
    6,
)


@alternative("predict_saturated_steps")
def by_logarithms():
    return round(math.log10(10)), round(math.log10(math.exp(10) / 2))


@alternative("predict_saturated_steps")
def by_simulation():
    powers = []
    for slope in (lambda p: p - 1, lambda p: 2 * (p - 1) * p * (1 - p)):
        z, count = -10.0, 0
        while z < 0:
            z, count = z - slope(1 / (1 + math.exp(-z))), count + 1
        powers.append(round(math.log10(count)))
    return tuple(powers)


@alternative("predict_saturated_steps")
def numpy_integers():
    return np.int64(1), np.int64(4)
