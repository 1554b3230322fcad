"""transfer: a frozen copy of the body, and new dense layers that learn.

mistake                                       case that exposes it            check
--------------------------------------------  ------------------------------  -----------------
the body itself frozen, or used uncopied      the original afterwards         original_unchanged
weights or statistics not copied              random weights and statistics   copy_of_the_body
freeze not called, on the whole, too early    what freeze was given           freezes_the_copy
only a head, no ReLU, another order           parameters, values, gradients   values_and_gradients
a fixed width, another default                7, 5 and none given             values_and_gradients
new layers frozen, all alike, zero            two calls                       new_layers
softmax at the end, not flattened             logits, images as input         values_and_gradients
"""

from pathlib import Path

import numpy as np
import pytest
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    reference,
    require_shapes,
    requires,
    weight,
)

from . import inside_transfer
from .networks import batch_norm, expected_of, kernel_of, modules_of, new_case

pytestmark = exercise("transfer")
SOURCE = Path(inside_transfer.__file__).read_text(encoding="utf-8")
rng = case_rng("transfer")
BODY = 4  # parameters of the body, before those of the new layers


def _case(channels, size, classes, *, n, width=None):
    """Images of size + 2 pixels: the body leaves channels x (size / 2) x (size / 2)."""
    flat, w = channels * (size // 2) ** 2, width or 32
    shapes = [(channels, 1, 3, 3), (channels,), (channels,), (channels,)]
    shapes += [(w, flat), (w,), (classes, w), (classes,)]
    options = {} if width is None else {"width": width}
    label = f"{channels} channels, {flat} numbers, width {w}, {classes} classes"
    x, y = (n, 1, size + 2, size + 2), (n, classes)
    return new_case(rng, label, (flat, classes), shapes, x, y, norms=(channels,), **options)


CASES = [
    _case(3, 4, 5, n=4, width=7),
    _case(2, 6, 3, n=3),
    _case(5, 2, 2, n=1, width=5),
]


def network(parameters, buffers, x, training):
    w, b, gamma, beta, w1, b1, w2, b2 = parameters
    h = batch_norm(functional.conv2d(x, w, b), (gamma, beta), buffers, False).clamp(min=0)
    h = functional.max_pool2d(h, 2).reshape(len(x), -1)
    return (h @ w1.T + b1).clamp(min=0) @ w2.T + b2


@reference
def expected(case, device):
    return expected_of(network, case, device)


class Scene:
    """A body with given weights, in training mode, and what transfer makes of it."""

    def __init__(self, student, case):
        self.modules = modules_of(student)
        self.kernel = kernel_of(student, SOURCE, "Transfer")
        self.body = self.kernel.images(case.parameters[0].shape[0])
        self.modules.load(self.body, case.parameters[:BODY], buffers=case.buffers, training=True)
        self.freezer = self.kernel.freezer(self.body)
        freeze = self.kernel.method(self.freezer, "freeze")
        self.net = student.transfer(self.body, *case.arguments, freeze=freeze, **case.options)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients(student, torch_device, case):
    """Copy, flatten, linear, ReLU, linear: agrees with the reference both ways."""
    scene, right = Scene(student, case), expected(case, torch_device)
    scene.modules.load(scene.net, case.parameters, buffers=case.buffers, training=False)
    y, into, own = scene.modules.backward(scene.net, case.x, upstream=case.upstream)
    assert_close(y, right.y, name="the logits")
    assert_close(into, [right.dx], name="the gradient of the input")
    assert_close(own[BODY:], right.gradients[BODY:], name="the new layers' gradients")


@weight(2)
@requires("test_values_and_gradients")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_copy_of_the_body(student, case):
    """The copy begins with the weights and statistics of the body."""
    scene = Scene(student, case)
    copied = scene.modules.parameters(scene.net)[:BODY]
    assert_close(copied, case.parameters[:BODY], name="the copy's parameters")
    assert_close(scene.modules.buffers(scene.net), case.buffers, name="the copy's statistics")


@weight(2)
@requires("test_values_and_gradients")
def test_original_unchanged(student):
    """The body still learns, and it and the copy no longer depend on each other."""
    case = CASES[0]
    scene = Scene(student, case)
    assert_close(scene.modules.parameters(scene.body), case.parameters[:BODY], name="the body")
    before = scene.modules.parameters(scene.net)[:BODY] + scene.modules.buffers(scene.net)
    scene.kernel.shift(scene.body, 1)
    after = scene.modules.parameters(scene.net)[:BODY] + scene.modules.buffers(scene.net)
    assert_close(after, before, name="the copy, once the body has moved")
    assert_equal(
        scene.modules.trainable(scene.body), [True] * BODY, name="the body's requires_grad"
    )
    assert_equal(scene.modules.modes(scene.body), [True] * 5, name="the body's modes")


@requires("test_values_and_gradients")
def test_freezes_the_copy(student):
    """freeze is called on the copy of the body, and the new layers learn."""
    scene = Scene(student, CASES[0])
    learning = scene.modules.trainable(scene.net)
    assert_equal(learning, [False] * BODY + [True] * 4, name="requires_grad")
    calls = fetch(scene.freezer, "log")
    assert_equal(calls, [[False, BODY]], name="what freeze was called with")


@requires("test_values_and_gradients")
def test_new_layers(student):
    """The new layers begin with random weights of torch's size, others in each call."""
    case, drawn = CASES[0], []
    for seed in (1, 2):
        kernel = kernel_of(student, SOURCE, "Transfer")
        kernel.seed(seed)
        scene = Scene(student, case)
        arrays = scene.modules.parameters(scene.net)[BODY:]
        require_shapes([a.shape for a in arrays], [a.shape for a in case.parameters[BODY:]])
        drawn.append(arrays)
    for one, other, fan in zip(*drawn, [len(CASES[0].parameters[4][0])] * 2 + [7, 7]):
        varied = not np.allclose(one, other) and one.std() > 0.2 / fan**0.5
        expect(varied, "the new layers' weights are not random", value=one)
        expect(np.abs(one).max() <= 1.001 / fan**0.5, "they are too large", value=one)
