"""attention_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .attending import Attention, hidden, softmax


def _refuse(q, k, v, mask):
    if k.shape[::2] != q.shape[::2]:
        raise ValueError(f"k has shape {k.shape}")
    if v.shape[:2] != k.shape[:2]:
        raise ValueError(f"v has shape {v.shape}")
    if mask is not None and mask.dtype != bool:
        raise ValueError(f"mask has dtype {mask.dtype}")


def _wrong(message, compute):
    """An attention with the right refusals, and output and cache from `compute`."""

    @misconception("attention_forward", message)
    def variant(q, k, v, mask=None):
        _refuse(q, k, v, mask)
        return compute(Attention(q, k, v, mask))

    return variant


# Misconceptions: the scores

no_root = _wrong(
    "Your scores are not divided by √D.",
    lambda a: a.answer(root=1.0),
)
divided_by_size = _wrong(
    "Your scores are divided by D. Divide by its root.",
    lambda a: a.answer(root=float(a.q.shape[2])),
)
root_of_the_values = _wrong(
    "You divided by the root of the values' size. It is the size D of queries and keys.",
    lambda a: a.answer(root=np.sqrt(a.v.shape[2])),
)
root_of_the_steps = _wrong(
    "You divided by the root of the number of keys. It is their size D that counts.",
    lambda a: a.answer(root=np.sqrt(a.k.shape[1])),
)
multiplied_by_the_root = _wrong(
    "You multiplied the scores by √D. Divide by it.",
    lambda a: a.answer(root=1 / np.sqrt(a.q.shape[2])),
)
keys_reshaped = _wrong(
    "You reshaped the keys to (N, D, S), which mixes numbers of different keys. Swap the axes by "
    "transpose(0, 2, 1).",
    lambda a: a.mixed(
        softmax(
            hidden(
                a.q @ a.k.reshape(len(a.k), a.k.shape[2], -1) / np.sqrt(a.q.shape[2]),
                a.mask,
            )
        )
    ),
)
keys_of_all_sequences = _wrong(
    "Your queries are compared with the sum of the keys of all sequences. Each sequence of the "
    "batch attends to itself only.",
    lambda a: a.answer(k=np.broadcast_to(a.k.sum(axis=0), a.k.shape)),
)
distances = _wrong(
    "Your scores are negative squared distances. Attention compares by dot products.",
    lambda a: a.mixed(
        softmax(
            hidden(
                -((a.q[:, :, None] - a.k[:, None]) ** 2).sum(axis=3) / np.sqrt(a.q.shape[2]),
                a.mask,
            )
        )
    ),
)

# Misconceptions: the softmax

over_queries = _wrong(
    "Your softmax runs over the queries: the columns sum to 1. Each row must, over the keys.",
    lambda a: a.mixed(softmax(hidden(a.scores(), a.mask), axis=1)),
)
over_the_batch = _wrong(
    "Your softmax runs over the sequences of the batch. It runs over the keys, the last axis.",
    lambda a: a.mixed(softmax(hidden(a.scores(), a.mask), axis=0)),
)
over_everything = _wrong(
    "Your weights sum to 1 over all queries and keys together. Each query's row must sum to 1.",
    lambda a: a.mixed(
        softmax(hidden(a.scores(), a.mask).reshape(len(a.q), -1)).reshape(a.scores().shape)
    ),
)
not_normalised = _wrong(
    "Your weights are exponentials that are not divided by their sum.",
    lambda a: a.mixed(np.exp(hidden(a.scores(), a.mask))),
)
no_softmax = _wrong(
    "Your weights are the scores themselves. They must go through a softmax.",
    lambda a: a.mixed(hidden(a.scores(), a.mask, 0.0)),
)


def _unshifted(a):
    with np.errstate(all="ignore"):
        shares = np.exp(hidden(a.scores(), a.mask))
        total = shares.sum(axis=2, keepdims=True)
        return a.mixed(shares / np.where(total > 0, total, 1.0))


unshifted = _wrong(
    "Scores of hundreds overflow in exp: subtract the largest score of each row first.",
    _unshifted,
)


def _shifted_by_all(a):
    shares = np.exp(hidden(a.scores() - a.scores().max(), a.mask))
    total = shares.sum(axis=2, keepdims=True)
    return a.mixed(shares / np.where(total > 0, total, 1.0))


shifted_by_all = _wrong(
    "You subtracted the largest score of all rows. Rows far below it underflow to 0: subtract the "
    "largest of each row.",
    _shifted_by_all,
)


def _shifted_too_early(a):
    scores = a.scores()
    shares = np.exp(hidden(scores - scores.max(axis=2, keepdims=True), a.mask))
    total = shares.sum(axis=2, keepdims=True)
    return a.mixed(shares / np.where(total > 0, total, 1.0))


shifted_too_early = _wrong(
    "You looked for the largest score before you hid any. Where a hidden score is far the largest, "
    "all others underflow to 0.",
    _shifted_too_early,
)

# Misconceptions: the mask

scores_times_mask = _wrong(
    "Your hidden scores are 0, and exp(0) = 1 is a good deal of attention. They must be minus "
    "infinity.",
    lambda a: a.mixed(softmax(hidden(a.scores(), a.mask, 0.0))),
)
mask_turned_round = _wrong(
    "Your mask is turned round: True means that the query may see the key.",
    lambda a: a.answer(mask=None if a.mask is None else ~a.mask),
)
mask_ignored = _wrong(
    "The mask is not used.",
    lambda a: a.answer(mask=None),
)
hidden_afterwards = _wrong(
    "You set hidden weights to 0 after the softmax, so that the others no longer sum to 1. Hide "
    "the scores before it.",
    lambda a: a.mixed(hidden(softmax(a.scores()), a.mask, 0.0)),
)
hidden_by_ten = _wrong(
    "You subtracted a number from the hidden scores. They keep a small weight; minus infinity "
    "leaves none.",
    lambda a: a.mixed(softmax(a.scores() - hidden(np.zeros(()), a.mask, 10.0))),
)


def _transposed(mask):
    square = mask is not None and mask.ndim > 1 and mask.shape[-1] == mask.shape[-2]
    return mask.swapaxes(-1, -2) if square else mask


mask_transposed = _wrong(
    "Your mask is transposed: its rows belong to the queries, its columns to the keys.",
    lambda a: a.answer(mask=_transposed(a.mask)),
)


def _of_the_first(mask):
    return mask[:1] if mask is not None and mask.ndim == 3 else mask


mask_of_the_first = _wrong(
    "You used the mask of the first sequence for all of them.",
    lambda a: a.answer(mask=_of_the_first(a.mask)),
)


def _of_the_first_query(mask):
    return mask[..., :1, :] if mask is not None and mask.ndim > 1 else mask


mask_of_the_first_query = _wrong(
    "You used the mask of the first query for all of them.",
    lambda a: a.answer(mask=_of_the_first_query(a.mask)),
)

# Misconceptions: a row that sees nothing


def _nan_rows(a):
    with np.errstate(all="ignore"):
        scores = hidden(a.scores(), a.mask)
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        return a.mixed(shares / shares.sum(axis=2, keepdims=True))


nan_rows = _wrong(
    "A query that sees nothing gives NaN (infinity minus infinity). Its weights and its output "
    "are to be 0.",
    _nan_rows,
)
even_rows = _wrong(
    "A query that sees nothing attends to all keys alike. Its weights and its output are to be 0. "
    "(A large negative number in place of minus infinity does that.)",
    lambda a: a.mixed(softmax(hidden(a.scores(), a.mask, -1e30))),
)


def _first_key(a):
    weights = a.weights()
    weights[..., 0] += 1.0 - weights.sum(axis=2)
    return a.mixed(weights)


first_key_for_empty_rows = _wrong(
    "A query that sees nothing attends to the first key. Its weights and its output are to be 0.",
    _first_key,
)
zero_output_only = _wrong(
    "The output of a query that sees nothing is 0, as it should be, but not its weights in the "
    "cache.",
    lambda a: (a.answer()[0], (a.q, a.k, a.v, softmax(hidden(a.scores(), a.mask, -1e30)))),
)

# Misconceptions: the values, and what is returned and refused

values_averaged = _wrong(
    "You divided the weighted sum of the values by the number of keys. The weights sum to 1 "
    "already.",
    lambda a: (a.answer()[0] / a.k.shape[1], a.answer()[1]),
)
no_cache = _wrong(
    "Only y came back. Return the pair (y, cache).",
    lambda a: a.answer()[0],
)
scores_in_cache = _wrong(
    "Your cache holds the scores. It should hold the weights, after the softmax.",
    lambda a: (a.answer()[0], (a.q, a.k, a.v, a.scores())),
)
unmasked_weights_in_cache = _wrong(
    "The weights in your cache are those without the mask.",
    lambda a: (a.answer()[0], (a.q, a.k, a.v, softmax(a.scores()))),
)
weights_first_in_cache = _wrong(
    "Your cache is in another order. It should be (q, k, v, weights).",
    lambda a: (a.answer()[0], (a.answer()[1][3], a.q, a.k, a.v)),
)
mask_for_weights_in_cache = _wrong(
    "Your cache holds the mask in place of the weights.",
    lambda a: (a.answer()[0], (a.q, a.k, a.v, a.mask)),
)


@misconception("attention_forward", "A mask that is not bool must raise a ValueError naming mask.")
def any_mask_accepted(q, k, v, mask=None):
    _refuse(q, k, v, None)
    return Attention(q, k, v, None if mask is None else mask.astype(bool)).answer()


@misconception(
    "attention_forward", "Keys of another size than the queries must raise a ValueError naming k."
)
def any_keys_accepted(q, k, v, mask=None):
    size = min(q.shape[2], k.shape[2])
    if v.shape[1] != k.shape[1]:
        raise ValueError(f"v has shape {v.shape}")
    _refuse(q[:, :, :size], q[:, :, :size], q, mask)
    return Attention(q[:, :, :size], k[:, :, :size], v, mask).answer()


@misconception("attention_forward", "One value a key: else a ValueError must name v.")
def any_values_accepted(q, k, v, mask=None):
    _refuse(q, k, k, mask)
    steps = min(k.shape[1], v.shape[1])
    return Attention(q, k[:, :steps], v[:, :steps], mask).answer()


@misconception("attention_forward", "You scaled the queries in place: the caller's array changes.")
def queries_scaled_in_place(q, k, v, mask=None):
    _refuse(q, k, v, mask)
    answer = Attention(q, k, v, mask).answer()
    q /= np.sqrt(q.shape[2])
    return answer


NOT_IN_THE_OUTPUT = (
    "zero_output_only",
    "no_cache",
    "scores_in_cache",
    "unmasked_weights_in_cache",
    "weights_first_in_cache",
    "mask_for_weights_in_cache",
    "any_mask_accepted",
    "any_keys_accepted",
    "any_values_accepted",
    "queries_scaled_in_place",
)
"""Faults that no allowed call shows in y: they are left out of the bug hunt."""

# Alternatives


@alternative("attention_forward")
def by_loops(q, k, v, mask=None):
    _refuse(q, k, v, mask)
    seen = np.broadcast_to(True if mask is None else mask, (*q.shape[:2], k.shape[1]))
    weights = np.zeros(seen.shape)
    for n, t in np.ndindex(q.shape[:2]):
        keys = np.flatnonzero(seen[n, t])
        if len(keys):
            a = [float(q[n, t] @ k[n, s]) / q.shape[2] ** 0.5 for s in keys]
            e = np.exp(np.array(a) - max(a))
            weights[n, t, keys] = e / e.sum()
    return np.einsum("nts,nsv->ntv", weights, v), [q, k, v, weights]


@alternative("attention_forward")
def by_an_added_mask(q, k, v, mask=None):
    _refuse(q, k, v, mask)
    scores = np.einsum("ntd,nsd->nts", q / np.sqrt(q.shape[-1]), k)
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -np.inf)
        scores = np.where(np.isneginf(scores).all(axis=-1, keepdims=True), 0.0, scores)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    if mask is not None:
        weights = weights * mask
    return np.matmul(weights, v), (q, k, v, weights)


@alternative("attention_forward")
def by_logsumexp(q, k, v, mask=None):
    _refuse(q, k, v, mask)
    scores = (q[:, :, None, :] * k[:, None, :, :]).sum(-1) / np.sqrt(q.shape[2])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    total = np.logaddexp.reduce(scores, axis=2)[:, :, None]
    weights = np.exp(scores - np.where(np.isfinite(total), total, 0.0))
    return np.stack([w @ values for w, values in zip(weights, v)]), (q, k, v, weights)
