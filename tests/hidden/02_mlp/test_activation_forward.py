"""activation_forward: each activation by itself, so that a slip in one costs its share only.

mistake                                       case that exposes it        check
--------------------------------------------  --------------------------  ----------------
sigmoid of -z, of 2z, hard                    random z                    sigmoid
tanh as a shifted sigmoid, without the 2      random z                    tanh
|z|, -relu, relu capped at 6                  z from -9 to 9              relu
leaky sides swapped, slope fixed, max(z, sz)  slope 0.3, 1.5, default     leaky_relu
alpha lost, inside exp, no -1, sides swapped  alpha 0.3, 2.5, default     elu
exp overflows, in either branch               -1000, -800, 800, 1000      far_from_zero
only vectors or matrices                      (3,), (2, 3, 2)             all
cache short, with defaults for what was       slope 0.3, alpha 2.5        cache
given, z altered
any kind accepted                             "swish", "ReLU", ""         refuses_kind
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires

pytestmark = exercise("activation_forward")
rng = case_rng("activation_forward")
KINDS = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu")


@dataclass(frozen=True, eq=False)
class Case:
    z: np.ndarray
    slope: float | None = None
    alpha: float | None = None

    def __str__(self):
        return f"z{self.z.shape} slope={self.slope} alpha={self.alpha}"

    @property
    def options(self):
        given = {"slope": self.slope, "alpha": self.alpha}
        return {name: value for name, value in given.items() if value is not None}


FIXED = Case(np.array([[-2.0, 0.7, 3.0, -0.3], [1.2, -1.1, 9.0, -7.0]]), 0.3, 2.5)
PLAIN = [
    FIXED,
    Case(FIXED.z),
    Case(rng.normal(size=3) * 3.0, 1.5, 0.3),  # a slope above 1: max(z, s z) is wrong
    Case(rng.normal(size=(2, 3, 2)) * 3.0, -0.2, 1.4),
]
FAR = np.array([[-1000.0, -800.0, -40.0], [40.0, 800.0, 1000.0]])


@reference
def expected(kind, case, device):
    z = torch.tensor(case.z, device=device)
    slope, alpha = case.options.get("slope", 0.1), case.options.get("alpha", 1.0)
    return {
        "identity": lambda: z.clone(),
        "sigmoid": lambda: torch.sigmoid(z),
        "tanh": lambda: torch.tanh(z),
        "relu": lambda: functional.relu(z),
        "leaky_relu": lambda: functional.leaky_relu(z, slope),
        "elu": lambda: functional.elu(z, alpha),
    }[kind]()


def _matches(student, device, kind, case):
    a, _ = student.activation_forward(kind, case.z, **case.options)
    assert_close(a, expected(kind, case, device), name=f"a of {kind}")


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_sigmoid(student, torch_device, case):
    """Sigmoid."""
    _matches(student, torch_device, "sigmoid", case)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_tanh(student, torch_device, case):
    """Tanh."""
    _matches(student, torch_device, "tanh", case)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_relu(student, torch_device, case):
    """ReLU, and the identity."""
    _matches(student, torch_device, "relu", case)
    _matches(student, torch_device, "identity", case)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_leaky_relu(student, torch_device, case):
    """Leaky ReLU with the slope that is given, or 0.1."""
    _matches(student, torch_device, "leaky_relu", case)


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_elu(student, torch_device, case):
    """ELU with the alpha that is given, or 1."""
    _matches(student, torch_device, "elu", case)


@requires("test_sigmoid")
@pytest.mark.parametrize("kind", KINDS)
def test_far_from_zero(student, torch_device, kind):
    """Stays finite and silent for entries of a thousand, of either sign."""
    a, _ = student.activation_forward(kind, FAR, slope=0.3, alpha=2.5)
    warned = len(student.last_warnings)
    assert_close(a, expected(kind, Case(FAR, 0.3, 2.5), torch_device), name=f"a of {kind}")
    expect(warned == 0, "NumPy warned on the way (an overflow?)", value=warned)


@requires("test_sigmoid")
@pytest.mark.parametrize("case", [FIXED, PLAIN[1]], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache (kind, z, a, slope, alpha)."""
    for kind in ("sigmoid", "relu"):
        _, cache = student.activation_forward(kind, case.z, **case.options)
        whole = isinstance(cache, tuple | list) and len(cache) == 5
        expect(whole, "the cache should hold five things")
        options = (case.options.get("slope", 0.1), case.options.get("alpha", 1.0))
        assert_close(cache[0], kind, name="the kind in the cache")
        a = expected(kind, case, torch_device)
        assert_close(cache[1:3], (case.z, a), name="(z, a) in the cache")
        found = tuple(float(option) for option in cache[3:])  # 1 for 1.0 is all right
        assert_close(found, options, name="(slope, alpha) in the cache")


@requires("test_sigmoid")
@pytest.mark.parametrize("kind", ["swish", "ReLU", "leaky relu"])
def test_refuses_kind(student, kind):
    """Raises ValueError naming kind for any other kind."""
    with student.raises(ValueError, match=r"\bkind\b"):
        student.activation_forward(kind, FIXED.z)
