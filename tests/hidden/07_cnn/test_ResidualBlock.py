"""ResidualBlock: both shortcuts, in both modes, forwards and backwards.

mistake                                     case that exposes it            check
------------------------------------------  ------------------------------  ------------------
shortcut missing, before the norm, ReLU on  random gamma, beta, statistics  identity_shortcut
ReLU before the sum or none after           outputs that the sum makes < 0  identity_shortcut
in-place ReLU on what the shortcut needs    the identity, the input         identity, input
projection without stride, norm, or padded  stride 2 with odd sizes         projection
projection by channels only, or stride only 3 to 3 with stride 2, 2 to 5    projection
stride in the second convolution, or twice  stride 2                        projection
biases, other order of layers               the parameters, in order        all
statistics not moved, shared between norms  buffers after training          in_training
"""

from functools import partial

import pytest
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

from .networks import batch_norm, expected_of, input_after, matches, new_case

pytestmark = exercise("ResidualBlock")
rng = case_rng("ResidualBlock")


def _case(i, o, *, stride=1, size=(5, 4), n=2, training=False):
    shapes = [(o, i, 3, 3), (o,), (o,), (o, o, 3, 3), (o,), (o,)]
    projected = stride != 1 or i != o
    shapes += [(o, i, 1, 1), (o,), (o,)] if projected else []
    out = tuple(-(-length // stride) for length in size)
    label = f"{i} to {o} channels, stride {stride}, {'training' if training else 'evaluation'}"
    options = {} if stride == 1 else {"stride": stride}
    norms = [o] * (2 + projected)
    return new_case(
        rng, label, (i, o), shapes, (n, i, *size), (n, o, *out),
        norms=norms, training=training, **options,
    )  # fmt: skip


IDENTITY = [_case(3, 3), _case(4, 4, size=(3, 6), n=3), _case(1, 1, size=(4, 5))]
PROJECTED = [
    _case(2, 5),
    _case(4, 3, size=(3, 5)),
    _case(3, 3, stride=2, size=(7, 6)),  # the same channels: the stride alone asks for it
    _case(2, 4, stride=2, size=(6, 5), n=3),
    _case(2, 3, stride=3, size=(7, 8)),
]
TRAINING = [
    _case(3, 3, training=True, n=3),
    _case(2, 4, stride=2, size=(5, 6), n=3, training=True),
]


def block(parameters, buffers, x, training, stride):
    h = functional.conv2d(x, parameters[0], stride=stride, padding=1)
    h = batch_norm(h, parameters[1:3], buffers[:3], training).clamp(min=0)
    h = functional.conv2d(h, parameters[3], padding=1)
    h = batch_norm(h, parameters[4:6], buffers[3:6], training)
    if len(parameters) > 6:
        x = functional.conv2d(x, parameters[6], stride=stride)
        x = batch_norm(x, parameters[7:9], buffers[6:9], training)
    return (h + x).clamp(min=0)


@reference
def expected(case, device):
    stride = case.options.get("stride", 1)
    return expected_of(partial(block, stride=stride), case, device)


@weight(2)
@pytest.mark.parametrize("case", IDENTITY, ids=str)
def test_identity_shortcut(student, torch_device, case):
    """With the same channels and stride 1, the input itself is added."""
    matches(student, student.ResidualBlock, case, expected(case, torch_device))


@weight(2)
@pytest.mark.parametrize("case", PROJECTED, ids=str)
def test_projection(student, torch_device, case):
    """With other channels or another stride, a 1 × 1 convolution and a norm stand in the way."""
    matches(student, student.ResidualBlock, case, expected(case, torch_device))


@pytest.mark.parametrize("case", TRAINING, ids=str)
def test_in_training(student, torch_device, case):
    """In training the statistics are those of the batch, and the running ones move."""
    matches(student, student.ResidualBlock, case, expected(case, torch_device))


@requires("test_identity_shortcut")
def test_leaves_its_input(student):
    """The tensor that was passed is unchanged afterwards."""
    x = input_after(student, student.ResidualBlock, IDENTITY[0])
    assert_close(x, IDENTITY[0].x, name="the input")
