"""predict_step_factors: three factors, against torch.optim.

mistake                                  case that exposes it    check
---------------------------------------  ----------------------  -------
Adam follows the gradient's size         the third number        factors
momentum adds to the factor, or damps    the second number       factors
SGD does not care                        the first number        factors
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, case_rng, exercise, misconception, reference

pytestmark = exercise("predict_step_factors")
SLOPE = float(case_rng("predict_step_factors").uniform(0.5, 2))


@reference
def measured(device):
    def fifth(make, slope):
        w = torch.zeros((), dtype=torch.float64, device=device, requires_grad=True)
        optimiser, places = make([w]), []
        for _ in range(5):
            w.grad = torch.full_like(w, slope)
            optimiser.step()
            places.append(float(w.detach()))
        return places[-1] - places[-2]

    makers = [
        lambda p: torch.optim.SGD(p, lr=0.1),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: torch.optim.Adam(p, lr=0.1, eps=1e-16),
    ]
    return tuple(fifth(make, 100 * SLOPE) / fifth(make, SLOPE) for make in makers)


def test_factors(student, torch_device):
    """The three predicted factors are those of torch's optimisers."""
    factors = student.predict_step_factors()
    assert_close(factors, measured(torch_device), rtol=1e-5, name="the factors")


def _wrong(message, *answer):
    return misconception("predict_step_factors", message)(lambda: answer)


all_grow = _wrong(
    "SGD and momentum are right. Adam divides the average of g by the root of that of g²: both "
    "grow by 100, and the factor cancels.",
    100.0, 100.0, 100.0,
)  # fmt: skip
adam_by_the_root = _wrong(
    "SGD and momentum are right. The root is that of an average of squares, so it grows by 100, "
    "like the numerator, and not by 10.",
    100.0, 100.0, 10.0,
)  # fmt: skip
adam_shrinks = _wrong(
    "SGD and momentum are right. Adam divides by the root of v, not by v: the factor cancels.",
    100.0, 100.0, 0.01,
)  # fmt: skip
momentum_grows_more = _wrong(
    "The velocity is larger than a gradient, but in both runs alike: its factor is 100.",
    100.0, 1000.0, 1.0,
)  # fmt: skip
momentum_damps = _wrong(
    "The old velocity is damped in both runs alike: momentum's factor is 100, as SGD's.",
    100.0, 90.0, 1.0,
)  # fmt: skip
momentum_forgets_the_size = _wrong(
    "Momentum adds gradients up and divides by nothing: its factor is 100.", 100.0, 1.0, 1.0
)
nothing_changes = _wrong(
    "The minimum stays where it is, but SGD's step is the rate times the gradient: 100 times as "
    "long.",
    1.0, 1.0, 1.0,
)  # fmt: skip
reversed_order = _wrong("The order is SGD, momentum, Adam.", 1.0, 100.0, 100.0)


@alternative("predict_step_factors")
def a_list():
    return [1e2, 1e2, 1.0]


@alternative("predict_step_factors")
def numpy_numbers():
    return np.float64(100), np.float64(100), np.float64(1)


@alternative("predict_step_factors")
def computed():
    grown = 0.1 * 100 / 0.1
    return grown, grown, 100 / np.sqrt(100.0**2)
