"""parameter_count: against the parameters of torch modules.

mistake                                        case that exposes it           check
---------------------------------------------  -----------------------------  --------------
no biases, one per layer, one per weight row   10-20-3                        matches_torch
units or pairs counted; inputs counted         4 widths, all unequal          matches_torch
the output layer's bias or the last layer      2 widths, 4 widths             matches_torch
left out; only the first layers counted
pieces not used, used for the output layer     pieces 3, 2 hidden layers      pieces
too, for weights only, for the first only
an array or a float for an int                 any                            all
fewer than two widths accepted                 [], [4]                        refuses_widths
"""

from itertools import pairwise

import pytest
import torch

from gradlab.judge import assert_equal, case_rng, exercise, reference, requires, weight

pytestmark = exercise("parameter_count")
rng = case_rng("parameter_count")
WIDTHS = [(10, 20, 3), (4, 7), (5, 2, 9, 3), (1, 1, 1), (3, 8, 6, 4, 2)]
WIDTHS += [tuple(int(w) for w in rng.integers(11, 40, size=n)) for n in (3, 4)]


@reference
def expected(widths, pieces, device):
    """Each hidden layer's module comes `pieces` times, the last one once."""
    layers = [torch.nn.Linear(a, b) for a, b in pairwise(widths)]
    counts = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    return pieces * sum(counts[:-1]) + counts[-1]


@weight(2)
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_matches_torch(student, torch_device, widths):
    """Counts the weights and biases of all layers."""
    count = student.parameter_count(list(widths))
    assert_equal(count, expected(widths, 1, torch_device), name="the count")


@requires("test_matches_torch")
@pytest.mark.parametrize("pieces", [2, 3, 5])
def test_pieces(student, torch_device, pieces):
    """Counts each maxout hidden layer once for each of its pieces, and the last layer once."""
    for widths in WIDTHS:
        count = student.parameter_count(list(widths), pieces=pieces)
        assert_equal(count, expected(widths, pieces, torch_device), name="the count")


@requires("test_matches_torch")
@pytest.mark.parametrize("widths", [[], [4]], ids=str)
def test_refuses_widths(student, widths):
    """Raises ValueError naming widths when there are fewer than two."""
    with student.raises(ValueError, match=r"\bwidths\b"):
        student.parameter_count(widths)
