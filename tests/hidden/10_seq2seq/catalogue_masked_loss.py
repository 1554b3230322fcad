"""masked_loss: known wrong implementations, by where they go wrong, and right ones."""

import math

import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception


def _refuse(logits, targets):
    if targets.shape != logits.shape[:2]:
        raise ValueError(f"targets has shape {targets.shape}")
    if (targets == 0).all():
        raise ValueError("targets is nothing but PAD")


def _each(logits, targets):
    """Cross-entropy of every step, padding included: (N, T)."""
    return functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")


def _mean(losses, real):
    return (losses * real).sum() / real.sum()


def _wrong(message, compute):
    @misconception("masked_loss", message)
    def variant(logits, targets):
        _refuse(logits, targets)
        return compute(logits, targets, targets != 0)

    return variant


# Misconceptions: what is averaged

over_all_steps = _wrong(
    "The padding counts like real tokens. Average over the tokens that are not PAD.",
    lambda logits, y, real: _each(logits, y).mean(),
)
divided_by_all_steps = _wrong(
    "The padding's losses are left out of the sum, but you divide by all steps. Divide by the "
    "number of real tokens.",
    lambda logits, y, real: (_each(logits, y) * real).mean(),
)
divided_by_the_batch = _wrong(
    "You divide by the number of rows. Divide by the number of real tokens.",
    lambda logits, y, real: (_each(logits, y) * real).sum() / len(y),
)
summed = _wrong(
    "The losses are summed. Take the mean over the real tokens.",
    lambda logits, y, real: (_each(logits, y) * real).sum(),
)
mean_of_row_means = _wrong(
    "You average each row first, so tokens of short rows weigh more. Average over all real tokens "
    "of the batch at once.",
    lambda logits, y, real: ((_each(logits, y) * real).sum(1) / real.sum(1).clamp(min=1)).mean(),
)
mean_of_step_means = _wrong(
    "You average over the rows at each step first. Average over all real tokens at once.",
    lambda logits, y, real: ((_each(logits, y) * real).sum(0) / real.sum(0).clamp(min=1)).mean(),
)
eos_ignored = _wrong(
    "EOS does not count in your loss, so the decoder would never learn to stop.",
    lambda logits, y, real: (
        (_each(logits, y) * (y != 2) * real).sum() / ((y != 2) * real).sum().clamp(min=1)
    ),
)
eos_for_pad = _wrong(
    "You ignore EOS (2) and count PAD (0). It is the other way round.",
    lambda logits, y, real: _mean(_each(logits, y), y != 2),
)
bos_ignored = _wrong(
    "The id 1 is ignored in the targets. Only PAD (0) is.",
    lambda logits, y, real: _mean(_each(logits, y), y > 1),
)
first_step_ignored = _wrong(
    "The first step does not count. What is written first has to be learned too.",
    lambda logits, y, real: (
        _mean(_each(logits, y)[:, 1:], real[:, 1:]) if real[:, 1:].any() else (logits * 0).sum()
    ),
)
targets_moved = _wrong(
    "The logits are compared with the targets of the next step. Step t writes target t.",
    lambda logits, y, real: (
        _mean(
            _each(logits, torch.cat([y[:, 1:], y[:, :1] * 0], dim=1)),
            torch.cat([y[:, 1:], y[:, :1] * 0], dim=1) != 0,
        )
        if real[:, 1:].any()
        else (logits * 0).sum()
    ),
)

# Misconceptions: the cross-entropy

