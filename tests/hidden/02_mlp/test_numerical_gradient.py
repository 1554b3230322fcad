"""numerical_gradient: polynomials, whose central differences are known exactly, with large steps.

For c x³ the central quotient is 3 c x² + c h², for c x⁴ it is 4 c x³ + 4 c x h²: with h = 0.5 these
tell the quotient from the slope, from one-sided quotients and from other steps.

mistake                                   case that exposes it         check
----------------------------------------  ---------------------------  ---------------
one-sided, or divided by h or not at all  h = 0.5, 0.25                quotient
h not used, or relative to x              h = 0.5, entries of 2 and 3  quotient
all entries moved at once                 mixed terms                  coupled
entries not put back                      mixed terms                  coupled
only vectors, only matrices, the first    shapes (5,), (2, 3, 2)       quotient
row only; flattened result
step too large or small by default        h not given                  default_step
x changed                                 any                          all (the judge looks)
h of 0 or below accepted                  0, -1                        refuses_h
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

pytestmark = exercise("numerical_gradient")
rng = case_rng("numerical_gradient")

CUBES = """
def f(x):
    c = np.arange(1.0, 1.0 + x.size).reshape(x.shape)
    return float(np.sum(c * x**3))
"""
QUARTICS = "def f(x):\n    return np.sum(x**4) - 2.0 * np.sum(x)"
COUPLED = "def f(x):\n    return float(np.sum(x) ** 2 + np.prod(x) + np.sum(x[0] * x[-1]))"


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: float

    def __str__(self):
        return f"x{self.x.shape} h={self.h} first={self.x.flat[0]:.2f}"


def _case(shape, h):
    return Case(rng.normal(size=shape), h)


FIXED = Case(np.array([[2.0, -3.0, 0.5], [1.0, 0.25, -1.5]]), 0.5)
CASES = [FIXED, _case((5,), 0.5), _case((3, 2), 0.25), _case((2, 3, 2), 0.5), _case((1, 4), 0.125)]


@reference
def cubes_quotient(case, device):
    """3 c x² + c h², with c = 1, 2, ... in the order of the entries."""
    x = torch.tensor(case.x, device=device)
    c = torch.arange(1.0, 1.0 + x.numel(), dtype=x.dtype, device=device).reshape(x.shape)
    return 3.0 * c * x.square() + c * case.h**2


@reference
def quartics_quotient(case, device):
    x = torch.tensor(case.x, device=device)
    return 4.0 * x.pow(3) + 4.0 * x * case.h**2 - 2.0


@reference
def coupled_slope(case, device):
    """The function is quadratic in each single entry, so the central quotient is the slope."""
    x = torch.tensor(case.x, device=device, requires_grad=True)
    (x.sum() ** 2 + x.prod() + (x[0] * x[-1]).sum()).backward()
    return x.grad


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_quotient(student, torch_device, case):
    """Gives the central quotient of the step h, for arrays of any shape."""
    f = student.define(CUBES, "f")
    gradient = student.numerical_gradient(f, case.x, h=case.h)
    # a sum of some ten terms divided by 2 h loses two digits at most
    assert_close(gradient, cubes_quotient(case, torch_device), name="the gradient of cubes")
    g = student.define(QUARTICS, "f")
    gradient = student.numerical_gradient(g, case.x, h=case.h)
    assert_close(gradient, quartics_quotient(case, torch_device), name="that of fourth powers")


@pytest.mark.parametrize("case", CASES[:4], ids=str)
def test_coupled(student, torch_device, case):
    """Moves one entry at a time, from the same x."""
    f = student.define(COUPLED, "f")
    gradient = student.numerical_gradient(f, case.x, h=case.h)
    assert_close(gradient, coupled_slope(case, torch_device), name="the gradient")


@requires("test_coupled")
def test_default_step(student, torch_device):
    """Takes 1e-6 as the step unless told otherwise: close to the slope, and not too fine."""
    f = student.define(COUPLED, "f")
    for case in CASES[:3]:
        gradient = student.numerical_gradient(f, case.x)
        # rounding in f, over 2e-6, leaves about nine digits
        assert_close(
            gradient, coupled_slope(case, torch_device), rtol=1e-6, atol=1e-7, name="the gradient"
        )
    steep = student.define("def f(x):\n    return float(np.sum(1e6 * x**3))", "f")
    at_zero = student.numerical_gradient(steep, np.zeros(3))
    # the quotient of 1e6 x³ at 0 is 1e6 h², so 1e-6 here: it shows the default step itself
    assert_close(at_zero, np.full(3, 1e-6), rtol=1e-3, atol=0.0, name="the quotient at 0")


@requires("test_quotient")
def test_dtype(student):
    """Returns floats in a new array, whatever number f returns."""
    f = student.define("def f(x):\n    return np.float64(2.0) * x.sum()", "f")
    gradient = student.numerical_gradient(f, np.ones((2, 3)), h=0.5)
    assert_close(gradient, np.full((2, 3), 2.0), name="the gradient of twice the sum")
    expect(not student.last_warnings, "NumPy warned", value=len(student.last_warnings))


@requires("test_quotient")
@pytest.mark.parametrize("h", [0.0, -1.0])
def test_refuses_h(student, h):
    """Raises ValueError naming h when it is 0 or below."""
    f = student.define(CUBES, "f")
    with student.raises(ValueError, match=r"\bh\b"):
        student.numerical_gradient(f, np.ones(2), h=h)
