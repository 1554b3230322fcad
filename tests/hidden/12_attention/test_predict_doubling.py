"""predict_doubling: four factors, compared with what torch counts at two lengths.

mistake                                  case that exposes it     check
---------------------------------------  -----------------------  --------
everything doubles, or is squared        1 and 4 among the four   all four
attention taken for linear               the first                work
linear layers taken for quadratic        the second               work
positions taken for parameters           the third                memory
cache taken for quadratic, or constant   the fourth               memory
"""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gradlab.judge import alternative, assert_close, exercise, expect, misconception, reference

EXERCISE = "predict_doubling"
pytestmark = exercise(EXERCISE)


def _costs(steps, width=8, heads=2):
    """Multiplications inside attention and of the linear layers, parameters, numbers kept."""
    layers = nn.Linear(width, 3 * width), nn.Linear(width, width), nn.Linear(width, 4 * width)
    layers = [*layers, nn.Linear(4 * width, width)]
    with FlopCounterMode(display=False) as linear:
        inside, q, k = torch.zeros(1, steps, width), None, None
        q, k, v = layers[0](inside).unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        layers[3](layers[2](layers[1](inside)))
    with FlopCounterMode(display=False) as core:
        torch.softmax(q @ k.transpose(2, 3), dim=3) @ v
    parameters = sum(one.numel() for layer in layers for one in layer.parameters())
    return core.get_total_flops(), linear.get_total_flops(), parameters, k.numel() + v.numel()


@reference
def factors():
    return [long / short for long, short in zip(_costs(20), _costs(10))]


def _numbers(student):
    found = student.predict_doubling()
    form = isinstance(found, tuple | list) and len(found) == 4
    expect(form and all(type(one) in (int, float) for one in found), "four numbers are asked for")
    return [float(one) for one in found]


def test_work(student):
    """How the multiplications grow, inside attention and in the linear layers."""
    assert_close(_numbers(student)[:2], factors()[:2], name="factors 1 and 2")


def test_memory(student):
    """How the parameters and the key-value cache grow."""
    assert_close(_numbers(student)[2:], factors()[2:], name="factors 3 and 4")


def _belief(message, *numbers):
    @misconception(EXERCISE, message)
    def believed():
        return numbers

    return believed


all_double = _belief(
    "You expect everything to double. Inside attention every step meets every step; and no "
    "parameter belongs to a step.",
    2, 2, 2, 2,
)  # fmt: skip
all_squared = _belief(
    "You expect everything to grow fourfold. Only pairs of steps do: each linear layer sees each "
    "step once.",
    4, 4, 4, 4,
)  # fmt: skip
attention_linear = _belief(
    "You expect attention to double. Twice as many queries meet twice as many keys.",
    2, 2, 1, 2,
)  # fmt: skip
linear_squared = _belief(
    "You expect the linear layers to grow fourfold. They treat each step by itself.",
    4, 4, 1, 2,
)  # fmt: skip
parameters_grow = _belief(
    "You expect more parameters. All steps share the same weights, and sinusoidal positions are "
    "not learned.",
    4, 2, 2, 2,
)  # fmt: skip
cache_squared = _belief(
    "You expect the cache to grow fourfold. It holds one key and one value a step, no pairs.",
    4, 2, 1, 4,
)  # fmt: skip
cache_constant = _belief(
    "You expect the cache to stay. Each step adds a key and a value.",
    4, 2, 1, 1,
)  # fmt: skip
causal_halves = _belief(
    "You expect attention to grow by half of four, since the mask hides half. Hidden scores are "
    "calculated too, and half of a square grows like a square.",
    2, 4, 1, 2,
)  # fmt: skip
eightfold = _belief(
    "You expect eight times the work inside attention. It has two products with T times T entries, "
    "and neither has a third T.",
    8, 2, 1, 2,
)  # fmt: skip
added = _belief(
    "You gave what is added to each cost, as a share of what it was. The factor is 1 more.",
    3, 1, 0, 1,
)  # fmt: skip


@alternative(EXERCISE)
def as_floats():
    return 4.0, 2.0, 1.0, 2.0


@alternative(EXERCISE)
def by_a_count():
    def costs(steps, width=48):
        return 2 * steps**2 * width, 12 * steps * width**2, 12 * width**2, 2 * steps * width

    return [long / short for long, short in zip(costs(200), costs(100))]
