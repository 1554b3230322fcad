"""activation_backward: each activation by itself, from a cache that the check builds.

mistake                                      case that exposes it       check
-------------------------------------------  -------------------------  ---------------
slope of sigmoid or tanh at the wrong one    random z                   sigmoid, tanh
of z and a, factor lost, sign
da ignored, or its sign used for that of z   random da, both signs      all
slope or alpha of the cache not used         slope 0.3, alpha 2.5       leaky_relu, elu
leaky sides swapped                          slope 0.3 and 1.5          leaky_relu
ELU: a + 1, alpha a, no exp                  alpha 0.3, 2.5             elu
exp overflows                                -1000 and 1000             far_from_zero
da altered                                   any                        the judge looks
da of another shape accepted                 (1, 4), (4,), (2, 1)       refuses_da
At the kink itself any slope is accepted: no z is 0.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("activation_backward")
rng = case_rng("activation_backward")


@dataclass(frozen=True, eq=False)
class Case:
    z: np.ndarray
    da: np.ndarray
    slope: float
    alpha: float

    def __str__(self):
        return f"z{self.z.shape} slope={self.slope} alpha={self.alpha}"


def _case(shape, slope, alpha):
    return Case(3.0 * rng.normal(size=shape), rng.normal(size=shape), slope, alpha)


FIXED = Case(
    np.array([[-2.0, 0.7, 3.0, -0.3], [1.2, -1.1, 0.4, -0.9]]),
    np.array([[1.5, -2.0, 0.5, 3.0], [-1.0, -0.25, 2.0, 4.0]]),
    0.3,
    2.5,
)
CASES = [FIXED, _case((3,), 1.5, 0.3), _case((2, 3, 2), 0.1, 1.0), _case((4, 4), -0.2, 1.4)]
FAR = Case(
    np.array([[-1000.0, -800.0, -40.0], [40.0, 800.0, 1000.0]]),
    np.array([[1.0, -2.0, 3.0], [-1.5, 0.5, 2.5]]),
    0.3,
    2.5,
)
KINDS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu")


def _torch(kind, z, case):
    return {
        "identity": lambda: z * 1.0,
        "sigmoid": lambda: torch.sigmoid(z),
        "tanh": lambda: torch.tanh(z),
        "relu": lambda: functional.relu(z),
        "leaky_relu": lambda: functional.leaky_relu(z, case.slope),
        "elu": lambda: functional.elu(z, case.alpha),
    }[kind]()


@reference
def expected(kind, case, device):
    z = torch.tensor(case.z, device=device, requires_grad=True)
    a = _torch(kind, z, case)
    a.backward(torch.tensor(case.da, device=device))
    return {"a": a, "dz": z.grad}


def _matches(student, device, kind, case):
    right = expected(kind, case, device)
    cache = (kind, case.z, right["a"], case.slope, case.alpha)
    dz = student.activation_backward(case.da, cache)
    warned = len(student.last_warnings)
    assert_close(dz, right["dz"], name=f"dz of {kind}")
    return warned


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sigmoid(student, torch_device, case):
    """Sigmoid."""
    _matches(student, torch_device, "sigmoid", case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tanh(student, torch_device, case):
    """Tanh."""
    _matches(student, torch_device, "tanh", case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_relu(student, torch_device, case):
    """ReLU, and the identity."""
    _matches(student, torch_device, "relu", case)
    _matches(student, torch_device, "identity", case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_leaky_relu(student, torch_device, case):
    """Leaky ReLU with the slope of the cache."""
    _matches(student, torch_device, "leaky_relu", case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_elu(student, torch_device, case):
    """ELU with the alpha of the cache."""
    _matches(student, torch_device, "elu", case)


@requires("test_sigmoid")
@pytest.mark.parametrize("kind", KINDS)
def test_far_from_zero(student, torch_device, kind):
    """Stays finite and silent where z is a thousand, of either sign."""
    warned = _matches(student, torch_device, kind, FAR)
    expect(warned == 0, "NumPy warned on the way (an overflow?)", value=warned)


@weight(0.5)
@requires("test_sigmoid")
@pytest.mark.parametrize("shape", [(1, 4), (4,), (2, 1), (4, 2)], ids=str)
def test_refuses_da(student, torch_device, shape):
    """Raises ValueError naming da when it has not the shape of z."""
    for kind in KINDS:
        cache = (kind, FIXED.z, expected(kind, FIXED, torch_device)["a"], 0.3, 2.5)
        with student.raises(ValueError, match=r"\bda\b"):
            student.activation_backward(np.ones(shape), cache)
