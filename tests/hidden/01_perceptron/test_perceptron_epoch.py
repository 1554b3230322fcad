"""perceptron_epoch: the rule from sample to sample, then the border.

mistake                          case that exposes it       check
-------------------------------  -------------------------  -------------------
sign, bias, margin, all at once  30 samples                 follows_the_rule
begins at zero                   weights that are not zero  follows_the_rule
the border counts as right       whole numbers on it        border_is_a_mistake
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, reference, requires, weight

pytestmark = exercise("perceptron_epoch")
rng = case_rng("perceptron_epoch")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    X: np.ndarray
    y: np.ndarray
    w: np.ndarray
    b: float

    def __str__(self):
        return self.name


def make_case(name, samples, features, *, at_zero=False, separable=False):
    X = rng.standard_normal((samples, features)) + 0.3
    w = np.zeros(features) if at_zero else rng.standard_normal(features)
    b = 0.0 if at_zero else float(rng.standard_normal())
    y = np.where(X @ w + b > 0, 1.0, -1.0) if separable else rng.choice([-1.0, 1.0], samples)
    if at_zero:
        y[0] = 1.0  # on the border: no chance decides who notices
    return Case(name, X, y, w, b)


CASES = [
    make_case("many samples", 30, 3),
    make_case("one feature", 12, 1),
    make_case("as many samples as features", 5, 5),
    make_case("start at zero", 8, 4, at_zero=True),
    make_case("nothing to correct", 9, 2, separable=True),
]
# Whole numbers, so that samples lie on the border exactly.
BORDER = [
    Case("zero weights", np.array([[2.0, -1.0]]), np.array([-1.0]), np.zeros(2), 0.0),
    Case(
        "on the border", np.array([[1.0, 1.0], [3.0, 1.0]]), np.ones(2), np.array([1.0, -3.0]), 2.0
    ),
]


@reference
def expected(case, device):
    """The rule with torch tensors, one sample after the other."""
    X, y, w = (torch.tensor(a, device=device) for a in (case.X, case.y, case.w))
    b, mistakes = torch.tensor(case.b, dtype=torch.float64, device=device), 0
    for x_n, y_n in zip(X, y):
        if y_n * (torch.dot(w, x_n) + b) <= 0:
            w, b, mistakes = w + y_n * x_n, b + y_n, mistakes + 1
    return w, b, mistakes


def epoch_of(student, case):
    return student.perceptron_epoch(case.X, case.y, case.w, case.b)


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_follows_the_rule(student, torch_device, case):
    """Follows the rule from sample to sample and counts the mistakes."""
    assert_close(epoch_of(student, case), expected(case, torch_device), name="(w, b, mistakes)")


@requires("test_follows_the_rule")
@pytest.mark.parametrize("case", BORDER, ids=str)
def test_border_is_a_mistake(student, torch_device, case):
    """Counts a sample exactly on the border as a mistake."""
    assert_close(epoch_of(student, case), expected(case, torch_device), name="(w, b, mistakes)")
