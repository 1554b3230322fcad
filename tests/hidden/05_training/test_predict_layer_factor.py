"""predict_layer_factor: one number, against many random layers in torch.

mistake                                case that exposes it    check
-------------------------------------  ----------------------  -----------
ReLU's half forgotten, or taken whole  the number itself       factor
factor of the square, or no root       the number itself       factor
number of inputs forgotten             the number itself       factor
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, exercise, misconception, reference

pytestmark = exercise("predict_layer_factor")


@reference
def measured(device):
    """Root of the mean, over 4000 draws of the weights, of the ratio of mean squares."""
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(32, generator=generator, dtype=torch.float64)
    w = 0.1 * torch.randn(4000, 32, 32, generator=generator, dtype=torch.float64)
    out = torch.relu(w.to(device) @ h.to(device))
    return float(torch.sqrt((out**2).mean() / (h**2).mean().to(device)))


def test_factor(student, torch_device):
    """The predicted factor agrees with the mean of many layers."""
    # two digits are asked for, and the reference is itself measured, to about half a per cent
    found = student.predict_layer_factor()
    assert_close(found, measured(torch_device), rtol=0.04, name="the factor")


def _wrong(message, value):
    return misconception("predict_layer_factor", message)(lambda: float(value))


relu_forgotten = _wrong(
    "This is the factor without the ReLU. It sets half of the values to zero, so the mean square "
    "is halved.",
    0.1 * np.sqrt(32),
)
relu_halves_the_root = _wrong(
    "You took one half for the ReLU from the root mean square. It is the mean of the squares that "
    "is halved.",
    0.1 * np.sqrt(32) / 2,
)
square = _wrong(
    "This is the factor of the mean square. The question asks for its root.", 0.01 * 32 / 2
)
square_without_relu = _wrong(
    "This is the factor of the mean square without the ReLU. Half of it is lost there, and the "
    "question asks for the root.",
    0.01 * 32,
)
sum_of_sizes = _wrong(
    "You multiplied the weights' size by the number of inputs. Random terms partly cancel: their "
    "sum grows with the root of that number.",
    0.1 * 32,
)
half_the_sum = _wrong(
    "You added up 32 terms as if all had one sign. The sum of random terms grows with the root of "
    "their number.",
    0.1 * 32 / 2,
)
spread_alone = _wrong(
    "This is the standard deviation of one weight. Each output adds up 32 terms.", 0.1
)
unchanged = _wrong(
    "You expect the size to be kept. It would be for a standard deviation of 1/4.", 1.0
)
half = _wrong(
    "You expect a half, for the ReLU. The number of inputs and the weights' size matter too.", 0.5
)
after_relu_alone = _wrong(
    "This is what the ReLU does alone. The sum over 32 weighted inputs comes before it.",
    np.sqrt(0.5),
)
variance_for_the_spread = _wrong(
    "You used the variance 0.01 as the standard deviation.", 0.01 * np.sqrt(32 / 2)
)


@alternative("predict_layer_factor")
def two_digits():
    return 0.40


@alternative("predict_layer_factor")
def numpy_number():
    return np.sqrt(32 * 0.1**2 * 0.5)


@alternative("predict_layer_factor")
def simulated():
    rng = np.random.default_rng(0)
    h = rng.normal(size=32)
    out = np.maximum(rng.normal(0, 0.1, size=(3000, 32, 32)) @ h, 0)
    return float(np.sqrt(np.mean(out**2) / np.mean(h**2)))
