"""RMSNorm: a module, against torch's function; its parameter is set from outside."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    fetch,
    misconception,
    reference,
    weight,
)

pytestmark = exercise("RMSNorm")


@dataclass(frozen=True, eq=False)
class Case:
    x: torch.Tensor
    eps: float
    scale: torch.Tensor

    def __str__(self):
        return f"x{tuple(self.x.shape)} eps={self.eps}"


rng = case_rng("RMSNorm")


def _case(shape, eps, size=1.0):
    x, scale = rng.normal(0.3, size, size=shape), rng.uniform(0.5, 2.0, size=shape[-1])
    return Case(torch.tensor(x), eps, torch.tensor(scale))


CASES = [_case((4, 3), 1e-6), _case((2, 5, 4), 1e-3), _case((3, 6), 0.5), _case((7,), 1e-6)]
SMALL = [_case((3, 4), 0.1, size=0.01), _case((2, 2, 3), 1e-2, size=0.05)]


@reference
def expected(case, device):
    scale = case.scale.to(device)
    return functional.rms_norm(case.x.to(device), scale.shape, scale, case.eps)


@reference
def expected_at_first(case, device):
    return functional.rms_norm(case.x.to(device), case.scale.shape, None, case.eps)


def _matches(student, device, case):
    layer = student.RMSNorm(len(case.scale), case.eps)
    layer.load_state_dict({"weight": case.scale})
    assert_close(layer(case.x), expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_normalises(student, torch_device, case):
    """Divides by the root mean square over the last axis and multiplies by the weight."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", SMALL, ids=str)
def test_eps(student, torch_device, case):
    """Adds eps to the mean of squares, below the root."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_starts_at_one(student, torch_device, case):
    """Has a weight of ones before anything is learnt."""
    layer = student.RMSNorm(len(case.scale), case.eps)
    assert_close(layer(case.x), expected_at_first(case, torch_device), name="y")
    assert_close(fetch(layer, "weight"), np.ones(len(case.scale)), name="weight")


# The catalogue: a right layer, parts of which can be replaced


def _layer(kind, message="", *, start=torch.ones, **parts):
    class Layer(nn.Module):
        def __init__(self, dim, eps=1e-6):
            super().__init__()
            self.eps = eps
            self.weight = nn.Parameter(start(dim, dtype=torch.float64))

        def forward(self, x):
            compute = parts.get("forward", _forward)
            return compute(x, self.weight, self.eps)

    declare = misconception("RMSNorm", message) if kind == "wrong" else alternative("RMSNorm")
    return declare(Layer)


def _forward(x, w, eps):
    return x / (x.pow(2).mean(dim=-1, keepdim=True) + eps).sqrt() * w


mean_subtracted = _layer(
    "wrong",
    "You subtracted the mean first, as layer normalisation does.",
    forward=lambda x, w, eps: _forward(x - x.mean(dim=-1, keepdim=True), w, eps),
)
summed_squares = _layer(
    "wrong",
    "You divided by the length of the vector. Take the mean of squares, not their sum.",
    forward=lambda x, w, eps: x / (x.pow(2).sum(dim=-1, keepdim=True) + eps).sqrt() * w,
)
root_forgotten = _layer(
    "wrong",
    "You divided by the mean square. Take its root.",
    forward=lambda x, w, eps: x / (x.pow(2).mean(dim=-1, keepdim=True) + eps) * w,
)
eps_outside = _layer(
    "wrong",
    "eps is added below the root, not to it.",
    forward=lambda x, w, eps: x / (x.pow(2).mean(dim=-1, keepdim=True).sqrt() + eps) * w,
)
first_axis = _layer(
    "wrong",
    "The mean runs over the first axis. It runs over the last.",
    forward=lambda x, w, eps: x / (x.pow(2).mean(dim=0, keepdim=True) + eps).sqrt() * w,
)
weight_unused = _layer(
    "wrong",
    "The weight is not used.",
    forward=lambda x, w, eps: _forward(x, torch.ones_like(w), eps),
)
starts_at_zero = _layer("wrong", "The weight starts at 0. It starts at 1.", start=torch.zeros)

by_norm = _layer(
    "right",
    forward=lambda x, w, eps: w * x * (x.norm(dim=-1, keepdim=True) ** 2 / len(w) + eps) ** -0.5,
)
by_einsum = _layer(
    "right",
    forward=lambda x, w, eps: (
        x * w * torch.rsqrt(torch.einsum("...i,...i->...", x, x) / len(w) + eps)[..., None]
    ),
)
