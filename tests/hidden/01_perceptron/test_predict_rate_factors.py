"""predict_rate_factors: two factors, against the largest singular value in torch.

mistake                            case that exposes it    check
---------------------------------  ----------------------  -------
the mean grows with the samples    the first number        factors
the unit does not count, or once   the second number       factors
the two answers swapped            both                    factors
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, case_rng, exercise, misconception, reference

pytestmark = exercise("predict_rate_factors")
rng = case_rng("predict_rate_factors")
X = rng.normal(size=(7, 1))


@reference
def measured(device):
    def rate(x):
        return len(x) / torch.linalg.matrix_norm(x, ord=2) ** 2

    x = torch.tensor(X, device=device)
    return float(rate(x.repeat(10, 1)) / rate(x)), float(rate(10 * x) / rate(x))


def test_factors(student, torch_device):
    """The two predicted factors are those of the formula."""
    factors = student.predict_rate_factors()
    assert_close(factors, measured(torch_device), rtol=1e-6, name="the factors")


def _wrong(message, *answer):
    return misconception("predict_rate_factors", message)(lambda: answer)


shorter_by_samples = _wrong(
    "You expect ten times as many samples to shorten the rate. So they would if the loss were a "
    "sum; ours is a mean.",
    0.1, 0.01,
)  # fmt: skip
longer_by_samples = _wrong(
    "You expect more samples to allow a longer rate. The curvature is a mean, and it does not "
    "change when each sample comes ten times.",
    10.0, 0.01,
)  # fmt: skip
unit_counts_once = _wrong(
    "The first is right. The rate falls with the mean of the squares: x times 10 is x² times 100.",
    1.0, 0.1,
)  # fmt: skip
longer_by_unit = _wrong(
    "The first is right. Larger features make the loss steeper, so the rate must be shorter.",
    1.0, 100.0,
)  # fmt: skip
longer_by_unit_once = _wrong(
    "The first is right. Larger features make the loss steeper; the rate must be shorter, and not "
    "by 10.",
    1.0, 10.0,
)  # fmt: skip
nothing_changes = _wrong(
    "The first is right. The unit counts: the slope of the loss holds each x, its curvature x².",
    1.0, 1.0,
)  # fmt: skip
swapped = _wrong(
    "Your two answers are swapped: first the factor for ten times the samples.", 0.01, 1.0
)
both_tenths = _wrong(
    "You expect a tenth both times: the mean forgets the number of samples, and the unit counts "
    "twice.",
    0.1, 0.1,
)  # fmt: skip


@alternative("predict_rate_factors")
def a_list():
    return [1.0, 1 / 100]


@alternative("predict_rate_factors")
def numpy_numbers():
    return np.float64(1.0), np.float64(10.0) ** -2


@alternative("predict_rate_factors")
def by_trying():
    x = np.array([0.5, -2.0, 3.0])
    rates = [1 / np.mean(one**2) for one in (x, np.tile(x, 10), 10 * x)]
    return rates[1] / rates[0], rates[2] / rates[0]
