"""The training loop, around parts that live in the kernel; torch runs the same training here."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    fetch,
    misconception,
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


class Loop:
    """The loop in pieces, so that each mistake below replaces one of them."""

    def __init__(self, params, model, optimiser, batches, epochs, schedule, clip):
        self.params, self.model, self.optimiser = params, model, optimiser
        self.batches, self.epochs, self.schedule, self.clip = batches, epochs, schedule, clip
        self.losses, self.rows, self.base_lr = [], [], optimiser.lr

    def run(self):
        return [self.epoch(epoch) for epoch in range(self.epochs)]

    def epoch(self, epoch):
        self.losses, self.rows = [], []
        self.begin(epoch)
        for X, y in self.batches():
            self.batch(X, y)
        return self.summary()

    def begin(self, epoch):
        if self.schedule is not None:
            self.optimiser.lr = self.schedule(epoch)

    def batch(self, X, y):
        loss, grads = self.model(self.params, X, y)
        self.update(grads)
        self.note(loss, X)

    def update(self, grads):
        if self.clip is not None:
            self.clip(grads)
        self.optimiser.step(self.params, grads)

    def note(self, loss, X):
        self.losses.append(loss)
        self.rows.append(len(X))

    def summary(self):
        return float(np.dot(self.losses, self.rows) / np.sum(self.rows))


def by(**methods):
    """A `train` whose loop has these pieces instead."""
    loop = type("Loop", (Loop,), methods)

    def train(params, loss_and_grads, optimiser, batches, *, epochs, schedule=None, clip=None):
        return loop(params, loss_and_grads, optimiser, batches, epochs, schedule, clip).run()

    return train


def wrong(message, **methods):
    return misconception("train", message)(by(**methods))


def clip_late(self, grads):
    self.optimiser.step(self.params, grads)
    if self.clip is not None:
        self.clip(grads)


def clip_copy(self, grads):
    if self.clip is not None:
        self.clip({k: g.copy() for k, g in grads.items()})
    self.optimiser.step(self.params, grads)


def loss_afterwards(self, X, y):
    _, grads = self.model(self.params, X, y)
    self.update(grads)
    self.note(self.model(self.params, X, y)[0], X)


def summed_gradients(self, X, y):
    loss, grads = self.model(self.params, X, y)
    self.total = {k: g + getattr(self, "total", {}).get(k, 0.0) for k, g in grads.items()}
    self.update({k: g.copy() for k, g in self.total.items()})
    self.note(loss, X)


def one_pass(self):
    """Batches are asked for once; the generator is empty from the second epoch on."""
    once = self.batches()
    self.batches = lambda: once
    self.summary = lambda: float(np.dot(self.losses, self.rows) / max(np.sum(self.rows), 1))
    return Loop.run(self)


def same_batches(self):
    once = list(self.batches())
    self.batches = lambda: once
    return Loop.run(self)


def set_late(self, epoch):
    """The rate of an epoch comes into force after it."""
    begin, self.begin = self.begin, lambda epoch: None
    loss = Loop.epoch(self, epoch)
    self.begin = begin
    self.begin(epoch)
    return loss


def all_losses(self):
    self.note = lambda loss, X: self.history.append(float(loss))
    self.summary, self.history = (lambda: 0.0), []
    Loop.run(self)
    return self.history


def never_reset(self, epoch):
    self.begin(epoch)
    for X, y in self.batches():
        self.batch(X, y)
    return self.summary()


def per_batch(self, X, y):
    if self.schedule is not None:
        self.optimiser.lr = self.schedule(min(len(self.losses), self.epochs - 1))
    Loop.batch(self, X, y)


def on_copies(self):
    self.params = {k: v.copy() for k, v in self.params.items()}
    return Loop.run(self)


def from_one(self, epoch):
    if self.schedule is not None:
        self.optimiser.lr = self.schedule(min(epoch + 1, self.epochs - 1))


def times(self, epoch):
    if self.schedule is not None:
        self.optimiser.lr *= self.schedule(epoch)


clipped_late = wrong("The gradients are clipped after the step, too late.", update=clip_late)
copy_clipped = wrong("A copy of the gradients was clipped.", update=clip_copy)
not_clipped = wrong(
    "clip is never called.", update=lambda self, grads: self.optimiser.step(self.params, grads)
)
accumulated = wrong(
    "Gradients of earlier batches are added in; each step takes its own batch's.",
    batch=summed_gradients,
)
loss_after_step = wrong(
    "The loss is computed again after the step; note the one that the gradient belongs to.",
    batch=loss_afterwards,
)
exhausted = wrong(
    "batches() is called once; its generator is empty from the second epoch on.", run=one_pass
)
repeated = wrong(
    "The first epoch's batches are used in all; call batches() in each epoch.", run=same_batches
)
not_in_place = wrong("Copies of params were trained; params itself must change.", run=on_copies)
unweighted = wrong(
    "The batches' losses are averaged as if all had the same size; weigh them by their rows.",
    summary=lambda self: float(np.mean(self.losses)),
)
last_loss = wrong(
    "The loss of the last batch is returned; take the mean over the epoch.",
    summary=lambda self: float(self.losses[-1]),
)
total_loss = wrong(
    "The batches' losses are added up; take the mean over the epoch's samples.",
    summary=lambda self: float(np.sum(self.losses)),
)
running_mean = wrong(
    "The sums are not set back to 0: each loss is a mean since the first epoch.", epoch=never_reset
)
every_batch = wrong(
    "The history has one entry for each batch; it must have one for each epoch.", run=all_losses
)
no_schedule = wrong("schedule is never called.", begin=lambda self, epoch: None)
schedule_by_batch = wrong(
    "The schedule is asked with the number of the batch; it wants that of the epoch.",
    batch=per_batch,
)
schedule_late = wrong(
    "The rate is set at the end of an epoch: each epoch trains with the one before.", epoch=set_late
)
epochs_from_one = wrong(
    "Epochs are counted from 1; the schedule wants them from 0.", begin=from_one
)
multiplied = wrong(
    "The rate is multiplied by the schedule's in each epoch and so compounds; it must be set.",
    begin=times,
)


@alternative("train")
def running_totals(params, loss_and_grads, optimiser, batches, *, epochs, schedule=None, clip=None):
    """Running sums; y is counted; an array is returned."""
    history = np.zeros(epochs)
    for epoch in range(epochs):
        if schedule:
            optimiser.lr = float(schedule(epoch))
        seen = 0
        for X, y in list(batches()):
            loss, grads = loss_and_grads(params, X, y)
            clip and clip(grads)
            optimiser.step(params, grads)
            seen += len(y)
            history[epoch] += (loss - history[epoch]) * len(y) / seen
    return history


whole_loop = alternative("train")(
    by(summary=lambda self: np.average(self.losses, weights=self.rows))
)
