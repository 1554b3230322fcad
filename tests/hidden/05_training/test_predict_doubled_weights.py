"""predict_doubled_weights: two factors, against a linear layer and a batch norm in torch.

mistake                                 case that exposes it    check
--------------------------------------  ----------------------  --------------
y doubles too, or is halved             the first number        factors
the gradient stays, doubles, vanishes   the second number       factors
the two answers swapped                 both                    factors
"""

import numpy as np
import torch

from gradlab.judge import alternative, assert_close, case_rng, exercise, misconception, reference

pytestmark = exercise("predict_doubled_weights")
rng = case_rng("predict_doubled_weights")
X, W, UPSTREAM = rng.normal(size=(7, 4)), rng.normal(size=(3, 4)), rng.normal(size=(7, 3))


@reference
def measured(device):
    x, upstream = (torch.tensor(a, device=device) for a in (X, UPSTREAM))
    found = []
    for scale in (1, 2):
        w = torch.tensor(scale * W, device=device, requires_grad=True)
        y = torch.nn.functional.batch_norm(x @ w.T, None, None, training=True, eps=1e-13)
        y.backward(upstream)
        found.append((y.detach(), w.grad))
    return tuple(float((two / one).median()) for one, two in zip(*found))


def test_factors(student, torch_device):
    """The two predicted factors agree with a linear layer and a batch norm in torch."""
    assert_close(
        student.predict_doubled_weights(), measured(torch_device), rtol=1e-6, name="the factors"
    )


def _wrong(message, *answer):
    return misconception("predict_doubled_weights", message)(lambda: answer)


y_doubled = _wrong(
    "You expect y to double. The mean and the standard deviation double too, and are divided out.",
    2.0, 1.0,
)  # fmt: skip
gradient_kept = _wrong(
    "y is right. But a step of the same size changes doubled weights by half as much, relatively: "
    "the gradient is halved.",
    1.0, 1.0,
)  # fmt: skip
gradient_doubled = _wrong(
    "y is right. The gradient changes the other way: differentiate L(2W) = L(W).", 1.0, 2.0
)
swapped = _wrong(
    "Your two answers are swapped: the first is the factor of y, the second of the gradient.",
    0.5, 1.0,
)  # fmt: skip
both_doubled = _wrong(
    "You expect both to double. Batch norm divides by the standard deviation, which doubles.",
    2.0, 2.0,
)  # fmt: skip
as_without_batchnorm = _wrong(
    "y would double and the gradient be halved if the two had to make up for each other. Batch "
    "norm leaves y as it is.",
    2.0, 0.5,
)  # fmt: skip
both_halved = _wrong(
    "You expect y to be halved. Nothing is divided twice: y stays as it is.", 0.5, 0.5
)
quartered = _wrong(
    "y is right. The gradient is divided by the standard deviation once, not twice.", 1.0, 0.25
)
no_gradient = _wrong(
    "y is right. The gradient is zero only along W itself, since scaling changes nothing; in other "
    "directions it is not.",
    1.0, 0.0,
)  # fmt: skip
by_the_root = _wrong(
    "y is right. The gradient is divided by the standard deviation, not by its root.",
    1.0, 2**-0.5,
)  # fmt: skip


@alternative("predict_doubled_weights")
def a_list():
    return [1.0, 1 / 2]


@alternative("predict_doubled_weights")
def numpy_numbers():
    return np.float64(1.0), np.float64(2.0) ** -1


@alternative("predict_doubled_weights")
def by_differences():
    rng = np.random.default_rng(0)
    x, w, up = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=6)

    def normalised(w):
        z = x @ w
        return (z - z.mean()) / z.std()

    step = 1e-5 * np.array([0.0, 1.0, 0.0])
    slopes = [up @ (normalised(s * w + step) - normalised(s * w - step)) for s in (1, 2)]
    ratio = np.round(slopes[1] / slopes[0], 4)
    return float(normalised(2 * w)[0] / normalised(w)[0]), float(ratio)
