"""backward: against torch on graphs with shared parts, then what it leaves behind.

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  ------------------
upstream ignored, ones for it             random upstream, 2 x 3             one_use
second use overwrites the first           a a + a, three uses                several_uses
same parent twice counted once            a a, a a a                         several_uses
passed on too early (no order, breadth)   a + a, b + b; deep diamond         several_uses
sums kept by value                        two equal leaves                   equal_values
second pass overwrites, or starts anew    the same root twice                adds_again
sums of the first pass counted again      the same root twice; two roots     adds_again, two_roots
one array shared by two leaves            a + b, twice                       shared_array
one array shared by two sums              a + b, and a used again            several_uses
unbroadcast missing, or of the wrong one  (3,), (2, 1), number               stretched
grad on results in between, on constants  every node is looked at            only_leaves
any root started with 1                   (2,), (2, 3), (0,)                 needs_a_gradient
(1, 1) refused as a root                  one number in three shapes         one_number
caller's gradient changed                 a leaf as the root, twice          own_array
"""

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    assign,
    case_rng,
    exercise,
    fetch,
    reference,
    requires,
    weight,
)

from .graphs import GIVEN, Graph

pytestmark = exercise("backward")
rng = case_rng("backward")


def _draw(*shape):
    return rng.uniform(0.4, 1.6, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def _graph(note, shapes, *steps, needs=()):
    return Graph([_draw(*shape) for shape in shapes], list(steps), list(needs), note)


ONE = [
    _graph("a chain", [(2, 3)], ("tanh", 0), ("exp", 1), ("tanh", 2)),
    _graph("two leaves", [(2, 3), (2, 3)], ("multiply", 0, 1), ("tanh", 2)),
    _graph("three leaves", [(4,)] * 3, ("multiply", 0, 1), ("subtract", 2, 3), ("exp", 4)),
    _graph("one number", [(), ()], ("multiply", 0, 1), ("exp", 2)),
]
SHARED = [
    _graph("a a", [()], ("multiply", 0, 0)),
    _graph("a a a in one step", [()], ("product of three", 0, 0, 0)),
    _graph("a + a, b + b", [()], ("add", 0, 0), ("add", 1, 1)),
    _graph("a a + a", [(2, 3)], ("multiply", 0, 0), ("add", 1, 0)),
    _graph("a shortcut first", [(3,)], ("tanh", 0), ("exp", 1), ("multiply", 0, 2)),
    _graph(
        "one part of a sum used again", [(3,), (3,)],
        ("tanh", 0), ("add", 0, 1), ("multiply", 3, 2),
    ),
    _graph(
        "the deep diamond", [(2,)],
        ("tanh", 0), ("multiply", 1, 1), ("add", 2, 1), ("multiply", 3, 2), ("add", 4, 1),
    ),
    _graph(
        "three uses", [(3,), (3,)],
        ("multiply", 0, 1), ("tanh", 2), ("multiply", 2, 3), ("subtract", 4, 2), ("add", 5, 0),
    ),
    _graph(
        "two depths", [(2,), (2,)],
        ("multiply", 0, 1), ("exp", 2), ("subtract", 2, 3), ("multiply", 4, 1), ("multiply", 2, 5),
    ),
]  # fmt: skip
STRETCHED = [
    _graph("a row", [(2, 3), (3,)], ("multiply", 0, 1), ("tanh", 2)),
    _graph("a column", [(2, 1), (2, 3)], ("multiply", 0, 1), ("multiply", 2, 0)),
    _graph("a number", [(), (2, 3)], ("add", 0, 1), ("multiply", 2, 0)),
    _graph("a square and a row", [(3, 3), (3,)], ("add", 0, 1), ("multiply", 1, 2)),
    _graph("in the middle", [(3,), (2, 3)], ("tanh", 0), ("multiply", 2, 1), ("multiply", 3, 2)),
]
MLP = Graph(
    [_draw(5, 4), _draw(3, 4), _draw(3), _draw(2, 3), _draw(2)],
    [("linear", 0, 1, 2), ("tanh", 5), ("linear", 6, 3, 4), ("log_softmax", 7), ("sum", 8)],
    [False, True, True, True, True],
    "an MLP",
)
TWO_ROOTS = _graph("two roots", [(3,), (3,)], ("tanh", 0), ("exp", 2), ("multiply", 2, 1))
SUM = _graph("a + b", [(2, 3), (2, 3)], ("add", 0, 1))
EQUAL = Graph([0.5, 0.5], [("tanh", 0), ("multiply", 2, 1), ("subtract", 3, 0)], note="equal")
BEFORE, OTHER = _draw(2, 3), _draw(2, 3)
CONSTANTS = [
    _graph(
        f"the {name} is a constant", [(2, 3), (2, 3)],
        ("multiply", 0, 1), ("multiply", 2, 0), ("exp", 1), ("subtract", 3, 4), needs=needs,
    )
    for name, needs in (("first", [False, True]), ("second", [True, False]))
]  # fmt: skip
NUMBERS = {
    shape: Graph([np.full(shape, 0.5)], [("tanh", 0)])
    for shape in [(), (1,), (1, 1), (0,), (2,), (3,), (2, 3)]
}
UPSTREAM = {shape: _draw(*shape) for shape in [(), (2,), (3,), (4,), (2, 3), (3, 3), (5, 2)]}


@reference
def expected(graph, upstream, device, root=-1):
    """torch's gradients; `upstream` is the key of `UPSTREAM`, or None."""
    return graph.gradients(None if upstream is None else UPSTREAM[upstream], device, root)


def _run(student, graph, nodes, gradient=None, root=-1):
    """One backward pass, with the right order and a table for unbroadcast."""
    root = root % len(nodes)
    listed = [nodes[place] for place in graph.reachable(root)]
    order, fit = student.define(GIVEN, "given")(listed, graph.stretches)
    student.backward(nodes[root], gradient, topological_order=order, unbroadcast=fit)


def _assert_gradients(nodes, graph, wanted, name="grad of a leaf"):
    for node, gradient in zip(nodes, wanted):
        assert_close(fetch(node, "grad"), gradient, name=name)


def _matches(student, device, graph):
    nodes = graph.build(student)
    _run(student, graph, nodes, UPSTREAM[graph.shape])
    _assert_gradients(nodes, graph, expected(graph, graph.shape, device))


@pytest.mark.parametrize("graph", ONE, ids=str)
def test_one_use(student, torch_device, graph):
    """Carries a given gradient back through steps that use each tensor once."""
    _matches(student, torch_device, graph)


@weight(2)
@pytest.mark.parametrize("graph", SHARED, ids=str)
def test_several_uses(student, torch_device, graph):
    """Adds up what arrives at a tensor that is used several times, before it passes it on."""
    _matches(student, torch_device, graph)


@requires("test_one_use")
@pytest.mark.parametrize("graph", STRETCHED, ids=str)
def test_stretched(student, torch_device, graph):
    """Brings each gradient to its parent's shape, where broadcasting stretched the parent."""
    _matches(student, torch_device, graph)


@requires("test_one_use")
def test_network(student, torch_device):
    """Gives the gradients of a small network, from a loss that is one number."""
    nodes = MLP.build(student)
    _run(student, MLP, nodes)
    _assert_gradients(nodes, MLP, expected(MLP, None, torch_device))


@weight(2)
@requires("test_one_use")
@pytest.mark.parametrize("graph", [ONE[0], SHARED[2], SHARED[6], MLP], ids=str)
def test_adds_again(student, torch_device, graph):
    """Adds the same again in a second pass through the same graph, and in a third."""
    wanted = expected(graph, graph.shape, torch_device)
    nodes = graph.build(student)
    for times in (1, 2, 3):
        _run(student, graph, nodes, UPSTREAM[graph.shape])
        sums = [None if gradient is None else times * gradient for gradient in wanted]
        _assert_gradients(nodes, graph, sums, name=f"grad of a leaf after pass {times}")


@requires("test_one_use")
def test_two_roots(student, torch_device):
    """Adds up the gradients of two roots that share a part of the graph."""
    nodes = TWO_ROOTS.build(student)
    _run(student, TWO_ROOTS, nodes, UPSTREAM[(3,)], root=3)
    _run(student, TWO_ROOTS, nodes, UPSTREAM[(3,)], root=4)
    one, other = (expected(TWO_ROOTS, (3,), torch_device, root) for root in (3, 4))
    _assert_gradients(nodes, TWO_ROOTS, [one[0] + other[0], other[1]])


@requires("test_one_use")
def test_starts_from_what_is_there(student):
    """Adds to a grad that a leaf has already."""
    graph = ONE[1]
    nodes = graph.build(student)
    before = BEFORE
    assign(nodes[0], "grad", before)
    _run(student, graph, nodes, UPSTREAM[(2, 3)])
    wanted = expected(graph, (2, 3), "cpu")
    _assert_gradients(nodes, graph, [before + wanted[0], wanted[1]])


@requires("test_one_use")
def test_shared_array(student):
    """Keeps two leaves apart whose gradients arrived in one array."""
    graph = SUM
    nodes = graph.build(student)
    for times in (1, 2, 3):
        _run(student, graph, nodes, UPSTREAM[(2, 3)])
        _assert_gradients(nodes, graph, [times * UPSTREAM[(2, 3)]] * 2)


@requires("test_one_use")
def test_equal_values(student, torch_device):
    """Takes two leaves of equal value for two."""
    nodes = EQUAL.build(student)
    _run(student, EQUAL, nodes, UPSTREAM[()])
    _assert_gradients(nodes, EQUAL, expected(EQUAL, (), torch_device))


@requires("test_one_use")
@pytest.mark.parametrize("graph", [ONE[0], SHARED[5], SHARED[7]], ids=str)
def test_only_leaves(student, graph):
    """Gives no grad to results in between."""
    nodes = graph.build(student)
    _run(student, graph, nodes, UPSTREAM[graph.shape])
    for node in nodes[len(graph.leaves) :]:
        assert_equal(fetch(node, "grad"), None, name="grad of a result in between")


@requires("test_one_use")
@pytest.mark.parametrize("graph", CONSTANTS, ids=str)
def test_constants(student, torch_device, graph):
    """Gives no grad to constants, wherever they stand among the parents."""
    nodes = graph.build(student)
    _run(student, graph, nodes, UPSTREAM[(2, 3)])
    _assert_gradients(nodes, graph, expected(graph, (2, 3), torch_device))


@requires("test_one_use")
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)], ids=str)
def test_one_number(student, shape):
    """Starts with 1 where the root holds one number, in any shape."""
    nodes = NUMBERS[shape].build(student)
    _run(student, NUMBERS[shape], nodes)
    slope = 1.0 - np.tanh(0.5) ** 2
    assert_close(fetch(nodes[0], "grad"), np.full(shape, slope), name="grad of a leaf")


