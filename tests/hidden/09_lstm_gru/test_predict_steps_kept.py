"""predict_steps_kept: against the powers of the forget gate, counted by torch.

belief                                      bias that corrects it  check
------------------------------------------  ---------------------  ---------------
the bias makes no difference                1, 3, 5                open_gates
the steps grow in proportion to the bias    3, 5                   open_gates
the bias is the gate                        0                      half_open
a time constant or half-life is meant       all                    half_open
an open gate keeps for ever                 3, 5                   open_gates
"""

import numpy as np
import torch

from gradlab.judge import alternative, exercise, expect, misconception, reference, weight

pytestmark = exercise("predict_steps_kept")
BIASES = (0.0, 1.0, 3.0, 5.0)


@reference
def steps_kept(device):
    """For each bias, the first number of steps after which less than a hundredth is left."""
    found = []
    for bias in BIASES:
        gate, left, steps = torch.sigmoid(torch.tensor(bias, dtype=torch.float64)), 1.0, 0
        while left >= 0.01:
            left, steps = left * float(gate), steps + 1
        found.append(steps)
    return found


def _compare(student, device, which):
    answer = student.predict_steps_kept()
    size = len(answer) if isinstance(answer, tuple | list) else -1
    expect(size == 4, "return a tuple of four numbers", value=size)
    for k in which:
        got, wanted = answer[k], steps_kept(device)[k]
        number = isinstance(got, int | float | np.number) and not isinstance(got, bool)
        expect(number, "each answer should be a number", value=answer)
        near = 0.7 * wanted <= got <= 1.4 * wanted
        expect(near, f"bias {BIASES[k]:g}: not within a third", value=answer)


def test_half_open(student, torch_device):
    """How many steps a gate with bias 0 keeps the gradient, within a third."""
    _compare(student, torch_device, (0,))


@weight(2)
def test_open_gates(student, torch_device):
    """How many steps gates with bias 1, 3 and 5 keep it, within a third."""
    _compare(student, torch_device, (1, 2, 3))


def believing(message, *answers):
    return misconception("predict_steps_kept", message)(lambda: answers)


no_difference = believing(
    "The bias sets the gate: the nearer f is to 1, the more steps a power of it takes to die.",
    7,
    7,
    7,
    7,
)
in_proportion = believing(
    "The steps do not grow in proportion to the bias: 1 - f falls exponentially with it.",
    7,
    14,
    28,
    42,
)
half_lives = believing("You counted to a half. The question is about a hundredth.", 1, 3, 15, 104)
time_constants = believing(
    "You took 1 / (1 - f). That many steps leave more than a third, not a hundredth.",
    2,
    4,
    21,
    149,
)
for_ever = believing(
    "No gate is quite open: 0.993 to the power of 1000 is a thousandth.", 7, 15, 10000, 1000000
)
bias_as_gate = believing(
    "You took the bias for the gate. The gate is its sigmoid.", 1, 10000, 10000, 10000
)
as_tenths = believing(
    "Your answers are for a tenth. The question is about a hundredth.", 4, 8, 48, 343
)
turned_round = believing(
    "Your answers are in reverse: a larger bias opens the gate and keeps more.", 686, 95, 15, 7
)


@alternative("predict_steps_kept")
def by_logarithms():
    gates = 1 / (1 + np.exp(-np.array(BIASES)))
    return tuple(float(steps) for steps in np.log(0.01) / np.log(gates))


@alternative("predict_steps_kept")
def rough():
    return 7, 15, 100, 700


@alternative("predict_steps_kept")
def from_the_complement():
    """-ln f is about 1 - f near 1, and 1 - f is about exp(-bias)."""
    return [6, 4.6 / 0.27, 4.6 / 0.047, 4.6 / 0.0067]
