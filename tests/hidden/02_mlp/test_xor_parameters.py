"""xor_parameters: judged by what the network says, not by which of many solutions it is.

mistake                               case that exposes it      check
------------------------------------  ------------------------  --------
or, and, not both, equality           the four corners          exclusive_or
a solution for steps or sigmoids      ReLU                      exclusive_or
a kink in the wrong place             (1, 1)                    exclusive_or
a bias forgotten                      (0, 0)                    exclusive_or
three units, (2, 1) for (1, 2)        shapes                    exclusive_or
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, exercise, expect, misconception, reference

pytestmark = exercise("xor_parameters")
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
SHAPES = [(2, 2), (2,), (1, 2), (1,)]


@reference
def expected(device):
    x = torch.tensor(CORNERS, device=device).bool()
    return torch.logical_xor(x[:, :1], x[:, 1:]).double()


def test_exclusive_or(student, torch_device):
    """The network with your numbers says 0, 1, 1, 0 on the four corners."""
    found = student.xor_parameters()
    four = isinstance(found, tuple | list) and len(found) == 4
    expect(four, "return four arrays, (w1, b1, w2, b2)", value=four)
    numeric = all(isinstance(a, np.ndarray) and a.dtype.kind in "biuf" for a in found)
    expect(numeric, "each of the four should be an array of numbers", value=numeric)
    assert_close([list(a.shape) for a in found], [list(s) for s in SHAPES], name="the shapes")
    w1, b1, w2, b2 = (np.asarray(a, dtype=float) for a in found)
    y = np.maximum(CORNERS @ w1.T + b1, 0.0) @ w2.T + b2
    assert_close(y, expected(torch_device), name="the output on (0,0), (0,1), (1,0), (1,1)")


def _wrong(message, w1, b1, w2, b2):
    @misconception("xor_parameters", message)
    def variant():
        return tuple(np.array(a, dtype=float) for a in (w1, b1, w2, b2))

    return variant


ONES = [[1, 1], [1, 1]]
inclusive_or = _wrong(
    "Your network says 1 for (1, 1): it is 'or'. The second unit must pull it down to 0 there.",
    ONES, [0, -1], [[1, -1]], [0],
)  # fmt: skip
conjunction = _wrong(
    "Your network is 'and': 1 only where both are 1.", ONES, [0, -1], [[0, 1]], [0]
)
not_both = _wrong(
    "Your network is 'not both': it says 1 for (0, 0) too.", ONES, [0, -1], [[0, -1]], [1]
)
equality = _wrong(
    "Your network says 1 where both are equal: the opposite of exclusive or.",
    ONES, [0, -1], [[-1, 2]], [1],
)  # fmt: skip
both_and_more = _wrong(
    "Your network says 2 for (1, 1): it adds x1 and x2. The second unit must bend it down.",
    ONES, [0, 0], [[1, 0]], [0],
)  # fmt: skip
for_step_units = _wrong(
    "These numbers are right for units that are 0 or 1 (steps). ReLU units give z itself.",
    ONES, [-0.5, -1.5], [[1, -1]], [0],
)  # fmt: skip
kink_too_early = _wrong(
    "Your kink lies at s = 1/2. The slope has to turn where s = x1 + x2 is 1.",
    ONES, [0, -0.5], [[1, -2]], [0],
)  # fmt: skip
signed_difference = _wrong(
    "Your network gives x1 - x2, which is -1 on (0, 1). One unit for each sign of it.",
    [[1, -1], [-1, 1]], [0, 0], [[1, -1]], [0],
)  # fmt: skip
one_sided = _wrong(
    "Your network sees only x1 > x2. The other unit has to see x2 > x1.",
    [[1, -1], [1, -1]], [0, 0], [[0.5, 0.5]], [0],
)  # fmt: skip
zeros = _wrong("All your numbers are 0.", np.zeros((2, 2)), [0, 0], [[0, 0]], [0])
shifted = _wrong("Your outputs are all 1 too large. Look at b2.", ONES, [0, -1], [[1, -2]], [1])
halved = _wrong(
    "Your outputs have the right pattern and half the size.", ONES, [0, -1], [[0.5, -1]], [0]
)
three_units = _wrong(
    "You use three hidden units. Two are enough: w1 has shape (2, 2).",
    [[1, 1], [1, 1], [0, 0]], [0, -1, 0], [[1, -2, 0]], [0],
)  # fmt: skip
output_transposed = _wrong(
    "Your w2 has shape (2, 1). One output unit with two inputs has shape (1, 2).",
    ONES, [0, -1], [[1], [-2]], [0],
)  # fmt: skip


@alternative("xor_parameters")
def by_differences():
    return np.array([[1, -1], [-1, 1]]), np.zeros(2), np.array([[1, 1]]), np.array([0])


@alternative("xor_parameters")
def from_above():
    return (
        np.array([[-1.0, -1.0], [1.0, 1.0]]),
        np.array([1.0, -1.0]),
        np.array([[-1.0, -1.0]]),
        np.array([1.0]),
    )


@alternative("xor_parameters")
def with_large_numbers():
    w1, b1 = np.array([[30.0, 30.0], [0.25, 0.25]]), np.array([0.0, -0.25])
    return [w1, b1, np.array([[1 / 30, -8.0]]), np.zeros(1)]
