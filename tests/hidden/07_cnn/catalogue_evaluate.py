"""evaluate: known wrong implementations, by where they go wrong, and right ones."""

import contextlib
import itertools

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception


def _moved(x, y, device):
    return x.to(device), y.to(device)


def _restored(model, mode):
    model.train(mode)


def _forward(model, x):
    return model(x)


def _right(logits, y):
    return (logits.argmax(dim=1) == y).sum().item()


def _summary(losses, rights, sizes):
    return float(np.dot(losses, sizes) / sum(sizes)), sum(rights) / sum(sizes)


def _evaluation(
    *,
    before=lambda model: model.eval(),
    guard=torch.no_grad,
    batches=lambda loader: loader,
    moved=_moved,
    forward=_forward,
    right=_right,
    work=lambda model, loss: None,
    after=_restored,
    summary=_summary,
):
    """A right evaluation in steps; each keyword puts another step in its place."""

    def evaluate(model, loader, loss_function, *, device="cpu"):
        mode = model.training
        before(model)
        losses, rights, sizes = [], [], []
        with guard():
            for x, y in batches(loader):
                x, y = moved(x, y, device)
                logits = forward(model, x)
                loss = loss_function(logits, y)
                work(model, loss)
                losses.append(loss.item())
                rights.append(right(logits, y))
                sizes.append(len(y))
        after(model, mode)
        return summary(losses, rights, sizes)

    return evaluate


def _wrong(message, **steps):
    return misconception("evaluate", message)(_evaluation(**steps))


# Misconceptions: modes

training_mode = _wrong(
    "The model is evaluated in training mode: dropout is on, and batch norm uses the batch's "
    "statistics. Call model.eval() first.",
    before=lambda model: model.train(),
)
mode_left_alone = _wrong(
    "The mode is not set: a model that comes in training mode is evaluated in it.",
    before=lambda model: None,
)
mode_not_restored = _wrong(
    "The model stays in evaluation mode: the training that follows runs in the wrong mode. Put "
    "back the mode it came in.",
    after=lambda model, mode: None,
)
always_training_afterwards = _wrong(
    "The model is always put into training mode at the end. Put back the mode it came in.",
    after=lambda model, mode: model.train(),
)
mode_inverted = _wrong(
    "The model ends in the other mode than it came in.",
    after=lambda model, mode: model.train(not mode),
)
mode_flag_only = _wrong(
    "Only the model's own flag is put back, not those of the modules in it: call "
    "model.train(mode).",
    after=lambda model, mode: setattr(model, "training", mode),
)

# Misconceptions: gradients and steps

gradients_on = _wrong(
    "Graphs are built during evaluation. Put torch.no_grad() around the loop.",
    guard=contextlib.nullcontext,
)
goes_backward = _wrong(
    "You go backward during evaluation, and leave gradients behind.",
    guard=contextlib.nullcontext,
    work=lambda model, loss: loss.backward(),
)


def _descend(model, loss):
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= 0.1 * parameter.grad
            parameter.grad = None


learns = _wrong(
    "The model learns from the validation data: nothing may step here.",
    guard=contextlib.nullcontext,
    work=_descend,
)


def _frozen_afterwards(model, mode):
    model.train(mode)
    for parameter in model.parameters():
        parameter.requires_grad = False


parameters_frozen = _wrong(
    "The parameters no longer require gradients afterwards: no_grad() does not need that.",
    after=_frozen_afterwards,
)


# Misconceptions: the loss

softmax_before_the_loss = _wrong(
    "A softmax stands between the model and the loss, which contains one.",
    forward=lambda model, x: functional.softmax(model(x), dim=1),
)
mean_of_means = _wrong(
    "You averaged the batches' means (and shares). The short last batch then counts as much as a "
    "full one; weigh each by its number of samples.",
    summary=lambda means, r, n: (float(np.mean(means)), float(np.mean(np.divide(r, n)))),
)
loss_is_a_mean_of_means = _wrong(
    "Your loss is the mean of the batches' means; weigh each by its number of samples.",
    summary=lambda means, r, n: (float(np.mean(means)), sum(r) / sum(n)),
)
accuracy_is_a_mean_of_shares = _wrong(
    "Your accuracy is the mean of the batches' shares; count the samples.",
    summary=lambda means, r, n: (float(np.dot(means, n) / sum(n)), float(np.mean(np.divide(r, n)))),
)
loss_of_the_last_batch = _wrong(
    "Your loss is that of the last batch.", summary=lambda means, r, n: (means[-1], sum(r) / sum(n))
)
loss_summed_over_batches = _wrong(
    "Your loss is the sum of the batches' means.",
    summary=lambda means, r, n: (float(sum(means)), sum(r) / sum(n)),
)
loss_summed_over_samples = _wrong(
    "Your loss is a sum over the samples; divide by their number.",
    summary=lambda means, r, n: (float(np.dot(means, n)), sum(r) / sum(n)),
)
means_over_samples = _wrong(
    "You divided the sum of the batches' means by the number of samples.",
    summary=lambda means, r, n: (float(sum(means) / sum(n)), sum(r) / sum(n)),
)
samples_over_batches = _wrong(
    "You divided sums over samples by the number of batches.",
    summary=lambda means, r, n: (float(np.dot(means, n) / len(n)), sum(r) / len(n)),
)
loss_as_a_tensor = _wrong(
    "Your loss is a tensor; return a plain number.",
    summary=lambda means, r, n: (torch.tensor(_summary(means, r, n)[0]), sum(r) / sum(n)),
)

