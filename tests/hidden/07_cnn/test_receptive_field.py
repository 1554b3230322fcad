"""receptive_field: against what gradients of a real stack of convolutions reach; exposing_layers.

mistake                                        case that exposes it          check
---------------------------------------------  ----------------------------  -----------------
own stride counted, jump not accumulated       strides of 2 and 3            matches_gradients
kernel for kernel - 1, fields multiplied       two layers                    matches_gradients
dilation ignored, added, in the jump           dilations of 2 and 3          matches_gradients
layers in reverse                              no two layers alike           matches_gradients
starts at 0, an empty list                     one layer, none               matches_gradients
only the first entry checked, only kernels     each place below 1            refuses_below_one
"""

import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_equal,
    case_rng,
    exercise,
    expect,
    exposed,
    faults_in,
    reference,
    requires,
    weight,
)

from . import catalogue_receptive_field
from .catalogue_receptive_field import REFUSALS, by_recursion

FIELD, EXPOSING = exercise("receptive_field"), exercise("exposing_layers")
rng = case_rng("receptive_field")


def _drawn(count):
    return [tuple(int(v) for v in rng.integers((2, 1, 1), (5, 4, 4))) for _ in range(count)]


STACKS = [
    [(3, 1, 1), (3, 1, 1)],
    [(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)],
    [(2, 3, 1), (4, 1, 2), (3, 2, 3)],
    [(3, 2, 2), (2, 2, 3), (4, 3, 1), (2, 1, 2)],
    [(7, 2, 1), (1, 3, 1), (2, 1, 4)],
    [(4, 3, 2)],
    [(1, 1, 1)],
    [],
    *(_drawn(count) for count in (2, 3, 4)),
]


@reference
def reached(layers):
    """The span of inputs that a gradient reaches from one output, through real convolutions."""
    length = 1
    for kernel, stride, dilation in reversed(layers):
        length = (length - 1) * stride + (kernel - 1) * dilation + 1
    x = torch.ones(1, 1, length + 7, dtype=torch.float64, requires_grad=True)
    y = functional.pad(x, (0, 0))
    for kernel, stride, dilation in layers:
        ones = torch.ones(1, 1, kernel, dtype=torch.float64)
        y = functional.conv1d(y, ones, stride=stride, dilation=dilation)
    (slope,) = torch.autograd.grad(y[0, 0, 0], x)
    touched = torch.nonzero(slope[0, 0])
    return int(touched.max() - touched.min() + 1)


@FIELD
@weight(3)
@pytest.mark.parametrize("layers", STACKS, ids=lambda layers: f"{len(layers)} layers {layers}")
def test_matches_gradients(student, layers):
    """Equals the span that gradients reach in a real stack of convolutions."""
    assert_equal(student.receptive_field(layers), reached(tuple(layers)), name="the field")


@FIELD
@requires("test_matches_gradients")
@pytest.mark.parametrize("place", range(3), ids=["kernel_size", "stride", "dilation"])
@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize("where", ["first", "last"])
def test_refuses_below_one(student, place, value, where):
    """Raises ValueError naming layers when any number of any layer is below 1."""
    wrong = [3, 2, 2]
    wrong[place] = value
    layers = [tuple(wrong), (2, 1, 1)] if where == "first" else [(3, 1, 1), (2, 2, 1), tuple(wrong)]
    with student.raises(ValueError, match=r"\blayers\b"):
        student.receptive_field(layers)


FAULTS = {
    name: fault
    for name, fault in faults_in(catalogue_receptive_field, "receptive_field").items()
    if name not in REFUSALS
}
SHOWN = "jump_of_the_last_layer"


def _exposed(student):
    layers = student.exposing_layers()
    expect(isinstance(layers, list | tuple), "return a list of layers", value=str(type(layers)))
    return exposed((layers,), by_recursion, FAULTS)


@EXPOSING
def test_the_fault_shown(student):
    """The function that was shown gives a wrong answer for these layers."""
    found = _exposed(student)
    expect(SHOWN in found, "the function shown is right about these layers", value=found)


@EXPOSING
def test_faults_in_general(student):
    """At least nine in ten of the other faulty versions give a wrong answer for these layers."""
    found = _exposed(student)
    share = len(found) / len(FAULTS)
    expect(share >= 0.9, f"{len(found)} of {len(FAULTS)} faults are exposed", value=found)
