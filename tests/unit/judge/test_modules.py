"""A student's modules by value: in order, compared with torch itself, and what no module gives."""

import numpy as np
import pytest
import torch
from torch import nn

from gradlab.judge import Modules
from gradlab.judge.failures import Mismatch, Raised
from gradlab.judge.local import local_student


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(3, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x, *, double=False):
        y = torch.relu(self.norm(self.layer(x)))
        return (y, y) if double else y


@pytest.fixture
def student():
    return local_student({"Net": Net, "thing": lambda: object(), "number": lambda: 3})


@pytest.fixture
def modules(student):
    return Modules(student)


@pytest.fixture
def reference():
    torch.manual_seed(0)
    return Net(2).double()


def arrays(tensors):
    return [one.detach().numpy() for one in tensors]


def test_shapes_and_counts(student, modules):
    net = student.Net(4)
    assert modules.shapes(net) == [(4, 3), (4,), (4,), (4,)]
    assert modules.count(net) == 24
    assert modules.trainable(net) == [True] * 4
    assert modules.modes(net) == [True] * 3
    assert modules.gradients(net) == [None] * 4
    assert [one.shape for one in modules.buffers(net)] == [(4,), (4,), ()]


@pytest.mark.parametrize("training", [True, False])
def test_loaded_it_is_the_reference(student, modules, reference, training):
    x, dy = np.random.default_rng(1).normal(size=(2, 5, 3))[:, :, :], None
    x, dy = x[0], np.random.default_rng(2).normal(size=(5, 2))
    net = student.Net(2)
    weights, statistics = arrays(reference.parameters()), arrays(reference.buffers())
    modules.load(net, weights, buffers=statistics, training=training)
    reference.train(training)
    leaf = torch.tensor(x, requires_grad=True)
    wanted = reference(leaf)
    wanted.backward(torch.tensor(dy))
    output, into, own = modules.backward(net, x, upstream=dy)
    np.testing.assert_allclose(output, wanted.detach())
    np.testing.assert_allclose(into[0], leaf.grad)
    for found, one in zip(own, reference.parameters(), strict=True):
        np.testing.assert_allclose(found, one.grad)
    for found, one in zip(modules.buffers(net), reference.buffers(), strict=True):
        np.testing.assert_allclose(found, one)


def test_several_outputs_and_keywords(student, modules):
    net = student.Net(2)
    modules.load(net, modules.parameters(net), training=False)
    first, second = modules.output(net, np.ones((4, 3)), double=True)
    np.testing.assert_array_equal(first, second)


def test_other_parameters_are_refused_by_number(student, modules, reference):
    weights = arrays(reference.parameters())
    with pytest.raises(Mismatch, match=r"parameter number 1 has shape \(4, 3\), expected \(2, 3\)"):
        modules.load(student.Net(4), weights)
    with pytest.raises(Mismatch, match="has 4 parameters, expected 3"):
        modules.load(student.Net(2), weights[:3])
    with pytest.raises(Mismatch, match=r"buffer number 1"):
        modules.load(student.Net(2), weights, buffers=[np.ones(1)])


def test_what_is_no_module(student, modules):
    with pytest.raises(Mismatch, match=r"should be an nn\.Module"):
        modules.parameters(student.number())
    with pytest.raises(Raised, match=r"an nn\.Module was expected, not an object of type object"):
        modules.parameters(student.thing())


def test_generators_are_seeded(student, modules):
    draw = student.define(
        "import torch\ndef draw(g):\n    return torch.rand(3, generator=g)", "draw"
    )
    one, same, other = (draw(modules.generator(seed)).array for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("answer", [3, [1], [[1.0]], None, ["x"]], ids=str)
def test_forged_answers(scripted, answer):
    """What the kernel says is read, not believed."""
    from gradlab.wire import Handle

    replies = [{"value": Handle(1, "Modules")}, {"value": Handle(2, "Net")}, {"value": answer}]
    student = scripted(*replies)
    modules = Modules(student)
    with pytest.raises(Mismatch):
        modules.parameters(student.Net())
