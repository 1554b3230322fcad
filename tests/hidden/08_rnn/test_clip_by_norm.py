"""clip_by_norm: against torch.nn.utils.clip_grad_norm_.

torch's factor is max_norm / (norm + 1e-6), the paper's max_norm / norm. Either is right, and they
differ by less than 1e-6 of the gradient when norms are above 1; hence RTOL.

mistake                                 case that exposes it               check
--------------------------------------  ---------------------------------  ---------------
one norm per array, values clipped      three arrays of unequal length     too_long
always rescaled                         norm just below, far below         short_enough
another norm, squared                   norm just above                    too_long
division by zero                        all gradients 0                    zero
arrays changed in place                 the input is compared              all
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("clip_by_norm")
rng = case_rng("clip_by_norm")
RTOL = 2e-6


@dataclass(frozen=True, eq=False)
class Case:
    title: str
    gradients: tuple
    max_norm: float

    def __str__(self):
        return self.title


def _case(title, share, *scales):
    """max_norm is this share of the norm of the gradients."""
    shapes = [(4, 3), (3,), (2, 1, 5)]
    gradients = tuple(rng.normal(0.0, s, size=shape) for s, shape in zip(scales, shapes))
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    return Case(title, gradients, float(share * norm))


TOO_LONG = [
    Case("3-4-12", (np.array([[3.0, 0.0], [0.0, -12.0]]), np.array([4.0])), 6.5),
    _case("far above", 0.1, 3.0, 2.0, 50.0),
    _case("just above", 0.99, 3.0, 20.0, 5.0),
    _case("one long, two short", 0.25, 40.0, 0.1, 0.1),
    _case("a single array", 0.5, 4.0),
    Case("max_norm below 1", (np.array([0.6, -0.4, 0.3]), np.array([[0.9], [0.8]])), 0.7),
]
SHORT = [
    Case("5 for 13", (np.array([3.0]), np.array([[4.0]])), 13.0),
    _case("just below", 1.01, 3.0, 2.0, 5.0),
    _case("far below", 7.0, 0.3, 2.0, 0.1),
]
ZERO = Case("all zero", (np.zeros((2, 3)), np.zeros(4)), 1.5)


@reference
def expected(case, device):
    tensors = [torch.nn.Parameter(torch.zeros(g.shape, device=device)) for g in case.gradients]
    tensors = [p.double().detach().requires_grad_() for p in tensors]
    for p, g in zip(tensors, case.gradients):
        p.grad = torch.tensor(g, device=device)
    norm = torch.nn.utils.clip_grad_norm_(tensors, case.max_norm)
    return [p.grad for p in tensors], float(norm)


def _compare(student, device, case):
    result = student.clip_by_norm(list(case.gradients), case.max_norm)
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 2, "return the pair (clipped, norm)", value=size)
    clipped, norm = expected(case, device)
    assert_close(list(result[0]), list(clipped), rtol=RTOL, name="clipped")
    assert_close(result[1], norm, name="norm")


@weight(2)
@pytest.mark.parametrize("case", TOO_LONG, ids=str)
def test_too_long(student, torch_device, case):
    """Gradients that are too long are shortened by one common factor; the old norm comes back."""
    _compare(student, torch_device, case)


@requires("test_too_long")
@pytest.mark.parametrize("case", SHORT, ids=str)
def test_short_enough(student, torch_device, case):
    """Gradients that are short enough stay as they are."""
    _compare(student, torch_device, case)


@requires("test_too_long")
def test_zero(student, torch_device):
    """Zero gradients stay zero, without a warning."""
    _compare(student, torch_device, ZERO)
    expect(not student.last_warnings, "NumPy warned on the way", value=len(student.last_warnings))


@requires("test_too_long")
@pytest.mark.parametrize("max_norm", [0.0, -1.0])
def test_refuses_max_norm(student, max_norm):
    """Raises ValueError naming max_norm when it is not above 0."""
    with student.raises(ValueError, match=r"\bmax_norm\b"):
        student.clip_by_norm([np.ones(2)], max_norm)
