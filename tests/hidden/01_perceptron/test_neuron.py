"""neuron: with the identity, then with other activations.

mistake                            case that exposes it  check
---------------------------------  --------------------  -----------------
bias missing, doubled, negative    b from 0.5 to 1.5     identity
activation ignored or always tanh  four of them          other_activations
activation before the bias         parabola              other_activations
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.functional import leaky_relu, linear, softplus

from gradlab.judge import assert_close, case_rng, exercise, reference

pytestmark = exercise("neuron")
rng = case_rng("neuron")

# Each activation as the student's function receives it, and in torch.
ACTIVATIONS = {
    "identity": ("z", lambda z: z),
    "tanh": ("np.tanh(z)", torch.tanh),
    "leaky": ("np.where(z > 0, z, 0.1 * z)", lambda z: leaky_relu(z, 0.1)),
    "softplus": ("np.log1p(np.exp(z))", softplus),
    "parabola": ("z**2 - 3 * z", lambda z: z**2 - 3 * z),
}


@dataclass(frozen=True, eq=False)
class Case:
    activation: str
    X: np.ndarray
    w: np.ndarray
    b: float

    def __str__(self):
        return f"{self.activation}, X {self.X.shape}"

    @property
    def source(self):
        return f"def activation(z):\n    return {ACTIVATIONS[self.activation][0]}\n"


def make_case(activation, samples, features, bias):
    X = rng.standard_normal((samples, features))
    w = rng.uniform(0.5, 1.5, features) * rng.choice([-1, 1], features)
    return Case(activation, X, w, bias * float(rng.uniform(0.5, 1.5)))


IDENTITY = [make_case("identity", 5, 3, 1), make_case("identity", 1, 4, -1)]
OTHERS = [
    make_case("tanh", 6, 2, -1),
    make_case("leaky", 8, 3, 1),
    make_case("softplus", 3, 5, 1),
    make_case("parabola", 4, 4, -1),
    make_case("parabola", 7, 1, 1),
]


@reference
def expected(case, device):
    X, w = (torch.tensor(a, device=device) for a in (case.X, case.w))
    b = torch.tensor([case.b], dtype=torch.float64, device=device)
    return ACTIVATIONS[case.activation][1](linear(X, w[None, :], b)[:, 0])


def output_of(student, case):
    return student.neuron(case.X, case.w, case.b, student.define(case.source, "activation"))


@pytest.mark.parametrize("case", IDENTITY, ids=str)
def test_identity(student, torch_device, case):
    """Is the weighted sum plus the bias when the activation is the identity."""
    assert_close(output_of(student, case), expected(case, torch_device))


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_other_activations(student, torch_device, case):
    """Applies the activation it was given to the weighted sum plus the bias."""
    assert_close(output_of(student, case), expected(case, torch_device))
