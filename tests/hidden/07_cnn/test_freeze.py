"""freeze: what a frozen body computes and keeps, while the rest of a model is trained.

mistake                                         case that exposes it             check
----------------------------------------------  -------------------------------  -----------------
statistics still move, batch statistics used    train() on the model around it   as_in_evaluation
dropout still active                            a body with dropout              as_in_evaluation
undone by train() on the body or its parts      train() at three levels          as_in_evaluation
some parameters still learn                     norms inside modules inside      nothing_learns
an old .grad, zeros for None                    momentum and decay               nothing_learns
statistics or weights reset                     random values before             as_in_evaluation
the graph is cut                                gradient of the input            gradients_flow
the rest of the model is frozen too             norm and layer behind the body   the_rest_learns
nothing or a copy returned                      is it the same object?           returns_the_module
"""

from pathlib import Path

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

from . import inside_transfer
from .networks import batch_norm, expected_of, kernel_of, modules_of, new_case

pytestmark = exercise("freeze")
SOURCE = Path(inside_transfer.__file__).read_text(encoding="utf-8")
rng = case_rng("freeze")
SHAPES = [(5, 3), (5,), (5,), (5,), (4, 5), (4,), (4,), (4,)]
CASE = new_case(rng, "body", (3, 5, 4), SHAPES, (6, 3), (6, 4), norms=(5, 4))
LEVELS = ["model", "body", "parts", "eval and train", "none"]


def body(parameters, buffers, x, training):
    w1, b1, g1, s1, w2, b2, g2, s2 = parameters
    h = batch_norm(x @ w1.T + b1, (g1, s1), buffers[:3], training).clamp(min=0)
    return batch_norm(h @ w2.T + b2, (g2, s2), buffers[3:], training)


@reference
def expected(device):
    return expected_of(body, CASE, device)


class Scene:
    """A body with old gradients inside a model, an optimiser that knows both, then freeze."""

    def __init__(self, student):
        self.modules = modules_of(student)
        self.kernel = kernel_of(student, SOURCE, "Transfer")
        self.body = self.kernel.body(*CASE.arguments)
        self.modules.load(self.body, CASE.parameters, buffers=CASE.buffers, training=False)
        self.kernel.seed(5)
        self.model = self.kernel.with_tail(self.body, 4)
        self.optimiser = self.kernel.optimiser(self.model)
        # gradients of an earlier step are there, and momentum is on its way
        self.kernel.step(self.model, self.optimiser, CASE.x)
        self.modules.load(self.body, CASE.parameters, buffers=CASE.buffers)
        self.modules.backward(self.body, CASE.x, upstream=CASE.upstream)
        self.outside = [np.array(a) for a in self.modules.parameters(self.model)[8:]]
        self.kernel.put_buffers(self.body, CASE.buffers)  # the backward pass has moved them
        self.answer = student.freeze(self.body)


@weight(2)
@pytest.mark.parametrize("level", LEVELS)
def test_as_in_evaluation(student, torch_device, level):
    """Computes as in evaluation, wherever train() is called, and keeps its statistics."""
    scene = Scene(student)
    for _ in range(2):
        scene.kernel.train(scene.model, level)
        y = scene.modules.output(scene.body, CASE.x)
        assert_close(y, expected(torch_device).y, name="the output of the frozen body")
    assert_close(scene.modules.buffers(scene.body), CASE.buffers, name="the running statistics")


@weight(2)
def test_nothing_learns(student):
    """No parameter requires or holds a gradient, and training the model moves none of them."""
    scene = Scene(student)
    gradients = scene.modules.gradients(scene.body)
    assert_equal(scene.modules.trainable(scene.body), [False] * 8, name="requires_grad")
    assert_equal(gradients, [None] * 8, name=".grad")
    scene.kernel.train(scene.model, "model")
    for _ in range(2):
        scene.kernel.step(scene.model, scene.optimiser, CASE.x)
    assert_close(scene.modules.parameters(scene.body), CASE.parameters, name="the parameters")
    assert_close(scene.modules.buffers(scene.body), CASE.buffers, name="the running statistics")


@requires("test_as_in_evaluation")
def test_gradients_flow(student, torch_device):
    """Gradients still flow through the frozen body to its input."""
    scene, right = Scene(student), expected(torch_device)
    y, into, own = scene.modules.backward(scene.body, CASE.x, upstream=CASE.upstream)
    assert_close(y, right.y, name="the output")
    assert_close(into, [right.dx], name="the gradient of the input")
    assert_equal([one is None for one in own], [True] * 8, name="whether .grad is None")


@requires("test_nothing_learns")
def test_the_rest_learns(student):
    """What lies outside the frozen module is trained as before."""
    scene = Scene(student)
    scene.kernel.train(scene.model, "model")
    norm = scene.kernel.tail_of(scene.model)
    assert_equal(scene.modules.modes(norm), [True], name="the mode of a norm outside")
    before = scene.modules.buffers(norm)
    scene.kernel.step(scene.model, scene.optimiser, CASE.x)
    moved = not np.allclose(before[0], scene.modules.buffers(norm)[0])
    expect(moved, "the statistics of a norm outside do not move", value=moved)
    after = scene.modules.parameters(scene.model)[8:]
    learnt = [not np.allclose(a, b) for a, b in zip(scene.outside, after, strict=True)]
    assert_equal(learnt, [True] * 4, name="whether the parameters outside have moved")


@requires("test_as_in_evaluation")
def test_returns_the_module(student):
    """Returns the very module that it was given."""
    scene = Scene(student)
    expect(scene.answer is not None, "nothing is returned", value=str(type(scene.answer)))
    same = scene.kernel.same(scene.answer, scene.body)
    expect(same, "another object is returned", value=same)
