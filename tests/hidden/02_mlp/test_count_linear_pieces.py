"""count_linear_pieces: against the runs of equal patterns, counted by torch.

mistake                                        case that exposes it            check
---------------------------------------------  ------------------------------  --------------
only the first or the last hidden layer        two and three hidden layers     matches_torch
the last layer's sign counted                  an output that changes sign     matches_torch
kinks for pieces; units for pieces             any                             matches_torch
a piece per unit that switches                 two units with the same kink    twins
changes of the number of active units only     one on, one off at once         twins
all units of a pair must switch                several units                   matches_torch
the activation or a bias missing below         two hidden layers               matches_torch
pieces of the first layer times the second     two hidden layers               matches_torch
no hidden layer                                one pair                        no_hidden
z >= 0 for z > 0                               a kink at the last point        edge
any x accepted                                 falling, twice the same         refuses_x
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_equal, case_rng, exercise, reference, requires, weight

from .layers import random_params, run, tensors

pytestmark = exercise("count_linear_pieces")
rng = case_rng("count_linear_pieces")


@dataclass(frozen=True, eq=False)
class Case:
    params: list
    x: np.ndarray

    def __str__(self):
        widths = [1] + [len(b) for _, b in self.params]
        return f"widths={widths} {len(self.x)} points from {self.x[0]:.2f}"


def _case(widths, points, rng=rng):
    x = np.sort(rng.uniform(-5.0, 5.0, size=points))
    return Case(random_params(rng, (1, *widths)), x)


# seeds for which all wrong ways of counting give numbers of their own
FIXED = _case((5, 9, 5, 1), 200, np.random.default_rng(37))
ALSO_FIXED = _case((4, 8, 6, 2), 200, np.random.default_rng(97))
CASES = [FIXED, ALSO_FIXED, _case((6, 1), 60), _case((5, 4, 3, 2), 200), _case((3, 8, 1), 25)]
OUTPUT = (np.array([[1.0, -2.0]]), np.array([0.125]))
TWINS = [
    # both kinks at 0.5: one unit on, one off, and both on together
    Case([(np.array([[1.0], [-2.0]]), np.array([-0.5, 1.0])), OUTPUT], np.linspace(-2.0, 2.2, 9)),
    Case([(np.array([[1.0], [3.0]]), np.array([-0.5, -1.5])), OUTPUT], np.linspace(-2.0, 2.2, 10)),
]
FLAT = [
    Case([(np.array([[2.0], [-1.0]]), np.array([0.3, 0.1]))], np.linspace(-1.0, 1.0, 8)),
    Case([(np.array([[2.0], [-1.0]]), np.array([0.3, 0.1])), OUTPUT], np.array([0.75])),
]
EDGE = [
    # z = 0 at the last point, then at the first: not active there
    Case([(np.array([[-1.0], [1.0]]), np.array([2.0, 9.0])), OUTPUT], np.linspace(0.5, 2.0, 4)),
    Case([(np.array([[1.0], [1.0]]), np.array([0.0, 9.0])), OUTPUT], np.linspace(0.0, 2.0, 5)),
]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device)[:, None]
    *hidden, last = run(x, tensors(case.params, device), torch.relu)
    patterns = torch.cat(
        [*(z > 0 for z in hidden), torch.zeros_like(last, dtype=torch.bool)], dim=1
    )
    return len(torch.unique_consecutive(patterns, dim=0))


def _matches(student, device, case):
    count = student.count_linear_pieces(case.params, case.x)
    assert_equal(count, expected(case, device), name="the number of pieces")


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Counts the runs of points with the same units active, in all hidden layers."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", TWINS, ids=str)
def test_twins(student, torch_device, case):
    """Counts one new piece where several units switch between the same two points."""
    _matches(student, torch_device, case)


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", FLAT, ids=str)
def test_no_hidden(student, torch_device, case):
    """Gives 1 without a hidden layer, and for a single point."""
    _matches(student, torch_device, case)


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", EDGE, ids=str)
def test_edge(student, torch_device, case):
    """Calls a unit active only where its z is above 0."""
    _matches(student, torch_device, case)


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("x", [[1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0, 3.0]], ids=str)
def test_refuses_x(student, x):
    """Raises ValueError naming x unless it is strictly increasing."""
    with student.raises(ValueError, match=r"\bx\b"):
        student.count_linear_pieces(TWINS[0].params, np.array(x))
