"""attend_backward: known wrong implementations, by where they go wrong, and right ones."""

import math

import torch

from gradlab.judge import alternative, misconception


class _Backward:
    """Right formulas in parts, so that each can be falsified."""

    def __init__(self, dcontext, query, keys, weights):
        self.dc, self.q, self.k, self.w = dcontext, query, keys, weights
        self.scale = 1 / math.sqrt(query.shape[1])

    def dweights(self):
        return (self.k * self.dc[:, None]).sum(dim=2)

    def dscores(self):
        return self.w * (self.dweights() - (self.w * self.dweights()).sum(dim=1, keepdim=True))

    def dquery(self):
        return self.scale * (self.dscores()[:, :, None] * self.k).sum(dim=1)

    def as_values(self):
        return self.w[:, :, None] * self.dc[:, None]

    def as_keys(self):
        return self.scale * self.dscores()[:, :, None] * self.q[:, None]

    def dkeys(self):
        return self.as_values() + self.as_keys()

    def result(self):
        return self.dquery(), self.dkeys()


def _wrong(message, **parts):
    backward = type("Wrong", (_Backward,), parts)

    @misconception("attend_backward", message)
    def variant(dcontext, query, keys, weights):
        return backward(dcontext, query, keys, weights).result()

    return variant


# Misconceptions: through the softmax

softmax_like_a_sigmoid = _wrong(
    "Your softmax has the derivative w (1 - w), as if each weight depended on its own score only. "
    "All weights depend on all scores.",
    dscores=lambda self: self.dweights() * self.w * (1 - self.w),
)
sum_forgotten = _wrong(
    "In the derivative of the softmax the subtracted sum is missing: raising one score lowers the "
    "other weights.",
    dscores=lambda self: self.w * self.dweights(),
)
softmax_skipped = _wrong(
    "The gradient of the weights was taken for that of the scores: the softmax was skipped.",
    dscores=lambda self: self.dweights() * (self.w > 0),
)
unweighted_sum = _wrong(
    "In the derivative of the softmax, the sum that is subtracted is not weighted.",
    dscores=lambda self: (
        self.w * (self.dweights() - (self.dweights() * (self.w > 0)).sum(dim=1, keepdim=True))
    ),
)
mean_for_sum = _wrong(
    "In the derivative of the softmax you subtract a mean over the positions. Subtract the sum.",
    dscores=lambda self: (
        self.w * (self.dweights() - (self.w * self.dweights()).mean(dim=1, keepdim=True))
    ),
)
sum_over_the_batch = _wrong(
    "In the derivative of the softmax the sum runs over the batch. It runs over the positions.",
    dscores=lambda self: (
        self.w * (self.dweights() - (self.w * self.dweights()).sum(dim=0, keepdim=True))
    ),
)
sum_added = _wrong(
    "In the derivative of the softmax the sum has the wrong sign: subtract it.",
    dscores=lambda self: (
        self.w * (self.dweights() + (self.w * self.dweights()).sum(dim=1, keepdim=True))
    ),
)
weight_forgotten = _wrong(
    "In the derivative of the softmax the weight in front is missing.",
    dscores=lambda self: (
        (self.dweights() - (self.w * self.dweights()).sum(dim=1, keepdim=True)) * (self.w > 0)
    ),
)
sign = _wrong(
    "The gradient of the scores has the wrong sign.",
    dscores=lambda self: -_Backward.dscores(self),
)
query_for_upstream = _wrong(
    "The gradient of the weights was computed from the query. It comes from dcontext.",
    dweights=lambda self: (self.k * self.q[:, None]).sum(dim=2),
)

# Misconceptions: the root of H


def _unscaled(name):
    return lambda self: getattr(_Backward, name)(self) / self.scale


root_forgotten = _wrong(
    "The root of H is missing in both gradients: the scores were divided by it.",
    dquery=_unscaled("dquery"),
    as_keys=_unscaled("as_keys"),
)
root_forgotten_in_dquery = _wrong("The root of H is missing in dquery.", dquery=_unscaled("dquery"))
root_forgotten_in_dkeys = _wrong(
    "The root of H is missing in dkeys, in the part that comes through the scores.",
    as_keys=_unscaled("as_keys"),
)
divided_by_h = _wrong(
    "The gradients are divided by H. The scores were divided by its root.",
    dquery=lambda self: self.scale * _Backward.dquery(self),
    as_keys=lambda self: self.scale * _Backward.as_keys(self),
)
values_scaled = _wrong(
    "The part of dkeys that comes straight from the context is divided by the root of H too. Only "
    "the scores were divided.",
    as_values=lambda self: self.scale * _Backward.as_values(self),
)

