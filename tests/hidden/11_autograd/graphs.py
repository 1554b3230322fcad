"""Graphs for the checks of topological_order and backward, built of Tensors in the kernel.

No source text that is sent there orders a graph or knows a rule: orders, values and slopes are
calculated here, by torch, and sent as numbers.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

BUILD = """
def build(example, leaves, needs, steps):
    nodes = [type(example)(x, requires_grad=n) for x, n in zip(leaves, needs)]
    for value, kind, slopes, places in steps:
        own = [nodes[place] for place in places]
        if any(node.requires_grad for node in own):
            pull = PULLS[kind](slopes)
            nodes.append(type(example)(value, requires_grad=True, parents=own, pull=pull))
        else:
            nodes.append(type(example)(value))
    return nodes

PULLS = {
    "times": lambda slopes: lambda g: tuple(g * slope for slope in slopes),
    "same": lambda slopes: lambda g: (g,) * len(slopes),
    "jacobian": lambda slopes: lambda g: tuple(np.tensordot(g, j, g.ndim) for j in slopes),
}
"""
GIVEN = """
def given(nodes, table):
    def order(root):
        return list(nodes)

    def fit(g, shape):
        if g.shape == tuple(shape):
            return g
        found = [axes for before, after, axes in table if (before, after) == (g.shape, shape)]
        if not found:
            raise ValueError(f"unbroadcast was asked to bring {g.shape} to {shape}")
        return g.sum(axis=found[0]).reshape(shape)

    return [order, fit]
"""
PLACES = """
def places(found, known):
    return [next((i for i, node in enumerate(known) if node is f), -1) for f in found]
"""
OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "product of three": lambda a, b, c: a * b * c,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sum": torch.sum,
    "linear": lambda x, w, b: x @ w.T + b,
    "log_softmax": lambda x: torch.log_softmax(x, dim=-1),
    "matmul": torch.matmul,
}
JACOBIAN = ("linear", "log_softmax", "matmul", "sum")


@dataclass(frozen=True, eq=False)
class Graph:
    """Leaves, which of them require a gradient, and steps (operation, place, ...); last is root."""

    leaves: list
    steps: list
    needs: list = field(default_factory=list)
    note: str = ""

    def __str__(self):
        return self.note

    @property
    def wanted(self):
        """Which leaves require a gradient; all unless it is said."""
        return self.needs or [True] * len(self.leaves)

    def forward(self, device="cpu"):
        """All values as tensors, with a torch graph from the leaves."""
        nodes = [
            torch.tensor(x, dtype=torch.float64, device=device, requires_grad=n)
            for x, n in zip(self.leaves, self.wanted)
        ]
        for operation, *places in self.steps:
            nodes.append(OPERATIONS[operation](*(nodes[place] for place in places)))
        return nodes

    def gradients(self, upstream, device, root=-1):
        """torch's gradient for each leaf; None where there is none."""
        nodes = self.forward(device)
        value = nodes[root]
        g = torch.ones_like(value) if upstream is None else torch.tensor(upstream, device=device)
        value.backward(g)
        return [node.grad for node in nodes[: len(self.leaves)]]

    @cached_property
    def _sent(self):
        """What `build` is sent for each step."""
        values = [value.detach().cpu() for value in self.forward()]
        steps = []
        for value, (operation, *places) in zip(values[len(self.leaves) :], self.steps):
            kind, slopes = _slopes(operation, [values[place] for place in places])
            steps.append([value.numpy(), kind, slopes, places])
        return [np.array(x, dtype=float) for x in self.leaves], self.wanted, steps

    def build(self, student):
        """The nodes in the kernel, as handles."""
        return student.define(BUILD, "build")(student.Tensor(0.0), *self._sent)

    @cached_property
    def shape(self):
        """The root's shape."""
        leaves, _, steps = self._sent
        return np.shape(steps[-1][0] if steps else leaves[-1])

    @cached_property
    def parents(self):
        """Places of the parents of each node; what is made of constants alone has no history."""
        needs, parents = list(self.wanted), [[] for _ in self.leaves]
        for _, *places in self.steps:
            needs.append(any(needs[place] for place in places))
            parents.append(places if needs[-1] else [])
        return parents

    @cached_property
    def stretches(self):
        """(shape after broadcasting, shape before, axes to sum), for all shapes in the graph."""
        leaves, _, steps = self._sent
        shapes = sorted({np.shape(x) for x in [*leaves, *(step[0] for step in steps)]})
        table = [(big, small, _summed_axes(small, big)) for big in shapes for small in shapes]
        return [row for row in table if row[2] is not None]

    def reachable(self, root=-1):
        """Places of what the root was made from, and the root's, in an order that is right."""
        root = root % len(self.parents)
        known, waiting = {root}, [root]
        while waiting:
            for place in self.parents[waiting.pop()]:
                if place not in known:
                    known.add(place)
                    waiting.append(place)
        return sorted(known)


def _slopes(operation, values):
    """How a gradient gets back: the kind of pull, and its arrays."""
    function = OPERATIONS[operation]
    if operation == "add":
        return "same", [0.0, 0.0]
    if operation in JACOBIAN:
        jacobians = torch.autograd.functional.jacobian(function, tuple(values))
        return "jacobian", [j.numpy() for j in jacobians]
    shape = torch.broadcast_shapes(*(value.shape for value in values))
    stretched = [value.expand(shape).clone().requires_grad_() for value in values]
    slopes = torch.autograd.grad(function(*stretched).sum(), stretched)
    return "times", [slope.numpy() for slope in slopes]


def _summed_axes(small, big):
    """Axes along which an array of shape `small` is stretched to `big`; None if it is not."""
    padded = (1,) * (len(big) - len(small)) + small
    if small == big or len(small) > len(big) or any(n not in (1, m) for n, m in zip(padded, big)):
        return None
    return tuple(
        i for i, (n, m) in enumerate(zip(padded, big)) if n != m or i < len(big) - len(small)
    )