rows_mixed_up = _wrong(
    "The logits and the targets are flattened in different orders, so each is compared with "
    "another sentence's.",
    lambda logits, y, real: functional.cross_entropy(
        logits.transpose(0, 1).flatten(0, 1), y.flatten(), ignore_index=0
    ),
)
softmax_before = _wrong(
    "There was a softmax before the cross-entropy, which has its own. Pass the logits.",
    lambda logits, y, real: _mean(_each(torch.softmax(logits, dim=2), y), real),
)
softmax_along_time = _wrong(
    "The softmax runs over the steps. It runs over the tokens of the vocabulary.",
    lambda logits, y, real: _mean(
        -functional.log_softmax(logits, dim=1).gather(2, y[:, :, None])[:, :, 0], real
    ),
)
logits_times_mask = _wrong(
    "The logits at the padding are set to 0, which costs ln V each; the padding should cost "
    "nothing.",
    lambda logits, y, real: _each(logits * real[:, :, None], y).mean(),
)
sign = _wrong(
    "The sign is wrong: a loss is minus the log-likelihood.",
    lambda logits, y, real: -_mean(_each(logits, y), real),
)
binary_logarithm = _wrong(
    "Your logarithm has base 2. Take the natural one.",
    lambda logits, y, real: _mean(_each(logits, y), real) / math.log(2),
)
squared_error = _wrong(
    "This is a squared error of probabilities. Take the cross-entropy.",
    lambda logits, y, real: _mean(
        ((logits.softmax(2) - functional.one_hot(y, logits.shape[2])) ** 2).sum(2), real
    ),
)
probability_for_log = _wrong(
    "This is the mean of 1 - p. Take the mean of -log p.",
    lambda logits, y, real: _mean(1 - torch.exp(-_each(logits, y)), real),
)
smoothed_log = _wrong(
    "A small number is added inside the logarithm, which bounds the loss where it should be large. "
    "Use log_softmax or cross_entropy.",
    lambda logits, y, real: _mean(
        -torch.log(logits.softmax(2).gather(2, y[:, :, None])[:, :, 0] + 1e-8), real
    ),
)
without_a_shift = _wrong(
    "exp overflows for large logits. Use log_softmax or cross_entropy, which subtract the largest.",
    lambda logits, y, real: _mean(
        logits.exp().sum(2).log() - logits.gather(2, y[:, :, None])[:, :, 0], real
    ),
)
perplexity = _wrong(
    "This is the perplexity, exp of the loss. Return the loss itself.",
    lambda logits, y, real: _mean(_each(logits, y), real).exp(),
)

# Misconceptions: the result and what is refused

without_gradient = _wrong(
    "The loss is cut from its graph (item, detach or no_grad): nothing can be learned from it.",
    lambda logits, y, real: torch.tensor(_mean(_each(logits, y), real).item(), dtype=logits.dtype),
)
one_number_per_row = _wrong(
    "There is a loss for each row. One number for the batch was asked for.",
    lambda logits, y, real: (_each(logits, y) * real).sum(1) / real.sum(1),
)


@misconception("masked_loss", "Targets that are all PAD give NaN. Raise a ValueError naming them.")
def nan_for_nothing(logits, targets):
    if targets.shape != logits.shape[:2]:
        raise ValueError(f"targets has shape {targets.shape}")
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)


@misconception("masked_loss", "Targets that are all PAD give 0. Raise a ValueError naming them.")
def zero_for_nothing(logits, targets):
    if targets.shape != logits.shape[:2]:
        raise ValueError(f"targets has shape {targets.shape}")
    real = targets != 0
    return (_each(logits, targets) * real).sum() / real.sum().clamp(min=1)


@misconception("masked_loss", "Targets of another shape than (N, T) must raise a ValueError.")
def any_shape(logits, targets):
    if (targets == 0).all():
        raise ValueError("targets is nothing but PAD")
    count = min(logits[..., 0].numel(), targets.numel())
    flat = logits.flatten(0, 1)[:count], targets.flatten()[:count]
    return functional.cross_entropy(*flat, ignore_index=0)


@misconception("masked_loss", "The numbers of entries are compared, not the shapes: (T, N) passes.")
def sizes_compared(logits, targets):
    if targets.numel() != logits[..., 0].numel():
        raise ValueError(f"targets has shape {targets.shape}")
    return any_shape(logits, targets)


# Alternatives


@alternative("masked_loss")
def by_gathering(logits, targets):
    _refuse(logits, targets)
    real = targets != 0
    chosen = torch.gather(logits, 2, targets.unsqueeze(2)).squeeze(2)
    return (torch.logsumexp(logits, dim=2) - chosen)[real].mean()


@alternative("masked_loss")
def by_summing(logits, targets):
    if tuple(targets.shape) != tuple(logits.shape[:-1]):
        raise ValueError("logits and targets do not fit")
    real = (targets != 0).to(logits.dtype)
    if real.sum() == 0:
        raise ValueError("no token in targets")
    losses = functional.cross_entropy(
        logits.permute(0, 2, 1), targets, reduction="sum", ignore_index=0
    )
    return losses / real.sum()


@alternative("masked_loss")
def by_loops(logits, targets):
    _refuse(logits, targets)
    losses = [
        -torch.log_softmax(row[t], dim=0)[wanted[t]]
        for row, wanted in zip(logits, targets)
        for t in range(len(wanted))
        if wanted[t] != 0
    ]
    return torch.stack(losses).mean()
