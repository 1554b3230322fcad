"""next_token_loss: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception

EXERCISE = "next_token_loss"


def _refuse(tokens, pad):
    if tokens.shape[1] < 2 or bool((tokens[:, 1:] == pad).all()):
        raise ValueError(f"tokens of shape {tuple(tokens.shape)} hold padding only")


def _wrong(message, compute):
    @misconception(EXERCISE, message)
    def variant(logits, tokens, pad):
        _refuse(tokens, pad)
        return compute(logits, tokens, pad)

    return variant


def _mean(logits, targets, counts):
    """Mean of -log p where `counts`."""
    losses = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses[counts.flatten()].mean()


def _in_range(tokens, logits):
    return tokens.clamp(max=logits.shape[2] - 1)  # padding may be no symbol at all


def _losses(logits, tokens):
    """-log p of each target, (N, T - 1)."""
    targets = _in_range(tokens, logits)[:, 1:]
    return functional.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none")


# Misconceptions: which target

not_shifted = _wrong(
    "The logits at step t are compared with token t. They are a guess at token t + 1.",
    lambda z, y, pad: _mean(z, _in_range(y, z), y != pad),
)
shifted_back = _wrong(
    "The logits at step t are compared with token t - 1. They are a guess at token t + 1.",
    lambda z, y, pad: _mean(z[:, 1:], _in_range(y, z)[:, :-1], y[:, :-1] != pad),
)
wrapped = _wrong(
    "The last logits are compared with the first token (a roll wraps round). They have no target.",
    lambda z, y, pad: _mean(z, _in_range(y, z).roll(-1, 1), y.roll(-1, 1) != pad),
)
first_left_out = _wrong(
    "The first target is left out: the logits at step 0 are a guess at token 1.",
    lambda z, y, pad: _mean(z[:, 1:-1], _in_range(y, z)[:, 2:], y[:, 2:] != pad),
)
last_left_out = _wrong(
    "The last token is nobody's target in your loss. It is that of the last logits but one.",
    lambda z, y, pad: _mean(z[:, :-2], _in_range(y, z)[:, 1:-1], y[:, 1:-1] != pad),
)
last_target_only = _wrong(
    "Only the last token counts in your loss. Every token but the first does.",
    lambda z, y, pad: _mean(z[:, -2:-1], _in_range(y, z)[:, -1:], y[:, -1:] == y[:, -1:]),
)
two_ahead = _wrong(
    "The logits at step t are compared with token t + 2. They are a guess at token t + 1.",
    lambda z, y, pad: _mean(z[:, :-2], _in_range(y, z)[:, 2:], y[:, 2:] != pad),
)

# Misconceptions: padding and mean

padding_counted = _wrong(
    "Targets that are padding count in your loss. Leave them out.",
    lambda z, y, pad: _losses(z, y).mean(),
)
divided_by_all = _wrong(
    "Padding is left out of your sum, but not of the number you divide by.",
    lambda z, y, pad: (_losses(z, y) * (y[:, 1:] != pad)).mean(),
)
the_logits_token = _wrong(
    "You left out steps whose own token is padding. It is the target that counts.",
    lambda z, y, pad: _losses(z, y)[y[:, :-1] != pad].mean(),
)
summed = _wrong(
    "Your loss is a sum. It should be the mean over all targets.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] != pad].sum(),
)
divided_by_sequences = _wrong(
    "You divided by the number of sequences. Divide by the number of targets.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] != pad].sum() / len(y),
)


def _mean_of_means(z, y, pad):
    counts = (y[:, 1:] != pad).to(z.dtype)
    rows = (_losses(z, y) * counts).sum(1) / counts.sum(1).clamp(min=1)
    return rows.mean()


mean_of_means = _wrong(
    "You averaged the means of the sequences, so that a target of a short one counts for more. All "
    "targets of the batch count alike.",
    _mean_of_means,
)
pad_is_zero = _wrong(
    "You left out token 0. The padding is given as an argument.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] != 0].mean(),
)
pad_is_the_last = _wrong(
    "You left out the last symbol. The padding is given as an argument.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] < z.shape[2] - 1].mean(),
)

# Misconceptions: the cross-entropy

softmax_twice = _wrong(
    "The logits go through a softmax before the cross-entropy, which has one already.",
    lambda z, y, pad: _losses(z.softmax(2), y)[y[:, 1:] != pad].mean(),
)


def _over_steps(z, y, pad):
    return _losses(z.log_softmax(1) + z.logsumexp(2, keepdim=True) * 0, y)[y[:, 1:] != pad].mean()


over_steps = _wrong(
    "Your softmax runs over the steps as well. It runs over the symbols.",
    _over_steps,
)
sign_lost = _wrong(
    "Your loss has the wrong sign: it is the mean of -log p.",
    lambda z, y, pad: -_losses(z, y)[y[:, 1:] != pad].mean(),
)
in_bits = _wrong(
    "Your loss is in bits. The natural logarithm is wanted.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] != pad].mean() / np.log(2.0),
)
probability = _wrong(
    "Your loss is 1 - p of the target. It should be -log p.",
    lambda z, y, pad: (1 - torch.exp(-_losses(z, y)))[y[:, 1:] != pad].mean(),
)


def _mixed_up(z, y, pad):
    n, t, c = z.shape
    rows = z[:, :-1].transpose(1, 2).reshape(n * (t - 1), c)
    return _mean(rows[None], _in_range(y, z)[:, 1:].reshape(1, -1), (y[:, 1:] != pad)[None])


mixed_up = _wrong(
    "You reshaped a transposed array, which mixes steps and symbols. flatten(0, 1) of (N, T, C) "
    "joins sequences and steps.",
    _mixed_up,
)
perplexity = _wrong(
    "Your result is the perplexity, exp of the loss.",
    lambda z, y, pad: _losses(z, y)[y[:, 1:] != pad].mean().exp(),
)
smoothed = _wrong(
    "You added a small number inside the logarithm, which bounds the loss. Use the logits.",
    lambda z, y, pad: -torch.log(torch.exp(-_losses(z, y)) + 1e-9)[y[:, 1:] != pad].mean(),
)

# Misconceptions: what is returned and refused


@misconception(EXERCISE, "Your loss is a plain number: no gradient can flow through it.")
def a_number(logits, tokens, pad):
    _refuse(tokens, pad)
    return torch.tensor(_losses(logits, tokens)[tokens[:, 1:] != pad].mean().item()).to(logits)


@misconception(EXERCISE, "Your loss is detached from the logits: no gradient flows.")
def detached(logits, tokens, pad):
    _refuse(tokens, pad)
    loss = _losses(logits, tokens)[tokens[:, 1:] != pad].mean()
    return loss.detach() + 0.0 * logits.sum()


@misconception(EXERCISE, "If all targets are padding, a ValueError must name tokens.")
def nan_for_padding(logits, tokens, pad):
    return _losses(logits, tokens)[tokens[:, 1:] != pad].mean()


@misconception(
    EXERCISE, "The first token is nobody's target: without another one, raise ValueError."
)
def first_token_counts(logits, tokens, pad):
    if bool((tokens == pad).all()):
        raise ValueError("tokens are all padding")
    return _losses(logits, tokens)[tokens[:, 1:] != pad].mean()


# Alternatives


@alternative(EXERCISE)
def by_gather(logits, tokens, pad):
    _refuse(tokens, pad)
    targets, counts = _in_range(tokens, logits)[:, 1:], tokens[:, 1:] != pad
    chosen = logits[:, :-1].log_softmax(-1).gather(2, targets[..., None])[..., 0]
    return -(chosen * counts).sum() / counts.sum()


@alternative(EXERCISE)
def by_loops(logits, tokens, pad):
    _refuse(tokens, pad)
    total, number = 0.0, 0
    for row, z in zip(tokens.tolist(), logits):
        for t in range(len(row) - 1):
            if row[t + 1] != pad:
                total = total + torch.logsumexp(z[t], 0) - z[t, row[t + 1]]
                number += 1
    return total / number


@alternative(EXERCISE)
def by_ignored_targets(logits, tokens, pad):
    if len(tokens[:, 1:][tokens[:, 1:] != pad]) == 0:
        raise ValueError("tokens: nothing but padding")
    targets = tokens.masked_fill(tokens == pad, -100)[:, 1:].reshape(-1)
    return functional.cross_entropy(logits[:, :-1].reshape(len(targets), -1), targets)


@alternative(EXERCISE)
def by_class_axis(logits, tokens, pad):
    _refuse(tokens, pad)
    scores = logits[:, :-1].permute(0, 2, 1)
    return torch.nn.CrossEntropyLoss(ignore_index=pad)(scores, tokens[:, 1:])
