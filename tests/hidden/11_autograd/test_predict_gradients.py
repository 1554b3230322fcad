"""predict_gradients: each number against what torch's engine says of the same four parts.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  ----------------
uses overwritten; value for gradient      a a + a                          several_uses
a second pass replaces, or counts thrice  twice                            second_pass
no_grad undone by what follows            k made without a record          without_a_record
mean, or one use, for the sum             a bias used twenty times         stretched
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, exercise, expect, misconception, reference

pytestmark = exercise("predict_gradients")


@reference
def expected(device):
    """The four gradients, by torch."""

    def leaf():
        return torch.tensor(3.0, dtype=torch.float64, device=device, requires_grad=True)

    first, second, third = leaf(), leaf(), leaf()
    (first * first + first).backward()
    b = second * second + second
    b.backward(retain_graph=True)
    b.backward()
    with torch.no_grad():
        k = third * third
    (k * third).backward()
    bias = torch.zeros(1, dtype=torch.float64, device=device, requires_grad=True)
    ones = torch.ones(5, 4, dtype=torch.float64, device=device)
    ((ones + bias) * 2.0).sum().backward()
    return [float(x) for x in (first.grad, second.grad, third.grad, bias.grad[0])]


def _answer(student, number, device):
    answers = student.predict_gradients()
    four = isinstance(answers, tuple | list) and len(answers) == 4
    expect(four, "four numbers are wanted, in a tuple", value=four)
    answer = answers[number]
    is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
    expect(is_number, "each prediction is a number", value=is_number)
    wanted = expected(device)[number]
    assert_close(float(answer), wanted, rtol=1e-3, name=f"prediction {number + 1}")


def test_several_uses(student, torch_device):
    """Predicts the gradient of a number that is used three times."""
    _answer(student, 0, torch_device)


def test_second_pass(student, torch_device):
    """Predicts what a second backward pass leaves."""
    _answer(student, 1, torch_device)


def test_without_a_record(student, torch_device):
    """Predicts the gradient where a part was made without a record."""
    _answer(student, 2, torch_device)


def test_stretched(student, torch_device):
    """Predicts the gradient of a bias that was stretched."""
    _answer(student, 3, torch_device)


# Misconceptions


def _wrong(message, **changes):
    answers = {"first": 7.0, "second": 14.0, "third": 9.0, "fourth": 40.0} | changes
    return misconception("predict_gradients", message)(lambda: tuple(answers.values()))


the_value = _wrong(
    "For part 1 you gave the value of b. Its gradient is 2a + 1.", first=12.0, second=24.0
)
one_factor_only = _wrong(
    "For part 1: a is used twice by the product, which gives 2a, not a.", first=4.0, second=8.0
)
sum_forgotten = _wrong(
    "For part 1: a is also used by the sum, which adds 1.", first=6.0, second=12.0
)
last_use_wins = _wrong(
    "For part 1: the uses add up. Yours keeps only the last one.", first=1.0, second=2.0
)
second_replaces = _wrong(
    "For part 2: a second pass adds to what is there. It does not replace it.", second=7.0
)
second_counts_thrice = _wrong(
    "For part 2: results in between keep nothing, so a second pass adds the gradient once, not "
    "twice.",
    second=21.0,
)
second_raises_nothing = _wrong(
    "For part 2: the gradient is not squared. It is added a second time.", second=49.0
)
no_grad_undone = _wrong(
    "For part 3 you differentiated a³. What was made in a no_grad block is a constant, here 9.",
    third=27.0,
)
no_grad_for_all = _wrong(
    "For part 3: no_grad holds inside its block. The product after it is recorded.", third=0.0
)
no_grad_in_part = _wrong(
    "For part 3: nothing passes through k, and all that remains is k itself.", third=6.0
)
value_of_d = _wrong("For part 3 you gave the value of d.", third=27.5)
used_once = _wrong("For part 4: the bias is used twenty times, and the uses add up.", fourth=2.0)
factor_forgotten = _wrong("For part 4: the factor 2 is missing.", fourth=20.0)
one_row = _wrong("For part 4: you counted one row. All twenty entries use the bias.", fourth=8.0)
one_column = _wrong(
    "For part 4: you counted one column. All twenty entries use the bias.", fourth=10.0
)


# Alternatives


@alternative("predict_gradients")
def as_a_list():
    return [7, 14, 9, 40]


@alternative("predict_gradients")
def calculated():
    a = 3
    slope = 2 * a + 1
    return float(slope), 2.0 * slope, float(a * a), 2.0 * 5 * 4


@alternative("predict_gradients")
def as_numpy_numbers():
    return tuple(np.array([7.0, 14.0, 9.0, 40.0]))
