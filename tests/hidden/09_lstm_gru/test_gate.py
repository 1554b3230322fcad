"""gate: the sigmoid of a linear layer on [h, x].

mistake                                   case that exposes it               check
----------------------------------------  ---------------------------------  ---------------------
[x, h], or one of the two missing         D = H as well as D != H            matches_torch
bias missing, outside, subtracted         random b                           matches_torch
tanh, ReLU, softmax, hard sigmoid         random weights                     matches_torch
exp overflows, or gives NaN               weights a thousand times as large  huge_pre_activations
logits clipped to +-10                    a gate of -20 to -40               far_from_zero
w of another width accepted               one column more or fewer           refuses_wrong_columns
w without an axis for the units accepted  one row, as a vector               refuses_a_vector
b is broadcast                            (1,), (M, 1)                       refuses_wrong_bias
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("gate")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: np.ndarray
    w: np.ndarray
    b: np.ndarray

    def __str__(self):
        return f"x{self.x.shape} h{self.h.shape} w{self.w.shape}"


def _cases(scale=1.0):
    rng = case_rng("gate")
    sizes = [(3, 4, 2, 5), (1, 3, 2, 2), (5, 1, 3, 3), (4, 2, 3, 1), (3, 2, 2, 4)]
    return [
        Case(*(rng.normal(size=size) for size in ((n, d), (n, h))), *_layer(rng, m, h + d, scale))
        for n, d, h, m in sizes
    ]


def _layer(rng, rows, columns, scale):
    return scale * rng.normal(size=(rows, columns)), scale * rng.normal(size=rows)


CASES = _cases()
HUGE = _cases(scale=1000.0)


@reference
def expected(case, device):
    x, h, w, b = (torch.tensor(a, device=device) for a in (case.x, case.h, case.w, case.b))
    return torch.sigmoid(functional.linear(torch.cat([h, x], dim=1), w, b))


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Equals the sigmoid of [h, x] times w transposed plus b."""
    assert_close(student.gate(case.x, case.h, case.w, case.b), expected(case, torch_device))


@requires("test_matches_torch")
@pytest.mark.parametrize("case", HUGE, ids=str)
def test_huge_pre_activations(student, torch_device, case):
    """Is exact, finite and silent where the pre-activations are huge."""
    result = student.gate(case.x, case.h, case.w, case.b)
    assert_close(result, expected(case, torch_device))
    loud = [text for text in student.last_warnings if "overflow" in text or "invalid" in text]
    expect(not loud, "np.exp overflowed with a RuntimeWarning")


@requires("test_matches_torch")
def test_far_from_zero(student, torch_device):
    """Is exact where a gate is nearly open or nearly shut."""
    x, h = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[1.0], [-2.0]])
    case = Case(x, h, np.zeros((4, 3)), np.array([-19.0, -12.0, 11.0, 18.0]))
    assert_close(student.gate(case.x, case.h, case.w, case.b), expected(case, torch_device))


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_wrong_columns(student, case):
    """Raises ValueError naming w when it does not have H + D columns."""
    for w in (case.w[:, 1:], np.pad(case.w, ((0, 0), (0, 1)))):
        with student.raises(ValueError, match=r"\bw\b"):
            student.gate(case.x, case.h, w, case.b)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_a_vector(student, case):
    """Raises ValueError naming w when it has no axis for the units."""
    with student.raises(ValueError, match=r"\bw\b"):
        student.gate(case.x, case.h, case.w[0], np.zeros(case.w.shape[1]))


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_refuses_wrong_bias(student, case):
    """Raises ValueError naming b when it does not have one entry a row of w."""
    for b in (case.b[:1], np.append(case.b, 0.0), case.b[:, None]):
        with student.raises(ValueError, match=r"\bb\b"):
            student.gate(case.x, case.h, case.w, b)
