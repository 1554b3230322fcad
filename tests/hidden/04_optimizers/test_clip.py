"""Clipping by the global norm against torch.nn.utils.clip_grad_norm_.

Tolerance: torch's factor is max_norm / (norm + 1e-6), the paper's max_norm / norm. Either is
right, and they differ by less than 1e-6 of the gradient; hence RTOL.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    fetch,
    misconception,
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


def norm_of(grads):
    return float(np.sqrt(sum((g**2).sum() for g in grads.values())))


def by(factors, *, norm=norm_of, before=True):
    """An implementation: factors(grads, norm, max_norm) gives each name's factor."""

    def clip(grads, max_norm):
        if max_norm <= 0:
            raise ValueError(f"max_norm is {max_norm}; expected a positive number")
        length = norm(grads)
        with np.errstate(all="ignore"):
            factor = factors(grads, np.float64(length), max_norm)
        for k in grads:
            grads[k] *= factor[k] if isinstance(factor, dict) else factor
        return length if before else norm(grads)

    return clip


def right(grads, norm, max_norm):
    return min(1.0, max_norm / (norm + 1e-6))


def wrong(message, factors=right, **options):
    return misconception("clip_by_global_norm", message)(by(factors, **options))


def each_norm(grads):
    return [norm_of({k: g}) for k, g in grads.items()]


per_tensor = wrong(
    "Each array was clipped by its own norm, which changes the direction; take one norm over all.",
    lambda grads, n, top: {k: right(grads, norm_of({k: g}), top) for k, g in grads.items()},
)
always = wrong(
    "Gradients that are short enough are stretched to max_norm; leave them as they are.",
    lambda grads, n, top: top / (n + 1e-6),
)
squared = wrong(
    "The root is missing: that is the squared norm.",
    norm=lambda grads: norm_of(grads) ** 2,
)
squared_factor = wrong(
    "The factor divides by the squared norm; take the root first.",
    lambda grads, n, top: min(1.0, top / (n**2 + 1e-6)) if n > top else 1.0,
)
rooted_factor = wrong(
    "The factor is the root of max_norm / norm; both are lengths already.",
    lambda grads, n, top: min(1.0, np.sqrt(top / (n + 1e-6))),
)
never = wrong(
    "grads is as it was: a copy was clipped, or nothing; change the arrays themselves.",
    lambda grads, n, top: 1.0,
)
unit = wrong(
    "Long gradients are shortened to norm 1, not to max_norm.",
    lambda grads, n, top: 1 / n if n > top else 1.0,
)
inverse = wrong(
    "The factor is upside down: max_norm / norm.",
    lambda grads, n, top: n / top if n > top else 1.0,
)
largest = wrong(
    "The largest of the arrays' norms was taken; square, sum over all arrays, then take the root.",
    norm=lambda grads: max(each_norm(grads)),
)
added = wrong(
    "The arrays' norms were added; square, sum over all arrays, then take the root.",
    norm=lambda grads: float(sum(each_norm(grads))),
)
averaged = wrong(
    "The norm is a root of the mean; it must be that of the sum.",
    norm=lambda grads: norm_of(grads) / np.sqrt(sum(g.size for g in grads.values())),
)
of_sizes = wrong(
    "The norm adds up |g| (L1); it is the root of the sum of squares.",
    norm=lambda grads: float(sum(abs(g).sum() for g in grads.values())),
)
greatest_entry = wrong(
    "The norm is the largest entry; it is the root of the sum of squares.",
    norm=lambda grads: float(max(abs(g).max() for g in grads.values())),
)
matrices = wrong(
    "Vectors are left out of the norm; every array counts.",
    norm=lambda grads: norm_of({k: g for k, g in grads.items() if g.ndim > 1}),
)
first_only = wrong(
    "Only the first array is clipped.",
    lambda grads, n, top: {k: right(grads, n, top) if i == 0 else 1.0 for i, k in enumerate(grads)},
)
not_a_number = wrong(
    "A zero gradient gives 0/0; there the factor is 1.",
    lambda grads, n, top: np.minimum(1.0, top / n) if n else np.nan,
)
after_norm = wrong("The norm after clipping is returned; return the one before.", before=False)


@misconception(
    "clip_by_global_norm", "Every entry was clipped by itself, which bends the direction."
)
def by_value(grads, max_norm):
    length = norm_of(grads)
    for g in grads.values():
        np.clip(g, -max_norm, max_norm, out=g)
    return length


@misconception(
    "clip_by_global_norm", "The dict holds new arrays; multiply in place (grads[k] *= c)."
)
def rebound(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm must be positive")
    length = norm_of(grads)
    for k in grads:
        grads[k] = grads[k] * right(grads, length, max_norm)
    return length


@misconception("clip_by_global_norm", "The norm shrinks while it is used: compute it once, first.")
def moving_norm(grads, max_norm):
    length = norm_of(grads)
    for k in grads:
        grads[k] *= right(grads, norm_of(grads), max_norm)
    return length


@misconception(
    "clip_by_global_norm", "A max_norm of 0 or below must raise a ValueError that names max_norm."
)
def unchecked(grads, max_norm):
    length = norm_of(grads)
    for k in grads:
        grads[k] *= right(grads, length, max_norm)
    return length


@misconception("clip_by_global_norm", "The norm is not returned.")
def returns_gradients(grads, max_norm):
    unchecked(grads, max_norm)
    return grads


@alternative("clip_by_global_norm")
def without_epsilon(grads, max_norm):
    if not max_norm > 0:
        raise ValueError(f"max_norm={max_norm} should be > 0")
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return norm


@alternative("clip_by_global_norm")
def norm_of_norms(grads, max_norm):
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}")
    norm = np.sqrt(np.sum([np.linalg.norm(g.reshape(-1)) ** 2 for g in grads.values()]))
    for k in grads:
        grads[k][...] = grads[k] / max(1.0, norm / max_norm)
    return np.array(norm)
