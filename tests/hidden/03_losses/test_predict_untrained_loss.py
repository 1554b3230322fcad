"""predict_untrained_loss: ln 10, and the floor of softmax applied twice.

mistake                                   case that exposes it   check
----------------------------------------  ---------------------  ----------------
another base, 1/C, -1/C ln(1/C)           ten classes            untrained
perfect outputs cost nothing              ten classes            softmax_twice
softmax of ones and zeros misread         ten classes            softmax_twice
the two swapped                           ten classes            both
"""

import math

import torch
from torch.nn import functional

from gradlab.judge import alternative, exercise, expect, misconception, reference

from .guesses import two_numbers

pytestmark = exercise("predict_untrained_loss")


@reference
def losses(device):
    labels = torch.arange(10, device=device)
    zeros = torch.zeros(10, 10, dtype=torch.float64, device=device)
    perfect = torch.eye(10, dtype=torch.float64, device=device)
    return functional.cross_entropy(zeros, labels), functional.cross_entropy(perfect, labels)


def test_untrained(student, torch_device):
    """The first number is the loss of an untrained classifier of ten classes."""
    guess = two_numbers(student.predict_untrained_loss())
    right = abs(guess[0] - losses(torch_device)[0]) < 0.006
    expect(right, "the untrained network has another loss", value=guess)


def test_softmax_twice(student, torch_device):
    """The second number is the loss of perfect probabilities that are taken for logits."""
    guess = two_numbers(student.predict_untrained_loss())
    right = abs(guess[1] - losses(torch_device)[1]) < 0.006
    expect(right, "the perfect outputs have another loss", value=guess)


A, B = math.log(10), math.log(math.e + 9) - 1


def _belief(message, *guess):
    return misconception("predict_untrained_loss", message)(lambda: guess)


perfect_costs_nothing = _belief(
    "Perfect probabilities cost nothing only if they are not taken for logits. Softmax of "
    "(1, 0, ..., 0) gives the right class e / (e + 9).",
    A,
    0.0,
)
half = _belief(
    "The untrained network has ten classes, not two: each gets the probability 1/10.",
    math.log(2),
    B,
)
base_two = _belief("You used the logarithm to base 2. Use the natural one.", math.log2(10), B)
base_ten = _belief("You used the logarithm to base 10. Use the natural one.", 1.0, B)
probability = _belief(
    "You gave the probability of a class. The loss is minus its logarithm.", 0.1, B
)
wrong_share = _belief(
    "You gave the share of wrong guesses, 9 in 10. The loss is minus the logarithm of 1/10.", 0.9, B
)
one_term_of_entropy = _belief(
    "You multiplied by 1/10 once more. The target row has a single 1, so one term is left: ln 10.",
    math.log(10) / 10,
    B,
)
all_classes_summed = _belief(
    "You added up the cost of all ten classes. Only the right one counts.", 10 * math.log(10), B
)
negative = _belief("The loss is minus the logarithm, so it is positive.", -A, -B)
swapped = _belief("The two are swapped.", B, A)
alike = _belief(
    "Perfect outputs are better than no training even if softmax is applied twice: the right class "
    "gets e / (e + 9), not 1/10.",
    A,
    A,
)
one_left_out = _belief(
    "In the softmax of (1, 0, ..., 0) each of the nine zeros adds exp(0) = 1 below the line.",
    A,
    0.0 + 1.0,
)
exponent_forgotten = _belief(
    "The probability of the right class is e / (e + 9): exp(0) is 1, and there are nine zeros.",
    A,
    math.log(math.e + 10) - 1,
)
probability_for_second = _belief(
    "Your second number is the probability e / (e + 9). The loss is minus its logarithm.",
    A,
    math.e / (math.e + 9),
)
zero = _belief(
    "A network of zeros is not right for nothing: each class gets 1/10, and that costs ln 10.",
    0.0,
    B,
)


@alternative("predict_untrained_loss")
def two_decimals():
    return 2.30, 1.46


@alternative("predict_untrained_loss")
def computed():
    return -math.log(0.1), -math.log(math.e / (math.e + 9))


@alternative("predict_untrained_loss")
def as_a_list():
    return [2.303, 1.461]
