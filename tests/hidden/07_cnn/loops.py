"""What the checks of the training loops share: a case, and a loop by hand to compare with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gradlab.judge import Modules

from .networks import batch_norm, kernel_of, modules_of, new_case

SOURCE = Path(__file__).with_name("inside_loops.py").read_text(encoding="utf-8")
FEATURES, HIDDEN, CLASSES = 4, 6, 3
RATE, MOMENTUM = 0.3, 0.9


@dataclass(frozen=True, eq=False)
class Run:
    """Weights to start from, and the batches of an epoch."""

    label: str
    parameters: list
    buffers: list
    batches: list

    def __str__(self):
        return self.label


def new_run(rng, *sizes):
    """Batches of these sizes; later ones are harder, so that a mean of means is another number."""
    h, c = HIDDEN, CLASSES
    shapes = [(h, FEATURES), (h,), (h,), (h,), (c, h), (c,)]
    case = new_case(rng, "", (), shapes, (1,), (1,), norms=(h,))
    batches = [
        (rng.normal(size=(n, FEATURES)) * (1 + number), rng.integers(c, size=n))
        for number, n in enumerate(sizes)
    ]
    label = "batches of " + ", ".join(map(str, sizes))
    return Run(label, case.parameters, case.buffers, batches)


def logits_of(parameters, buffers, x, training):
    w1, b1, gamma, beta, w2, b2 = parameters
    h = batch_norm(x @ w1.T + b1, (gamma, beta), buffers, training).clamp(min=0)
    return h @ w2.T + b2


def losses_of(logits, y):
    """The cross-entropy of each sample."""
    return torch.logsumexp(logits, dim=1) - logits[torch.arange(len(y)), y]


@dataclass(frozen=True)
class Trained:
    """Where a trusted loop ends."""

    losses: list
    parameters: list
    buffers: list


def trained_by_hand(run, epochs, device):
    """SGD with momentum, written out, in training mode; the mean loss per sample by epoch."""
    parameters = [torch.tensor(a, device=device, requires_grad=True) for a in run.parameters]
    buffers = [torch.tensor(a, device=device) for a in run.buffers]
    velocity, means = [torch.zeros_like(a) for a in parameters], []
    for _ in range(epochs):
        of_samples = []
        for x, y in _on(device, run.batches):
            losses = losses_of(logits_of(parameters, buffers, x, True), y)
            slopes = torch.autograd.grad(losses.mean(), parameters)
            velocity = [MOMENTUM * v + g for v, g in zip(velocity, slopes)]
            with torch.no_grad():
                for parameter, v in zip(parameters, velocity):
                    parameter -= RATE * v
            of_samples += losses.tolist()
        means.append(float(np.mean(of_samples)))
    return Trained(means, _arrays(parameters), _arrays(buffers))


def evaluated_by_hand(run, device):
    """Mean loss per sample and accuracy, in evaluation mode."""
    parameters = [torch.tensor(a, device=device) for a in run.parameters]
    buffers = [torch.tensor(a, device=device) for a in run.buffers]
    losses, right = [], []
    for x, y in _on(device, run.batches):
        logits = logits_of(parameters, buffers, x, False)
        losses += losses_of(logits, y).tolist()
        right += (logits.argmax(dim=1) == y).tolist()
    return float(np.mean(losses)), float(np.mean(right))


def _on(device, batches):
    return [(torch.tensor(x, device=device), torch.tensor(y, device=device)) for x, y in batches]


def _arrays(tensors):
    return [tensor.detach().cpu().numpy() for tensor in tensors]


@dataclass(frozen=True)
class Bench:
    """A model, a loader, a loss and an optimiser in the kernel."""

    modules: Modules
    kernel: object
    model: object
    loader: object
    loss: object
    optimiser: object


def bench(student, run, *, training=False, away=False):
    modules, kernel = modules_of(student), kernel_of(student, SOURCE, "Loops")
    model = kernel.model(FEATURES, HIDDEN, CLASSES)
    modules.load(model, run.parameters, buffers=run.buffers, training=training)
    loader = kernel.batches(run.batches, away)
    optimiser = kernel.sgd(model, RATE, MOMENTUM)
    return Bench(modules, kernel, model, loader, kernel.loss(), optimiser)
