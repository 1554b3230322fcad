"""head_forward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(reads):
    if reads not in ("each", "last", "mean"):
        raise ValueError(f"reads is {reads!r}")


def make(
    *,
    each=lambda h: h,
    last=lambda h: h[:, -1],
    mean=lambda h: h.mean(axis=1),
    layer=lambda read, w_y, b_y: read @ w_y.T + b_y,
    keep=lambda h, read, w_y, b_y, reads: (h, w_y, reads),
    refuse=_refuse,
):
    """The head with one part of it exchanged."""

    def head_forward(h, w_y, b_y, *, reads):
        refuse(reads)
        read = {"each": each, "last": last, "mean": mean}.get(reads, each)(h)
        return layer(read, w_y, b_y), keep(h, read, w_y, b_y, reads)

    return head_forward


def wrong(message, **changed):
    return misconception("head_forward", message)(make(**changed))


bias_missing = wrong("The bias is missing.", layer=lambda read, w_y, b_y: read @ w_y.T)
w_y_transposed = wrong(
    "w_y is transposed: it is (out, in), so the state is multiplied by w_y.T.",
    layer=lambda read, w_y, b_y: read @ np.reshape(w_y, w_y.T.shape) + b_y,
)
activation = wrong(
    "Your head ends with a tanh. It is a linear layer alone.",
    layer=lambda read, w_y, b_y: np.tanh(read @ w_y.T + b_y),
)
probabilities = wrong(
    "Your head returns probabilities. It returns the scores, a linear layer alone.",
    layer=lambda read, w_y, b_y: (
        np.exp(read @ w_y.T + b_y) / np.exp(read @ w_y.T + b_y).sum(axis=-1, keepdims=True)
    ),
)
one_step_late = wrong(
    'With "each", your outputs are one step late: y[:, t] comes from h[:, t].',
    each=lambda h: np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1),
)
turned_round = wrong(
    'With "each", your outputs are in reverse order of time.', each=lambda h: h[:, ::-1]
)
first_for_last = wrong('With "last", the first state was read.', last=lambda h: h[:, 0])
last_but_one = wrong('With "last", the state before the last was read.', last=lambda h: h[:, -2])
last_sample = wrong(
    'With "last", the last sample was read, h[-1]. The axis of time is the second, h[:, -1].',
    last=lambda h: h[-1],
)
last_kept_as_an_axis = wrong(
    'With "last", y has shape (N, 1, C). It should be (N, C).', last=lambda h: h[:, -1:]
)
mean_over_samples = wrong(
    'With "mean", the mean was taken over the samples. Take it over time.',
    mean=lambda h: h.mean(axis=0),
)
mean_of_all = wrong(
    'With "mean", one mean was taken over samples and time. Each sample has its own.',
    mean=lambda h: np.repeat(h.mean(axis=(0, 1))[None], len(h), axis=0),
)
sum_for_mean = wrong(
    'With "mean", the states were added up. Take the mean.', mean=lambda h: h.sum(axis=1)
)
maximum_for_mean = wrong(
    'With "mean", the largest value was taken. Take the mean.', mean=lambda h: h.max(axis=1)
)
mean_without_the_last = wrong(
    'With "mean", the last state is left out.', mean=lambda h: h[:, :-1].mean(axis=1)
)
bias_at_each_step = wrong(
    "The bias was added once for every unit of w_y's rows, or several times. Add it once.",
    layer=lambda read, w_y, b_y: read @ w_y.T + b_y * w_y.shape[1],
)
read_in_cache = wrong(
    "Your cache holds what was read. It should hold h, all states.",
    keep=lambda h, read, w_y, b_y, reads: (read, w_y, reads),
)
bias_in_cache = wrong(
    "Your cache holds the bias as well. It is (h, w_y, reads).",
    keep=lambda h, read, w_y, b_y, reads: (h, w_y, b_y, reads),
)
reads_not_in_cache = wrong(
    "Your cache lacks reads. The way back needs to know what was read.",
    keep=lambda h, read, w_y, b_y, reads: (h, w_y),
)
any_reads_accepted = wrong(
    "A reads that is none of the three must raise a ValueError that names reads.",
    refuse=lambda reads: None,
)


# Alternatives


@alternative("head_forward")
def all_outputs_first(h, w_y, b_y, *, reads):
    _refuse(reads)
    y = np.einsum("nth,ch->ntc", h, w_y) + b_y
    if reads == "last":
        y = y[:, -1]
    if reads == "mean":
        y = y.mean(axis=1)
    return y, (h, w_y, reads)


@alternative("head_forward")
def as_weights_over_time(h, w_y, b_y, *, reads):
    _refuse(reads)
    steps = h.shape[1]
    if reads == "each":
        return np.dot(h, w_y.T) + b_y, [h, w_y, reads]
    weights = np.full(steps, 1.0 / steps) if reads == "mean" else np.eye(steps)[-1]
    return np.tensordot(weights, h, axes=(0, 1)) @ w_y.T + b_y, [h, w_y, reads]


@alternative("head_forward")
def by_loops(h, w_y, b_y, *, reads):
    _refuse(reads)
    y = np.zeros((*h.shape[:2], len(b_y)))
    for n in range(len(h)):
        for t in range(h.shape[1]):
            y[n, t] = w_y @ h[n, t] + b_y
    y = {"each": y, "last": y[:, h.shape[1] - 1], "mean": sum(y.swapaxes(0, 1)) / h.shape[1]}[reads]
    return y, (h.copy(), w_y.copy(), reads)
