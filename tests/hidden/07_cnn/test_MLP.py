"""MLP: registered layers, the values and gradients of any depth.

mistake                                    case that exposes it          check
-----------------------------------------  ----------------------------  ----------------------
layers in a list, parameters re-wrapped    the parameters, in order      values_and_gradients
activation after the last layer            outputs of both signs         values_and_gradients
an activation missing or another one       three layers, negative units  values_and_gradients
one layer used several times               equal hidden widths           values_and_gradients
softmax or a squeezed output               one output, several outputs   values_and_gradients
a hidden layer too few for two sizes       a single Linear               values_and_gradients
the graph is cut                           gradient of the input         values_and_gradients
fewer than two sizes accepted              one size, none                refuses_too_few_sizes
"""

from itertools import pairwise

import pytest
import torch

from gradlab.judge import case_rng, exercise, reference, requires, weight

from .networks import each_alone, expected_of, matches, new_case

pytestmark = exercise("MLP")
rng = case_rng("MLP")


def _case(*sizes, n):
    pairs = list(pairwise(sizes))
    shapes = [shape for i, o in pairs for shape in ((o, i), (o,))]
    label = "-".join(map(str, sizes)) + f", {n} samples"
    return new_case(rng, label, (sizes,), shapes, (n, sizes[0]), (n, sizes[-1]))


CASES = [
    _case(7, 3, 1, n=5),
    _case(4, 6, 5, 3, n=7),
    _case(3, 4, 4, 4, 2, n=6),  # equal widths: a layer that is used twice gives no error
    _case(5, 2, n=4),
    _case(3, 5, 2, n=1),
    _case(2, 8, 8, n=8),
]


def mlp(parameters, buffers, x, training):
    *hidden, (weight, bias) = zip(parameters[::2], parameters[1::2])
    for w, b in hidden:
        x = torch.clamp(x @ w.T + b, min=0)
    return x @ weight.T + bias


@reference
def expected(case, device):
    return expected_of(mlp, case, device)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients(student, torch_device, case):
    """Has the layers as parameters, in order, and agrees with the reference both ways."""
    matches(student, student.MLP, case, expected(case, torch_device))


@requires("test_values_and_gradients")
def test_each_sample_alone(student, torch_device):
    """The output of a sample does not depend on the other samples of its batch."""
    each_alone(student, student.MLP, CASES[1], expected(CASES[1], torch_device))


@requires("test_values_and_gradients")
@pytest.mark.parametrize("sizes", [(3,), ()], ids=str)
def test_refuses_too_few_sizes(student, sizes):
    """Raises ValueError naming sizes when there are fewer than two."""
    with student.raises(ValueError, match=r"\bsizes\b"):
        student.MLP(sizes)
