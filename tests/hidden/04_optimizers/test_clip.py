"""clip_by_global_norm: against torch, then the norm, in-place and small gradients.

Tolerance: torch's factor is max_norm / (norm + 1e-6), the paper's max_norm / norm. Either is
right, and they differ by less than 1e-6 of the gradient; hence RTOL.

mistake                              case that exposes it  check
-----------------------------------  --------------------  ----------------
a norm per array, L1, largest entry  three arrays          matches_torch
short gradients stretched            far below             matches_torch
norm after clipping                  any                   returns_the_norm
0/0                                  all zero              zero_gradient
another number than 1e-6             a norm of 1e-4        small_gradients
new arrays                           the caller's          in_place
any max_norm accepted                0 and -1              rejects_bad_norm
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
    fetch,
    reference,
    requires,
    weight,
)

pytestmark = exercise("clip_by_global_norm")
rng = case_rng("clip_by_global_norm")
RTOL = 1e-5


@dataclass(frozen=True, eq=False)
class Case:
    """Gradients, and the longest norm allowed as a multiple of theirs."""

    title: str
    grads: dict
    share: float

    def __str__(self):
        return self.title

    @property
    def max_norm(self):
        norm = np.sqrt(sum((g**2).sum() for g in self.grads.values()))
        return float(self.share * norm) or 1.0


def draw(**scales):
    """A matrix w, a vector b and a stack k, of these scales."""
    shapes = {"w": (4, 3), "b": (3,), "k": (2, 1, 5)}
    return {name: rng.normal(0, scale, size=shapes[name]) for name, scale in scales.items()}


CASES = [
    Case("far above", draw(w=3.0, b=2.0, k=5.0), 0.1),
    Case("just above", draw(w=3.0, b=2.0, k=5.0), 0.999),
    Case("just below", draw(w=3.0, b=2.0, k=5.0), 1.001),
    Case("far below", draw(w=0.3, b=2.0, k=0.1), 7.0),
    Case("one long, two short", draw(w=40.0, b=0.1, k=0.1), 0.25),
    Case("a single vector", draw(b=4.0), 0.5),
    Case("max_norm below 1", draw(w=0.4, b=0.3), 0.2),
]
ZERO = Case("no gradient at all", {"w": np.zeros((4, 3)), "b": np.zeros(3)}, 1.0)


@reference
def torch_clipped(case, device):
    """The clipped gradients and the norm before."""
    params = {k: torch.tensor(g, device=device) for k, g in case.grads.items()}
    for p in params.values():
        p.grad = p.clone()
    norm = torch.nn.utils.clip_grad_norm_(params.values(), case.max_norm)
    return {k: p.grad for k, p in params.items()}, float(norm)


def clipped(student, case):
    """The gradients after the student's call, and what it returned."""
    grads = student.keep(case.grads)
    norm = student.clip_by_global_norm(grads, case.max_norm)
    return fetch(grads), norm


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """All gradients shrink by one factor to the norm allowed, or stay when short enough."""
    grads, _ = clipped(student, case)
    assert_close(grads, torch_clipped(case, torch_device)[0], name="grads", rtol=RTOL)


@pytest.mark.parametrize("case", CASES, ids=str)
@requires("test_matches_torch")
def test_returns_the_norm(student, torch_device, case):
    """Returns the norm that the gradients had before, clipped or not."""
    _, norm = clipped(student, case)
    assert_close(norm, torch_clipped(case, torch_device)[1], name="the norm")


@requires("test_matches_torch")
def test_zero_gradient(student):
    """Gradients that are all zero stay zero and have norm 0."""
    grads, norm = clipped(student, ZERO)
    assert_close(grads, ZERO.grads, name="grads")
    assert_close(norm, 0.0, name="the norm")


@requires("test_matches_torch")
def test_small_gradients(student):
    """Divides by the norm, or the norm + 1e-6: seen where the norm itself is small."""
    grads = {"w": np.array([[6e-5, -3e-5]]), "b": np.array([2e-5])}  # of norm 7e-5
    kept = student.keep(grads)
    student.clip_by_global_norm(kept, 2e-5)
    after = fetch(kept)
    factors = np.concatenate([(after[k] / grads[k]).ravel() for k in ("w", "b")])
    low, high = 2e-5 / (7e-5 + 1e-6) * (1 - 1e-9), 2e-5 / 7e-5 * (1 + 1e-9)
    good = bool(np.all((factors >= low) & (factors <= high)))
    expect(good, "the factor is neither c / norm nor c / (norm + 1e-6)", value=factors.tolist())


@requires("test_matches_torch")
def test_in_place(student, torch_device):
    """The arrays of grads themselves change; they are not replaced by new ones."""
    case = CASES[0]
    arrays = {k: student.keep(g) for k, g in case.grads.items()}
    student.clip_by_global_norm(student.keep(arrays), case.max_norm)
    after = {k: fetch(array) for k, array in arrays.items()}
    assert_close(after, torch_clipped(case, torch_device)[0], name="the caller's arrays", rtol=RTOL)


@requires("test_matches_torch")
def test_rejects_bad_norm(student):
    """Raises ValueError naming max_norm when it is not positive, and leaves grads alone."""
    for bad in [0.0, -1.0]:
        grads = student.keep(CASES[0].grads)
        with student.raises(ValueError, match="max_norm"):
            student.clip_by_global_norm(grads, bad)
        assert_close(fetch(grads), CASES[0].grads, name="grads after the error")
