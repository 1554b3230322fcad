"""masked_cross_entropy: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(logits, lengths):
    if np.any(lengths < 1) or np.any(lengths > logits.shape[1]):
        raise ValueError(f"lengths are {lengths}")


def _real(steps, lengths):
    return np.arange(steps) < lengths[:, None]


def _weigh_evenly(real):
    return real / real.sum()


def make(
    *,
    mask=_real,
    weigh=_weigh_evenly,
    weigh_back=None,
    axis=2,
    log=lambda scores, axis: (
        scores
        - scores.max(axis=axis, keepdims=True)
        - np.log(
            np.exp(scores - scores.max(axis=axis, keepdims=True)).sum(axis=axis, keepdims=True)
        )
    ),
    safe=lambda targets, classes: np.clip(targets, 0, classes - 1),
    finish=lambda loss, slope, real: (loss, slope),
    refuse=_refuse,
):
    """The masked loss with one part of it exchanged."""

    def masked_cross_entropy(logits, targets, lengths):
        refuse(logits, lengths)
        _, steps, classes = logits.shape
        real = mask(steps, lengths)
        weights = weigh(real)
        log_p = log(logits, axis)
        one_hot = np.eye(classes)[safe(targets, classes)]
        each = -(one_hot * log_p).sum(axis=2)
        slope = (np.exp(log_p) - one_hot) * (weigh_back or weigh)(real)[..., None]
        return finish(float((weights * each).sum()), slope, real)

    return masked_cross_entropy


def wrong(message, **changed):
    return misconception("masked_cross_entropy", message)(make(**changed))


nothing_masked = wrong(
    "The padding counts like real steps. Leave out the steps with t >= lengths[n].",
    mask=lambda steps, lengths: np.ones((len(lengths), steps), dtype=bool),
)
divided_by_all_steps = wrong(
    "The sum is divided by N * T. Divide by the number of real steps.",
    weigh=lambda real: real / real.size,
)
divided_by_batch = wrong(
    "The sum is divided by N. Divide by the number of real steps.",
    weigh=lambda real: real / len(real),
)
not_divided = wrong(
    "Your loss is a sum. It is the mean over the real steps.", weigh=lambda real: real * 1.0
)
mean_of_means = wrong(
    "You took the mean of each sequence, and then the mean of those. Every real step weighs the "
    "same.",
    weigh=lambda real: real / real.sum(axis=1, keepdims=True) / len(real),
)
one_step_too_many = wrong(
    "The first padded step counts as well: real steps have t < lengths[n].",
    mask=lambda steps, lengths: np.arange(steps) <= lengths[:, None],
)
one_step_too_few = wrong(
    "The last real step of each sequence is left out: real steps have t < lengths[n].",
    mask=lambda steps, lengths: np.arange(steps) < np.maximum(lengths[:, None] - 1, 1),
)
padding_in_front = wrong(
    "You count the last steps of each row. The real steps come first, the padding after them.",
    mask=lambda steps, lengths: np.arange(steps) >= steps - lengths[:, None],
)
padding_for_real = wrong(
    "Your mask is inverted: you count the padding.",
    mask=lambda steps, lengths: np.arange(steps) >= np.minimum(lengths, steps - 1)[:, None],
)
last_step_only = wrong(
    "Only the last real step of each sequence counts. Every real step does.",
    mask=lambda steps, lengths: np.arange(steps) == lengths[:, None] - 1,
)
shortest_for_all = wrong(
    "Every sequence is cut to the shortest one.",
    mask=lambda steps, lengths: _real(steps, np.full_like(lengths, lengths.min())),
)
softmax_over_time = wrong(
    "Your softmax runs over time. It runs over the classes, the last axis.", axis=1
)
softmax_over_samples = wrong(
    "Your softmax runs over the samples. It runs over the classes, the last axis.", axis=0
)
gradient_not_masked = wrong(
    "Your gradient is not zero in the padding.",
    weigh_back=lambda real: np.ones(real.shape) / real.sum(),
)
gradient_of_the_sum = wrong(
    "Your gradient is that of the sum. Divide it by the number of real steps, as the loss.",
    weigh_back=lambda real: real * 1.0,
)
gradient_by_all_steps = wrong(
    "Your gradient is divided by N * T. Divide by the number of real steps, as the loss.",
    weigh_back=lambda real: real / real.size,
)
gradient_by_batch = wrong(
    "Your gradient is divided by N. Divide by the number of real steps, as the loss.",
    weigh_back=lambda real: real / len(real),
)
gradient_sign = wrong(
    "Your gradient has the opposite sign: it is p minus the one-hot target.",
    finish=lambda loss, slope, real: (loss, -slope),
)
loss_sign = wrong(
    "Your loss has the opposite sign: it is minus the log-probability.",
    finish=lambda loss, slope, real: (-loss, slope),
)
perplexity = wrong(
    "You returned the perplexity, e to the loss. Return the loss.",
    finish=lambda loss, slope, real: (float(np.exp(loss)), slope),
)
no_shift = wrong(
    "exp overflows for huge scores: subtract each step's largest score first.",
    log=lambda scores, axis: np.log(np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)),
)
log_of_p_plus_epsilon = wrong(
    "log(p + eps) is wrong where p is tiny: use scores - log(sum(exp(scores))), shifted.",
    log=lambda scores, axis: np.log(
        np.exp(scores - scores.max(axis=axis, keepdims=True))
        / np.exp(scores - scores.max(axis=axis, keepdims=True)).sum(axis=axis, keepdims=True)
        + 1e-12
    ),
)
clipped_probability = wrong(
    "Your probabilities are clipped, so the loss of a hopeless prediction is too small.",
    log=lambda scores, axis: np.maximum(
        scores
        - scores.max(axis=axis, keepdims=True)
        - np.log(
            np.exp(scores - scores.max(axis=axis, keepdims=True)).sum(axis=axis, keepdims=True)
        ),
        -27.0,
    ),
)
padding_as_an_index = wrong(
    "You index with the padding's targets, which may be anything. Select the real steps first.",
    safe=lambda targets, classes: targets,
)
no_refusal = wrong(
    "A length below 1 or above T must raise a ValueError that names lengths.",
    refuse=lambda logits, lengths: None,
)


@misconception(
    "masked_cross_entropy",
    "You refuse lengths above T, but not those below 1. All must be from 1 to T.",
)
def zero_accepted(logits, targets, lengths):
    if np.any(lengths > logits.shape[1]):
        raise ValueError(f"lengths are {lengths}")
    return make(refuse=lambda logits, lengths: None)(logits, targets, lengths)


@misconception(
    "masked_cross_entropy",
    "Steps whose target is 0 count as padding. Class 0 is a class; lengths say what is padding.",
)
def class_zero_is_padding(logits, targets, lengths):
    _refuse(logits, lengths)
    real = _real(logits.shape[1], lengths) & (targets != 0)
    real[0, 0] = True
    return make(mask=lambda steps, lengths: real)(logits, targets, lengths)


# Alternatives


@alternative("masked_cross_entropy")
def step_by_step(logits, targets, lengths):
    _refuse(logits, lengths)
    total, dlogits = 0.0, np.zeros_like(logits)
    for n, length in enumerate(lengths):
        for t in range(length):
            scores = logits[n, t] - max(logits[n, t])
            log_sum = np.log(sum(np.exp(scores)))
            total += log_sum - scores[targets[n, t]]
            dlogits[n, t] = np.exp(scores - log_sum)
            dlogits[n, t, targets[n, t]] -= 1
    return total / sum(lengths), dlogits / sum(lengths)


@alternative("masked_cross_entropy")
def by_logaddexp(logits, targets, lengths):
    _refuse(logits, lengths)
    log_p = logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)
    real = _real(logits.shape[1], lengths)
    targets = np.where(real, targets, 0)
    one_hot = targets[..., None] == np.arange(logits.shape[2])
    weights = real[..., None] / lengths.sum()
    return -np.sum(weights * np.where(one_hot, log_p, 0.0)), weights * (np.exp(log_p) - one_hot)


@alternative("masked_cross_entropy")
def sequences_joined(logits, targets, lengths):
    _refuse(logits, lengths)
    scores = np.concatenate([row[:length] for row, length in zip(logits, lengths)])
    classes = np.concatenate([row[:length] for row, length in zip(targets, lengths)])
    e = np.exp(scores - scores.max(axis=1)[:, None])
    p = e / e.sum(axis=1)[:, None]
    shifted = scores - scores.max(axis=1)[:, None]
    right = np.take_along_axis(shifted, classes[:, None], axis=1)[:, 0]
    p[np.arange(len(p)), classes] -= 1.0
    dlogits, ends = np.zeros_like(logits), np.cumsum(lengths)
    for n, (end, length) in enumerate(zip(ends, lengths)):
        dlogits[n, :length] = p[end - length : end] / len(p)
    return np.mean(np.log(e.sum(axis=1)) - right), dlogits