# Misconceptions: the accuracy

percent = _wrong(
    "Your accuracy is in percent; it is a share from 0 to 1.",
    summary=lambda means, r, n: (_summary(means, r, n)[0], 100.0 * sum(r) / sum(n)),
)
count = _wrong(
    "Your accuracy is the number of right answers; divide by that of the samples.",
    summary=lambda means, r, n: (_summary(means, r, n)[0], float(sum(r))),
)
error_rate = _wrong(
    "You returned the share of wrong answers.",
    summary=lambda means, r, n: (_summary(means, r, n)[0], 1.0 - sum(r) / sum(n)),
)
accuracy_of_the_last_batch = _wrong(
    "Your accuracy is that of the last batch.",
    summary=lambda means, r, n: (_summary(means, r, n)[0], r[-1] / n[-1]),
)
smallest_logit = _wrong(
    "You predict the class of the smallest logit.",
    right=lambda logits, y: (logits.argmin(dim=1) == y).sum().item(),
)
over_the_samples = _wrong(
    "Your argmax runs over the samples (dim=0). The classes are the last axis.",
    right=lambda logits, y: sum(a == b for a, b in zip(logits.argmax(dim=0).tolist(), y.tolist())),
)
thresholded = _wrong(
    "You count a label's logit as right when it is positive. It must be the largest.",
    right=lambda logits, y: (logits[torch.arange(len(y)), y] > 0).sum().item(),
)
swapped = _wrong(
    "You returned (accuracy, loss).", summary=lambda means, r, n: _summary(means, r, n)[::-1]
)
loss_only = _wrong("Only the loss came back.", summary=lambda means, r, n: _summary(means, r, n)[0])

# Misconceptions: the batches

first_batch_only = _wrong(
    "Only the first batch is used (a return inside the loop?).",
    batches=lambda loader: itertools.islice(loader, 1),
)
short_batch_left_out = _wrong(
    "Batches smaller than the first are left out.",
    batches=lambda loader: [b for b in loader if len(b[1]) >= len(next(iter(loader))[1])],
)
not_moved = _wrong("The inputs are not moved to device.", moved=lambda x, y, device: (x, y))
labels_not_moved = _wrong(
    "The labels are not moved to device.", moved=lambda x, y, device: (x.to(device), y)
)
always_cpu = _wrong(
    "The batches go to a place that your code names; use the argument device.",
    moved=lambda x, y, device: (x.to("cpu"), y.to("cpu")),
)

# Alternatives

in_steps = alternative("evaluate")(_evaluation())
with_inference_mode = alternative("evaluate")(_evaluation(guard=torch.inference_mode))


@alternative("evaluate")
@torch.no_grad()
def decorated(model, loader, loss_function, *, device="cpu"):
    was_training = model.training
    model.train(False)
    total = hits = n = 0
    for batch in loader:
        x, y = (tensor.to(device) for tensor in batch)
        scores = model(x)
        total += float(loss_function(scores, y)) * y.shape[0]
        _, predicted = scores.max(dim=-1)
        hits += int(torch.eq(predicted, y).sum())
        n += y.numel()
    if was_training:
        model.train()
    return [total / n, hits / n]


@alternative("evaluate")
def all_at_once(model, loader, loss_function, *, device="cpu"):
    """The logits of all batches first, then one loss."""
    mode = model.training
    try:
        model.eval()
        with torch.no_grad():
            pairs = [(model(x.to(device)), y.to(device)) for x, y in loader]
            logits, labels = (torch.cat(part) for part in zip(*pairs))
            loss = loss_function(logits, labels).item()
            return loss, torch.mean((logits.topk(1)[1][:, 0] == labels).double()).item()
    finally:
        model.train(mode)