# Misconceptions: the two ways to the keys

values_forgotten = _wrong(
    "dkeys lacks the part that comes straight from the context, which is a weighted sum of keys.",
    as_values=lambda self: torch.zeros_like(self.k),
)
scores_forgotten = _wrong(
    "dkeys lacks the part that comes through the scores: a key also decides about its weight.",
    as_keys=lambda self: torch.zeros_like(self.k),
)
ways_subtracted = _wrong(
    "The two parts of dkeys are subtracted. Add them.",
    dkeys=lambda self: self.as_values() - self.as_keys(),
)
values_unweighted = _wrong(
    "Each key gets the whole of dcontext. It gets its weight's share.",
    as_values=lambda self: self.dc[:, None] * (self.w > 0)[:, :, None],
)
keys_for_query = _wrong(
    "The part of dkeys that comes through the scores was multiplied by the keys. Multiply by the "
    "query.",
    as_keys=lambda self: self.scale * self.dscores()[:, :, None] * self.k,
)
weights_for_scores = _wrong(
    "dquery was computed from the weights. Use the gradient of the scores.",
    dquery=lambda self: self.scale * (self.w[:, :, None] * self.k).sum(dim=1),
)
query_way_direct = _wrong(
    "dcontext was added to dquery. The query has a say through the scores only.",
    dquery=lambda self: _Backward.dquery(self) + self.dc,
)
dquery_averaged = _wrong(
    "dquery is a mean over the positions. Sum over them.",
    dquery=lambda self: _Backward.dquery(self) / self.k.shape[1],
)
divided_by_the_batch = _wrong(
    "The gradients are divided by the batch size, which is in dcontext already.",
    result=lambda self: (self.dquery() / len(self.q), self.dkeys() / len(self.q)),
)
results_swapped = _wrong(
    "You return dkeys first. Return dquery, then dkeys.",
    result=lambda self: (self.dkeys(), self.dquery()),
)
dkeys_alone = _wrong(
    "Only one gradient came back. Return dquery and dkeys.", result=lambda self: self.dkeys()
)


# Alternatives


@alternative("attend_backward")
def by_einsum(dcontext, query, keys, weights):
    scale = query.shape[-1] ** -0.5
    ahead = torch.einsum("nsh,nh->ns", keys, dcontext)
    jacobian = torch.diag_embed(weights) - torch.einsum("ns,nr->nsr", weights, weights)
    dscores = torch.einsum("nsr,nr->ns", jacobian, ahead) * scale
    dquery = torch.einsum("ns,nsh->nh", dscores, keys)
    dkeys = torch.einsum("ns,nh->nsh", dscores, query) + torch.einsum(
        "ns,nh->nsh", weights, dcontext
    )
    return dquery, dkeys


@alternative("attend_backward")
def row_by_row(dcontext, query, keys, weights):
    dquery, dkeys = torch.zeros_like(query), torch.zeros_like(keys)
    root = math.sqrt(query.shape[1])
    for n in range(len(query)):
        context = weights[n] @ keys[n]
        for s in range(keys.shape[1]):
            # the subtracted sum is dc . context
            dscore = weights[n, s] * (dcontext[n] @ (keys[n, s] - context))
            dquery[n] += dscore * keys[n, s] / root
            dkeys[n, s] = dscore * query[n] / root + weights[n, s] * dcontext[n]
    return dquery, dkeys


@alternative("attend_backward")
def by_matmul(dcontext, query, keys, weights):
    w, q, dc = weights[:, :, None], query[:, None, :], dcontext[:, None, :]
    dw = keys @ dc.transpose(1, 2)
    de = w * dw - w * (w.transpose(1, 2) @ dw)
    de = de / torch.sqrt(torch.tensor(float(query.shape[1]), dtype=query.dtype))
    return (de.transpose(1, 2) @ keys).squeeze(1), w @ dc + de @ q
