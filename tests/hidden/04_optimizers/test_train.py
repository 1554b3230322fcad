"""train: around parts that live in the kernel; torch runs the same training here.

mistake                             case that exposes it   check
----------------------------------  ---------------------  ------------------
copies trained, gradients added up  three batches          trains
batches() called once               four epochs            trains
a plain mean of losses              batches of 7, 7 and 2  losses
rate late, per batch, from epoch 1  four rates             schedule
clipped late or not                 norm 0.8               clips
one of both forgotten               both                   all_parts_together
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    fetch,
    reference,
    requires,
    weight,
)

pytestmark = exercise("train")
rng = case_rng("train")

PARTS = '''
class Optimiser:
    """SGD with momentum 0.6, which counts its steps."""

    def __init__(self, lr):
        self.lr, self.v, self.steps = lr, {}, 0

    def step(self, params, grads):
        self.steps += 1
        for k in params:
            self.v[k] = 0.6 * self.v.get(k, 0.0) + grads[k]
            params[k] -= self.lr * self.v[k]


def loss_and_grads(params, X, y):
    """Half the mean squared error of a linear model."""
    error = X @ params["w"] + params["b"] - y
    grads = {"w": X.T @ error / len(X), "b": error.mean(keepdims=True)}
    return 0.5 * float(np.mean(error**2)), grads


def loader(epochs):
    """A callable that gives one epoch's batches, once, at each call."""
    epochs = iter(epochs)
    return lambda: (tuple(pair) for pair in next(epochs))


class Clip:
    """Clipping to norm 0.8, which notes how many steps were taken before each call."""

    def __init__(self, optimiser):
        self.optimiser, self.seen = optimiser, []

    def __call__(self, grads):
        self.seen.append(self.optimiser.steps)
        norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
        for g in grads.values():
            g *= min(1.0, 0.8 / (norm + 1e-6))
        return norm
'''


@dataclass(frozen=True, eq=False)
class Case:
    """The batches of each epoch, and which of the optional parts are used."""

    title: str
    epochs: list
    rates: list | None = None
    clipped: bool = False

    def __str__(self):
        return self.title


LR, RATES = 0.15, [0.05, 0.2, 0.0, 0.02]
START = {"w": rng.normal(size=3), "b": rng.normal(size=1)}


def draw(sizes, count=4):
    """`count` epochs of batches with these numbers of rows, all different."""
    return [
        [(rng.normal(size=(n, 3)), 3 * rng.normal(size=n)) for n in sizes] for _ in range(count)
    ]


PLAIN = [Case("equal batches", draw([6, 6, 6])), Case("a short last batch", draw([7, 7, 2]))]
SCHEDULED = [Case("a rate an epoch", draw([5, 5, 1]), RATES)]
CLIPPED = [Case("clipped", draw([5, 5, 1]), None, True)]
BOTH = [Case("a rate an epoch, clipped", draw([4, 3]), RATES, True)]


@reference
def torch_training(case, device):
    """The loss of each epoch, and the parameters at the end."""
    params = {k: torch.nn.Parameter(torch.tensor(v, device=device)) for k, v in START.items()}
    optimiser = torch.optim.SGD(params.values(), lr=LR, momentum=0.6)
    history = []
    for epoch, batches in enumerate(case.epochs):
        if case.rates:
            optimiser.param_groups[0]["lr"] = case.rates[epoch]
        losses = []
        for batch in batches:
            X, y = (torch.tensor(part, device=device) for part in batch)
            loss = 0.5 * torch.mean((X @ params["w"] + params["b"] - y) ** 2)
            optimiser.zero_grad()
            loss.backward()
            if case.clipped:
                torch.nn.utils.clip_grad_norm_(params.values(), 0.8)
            optimiser.step()
            losses += [loss.item()] * len(y)  # one for each sample
        history.append(float(np.mean(losses)))
    return history, params


def parts(student, case):
    """What `train` takes: positional arguments and keywords, all living in the kernel."""
    made = {name: student.define(PARTS, name) for name in ("Optimiser", "loader", "loss_and_grads")}
    batches = made["loader"]([[list(pair) for pair in epoch] for epoch in case.epochs])
    optimiser, options = made["Optimiser"](LR), {"epochs": len(case.epochs)}
    if case.rates:
        options["schedule"] = student.define(f"rate = {case.rates}.__getitem__", "rate")
    if case.clipped:
        options["clip"] = student.define(PARTS, "Clip")(optimiser)
    return [student.keep(START), made["loss_and_grads"], optimiser, batches], options


def trained(student, case):
    """The history as a list of floats, and the parameters afterwards."""
    arguments, options = parts(student, case)
    history = student.train(*arguments, **options)
    if case.clipped:
        steps = list(range(sum(len(batches) for batches in case.epochs)))
        assert_equal(fetch(options["clip"], "seen"), steps, name="steps before each clipping")
    if isinstance(history, list | tuple | np.ndarray):
        history = [float(loss) for loss in history]
    return history, fetch(arguments[0])


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_trains(student, torch_device, case):
    """Without schedule and clipping, params end where the same loop in torch leads them."""
    _, params = trained(student, case)
    assert_close(params, torch_training(case, torch_device)[1], name="params at the end")


@pytest.mark.parametrize("case", PLAIN, ids=str)
@requires("test_trains")
def test_losses(student, torch_device, case):
    """Returns each epoch's mean loss over its samples: a short batch counts for less."""
    history, _ = trained(student, case)
    assert_close(history, torch_training(case, torch_device)[0], name="the losses")


@pytest.mark.parametrize("case", SCHEDULED, ids=str)
@requires("test_trains")
def test_schedule(student, torch_device, case):
    """The schedule is asked once an epoch, before its first batch, with the epoch from 0."""
    _, params = trained(student, case)
    assert_close(params, torch_training(case, torch_device)[1], name="params at the end")


@pytest.mark.parametrize("case", CLIPPED, ids=str)
@requires("test_trains")
def test_clips(student, torch_device, case):
    """Every batch's gradients are clipped before the step."""
    _, params = trained(student, case)
    assert_close(params, torch_training(case, torch_device)[1], name="params at the end")


@pytest.mark.parametrize("case", BOTH, ids=str)
@requires("test_losses")
@requires("test_schedule")
@requires("test_clips")
def test_all_parts_together(student, torch_device, case):
    """Schedule and clipping work together."""
    history, params = trained(student, case)
    wanted, end = torch_training(case, torch_device)
    assert_close(params, end, name="params at the end")
    assert_close(history, wanted, name="the losses")
