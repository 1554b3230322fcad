"""train: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


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
