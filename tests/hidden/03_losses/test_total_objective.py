"""total_objective: the loss plus penalties, on the weights and never on the biases.

mistake                                     case that exposes it              check
------------------------------------------  --------------------------------  ----------------
biases penalised                            biases far from 0                 value, gradients
value or gradient of a penalty dropped      any                               value, gradients
only the first or the last penalty          two penalties, unlike strengths   value, gradients
only the first or the last layer            three layers of unequal shapes    value, gradients
strength lost, or applied twice             strengths 0.4 and 3               value, gradients
penalties called with gradients             gradients unlike the weights      value
the caller's gradients changed              compared after each call          gradients
an empty list of penalties refused          no penalty at all                 no_penalty
"""

import itertools
from dataclasses import dataclass

import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("total_objective")
rng = case_rng("total_objective")

# The checks bring penalties of their own, so that a mistake in the student's costs nothing here.
SOURCES = {
    "cubes": (
        "def cubes(weights, strength):\n"
        "    return (strength * sum(np.sum(W ** 3) for W in weights),\n"
        "            [3 * strength * W ** 2 for W in weights])\n"
    ),
    "roots": (
        "def roots(weights, strength):\n"
        "    return (strength * sum(np.sum(np.sqrt(1 + W ** 2)) for W in weights),\n"
        "            [strength * W / np.sqrt(1 + W ** 2) for W in weights])\n"
    ),
}
FORMULAS = {"cubes": lambda W: (W**3).sum(), "roots": lambda W: torch.sqrt(1 + W**2).sum()}


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    loss: float
    gradients: list
    parameters: list
    penalties: tuple

    def __str__(self):
        return self.name


def _case(name, widths, *penalties):
    shapes = [(o, i) for i, o in itertools.pairwise(widths)]
    layers = [
        [(rng.normal(size=s), rng.normal(2.0, 1.0, size=s[0])) for s in shapes] for _ in range(2)
    ]
    return Case(name, float(rng.uniform(1, 2)), *layers, penalties)


CASES = [
    _case("three layers, one penalty", (4, 3, 5, 2), ("cubes", 0.4)),
    _case("two layers, two penalties", (3, 2, 4), ("cubes", 0.4), ("roots", 3.0)),
    _case("the other order", (3, 2, 4), ("roots", 0.2), ("cubes", 1.5)),
    _case("one layer, as many outputs as inputs", (3, 3), ("roots", 3.0), ("cubes", 0.4)),
    _case("the same penalty twice", (2, 1), ("cubes", 0.5), ("cubes", 0.25)),
]
NONE = _case("no penalty", (4, 2, 3))


@reference
def expected(case, device):
    """By autograd: J as a function of the weights, and the biases' gradients as they were."""
    weights = [torch.tensor(W, device=device, requires_grad=True) for W, _ in case.parameters]
    terms = [
        strength * FORMULAS[name](W) for name, strength in case.penalties for W in weights
    ] or [0.0 * W.sum() for W in weights]
    extra = torch.autograd.grad(sum(terms), weights)
    gradients = [
        (torch.tensor(dW, device=device) + more, torch.tensor(db, device=device))
        for (dW, db), more in zip(case.gradients, extra)
    ]
    return case.loss + sum(terms).detach(), gradients


def _penalties(student, case):
    return [(student.define(SOURCES[name], name), s) for name, s in case.penalties]


def _call(student, case):
    penalties = _penalties(student, case)
    return student.total_objective(case.loss, case.gradients, case.parameters, penalties)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_value(student, torch_device, case):
    """Is the loss plus every penalty on the weights."""
    objective, _ = _call(student, case)
    assert_close(objective, expected(case, torch_device)[0], name="objective")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients(student, torch_device, case):
    """Adds the penalties' gradients to dW of each layer, and leaves db as it is."""
    _, gradients = _call(student, case)
    assert_close(gradients, expected(case, torch_device)[1], name="gradients")


@requires("test_value")
@requires("test_gradients")
def test_no_penalty(student, torch_device):
    """Is the loss with its own gradients when there is no penalty."""
    assert_close(_call(student, NONE), expected(NONE, torch_device), name="(objective, gradients)")
