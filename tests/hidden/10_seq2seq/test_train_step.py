"""train_step: a toy model, four steps of SGD with momentum, against a loop of the judge's own.

mistake                                    case that exposes it               check
-----------------------------------------  ---------------------------------  ---------------
old gradients kept; step before backward   four steps with momentum           parameters
not clipped, clipped late, per tensor,     three tensors, norm above and      parameters
by value, always rescaled, max_norm lost   below max_norm, several max_norms
frozen parameters moved by a stale grad    a stale gradient before step 1     stale_gradient
loss of after the step, tensor returned    every step                         returned_loss
another default for max_norm               a call without it                  default_norm
model in eval mode; under no_grad          modes that it notes                called_once
called twice; ratio, generator, targets    what it notes                      called_once
or mask not handed on, order of arguments
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    Modules,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("train_step")
rng = case_rng("train_step")

SOURCE = '''
import torch
from torch import nn


class Model(nn.Module):
    """Three parameters of unequal sizes; notes how it is called."""

    def __init__(self, w, b, v):
        super().__init__()
        self.w, self.b, self.v = (nn.Parameter(torch.tensor(a)) for a in (w, b, v))
        self.noted = []

    def forward(self, source, mask, targets, *, ratio, generator):
        drawn = -1.0
        if generator is not None:
            drawn = float(torch.rand((), generator=generator, dtype=torch.float64))
        self.noted.append(
            [self.training, torch.is_grad_enabled(), float(ratio), round(drawn, 6),
             float(mask.sum()), float(targets.sum())]
        )
        return torch.tanh(source @ self.w.T + self.b) * self.v


class Parts:
    @staticmethod
    def model(w, b, v):
        return Model(w, b, v)

    @staticmethod
    def descent(model, lr):
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)

    @staticmethod
    def noted(model):
        return model.noted

    @staticmethod
    def stale(model):
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, 100.0)

    @staticmethod
    def evaluation(model):
        model.eval()
'''
LOSS = """
def cubic(logits, targets):
    return ((logits - 1.5 * targets) ** 3).abs().sum() / len(targets)
"""
STEPS = 4
W, B, V = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=3) + 2
BATCHES = [
    (rng.normal(size=(n, 2)), rng.random((n, 2)) < 0.7, rng.normal(size=(n, 3)))
    for n in (5, 4, 5, 2)
]
SEED, RATIO, LR = 4, 0.37, 0.05


@reference
def expected(max_norm, device):
    """Parameters after each step, and the losses before each."""
    parameters = [torch.tensor(a).requires_grad_() for a in (W, B, V)]
    velocity = [torch.zeros_like(p) for p in parameters]
    after, losses = [], []
    for source, _, targets in BATCHES:
        w, b, v = parameters
        outputs = torch.tanh(torch.tensor(source) @ w.T + b) * v
        loss = ((outputs - 1.5 * torch.tensor(targets)) ** 3).abs().sum() / len(targets)
        gradients = torch.autograd.grad(loss, parameters)
        norm = torch.sqrt(sum((g**2).sum() for g in gradients))
        gradients = [g * min(1.0, max_norm / float(norm)) for g in gradients]
        velocity = [0.9 * m + g for m, g in zip(velocity, gradients)]
        parameters = [(p - LR * m).detach().requires_grad_() for p, m in zip(parameters, velocity)]
        after.append([p.detach().clone() for p in parameters])
        losses.append(loss.item())
    return after, losses


def _start(student):
    parts = student.define(SOURCE, "Parts")
    model = parts.model(W, B, V)
    return parts, model, parts.descent(model, LR), Modules(student)


def _step(student, model, optimiser, number, generator, **options):
    batch = tuple(torch.tensor(part) for part in BATCHES[number])
    return student.train_step(
        model,
        student.define(LOSS, "cubic"),
        optimiser,
        batch,
        ratio=RATIO,
        generator=generator,
        **options,
    )


# The norms of these gradients lie between about 2 and 100; where a library adds 1e-6 to the norm,
# a clipped step differs by a millionth.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


@weight(3)
@pytest.mark.parametrize("max_norm", [0.5, 4.0, 1e4])
def test_parameters(student, torch_device, max_norm):
    """Four steps move all parameters as clipped SGD does."""
    _, model, optimiser, modules = _start(student)
    found = []
    for number in range(STEPS):
        _step(student, model, optimiser, number, modules.generator(SEED), max_norm=max_norm)
        found.append(modules.parameters(model))
    wanted = expected(max_norm, torch_device)[0]
    assert_close(found, wanted, name="parameters after each step", **CLOSE)


@requires("test_parameters")
def test_default_norm(student, torch_device):
    """Without max_norm, the gradient is clipped to norm 1."""
    _, model, optimiser, modules = _start(student)
    _step(student, model, optimiser, 0, modules.generator(SEED))
    wanted = expected(1.0, torch_device)[0][0]
    assert_close(modules.parameters(model), wanted, name="parameters", **CLOSE)


@requires("test_parameters")
def test_stale_gradient(student, torch_device):
    """Gradients that were there before the step do not count."""
    parts, model, optimiser, modules = _start(student)
    parts.stale(model)
    _step(student, model, optimiser, 0, modules.generator(SEED), max_norm=4.0)
    wanted = expected(4.0, torch_device)[0][0]
    assert_close(modules.parameters(model), wanted, name="parameters", **CLOSE)


@requires("test_parameters")
def test_returned_loss(student, torch_device):
    """Returns the loss before each step, as a Python float."""
    _, model, optimiser, modules = _start(student)
    found = [
        _step(student, model, optimiser, number, modules.generator(SEED), max_norm=4.0)
        for number in range(STEPS)
    ]
    assert_close(found, expected(4.0, torch_device)[1], name="losses", **CLOSE)
    kinds = [type(one).__name__ for one in found]
    expect(all(one is float for one in map(type, found)), "return a float", value=kinds)


@requires("test_parameters")
def test_called_once(student):
    """Calls the model once, in training mode, with batch, ratio and generator in their places."""
    parts, model, optimiser, modules = _start(student)
    parts.evaluation(model)
    generator, drawing = modules.generator(SEED), torch.Generator().manual_seed(SEED)
    for number in range(2):
        _step(student, model, optimiser, number, generator, max_norm=4.0)
    wanted = []
    for _, mask, targets in BATCHES[:2]:
        drawn = float(torch.rand((), generator=drawing, dtype=torch.float64))
        wanted.append(
            [True, True, RATIO, round(drawn, 6), float(mask.sum()), float(np.sum(targets))]
        )
    found = parts.noted(model)
    assert_equal(len(found), 2, name="the number of calls in two steps")
    names = "training, gradients on, ratio, what the generator gives, mask, targets"
    assert_close(found, wanted, name=names)
