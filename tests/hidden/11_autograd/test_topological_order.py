"""topological_order: every tensor once, parents first, on graphs with shared parts.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  -----------------
root first                                a chain                           chains
one tensor several times                  a + a, a * a * a, diamonds        shared
breadth first, or in preorder reversed    deep diamond, two depths          order
nearest distance as the measure           a shortcut beside a long way      order
met by value                              all values equal                  equal_values
one parent of several followed            two leaves                        chains
root, leaves or constants missing         constants, a leaf alone           chains, constants
tensors outside the root's graph          the root in the middle            part_of_a_graph
"""

import pytest

from gradlab.judge import assert_equal, case_rng, exercise, expect, requires, weight

from .graphs import PLACES, Graph

pytestmark = exercise("topological_order")
rng = case_rng("topological_order")


def _graph(note, leaves, *parents, values=None, needs=()):
    """A graph of numbers; each step has one parent, two or three."""
    operations = {1: "tanh", 2: "add", 3: "product of three"}
    values = list(rng.uniform(0.1, 0.9, size=leaves)) if values is None else values
    steps = [(operations[len(own)], *own) for own in parents]
    return Graph(values, steps, list(needs), note)


DEEP_DIAMOND = [(0,), (1, 1), (2, 1), (3, 2), (4, 1)]
CHAINS = [
    _graph("a leaf alone", 1),
    _graph("a chain", 1, (0,), (1,), (2,)),
    _graph("two leaves", 2, (0, 1)),
    _graph("three leaves", 3, (2, 0, 1), (3,)),
    _graph("a tree", 4, (0, 1), (2, 3), (4, 5)),
]
SHARED = [
    _graph("a + a, b + b", 1, (0, 0), (1, 1)),
    _graph("a a a", 1, (0, 0, 0)),
    _graph("a diamond", 1, (0,), (0,), (1, 2)),
    _graph("used three times", 2, (0, 1), (0, 2), (0, 3)),
]
ORDER = [
    _graph("the deep diamond", 1, *DEEP_DIAMOND),
    _graph("a shortcut first", 1, (0,), (1,), (2,), (0, 3)),
    _graph("a shortcut last", 1, (0,), (1,), (2,), (3, 0)),
    _graph("two depths", 2, (0,), (2,), (1, 3), (4, 2), (5, 3)),
    _graph("two depths, mirrored", 2, (0,), (2,), (3, 1), (2, 4), (3, 5)),
    _graph("near and far", 1, (0,), (0, 1), (1, 2), (2, 3), (0, 4), (5, 3)),
]
PARTS = [
    (_graph("a leaf of a chain", 1, (0,), (1,)), 0),
    (_graph("half a chain", 1, (0,), (1,), (2,)), 2),
    (_graph("one of two ends", 2, (0, 1), (0, 2), (1, 2)), 3),
    (_graph("the deep diamond's c", 1, *DEEP_DIAMOND), 2),
]
EQUAL = [
    _graph("two equal leaves", 2, (0, 1), values=[0.5, 0.5]),
    _graph("all of them 0", 2, (0, 1), (0, 2), (3, 1), values=[0.0, 0.0]),
]
CONSTANTS = [
    _graph("a constant first", 2, (0, 1), (2, 0), needs=[False, True]),
    _graph("a constant last", 2, (0, 1), (1,), (2, 3), needs=[True, False]),
]


def _drawn(note, rng):
    """Two leaves and nine steps with random parents; the last is made of what is not used yet."""
    parents = [tuple(int(p) for p in rng.integers(0, 2 + k, size=2)) for k in range(9)]
    return _graph(note, 2, *parents)


DRAWN = [_drawn(f"drawn {number}", rng) for number in range(4)]


def _check(student, graph, root=-1):
    nodes = graph.build(student)
    root = root % len(nodes)
    found = student.topological_order(nodes[root])
    is_list = isinstance(found, tuple | list)
    expect(is_list, "the order is a list of tensors", value=is_list)
    places = student.define(PLACES, "places")(list(found), list(nodes))
    wanted = graph.reachable(root)
    assert_equal(sorted(places), wanted, name="the tensors of the list, sorted")
    turn = {place: number for number, place in enumerate(places)}
    early = [p for p in wanted for parent in graph.parents[p] if turn[parent] >= turn[p]]
    expect(not early, "a tensor comes before one of its parents", value=places)


@pytest.mark.parametrize("graph", CHAINS, ids=str)
def test_chains(student, graph):
    """Lists a leaf, a chain and a tree, parents first."""
    _check(student, graph)


@pytest.mark.parametrize("graph", SHARED, ids=str)
def test_shared(student, graph):
    """Lists a tensor once that is used several times."""
    _check(student, graph)


@weight(2)
@pytest.mark.parametrize("graph", ORDER + DRAWN, ids=str)
def test_order(student, graph):
    """Puts every tensor after all of its parents, where near and far ways lead to it."""
    _check(student, graph)


@requires("test_chains")
@pytest.mark.parametrize(("graph", "root"), PARTS, ids=[str(graph) for graph, _ in PARTS])
def test_part_of_a_graph(student, graph, root):
    """Lists only what the root was made from, and the root."""
    _check(student, graph, root)


@requires("test_chains")
@pytest.mark.parametrize("graph", EQUAL, ids=str)
def test_equal_values(student, graph):
    """Takes two tensors of equal value for two."""
    _check(student, graph)


@requires("test_chains")
@pytest.mark.parametrize("graph", CONSTANTS, ids=str)
def test_constants(student, graph):
    """Lists constants too."""
    _check(student, graph)


@requires("test_order")
def test_twice(student):
    """Gives the same tensors when it is called again: nothing is marked in the tensors."""
    nodes = ORDER[0].build(student)
    lengths = [len(student.topological_order(nodes[-1])) for _ in range(2)]
    attributes = student.define("def names(node):\n    return sorted(vars(node))", "names")
    wanted = ["data", "grad", "parents", "pull", "requires_grad"]
    assert_equal(attributes(nodes[0]), wanted, name="a tensor's attributes")
    assert_equal(lengths, [6, 6], name="the lengths of two lists")
