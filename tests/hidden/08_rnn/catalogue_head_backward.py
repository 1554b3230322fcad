"""head_backward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def make(
    *,
    spread_last=lambda d, h: d[:, None] * (np.arange(h.shape[1]) == h.shape[1] - 1)[:, None],
    spread_mean=lambda d, h: np.repeat(d[:, None] / h.shape[1], h.shape[1], axis=1),
    read_last=lambda h: h[:, -1],
    read_mean=lambda h: h.mean(axis=1),
    to_h=lambda dy, w_y: dy @ w_y,
    dw=lambda dy, read: np.tensordot(dy, read, axes=(list(range(dy.ndim - 1)),) * 2),
    db=lambda dy: dy.sum(axis=tuple(range(dy.ndim - 1))),
    finish=lambda dh, dw, db: (dh, dw, db),
):
    """The head's way back with one part of it exchanged."""

    def head_backward(dy, cache):
        h, w_y, reads = cache
        d = to_h(dy, w_y)
        if reads == "each":
            return finish(d, dw(dy, h), db(dy))
        spread, read = (spread_last, read_last) if reads == "last" else (spread_mean, read_mean)
        return finish(spread(d, h), dw(dy, read(h)), db(dy))

    return head_backward


def wrong(message, **changed):
    return misconception("head_backward", message)(make(**changed))


last_at_each_step = wrong(
    'With "last", every state got the gradient. Only the last one was read; the others get 0.',
    spread_last=lambda d, h: np.repeat(d[:, None], h.shape[1], axis=1),
)
last_at_the_first = wrong(
    'With "last", the gradient went to the first state. The last one was read.',
    spread_last=lambda d, h: d[:, None] * (np.arange(h.shape[1]) == 0)[:, None],
)
last_without_time = wrong(
    'With "last", dh has shape (N, H). It should be (N, T, H), zero at the other steps.',
    spread_last=lambda d, h: d,
)
last_in_the_wrong_row = wrong(
    'With "last", the gradient went to the last sample. The axis of time is the second.',
    spread_last=lambda d, h: np.concatenate([np.zeros_like(h[:-1]), np.resize(d, h[:1].shape)]),
)
mean_not_shared = wrong(
    'With "mean", each state got the whole gradient. Of a mean of T states, each gets 1/T.',
    spread_mean=lambda d, h: np.repeat(d[:, None], h.shape[1], axis=1),
)
mean_to_the_last = wrong(
    'With "mean", only the last state got a gradient. All of them were read.',
    spread_mean=lambda d, h: d[:, None] * (np.arange(h.shape[1]) == h.shape[1] - 1)[:, None],
)
mean_by_samples = wrong(
    'With "mean", you divided by the number of samples. Divide by the number of steps.',
    spread_mean=lambda d, h: np.repeat(d[:, None] / len(h), h.shape[1], axis=1),
)
mean_reads_last = wrong(
    'With "mean", dw_y uses the last state. The weights were multiplied by the mean state.',
    read_mean=lambda h: h[:, -1],
)
mean_reads_sum = wrong(
    'With "mean", dw_y uses the sum of the states. The weights were multiplied by their mean.',
    read_mean=lambda h: h.sum(axis=1),
)
last_reads_mean = wrong(
    'With "last", dw_y uses the mean state. The weights were multiplied by the last one.',
    read_last=lambda h: h.mean(axis=1),
)
last_reads_first = wrong(
    'With "last", dw_y uses the first state. The weights were multiplied by the last one.',
    read_last=lambda h: h[:, 0],
)
w_y_transposed = wrong(
    "dh uses w_y the wrong way round: forwards it was h @ w_y.T, so backwards it is w_y.",
    to_h=lambda dy, w_y: dy @ np.reshape(w_y.T, w_y.shape),
)
dw_transposed = wrong(
    "dw_y is transposed: it has the shape of w_y, (C, H).", finish=lambda dh, dw, db: (dh, dw.T, db)
)
averaged_over_batch = wrong(
    "dw_y and db_y were averaged over the batch. dy holds any 1/N already.",
    finish=lambda dh, dw, db: (dh, dw / len(dh), db / len(dh)),
)
averaged_over_steps = wrong(
    'With "each", dw_y and db_y were averaged over the steps. The weights were used at each: add.',
    dw=lambda dy, read: (
        np.tensordot(dy, read, axes=(list(range(dy.ndim - 1)),) * 2)
        / (dy.shape[1] if dy.ndim == 3 else 1)
    ),
    db=lambda dy: dy.sum(axis=tuple(range(dy.ndim - 1))) / (dy.shape[1] if dy.ndim == 3 else 1),
)
last_step_of_each = wrong(
    'With "each", dw_y and db_y hold the last step only. Add up all steps.',
    dw=lambda dy, read: dy[:, -1].T @ read[:, -1] if dy.ndim == 3 else dy.T @ read,
    db=lambda dy: dy[:, -1].sum(axis=0) if dy.ndim == 3 else dy.sum(axis=0),
)
db_over_batch_only = wrong(
    'With "each", db_y still has an axis of time. Sum over samples and steps.',
    db=lambda dy: dy.sum(axis=0),
)
order_of_forward = wrong(
    "Your gradients come in another order. It is dh, dw_y, db_y.",
    finish=lambda dh, dw, db: (dw, db, dh),
)


@misconception("head_backward", "You changed dy in place. Your caller still needs it.")
def in_place(dy, cache):
    result = make()(dy, cache)
    dy /= 2.0
    return result


# Alternatives


@alternative("head_backward")
def as_weights_over_time(dy, cache):
    h, w_y, reads = cache
    steps = h.shape[1]
    if reads == "each":
        flat = dy.reshape(-1, len(w_y))
        return dy.dot(w_y), flat.T @ h.reshape(-1, h.shape[2]), flat.sum(axis=0)
    weights = {"last": np.eye(steps)[-1], "mean": np.ones(steps) / steps}[reads]
    dh = np.einsum("t,nc,ch->nth", weights, dy, w_y)
    return [dh, np.einsum("nc,t,nth->ch", dy, weights, h), dy.sum(axis=0)]


@alternative("head_backward")
def all_as_each(dy, cache):
    h, w_y, reads = cache
    if reads != "each":
        full = np.zeros((*h.shape[:2], len(w_y)))
        if reads == "last":
            full[:, -1] = dy
        else:
            full += dy[:, None] / h.shape[1]
        dy = full
    return dy @ w_y, np.einsum("ntc,nth->ch", dy, h), np.einsum("ntc->c", dy)


@alternative("head_backward")
def by_loops(dy, cache):
    h, w_y, reads = cache
    samples, steps, _ = h.shape
    dh, dw, db = np.zeros_like(h), np.zeros_like(w_y), np.zeros(len(w_y))
    for n in range(samples):
        for t in range(steps):
            d = {"each": lambda n=n, t=t: dy[n, t]}.get(reads, lambda n=n: dy[n])()
            share = {"each": 1.0, "last": float(t == steps - 1), "mean": 1.0 / steps}[reads]
            dh[n, t] = share * (w_y.T @ d)
            dw += share * np.outer(d, h[n, t])
            db += share * d
    return dh, dw, db
