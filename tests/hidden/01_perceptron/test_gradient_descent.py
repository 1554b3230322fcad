"""gradient_descent: the whole walk against torch, then what must stay as it is.

mistake                            case that exposes it            check
---------------------------------  ------------------------------  -------------------------
sign, rate, decay, momentum        bowls of several sizes          matches_torch
points missing, doubled, reversed  any                             matches_torch
stops early                        starts at the minimum           matches_torch
a step when none is asked for      steps = 0                       no_step
what gradient returned is changed  it returns w, or its own array  leaves_the_gradient_alone
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("gradient_descent")
rng = case_rng("gradient_descent")


@dataclass(frozen=True, eq=False)
class Case:
    """The loss is ½ w·A w - b·w + ¼ c Σ w⁴, so its gradient is A w - b + c w³."""

    name: str
    A: np.ndarray
    b: np.ndarray
    c: float
    start: np.ndarray
    rate: float
    steps: int

    def __str__(self):
        return self.name

    @property
    def source(self):
        return (
            "def gradient(w):\n"
            f"    A, b = np.array({self.A.tolist()}), np.array({self.b.tolist()})\n"
            f"    return A @ w - b + {self.c} * w**3\n"
        )


def make_case(name, features, *, steps, pace=0.7, c=0.0, at_minimum=False):
    """`pace` is the rate times the largest curvature: above 2, a parabola's walk diverges."""
    M = rng.standard_normal((features, features))
    A = M @ M.T / features + 0.5 * np.eye(features)
    start = rng.uniform(0.5, 1.5, features) * rng.choice([-1, 1], features)
    b = np.zeros(features) if at_minimum else rng.standard_normal(features)
    start = np.zeros(features) if at_minimum else start
    rate = pace / float(np.linalg.eigvalsh(A)[-1])
    return Case(name, A, b, c, start, rate, steps)


CASES = [
    make_case("three weights in a bowl", 3, steps=6),
    make_case("one weight", 1, steps=4),
    make_case("no parabola", 4, steps=5, pace=0.3, c=0.1),
    make_case("a rate that diverges", 2, steps=9, pace=2.6),
    make_case("as many points as weights", 5, steps=4),
    make_case("a long walk", 2, steps=60, pace=1.0),
    make_case("start at the minimum", 2, steps=3, at_minimum=True),
    make_case("a single step", 3, steps=1),
]
STILL = make_case("no step", 3, steps=0)


@reference
def expected(case, device):
    A, b, start = (torch.tensor(a, device=device) for a in (case.A, case.b, case.start))
    w = start.clone().requires_grad_()
    optimiser = torch.optim.SGD([w], lr=case.rate)
    points = [start]
    for _ in range(case.steps):
        optimiser.zero_grad()
        (0.5 * w @ A @ w - b @ w + 0.25 * case.c * (w**4).sum()).backward()
        optimiser.step()
        points.append(w.detach().clone())
    return torch.stack(points)


ITSELF = "def gradient(w):\n    return w\n"
KEPT = "SLOPE = np.array([3.0, -1.25])\ndef gradient(w):\n    return SLOPE\n"


def walk_of(student, case):
    gradient = student.define(case.source, "gradient")
    return student.gradient_descent(gradient, case.start, case.rate, case.steps)


@weight(4)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Visits the points of plain gradient descent, the start included, on several losses."""
    assert_close(walk_of(student, case), expected(case, torch_device), name="the walk")


@requires("test_matches_torch")
def test_no_step(student, torch_device):
    """Returns the start alone, as one row, when no step is asked for."""
    assert_close(walk_of(student, STILL), expected(STILL, torch_device), name="the walk")


@requires("test_matches_torch")
def test_leaves_the_gradient_alone(student):
    """Changes nothing of what the given function returned: it may return w, or its own array."""
    start, t = np.array([2.0, -0.75]), np.arange(5.0)[:, None]
    for source, points in ((ITSELF, start * 0.7**t), (KEPT, start - 0.3 * t * [3.0, -1.25])):
        walk = student.gradient_descent(student.define(source, "gradient"), start, 0.3, 4)
        assert_close(walk, points, name="the walk")
