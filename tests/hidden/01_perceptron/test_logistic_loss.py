"""logistic_loss: against torch, then where the formula on paper fails.

mistake                         case that exposes it  check
------------------------------  --------------------  --------------
sum, ½, sign, another base      any                   matches_torch
clipped at 1e-7, or 1e-8 added  wrong by 18           matches_torch
log of 0, clipped at 1e-12      wrong by 1000         extreme_logits
overflow that only warns        1000                  no_warning
log(1 + t) for tiny t           right by 40           exact
float32                         16,777,217            exact
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("logistic_loss")
rng = case_rng("logistic_loss")


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    z: np.ndarray
    y: np.ndarray

    def __str__(self):
        return self.name


def make_case(name, classes, dtype=float, scale=2.0):
    z = scale * rng.standard_normal(len(classes)) + 0.3
    return Case(name, z, np.array(classes, dtype=dtype))


MODERATE = [
    make_case("both classes", [1, 0, 0, 1, 0, 1, 0]),
    make_case("whole numbers as classes", [0, 1, 1, 1, 0], dtype=np.int64),
    make_case("one positive sample", [1]),
    make_case("one negative sample", [0]),
    make_case("one class only", [0, 0, 0, 0]),
    Case(
        "logits up to 20",
        np.array([-18.5, 20.5, 3.0, -7.5, -19.0, 18.0]),
        np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0]),
    ),
]
EXTREME = [
    Case("sure and right", np.array([1000.0, -1000.0, 800.0]), np.array([1.0, 0.0, 1.0])),
    Case("sure and wrong", np.array([-1000.0, 1000.0]), np.array([1.0, 0.0])),
    Case("sure, right and wrong", np.array([1000.0, 1000.0, -900.0, 50.0]), np.array([1, 0, 1, 0])),
    Case("wrong for one class", np.array([-1000.0, -1000.0, 0.5]), np.array([1.0, 0.0, 1.0])),
]


# Tiny losses and one that float32 cannot hold.
EXACT = [
    Case("sure by 40 and right", np.array([-40.0, -38.5, -36.0]), np.zeros(3)),
    Case("a loss of 16,777,217", np.array([16_777_217.0]), np.zeros(1)),
]


@reference
def expected(case, device):
    z, y = (torch.tensor(a, dtype=torch.float64, device=device) for a in (case.z, case.y))
    return binary_cross_entropy_with_logits(z, y)


@reference
def exact(case, device):
    """The same, where binary_cross_entropy_with_logits rounds: its tiny losses become 0."""
    z, y = (torch.tensor(a, dtype=torch.float64, device=device) for a in (case.z, case.y))
    return -logsigmoid((2 * y - 1) * z).mean()


@weight(2)
@pytest.mark.parametrize("case", MODERATE, ids=str)
def test_matches_torch(student, torch_device, case):
    """Is the mean logistic loss of the logits, for classes given as floats or whole numbers."""
    assert_close(student.logistic_loss(case.z, case.y), expected(case, torch_device), name="loss")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_extreme_logits(student, torch_device, case):
    """Is exact at -1000 and 1000, for right and for wrong answers."""
    assert_close(student.logistic_loss(case.z, case.y), expected(case, torch_device), name="loss")


@requires("test_extreme_logits")
@pytest.mark.parametrize("case", EXTREME, ids=str)
def test_no_warning(student, case):
    """Raises no RuntimeWarning at -1000 and 1000."""
    student.logistic_loss(case.z, case.y)
    caught = [text for text in student.last_warnings if text.startswith("RuntimeWarning")]
    expect(not caught, f"raised {caught[0] if caught else ''}")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", EXACT, ids=str)
def test_exact(student, torch_device, case):
    """Has all the digits of float64, for tiny losses and for large ones."""
    loss = student.logistic_loss(case.z, case.y)
    assert_close(loss, exact(case, torch_device), name="loss", rtol=1e-9, atol=0.0)