@requires("test_one_use")
def test_own_array(student):
    """Leaves the gradient that it was given alone, also where the root is a leaf."""
    graph = Graph([BEFORE], [])
    nodes, g = graph.build(student), student.keep(OTHER)
    for times in (1, 2, 3):
        _run(student, graph, nodes, g)
        assert_close(fetch(nodes[0], "grad"), times * OTHER, name="grad of a leaf")
        assert_close(fetch(g), OTHER, name="the gradient that was given")


REFUSED = {
    "two numbers": ((2,), None),
    "a table": ((2, 3), None),
    "nothing": ((0,), None),
    "a transposed gradient": ((2, 3), (3, 2)),
    "a row": ((2, 3), (3,)),
    "a new axis": ((3,), (1, 3)),
    "too much for a number": ((), (1,)),
}


@requires("test_one_use")
@pytest.mark.parametrize("name", REFUSED)
def test_needs_a_gradient(student, name):
    """Raises ValueError naming gradient where it is missing or has another shape than the root."""
    shape, given = REFUSED[name]
    graph = NUMBERS[shape]
    nodes = graph.build(student)
    with student.raises(ValueError, match=r"\bgradient\b"):
        _run(student, graph, nodes, None if given is None else np.ones(given))


@requires("test_one_use")
@pytest.mark.parametrize("steps", [[], [("tanh", 0)]], ids=["a constant", "made of a constant"])
def test_refuses_constants(student, steps):
    """Raises ValueError naming root when it does not require a gradient."""
    graph = Graph([np.array(0.5)], steps, [False])
    nodes = graph.build(student)
    with student.raises(ValueError, match=r"\broot\b"):
        _run(student, graph, nodes)
