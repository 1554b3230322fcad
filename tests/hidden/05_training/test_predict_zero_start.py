"""predict_zero_start: four answers, against what torch's gradients are at zero.

mistake                               case that exposes it    check
------------------------------------  ----------------------  ---------------
everything moves; nothing does        all four arrays         what_moves
the last layer moves; all biases do   all four arrays         what_moves
"""

import torch

from gradlab.judge import alternative, assert_equal, case_rng, exercise, misconception, reference

pytestmark = exercise("predict_zero_start")
rng = case_rng("predict_zero_start")
X = rng.normal(size=(12, 64))
LABELS = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


@reference
def what_moved(device):
    """Whether each of W1, b1, W2, b2 has a gradient at zero."""
    shapes = ((20, 64), (20,), (10, 20), (10,))
    w1, b1, w2, b2 = (
        torch.zeros(shape, dtype=torch.float64, device=device, requires_grad=True)
        for shape in shapes
    )
    hidden = torch.tanh(torch.tensor(X, device=device) @ w1.T + b1)
    labels = torch.tensor(LABELS, device=device)
    torch.nn.functional.cross_entropy(hidden @ w2.T + b2, labels).backward()
    return tuple(bool((p.grad.abs() > 1e-12).any()) for p in (w1, b1, w2, b2))


def test_what_moves(student, torch_device):
    """The four predictions agree with the first step of that network."""
    assert_equal(student.predict_zero_start(), what_moved(torch_device), name="the prediction")


def _wrong(message, *answer):
    return misconception("predict_zero_start", message)(lambda: answer)


everything = _wrong(
    "You expect all four to move. W1 gets its gradient through W2, and W2 is zero; W2 gets its own "
    "through h, and h = tanh(0) is zero too.",
    True, True, True, True,
)  # fmt: skip
nothing = _wrong(
    "You expect that nothing moves. The last bias needs neither h nor W2: its gradient is the sum "
    "of the error, and that is not zero.",
    False, False, False, False,
)  # fmt: skip
the_last_layer = _wrong(
    "You expect W2 to move together with its bias. Its gradient is the error times h, and h is "
    "zero for every sample.",
    False, False, True, True,
)  # fmt: skip
both_biases = _wrong(
    "You expect both biases to move. The error reaches b1 only through W2, which is zero.",
    False, True, False, True,
)  # fmt: skip
all_but_the_first_weight = _wrong(
    "You expect only W1 to stay. Look at h and at W2 in the backward pass: both are zero.",
    False, True, True, True,
)  # fmt: skip
both_weights = _wrong(
    "You expect the weights to move and the biases to stay. It is the other way round, and not "
    "even for both biases.",
    True, False, True, False,
)  # fmt: skip
the_first_layer = _wrong(
    "You expect the first layer to move. It is the one that no gradient reaches: W2 is zero.",
    True, True, False, False,
)  # fmt: skip
the_complement = _wrong(
    "Your four answers are exactly reversed: True stands for an array that has changed.",
    True, True, True, False,
)  # fmt: skip
names = misconception(
    "predict_zero_start", "Return four values of True or False, not the names of the arrays."
)(lambda: ("b2",))


@alternative("predict_zero_start")
def a_list():
    return [False, False, False, True]


@alternative("predict_zero_start")
def calculated():
    h, w2, error = 0.0, 0.0, 1.0
    return error * w2 != 0, error * w2 != 0, error * h != 0, error != 0


@alternative("predict_zero_start")
def by_numpy():
    return tuple(bool(x) for x in np_zeros())


def np_zeros():
    return [0, 0, 0, 1]
