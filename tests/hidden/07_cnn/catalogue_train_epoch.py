"""train_epoch: known wrong implementations, by where they go wrong, and right ones."""

import itertools

import numpy as np
import torch

from gradlab.judge import alternative, misconception

from .epoch_in_steps import do_nothing, epoch_of, learn_from, mean_per_sample


def _wrong(message, **steps):
    return misconception("train_epoch", message)(epoch_of(**steps))


def _ordered(*order):
    """A batch's work in that order of zero_grad (z), backward (b) and step (s)."""

    def learn(model, x, y, loss_function, optimiser, number):
        loss = loss_function(model(x), y)
        for letter in order:
            {"z": optimiser.zero_grad, "b": loss.backward, "s": optimiser.step}[letter]()
        return loss.item()

    return learn


# Misconceptions: the five steps

zero_grad_missing = _wrong(
    "The gradients are never cleared: each step takes the sum of all gradients so far. Call "
    "optimiser.zero_grad() for each batch.",
    learn=_ordered("b", "s"),
)
zero_grad_once_an_epoch = _wrong(
    "The gradients are cleared once an epoch. Clear them for each batch.",
    begin=lambda model, optimiser: (model.train(), optimiser.zero_grad()),
    learn=_ordered("b", "s"),
)
nothing_learnt = _wrong(
    "Nothing is learnt: the gradients are cleared between backward and step, or one of the two is "
    "missing.",
    learn=_ordered("b", "z", "s"),
)
step_before_backward = _wrong(
    "The optimiser steps before the gradients of this batch are computed: it uses old ones.",
    learn=_ordered("s", "z", "b"),
)
step_twice = _wrong("The optimiser steps twice for each batch.", learn=_ordered("z", "b", "s", "s"))


def _step_once(model, optimiser):
    optimiser.step()
    optimiser.zero_grad()


step_once_an_epoch = _wrong(
    "The optimiser steps once an epoch. It steps for each batch.",
    learn=_ordered("b"),
    end=_step_once,
)


def _every_other(model, x, y, loss_function, optimiser, number):
    loss = loss_function(model(x), y)
    loss.backward()
    if number % 2:
        optimiser.step()
        optimiser.zero_grad()
    return loss.item()


step_every_other_batch = _wrong("The optimiser steps for every second batch.", learn=_every_other)


def _weighted(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x), y)
    (loss * len(y)).backward()
    optimiser.step()
    return loss.item()


gradient_of_the_sum = _wrong(
    "You go backward from the loss times the batch's size. Go backward from the mean.",
    learn=_weighted,
)


def _negative(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x), y)
    (-loss).backward()
    optimiser.step()
    return loss.item()


uphill = _wrong("You go uphill: go backward from the loss itself.", learn=_negative)


def _softmax(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x).softmax(dim=1), y)
    loss.backward()
    optimiser.step()
    return loss.item()


softmax_twice = _wrong(
    "A softmax stands between the model and the loss, which contains one.", learn=_softmax
)


