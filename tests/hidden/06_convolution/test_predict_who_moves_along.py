"""predict_who_moves_along: against the error of each layer on noise, computed by torch.

belief                                   layer that corrects it  check
---------------------------------------  ----------------------  ------------
zero padding changes nothing             2                       convolutions
a ReLU breaks the symmetry               5                       convolutions
pooling always forgets where things are  3, 4                    pooling
only windows that tile move along        4                       pooling
a stride is never equivariant            3                       pooling
what is done to every pixel moves along  6                       mean
"""

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import alternative, assert_equal, exercise, expect, misconception, reference

pytestmark = exercise("predict_who_moves_along")


@reference
def who_moves_along(device):
    """The six right answers, measured on noise."""
    rng = np.random.default_rng(3)
    x, w = (torch.tensor(rng.normal(size=s), device=device) for s in ((1, 1, 8, 8), (1, 1, 3, 3)))
    layers = [
        (lambda a: functional.conv2d(a, w), 1, 1),
        (lambda a: functional.conv2d(a, w, padding=1), 1, 1),
        (lambda a: functional.max_pool2d(a, 2), 2, 2),
        (lambda a: functional.max_pool2d(a, 2, 1), 1, 1),
        (lambda a: functional.relu(functional.conv2d(a, w)), 1, 1),
        (lambda a: a - a.mean(), 1, 1),
    ]
    return [_moves_along(layer, x, move, stride) for layer, move, stride in layers]


def _moves_along(layer, x, move, stride):
    moved = functional.pad(x, (move, 0, move, 0))[:, :, :-move, :-move]
    before, after, steps = layer(x), layer(moved), move // stride
    error = (after[:, :, steps:, steps:] - before[:, :, :-steps, :-steps]).abs().max()
    return bool(error < 1e-9)


def _compare(student, device, which):
    answer = student.predict_who_moves_along()
    size = len(answer) if isinstance(answer, tuple | list) else -1
    expect(size == 6, "return a tuple of six bools", value=size)
    got, wanted = ([given[k - 1] for k in which] for given in (answer, who_moves_along(device)))
    assert_equal(got, wanted, name=f"layers {', '.join(map(str, which))}")


def test_convolutions(student, torch_device):
    """Whether the three convolutions move along: layers 1, 2 and 5."""
    _compare(student, torch_device, (1, 2, 5))


def test_pooling(student, torch_device):
    """Whether the two kinds of max pooling move along: layers 3 and 4."""
    _compare(student, torch_device, (3, 4))


def test_mean(student, torch_device):
    """Whether subtracting the mean moves along: layer 6."""
    _compare(student, torch_device, (6,))


def believing(message, answers):
    """A misconception that gives these answers: y for True, n for False."""
    bools = tuple(letter == "y" for letter in answers)
    return misconception("predict_who_moves_along", message)(lambda: bools)


everyone = believing(
    "Not all of them: zeros at the border, and anything that looks at the whole image, break it.",
    "yyyyyy",
)
no_one = believing("Convolutions and pooling do move along, where both maps exist.", "nnnnnn")
padding_harmless = believing(
    "The padded zeros do not move with the image: at the border the windows see something else.",
    "yyyyyn",
)
mean_harmless = believing(
    "The mean is taken over the whole image, and a part of that leaves the frame.", "ynyyyy"
)
pooling_forgets = believing(
    "Pooling forgets where *in its window* a value was. The map itself moves along.", "ynnnyn"
)
only_tiles = believing(
    "Windows need not tile: pooling with stride 1 treats every place alike.", "ynynyn"
)
no_stride = believing(
    "With stride 2, a move by 2 moves the output by 1. That is a multiple of the stride.",
    "ynnyyn",
)
relu_breaks = believing(
    "A ReLU looks at one number at a time: it does not care where that stands.", "ynyynn"
)
reversed_answers = believing(
    "Your answers are the reverse: True stands for an error of 0.", "nynnny"
)


@alternative("predict_who_moves_along")
def as_a_list():
    return [layer not in (2, 6) for layer in range(1, 7)]


@alternative("predict_who_moves_along")
def by_reasons():
    local, padded, whole_image = True, False, False
    return (local, padded, local, local, local, whole_image)
