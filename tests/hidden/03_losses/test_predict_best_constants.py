"""predict_best_constants: which constant the squared and the absolute error ask for.

mistake                                  case that exposes it   check
---------------------------------------  ---------------------  ---------
both losses ask for the mean             the five houses        absolute
both losses ask for the median           the five houses        squared
mean and median swapped                  the five houses        both
the far house left out                   the five houses        both
middle of the range                      the five houses        both
"""

import torch

from gradlab.judge import alternative, exercise, expect, misconception, reference

from .guesses import two_numbers

pytestmark = exercise("predict_best_constants")
PRICES = (2.0, 3.0, 5.0, 7.0, 83.0)


@reference
def best_constants(device):
    """The constants of least loss, tried one by one."""
    tried = torch.arange(0.0, 90.0, 0.01, dtype=torch.float64, device=device)
    errors = tried[:, None] - torch.tensor(PRICES, dtype=torch.float64, device=device)
    squared, absolute = (errors**2).mean(dim=1), errors.abs().mean(dim=1)
    return tried[squared.argmin()], tried[absolute.argmin()]


def test_squared(student, torch_device):
    """The first number is the constant of least mean squared error."""
    guess = two_numbers(student.predict_best_constants())
    right = abs(guess[0] - best_constants(torch_device)[0]) < 0.02
    expect(right, "another constant has a smaller mean squared error", value=guess)


def test_absolute(student, torch_device):
    """The second number is the constant of least mean absolute error."""
    guess = two_numbers(student.predict_best_constants())
    right = abs(guess[1] - best_constants(torch_device)[1]) < 0.02
    expect(right, "another constant has a smaller mean absolute error", value=guess)


def _belief(message, *guess):
    return misconception("predict_best_constants", message)(lambda: guess)


both_mean = _belief(
    "You predicted the mean for both. With absolute errors each house pulls equally hard, so only "
    "the number of houses on either side counts.",
    20.0,
    20.0,
)
both_median = _belief(
    "You predicted the middle house for both. With squared errors a house pulls the harder the "
    "farther it is away.",
    5.0,
    5.0,
)
swapped = _belief(
    "The two are swapped. Squared errors are pulled by the far house, absolute ones are not.",
    5.0,
    20.0,
)
far_house_left_out = _belief(
    "You left out the far house. No loss leaves out a sample; it may only limit its pull.",
    4.25,
    4.0,
)
mean_without_the_far_house = _belief(
    "You left out the far house for the squared error, where its pull is the strongest of all.",
    4.25,
    5.0,
)
median_without_the_far_house = _belief(
    "You left out the far house for the absolute error. Its size does not count there, but its "
    "side does.",
    20.0,
    4.0,
)
middle_of_the_range = _belief(
    "You took the middle between the smallest and the largest. That is best for the largest error, "
    "not for a mean.",
    42.5,
    42.5,
)
middle_of_the_range_for_absolute = _belief(
    "You took the middle of the range for the absolute error. Count the houses on either side.",
    20.0,
    42.5,
)
pulled_to_the_far_house = _belief(
    "You predicted the far house for the squared error. The others pull too: the pulls balance at "
    "the mean.",
    83.0,
    5.0,
)
total_not_divided = _belief(
    "Your first number is the sum of the prices. Divide it by their number.", 100.0, 5.0
)
zero = _belief(
    "You predicted 0. The errors are measured from the constant; it need not be small.", 0.0, 0.0
)


@alternative("predict_best_constants")
def computed():
    return sum(PRICES) / len(PRICES), sorted(PRICES)[len(PRICES) // 2]


@alternative("predict_best_constants")
def whole_numbers():
    return 20, 5


@alternative("predict_best_constants")
def as_a_list():
    return [20.0, 5]