def _clipped(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimiser.step()
    return loss.item()


gradients_clipped = _wrong("Your gradients are clipped, which nobody asked for.", learn=_clipped)

# Misconceptions: which batches, in which mode

first_batch_only = _wrong(
    "Only the first batch is used (a return inside the loop?).",
    batches=lambda loader: itertools.islice(loader, 1),
)
last_batch_left_out = _wrong(
    "The last batch is left out.", batches=lambda loader: list(loader)[: max(len(loader) - 1, 1)]
)
short_batch_left_out = _wrong(
    "A batch that is smaller than the first one is left out.",
    batches=lambda loader: [b for b in loader if len(b[1]) >= len(next(iter(loader))[1])],
)
first_batch_again = _wrong(
    "Every step uses the first batch (next(iter(loader)) starts anew each time).",
    batches=lambda loader: (next(iter(loader)) for _ in range(len(loader))),
)
backwards = _wrong("The batches come in reverse.", batches=lambda loader: list(loader)[::-1])
evaluation_mode = _wrong(
    "The model is trained in evaluation mode: dropout is off, and batch norm learns no statistics.",
    begin=lambda model, optimiser: model.eval(),
)
mode_left_as_it_was = _wrong("The mode is not set: call model.train() first.", begin=do_nothing)


def _first_in_training(model, x, y, loss_function, optimiser, number):
    loss = learn_from(model, x, y, loss_function, optimiser, number)
    model.eval()
    return loss


training_for_the_first_only = _wrong(
    "Only the first batch is seen in training mode (evaluated in between, without a way back?).",
    learn=_first_in_training,
)


def _forward_twice(model, x, y, loss_function, optimiser, number):
    loss = learn_from(model, x, y, loss_function, optimiser, number)
    with torch.no_grad():
        model(x)
    return loss


two_forward_passes = _wrong(
    "Each batch goes forward twice: batch norm counts it twice.", learn=_forward_twice
)

# Misconceptions: the device

labels_not_moved = _wrong(
    "The labels are not moved to device.", moved=lambda x, y, device: (x.to(device), y)
)


def _to_without_assignment(x, y, device):
    x.to(device)
    y.to(device)
    return x, y


not_moved = _wrong(
    "The inputs are not moved to device. x.to(device) returns the moved tensor and does not change "
    "x: assign it.",
    moved=_to_without_assignment,
)
always_cpu = _wrong(
    "The batches go to a place that your code names; use the argument device.",
    moved=lambda x, y, device: (x.to("cpu"), y.to("cpu")),
)

# Misconceptions: the loss

mean_of_means = _wrong(
    "You averaged the batches' means. The short last batch then counts as much as a full one; "
    "weigh each by its number of samples.",
    summary=lambda seen: float(np.mean([loss for loss, _ in seen])),
)
sum_of_means = _wrong(
    "You returned the sum of the batches' losses.",
    summary=lambda seen: float(sum(loss for loss, _ in seen)),
)
sum_over_samples = _wrong(
    "You returned the sum over the samples; divide by their number.",
    summary=lambda seen: float(sum(loss * n for loss, n in seen)),
)
means_over_samples = _wrong(
    "You divided the sum of the batches' means by the number of samples.",
    summary=lambda seen: float(sum(loss for loss, _ in seen) / sum(n for _, n in seen)),
)
samples_over_batches = _wrong(
    "You divided the sum over samples by the number of batches.",
    summary=lambda seen: float(sum(loss * n for loss, n in seen) / len(seen)),
)
full_batches_assumed = _wrong(
    "You counted each batch as large as the first one.",
    summary=lambda seen: sum(loss * n for loss, n in seen) / (len(seen) * seen[0][1]),
)
last_loss = _wrong("You returned the last batch's loss.", summary=lambda seen: seen[-1][0])
first_loss = _wrong("You returned the first batch's loss.", summary=lambda seen: seen[0][0])
nothing_returned = _wrong("Nothing is returned.", summary=lambda seen: None)
list_returned = _wrong(
    "You returned the losses of all batches; return their mean per sample.",
    summary=lambda seen: [loss for loss, _ in seen],
)


def _loss_afterwards(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss_function(model(x), y).backward()
    optimiser.step()
    mean, variance, count = (array.clone() for array in model.buffers())
    with torch.no_grad():
        loss = loss_function(model(x), y).item()
        for array, old in zip(model.buffers(), (mean, variance, count)):
            array.copy_(old)
    return loss


loss_behind_the_step = _wrong(
    "Your loss is measured behind the step; return the one before it.", learn=_loss_afterwards
)


def _tensor_loss(model, x, y, loss_function, optimiser, number):
    optimiser.zero_grad()
    loss = loss_function(model(x), y)
    loss.backward()
    optimiser.step()
    return loss


graphs_kept = _wrong(
    "You add up losses that hang on their graphs, and keep all graphs of the epoch in memory. "
    "Add loss.item().",
    learn=_tensor_loss,
    summary=lambda seen: mean_per_sample(seen).item(),
)
tensor_returned = _wrong(
    "A tensor comes back (with its graph). Return a plain number: loss.item().", learn=_tensor_loss
)


@misconception("train_epoch", "A tensor without a graph comes back. Return a plain number.")
def detached_tensor_returned(model, loader, loss_function, optimiser, *, device="cpu"):
    loss = epoch_of()(model, loader, loss_function, optimiser, device=device)
    return torch.tensor([loss])


# Alternatives

in_steps = alternative("train_epoch")(epoch_of())
cleared_behind_the_step = alternative("train_epoch")(epoch_of(learn=_ordered("b", "s", "z")))


@alternative("train_epoch")
def written_out(model, loader, loss_function, optimiser, *, device="cpu"):
    losses, sizes = [], []
    model.train()
    for batch in loader:
        inputs, labels = (tensor.to(device=device, non_blocking=True) for tensor in batch)
        for parameter in model.parameters():
            parameter.grad = None
        loss = loss_function(model(inputs), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
        sizes.append(labels.shape[0])
    return float(np.average([loss.item() for loss in losses], weights=sizes))


@alternative("train_epoch")
def running_mean(model, loader, loss_function, optimiser, *, device="cpu"):
    mean, count = torch.zeros((), dtype=torch.float64), 0
    for x, y in loader:
        model.train()
        with torch.enable_grad():
            output = model(x.to(device))
            loss = loss_function(output, y.to(device))
        optimiser.zero_grad(set_to_none=False)
        loss.backward()
        optimiser.step()
        count += len(y)
        mean += (loss.detach() - mean) * len(y) / count
    return mean.item()


@alternative("train_epoch")
def model_moved_too(model, loader, loss_function, optimiser, *, device="cpu"):
    model.to(device).train(True)
    total = 0.0
    for x, y in iter(loader):
        x = x.to(device)
        y = y.to(device)
        model.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimiser.step()
        total += float(loss) * x.size(0)
    return total / len(loader.dataset)
