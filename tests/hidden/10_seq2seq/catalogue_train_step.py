"""train_step: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn

from gradlab.judge import alternative, misconception


class _Step:
    """A right step in parts, so that each can be falsified."""

    def __init__(self, model, loss_function, optimiser, ratio, generator, max_norm):
        self.model, self.loss_function, self.optimiser = model, loss_function, optimiser
        self.ratio, self.generator, self.max_norm = ratio, generator, max_norm

    def mode(self):
        self.model.train()

    def logits(self, source, mask, targets):
        return self.model(source, mask, targets, ratio=self.ratio, generator=self.generator)

    def loss(self, source, mask, targets):
        return self.loss_function(self.logits(source, mask, targets), targets)

    def clear(self):
        self.optimiser.zero_grad()

    def clip(self):
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)

    def update(self, loss):
        self.clear()
        loss.backward()
        self.clip()
        self.optimiser.step()

    def result(self, loss, batch):
        return loss.item()

    def run(self, batch):
        self.mode()
        loss = self.loss(*batch)
        self.update(loss)
        return self.result(loss, batch)


def _wrong(message, **parts):
    step = type("Wrong", (_Step,), parts)

    @misconception("train_step", message)
    def variant(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
        return step(model, loss_function, optimiser, ratio, generator, max_norm).run(batch)

    return variant


def _scaled(step, factor):
    for parameter in step.model.parameters():
        parameter.grad *= factor


def _norm(step):
    return float(torch.sqrt(sum((p.grad**2).sum() for p in step.model.parameters())))


# Misconceptions: the order of things


def _clear_late(self, loss):
    loss.backward()
    self.clear()
    self.optimiser.step()


def _step_first(self, loss):
    self.optimiser.step()
    self.clear()
    loss.backward()
    self.clip()


def _cleared_afterwards(self, loss):
    loss.backward()
    self.clip()
    self.optimiser.step()
    self.clear()


def _two_steps(self, loss):
    _Step.update(self, loss)
    self.optimiser.step()


gradients_kept = _wrong(
    "Old gradients are not cleared, so they add up from step to step.", clear=lambda self: None
)
never_moves = _wrong(
    "The parameters stay where they were: backward or step is missing, or the gradients are "
    "cleared between the two.",
    update=_clear_late,
)
cleared_at_the_end_only = _wrong(
    "Gradients are cleared after the step only, so what was there before the first one counts.",
    update=_cleared_afterwards,
)
step_before_backward = _wrong(
    "The optimiser steps before backward, along the gradients of the last batch.",
    update=_step_first,
)
two_steps = _wrong("The optimiser steps twice.", update=_two_steps)
ascent = _wrong(
    "The parameters move uphill: the sign of the loss is wrong.",
    update=lambda self, loss: _Step.update(self, -loss),
)

# Misconceptions: clipping


def _each_tensor(self):
    for parameter in self.model.parameters():
        nn.utils.clip_grad_norm_([parameter], self.max_norm)


def _first_tensor_only(self):
    nn.utils.clip_grad_norm_([next(iter(self.model.parameters()))], self.max_norm)


def _copies(self):
    for parameter in self.model.parameters():
        parameter.grad.clone().clamp_(-self.max_norm, self.max_norm)


not_clipped = _wrong(
    "The gradient is not clipped when the optimiser steps. Clip between backward and step.",
    clip=lambda self: None,
)
each_tensor = _wrong(
    "Each tensor is clipped by its own norm. The norm is that of all parameters together.",
    clip=_each_tensor,
)
first_tensor = _wrong("Only the first parameter's gradient is clipped.", clip=_first_tensor_only)
by_value = _wrong(
    "The entries are clipped one by one, which bends the gradient. Shorten it as a whole.",
    clip=lambda self: nn.utils.clip_grad_value_(self.model.parameters(), self.max_norm),
)
always_rescaled = _wrong(
    "The gradient gets the norm max_norm even where it is shorter. Only long ones are cut down.",
    clip=lambda self: _scaled(self, self.max_norm / _norm(self)),
)
squared_norm = _wrong(
    "The squared norm is compared with max_norm. Take the root.",
    clip=lambda self: _scaled(self, min(1.0, self.max_norm / _norm(self) ** 2)),
)
largest_entry = _wrong(
    "The largest entry is taken for the norm. The norm is the root of the sum of squares.",
    clip=lambda self: nn.utils.clip_grad_norm_(
        self.model.parameters(), self.max_norm, norm_type=float("inf")
    ),
)
always_norm_one = _wrong(
    "The gradient is clipped to norm 1 whatever max_norm is.",
    clip=lambda self: nn.utils.clip_grad_norm_(self.model.parameters(), 1.0),
)


@misconception("train_step", "Without max_norm you clip at another norm than 1, or not at all.")
def another_default(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=5.0):
    return _Step(model, loss_function, optimiser, ratio, generator, max_norm).run(batch)


# Misconceptions: how the model is called


def _under_evaluation(self):
    self.model.eval()


def _loss_again(self, loss, batch):
    with torch.no_grad():
        return self.loss(*batch).item()


always_forced = _wrong(
    "The ratio is not handed on: the model is always called with 1.",
    logits=lambda self, source, mask, targets: self.model(
        source, mask, targets, ratio=1.0, generator=self.generator
    ),
)
ratio_inverted = _wrong(
    "The model gets 1 - ratio. Hand the ratio on as it is.",
    logits=lambda self, source, mask, targets: self.model(
        source, mask, targets, ratio=1 - self.ratio, generator=self.generator
    ),
)
generator_dropped = _wrong(
    "The model does not get your generator.",
    logits=lambda self, source, mask, targets: self.model(
        source, mask, targets, ratio=self.ratio, generator=None
    ),
)
generator_reseeded = _wrong(
    "The model gets a generator that is seeded anew in each step. Hand yours on.",
    logits=lambda self, source, mask, targets: self.model(
        source, mask, targets, ratio=self.ratio, generator=torch.Generator().manual_seed(0)
    ),
)
everything_real = _wrong(
    "The model gets a mask that is True everywhere. Hand the batch's mask on.",
    logits=lambda self, source, mask, targets: self.model(
        source, mask | True, targets, ratio=self.ratio, generator=self.generator
    ),
)
loss_after_the_step = _wrong(
    "You return the loss after the step, from a second run of the model. Return the one before.",
    result=_loss_again,
)
tensor_returned = _wrong(
    "You return the loss as a tensor, which keeps its graph alive. Return a float.",
    result=lambda self, loss, batch: loss,
)
norm_returned = _wrong(
    "You return the norm of the gradient. Return the loss.",
    result=lambda self, loss, batch: _norm(self),
)
nothing_returned = _wrong(
    "Nothing is returned. Return the loss.", result=lambda self, loss, batch: None
)


# Alternatives


@alternative("train_step")
def cleared_first(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
    model.train()
    optimiser.zero_grad(set_to_none=False)
    logits = model(*batch, ratio=ratio, generator=generator)
    loss = loss_function(logits, batch[2])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=max_norm)
    optimiser.step()
    return float(loss)


@alternative("train_step")
def clipped_by_hand(model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0):
    model.train(True)
    source, mask, targets = batch
    loss = loss_function(model(source, mask, targets, ratio=ratio, generator=generator), targets)
    for parameter in model.parameters():
        parameter.grad = None
    loss.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    if norm > max_norm:
        for gradient in gradients:
            gradient.mul_(max_norm / norm)
    optimiser.step()
    return loss.detach().item()


@alternative("train_step")
def by_functional_gradients(
    model, loss_function, optimiser, batch, *, ratio, generator, max_norm=1.0
):
    model.train()
    parameters = list(model.parameters())
    loss = loss_function(model(*batch, ratio=ratio, generator=generator), batch[-1])
    gradients = torch.autograd.grad(loss, parameters)
    norm = sum(float((g * g).sum()) for g in gradients) ** 0.5
    scale = min(1.0, max_norm / (norm + 1e-6))
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = scale * gradient
    optimiser.step()
    return loss.item()
