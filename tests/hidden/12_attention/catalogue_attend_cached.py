"""attend_cached: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch.nn import functional

from gradlab.judge import alternative, misconception

EXERCISE = "attend_cached"


def _joined(k, v, past):
    if past is None:
        return k, v
    return torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)


def _attend(q, k, v, seen, root=None, dim=3):
    scores = q @ k.transpose(2, 3) / (q.shape[3] ** 0.5 if root is None else root)
    return torch.softmax(scores.masked_fill(~seen, -1e30), dim=dim) @ v


def _lower(q, k, shift=None):
    ones = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool)
    return ones.tril(k.shape[2] - q.shape[2] if shift is None else shift)


def _wrong(message, compute):
    """An attention with the right pair, and the output of `compute(q, all keys, all values)`."""

    @misconception(EXERCISE, message)
    def variant(q, k, v, past=None):
        k, v = _joined(k, v, past)
        return compute(q, k, v), (k, v)

    return variant


# Misconceptions: who sees whom

no_mask = _wrong(
    "Your new steps see each other's future. Among several new steps, each sees the past, itself "
    "and the new ones before it.",
    lambda q, k, v: _attend(q, k, v, torch.ones_like(_lower(q, k))),
)
upper_left = _wrong(
    "Your triangle starts in the upper left corner: the first new step sees one key only. It sees "
    "all P old ones as well (tril(P)).",
    lambda q, k, v: _attend(q, k, v, _lower(q, k, 0)),
)
one_ahead = _wrong(
    "Your new steps see one step into the future.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k, k.shape[2] - q.shape[2] + 1)),
)
own_step_hidden = _wrong(
    "Your new steps do not see themselves.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k, k.shape[2] - q.shape[2] - 1)),
)
all_that_is_old = _wrong(
    "Your new steps see the old ones and themselves, but not the new ones before them.",
    lambda q, k, v: _attend(
        q,
        k,
        v,
        (torch.arange(k.shape[2]) < k.shape[2] - q.shape[2])
        | torch.eye(k.shape[2], dtype=torch.bool)[k.shape[2] - q.shape[2] :],
    ),
)

# Misconceptions: scores and softmax

no_root = _wrong(
    "Your scores are not divided by √D.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k), root=1.0),
)
root_of_the_keys = _wrong(
    "Your scores are divided by the root of the number of keys. It is their size D that counts.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k), root=k.shape[2] ** 0.5),
)
root_of_heads_and_size = _wrong(
    "Your scores are divided by the root of H times D. Each head has keys of D numbers.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k), root=(q.shape[1] * q.shape[3]) ** 0.5),
)
over_queries = _wrong(
    "Your softmax runs over the queries. It runs over the keys, the last axis.",
    lambda q, k, v: _attend(q, k, v, _lower(q, k), dim=2),
)
hidden_to_zero = _wrong(
    "Your hidden scores are 0, and exp(0) = 1. They must be minus infinity.",
    lambda q, k, v: (
        torch.softmax(q @ k.transpose(2, 3) / q.shape[3] ** 0.5 * _lower(q, k), dim=3) @ v
    ),
)
hidden_afterwards = _wrong(
    "You set hidden weights to 0 after the softmax; the others no longer sum to 1.",
    lambda q, k, v: (
        _attend(q, k, torch.eye(k.shape[2]).to(q), torch.ones_like(_lower(q, k))) * _lower(q, k) @ v
    ),
)

# Misconceptions: the past


@misconception(EXERCISE, "The past is ignored: new steps see new steps only.")
def past_ignored(q, k, v, past=None):
    return _attend(q, k, v, _lower(q, k)), _joined(k, v, past)


@misconception(EXERCISE, "You put the past behind the new steps. It comes first.")
def past_behind(q, k, v, past=None):
    if past is not None:
        k, v = torch.cat([k, past[0]], 2), torch.cat([v, past[1]], 2)
    return _attend(q, k, v, _lower(q, k)), (k, v)


@misconception(EXERCISE, "Only the last old step is seen; the past before it is dropped.")
def last_old_step(q, k, v, past=None):
    kept = _joined(k, v, past)
    if past is not None:
        k, v = _joined(k, v, (past[0][:, :, -1:], past[1][:, :, -1:]))
    return _attend(q, k, v, _lower(q, k)), kept


@misconception(EXERCISE, "Keys and values of the past are exchanged: the pair is (k, v).")
def pair_exchanged(q, k, v, past=None):
    k, v = _joined(k, v, None if past is None else (past[1], past[0]))
    return _attend(q, k, v, _lower(q, k)), (k, v)


@misconception(EXERCISE, "Only the new keys and values are passed on. Pass on all of them.")
def new_ones_kept(q, k, v, past=None):
    keys, values = _joined(k, v, past)
    return _attend(q, keys, values, _lower(q, keys)), (k, v)


@misconception(EXERCISE, "The old keys and values are passed on as they were. Add the new ones.")
def old_ones_kept(q, k, v, past=None):
    keys, values = _joined(k, v, past)
    kept = (keys, values) if past is None else tuple(past)
    return _attend(q, keys, values, _lower(q, keys)), kept


@misconception(EXERCISE, "The pair that you pass on is (v, k). It should be (k, v).")
def values_first(q, k, v, past=None):
    k, v = _joined(k, v, past)
    return _attend(q, k, v, _lower(q, k)), (v, k)


@misconception(EXERCISE, "Only y came back. Return y and the pair to pass on.")
def only_y(q, k, v, past=None):
    k, v = _joined(k, v, past)
    return _attend(q, k, v, _lower(q, k))


@misconception(EXERCISE, "Queries are passed on as well. Nobody needs old queries: keep (k, v).")
def queries_kept(q, k, v, past=None):
    k, v = _joined(k, v, past)
    return _attend(q, k, v, _lower(q, k)), (q, k, v)


@misconception(EXERCISE, "You changed the caller's past. Make new tensors.")
def past_changed(q, k, v, past=None):
    keys, values = _joined(k, v, past)
    y = _attend(q, keys, values, _lower(q, keys))
    if past is not None:
        past[0].mul_(q.shape[3] ** -0.5)
    return y, (keys, values)


@misconception(EXERCISE, "The output contains the old steps too. It should hold the new ones only.")
def rows_for_all(q, k, v, past=None):
    k, v = _joined(k, v, past)
    y = _attend(q, k, v, _lower(q, k))
    return torch.cat([torch.zeros_like(v[:, :, q.shape[2] :]), y], 2), (k, v)


# Alternatives


@alternative(EXERCISE)
def step_by_step(q, k, v, past=None):
    keys, values = ([], []) if past is None else ([past[0]], [past[1]])
    outputs = []
    for t in range(q.shape[2]):
        keys.append(k[:, :, t : t + 1])
        values.append(v[:, :, t : t + 1])
        seen, mixed = torch.cat(keys, 2), torch.cat(values, 2)
        scores = (q[:, :, t : t + 1] * seen).sum(-1) / q.shape[-1] ** 0.5
        outputs.append((scores.softmax(-1)[..., None] * mixed).sum(2))
    return torch.stack(outputs, 2), [torch.cat(keys, 2), torch.cat(values, 2)]


@alternative(EXERCISE)
def built_in(q, k, v, past=None):
    if past is not None:
        k, v = (torch.cat(pair, dim=-2) for pair in zip(past, (k, v)))
    seen = torch.ones(k.shape[2], k.shape[2], dtype=torch.bool).tril()[-q.shape[2] :]
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=seen), (k, v)


@alternative(EXERCISE)
def by_einsum(q, k, v, past=None):
    k, v = _joined(k, v, past)
    scores = torch.einsum("nhtd,nhsd->nhts", q, k) * q.shape[-1] ** -0.5
    late = torch.arange(k.shape[2]) - (k.shape[2] - q.shape[2]) > torch.arange(q.shape[2])[:, None]
    scores = scores + torch.zeros_like(scores).masked_fill(late, float("-inf"))
    weights = torch.exp(scores - scores.logsumexp(-1, keepdim=True))
    return torch.einsum("nhts,nhsd->nhtd", weights, v), (k, v)
