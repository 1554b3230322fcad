"""fit_output_layer: against the pseudo-inverse; by predictions where the best fit is not unique.

mistake                                         case that exposes it            check
----------------------------------------------  ------------------------------  --------------
no bias; the mean of y for the bias; centred    hidden means not 0              matches_torch
without going back
no activation; b1 left out; phi = ReLU always   softplus and sine, random b1    matches_torch
fitted to x; the hidden layer fitted as well    any                             matches_torch
ridge; a few gradient steps; weights scaled     exact values                    matches_torch
one target only; w2 transposed                  T = 2 or 3; T = H               matches_torch
the bias penalised or rounded into w2           any                             matches_torch
an inverse that fails                           dead units, more units than     dead_units,
                                                samples                         interpolates
y of one axis or other length accepted          (N,), (N - 1, T)                refuses_y
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .layers import SINE, SOFTPLUS, TORCH

pytestmark = exercise("fit_output_layer")
rng = case_rng("fit_output_layer")
RELU = "def phi(z):\n    return np.maximum(z, 0.0)"
ACTIVATIONS = {**TORCH, RELU: torch.relu}


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    y: np.ndarray
    w1: np.ndarray
    b1: np.ndarray
    phi: str

    def __str__(self):
        name = ACTIVATIONS[self.phi].__name__
        return f"x{self.x.shape} y{self.y.shape} H={len(self.w1)} {name}"

    def hidden(self):
        z = torch.tensor(self.x @ self.w1.T + self.b1)
        return ACTIVATIONS[self.phi](z).numpy()


def _case(samples, inputs, units, targets, phi, rng=rng):
    # bounded draws keep the least squares well conditioned, whatever the secret
    return Case(
        rng.uniform(-2, 2, size=(samples, inputs)),
        rng.normal(size=(samples, targets)) + 3.0,
        rng.uniform(0.5, 1.5, size=(units, inputs)) * rng.choice([-1, 1], size=(units, inputs)),
        rng.uniform(-1, 1, size=units),
        phi,
    )


FIXED = _case(20, 2, 3, 2, SOFTPLUS, np.random.default_rng(3))
UNIQUE = [
    FIXED,
    _case(25, 3, 4, 1, SINE),
    _case(30, 2, 3, 3, SINE),  # T = H: a transposed w2 has the right shape
    _case(12, 1, 1, 2, SOFTPLUS),
]
DEAD = Case(FIXED.x, FIXED.y, FIXED.w1, np.array([0.25, -50.0, 0.5]), RELU)
MANY = Case(FIXED.x[:3], FIXED.y[:3], np.tile(FIXED.w1, (2, 1)), np.arange(6.0) - 2.5, SINE)


@reference
def expected(case, device):
    """The parameters of least norm, and what the best fit predicts, by the pseudo-inverse."""
    x, y, w1, b1 = (torch.tensor(a, device=device) for a in (case.x, case.y, case.w1, case.b1))
    hidden = ACTIVATIONS[case.phi](x @ w1.T + b1)
    columns = torch.cat([hidden, torch.ones_like(x[:, :1])], dim=1)
    solution = torch.linalg.pinv(columns) @ y
    return {"w2": solution[:-1].T, "b2": solution[-1], "prediction": columns @ solution}


def _fit(student, case):
    phi = student.define(case.phi, "phi")
    found = student.fit_output_layer(case.x, case.y, case.w1, case.b1, phi)
    pair = isinstance(found, tuple | list) and len(found) == 2
    expect(pair, "return the pair (w2, b2)", value=pair)
    return found


@weight(3)
@pytest.mark.parametrize("case", UNIQUE, ids=str)
def test_matches_torch(student, torch_device, case):
    """Finds the weights and biases of the least squared error."""
    right = expected(case, torch_device)
    found = _fit(student, case)
    # the normal equations, a right way too, lose half of the digits
    assert_close(found, (right["w2"], right["b2"]), rtol=1e-5, atol=1e-6, name="(w2, b2)")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", [DEAD, MANY], ids=str)
def test_not_unique(student, torch_device, case):
    """Finds a best fit also with dead units, or with more units than samples."""
    w2, b2 = _fit(student, case)
    right = expected(case, torch_device)
    shapes = [list(np.shape(a)) for a in (w2, b2) if isinstance(a, np.ndarray)]
    assert_close(shapes, [list(right["w2"].shape), list(right["b2"].shape)], name="the shapes")
    prediction = case.hidden() @ w2.T + b2
    assert_close(prediction, right["prediction"], rtol=1e-5, atol=1e-5, name="the prediction")


@weight(0.5)
@requires("test_matches_torch")
@pytest.mark.parametrize("shape", [(20,), (19, 2), (1, 2), (20, 2, 1), (2, 20)], ids=str)
def test_refuses_y(student, shape):
    """Raises ValueError naming y unless it has two axes and a row for each row of x."""
    phi = student.define(FIXED.phi, "phi")
    with student.raises(ValueError, match=r"\by\b"):
        student.fit_output_layer(FIXED.x, np.ones(shape), FIXED.w1, FIXED.b1, phi)
