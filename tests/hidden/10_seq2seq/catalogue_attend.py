"""attend: known wrong implementations, by where they go wrong, and right ones."""

import math

import torch

from gradlab.judge import alternative, misconception


def _refuse(mask):
    if not mask.any(dim=1).all():
        raise ValueError("mask has a row without a True")


class _Attention:
    """Right attention in parts, so that each can be falsified."""

    def scores(self, query, keys):
        return (keys * query[:, None, :]).sum(dim=2)

    def scale(self, query, keys):
        return math.sqrt(query.shape[1])

    def masked(self, scores, mask):
        return scores.masked_fill(~mask, -math.inf)

    def softmax(self, scores):
        return torch.softmax(scores, dim=1)

    def weights(self, query, keys, mask):
        scores = self.scores(query, keys) / self.scale(query, keys)
        return self.softmax(self.masked(scores, mask))

    def context(self, weights, keys, query):
        return (weights[:, :, None] * keys).sum(dim=1)

    def result(self, context, weights):
        return context, weights

    def run(self, query, keys, mask):
        weights = self.weights(query, keys, mask)
        return self.result(self.context(weights, keys, query), weights)


def _wrong(message, **parts):
    attention = type("Wrong", (_Attention,), parts)

    @misconception("attend", message)
    def variant(query, keys, mask):
        _refuse(mask)
        return attention().run(query, keys, mask)

    return variant


# Misconceptions: the scores

not_scaled = _wrong(
    "The scores are not divided by the root of H.", scale=lambda self, query, keys: 1.0
)
divided_by_h = _wrong(
    "The scores are divided by H. Divide by its root.",
    scale=lambda self, query, keys: query.shape[1],
)
multiplied = _wrong(
    "The scores are multiplied by the root of H. Divide by it.",
    scale=lambda self, query, keys: 1 / math.sqrt(query.shape[1]),
)
root_of_s = _wrong(
    "The scores are divided by the root of the number of keys. Divide by the root of H.",
    scale=lambda self, query, keys: math.sqrt(keys.shape[1]),
)
root_of_n = _wrong(
    "The scores are divided by the root of the batch size. Divide by the root of H.",
    scale=lambda self, query, keys: math.sqrt(len(query)),
)
normalised = _wrong(
    "Your scores are cosines: query and keys are normalised. Take their products as they are.",
    scores=lambda self, query, keys: torch.cosine_similarity(keys, query[:, None], dim=2),
)
distances = _wrong(
    "Your scores are negative squared distances. Take the products of query and key.",
    scores=lambda self, query, keys: -((keys - query[:, None]) ** 2).sum(dim=2),
)
sign = _wrong(
    "Your scores have the wrong sign: the keys most like the query get the least weight.",
    scores=lambda self, query, keys: -(keys * query[:, None]).sum(dim=2),
)
first_query_for_all = _wrong(
    "The first row's query is used for the whole batch.",
    scores=lambda self, query, keys: (keys * query[:1, None]).sum(dim=2),
)

# Misconceptions: the mask

mask_ignored = _wrong("The mask is not used.", masked=lambda self, scores, mask: scores)
mask_inverted = _wrong(
    "The mask is used the wrong way round: True means real.",
    masked=lambda self, scores, mask: scores.masked_fill(mask, -math.inf),
)
scores_times_mask = _wrong(
    "The scores are multiplied by the mask, but a score of 0 has weight exp(0) = 1. Use minus "
    "infinity.",
    masked=lambda self, scores, mask: scores * mask,
)
masked_afterwards = _wrong(
    "The mask is applied after the softmax, so the weights no longer sum to 1.",
    weights=lambda self, query, keys, mask: (
        _Attention.weights(self, query, keys, mask | True) * mask
    ),
)
score_of_minus_one = _wrong(
    "Masked keys have a low score, but not minus infinity, so they still weigh something.",
    masked=lambda self, scores, mask: scores.masked_fill(~mask, -10.0),
)
score_of_minus_a_thousand = _wrong(
    "The score that you give to masked keys is not low enough: real scores can be lower.",
    masked=lambda self, scores, mask: scores.masked_fill(~mask, -1000.0),
)
mask_shifted = _wrong(
    "The mask is shifted by one position.",
    masked=lambda self, scores, mask: scores.masked_fill(~torch.roll(mask, 1, dims=1), -math.inf),
)
mask_by_length = _wrong(
    "You made lengths of the mask. Its True may stand anywhere.",
    masked=lambda self, scores, mask: scores.masked_fill(
        torch.arange(mask.shape[1]) >= mask.sum(dim=1, keepdim=True), -math.inf
    ),
)
first_mask_for_all = _wrong(
    "The first row's mask is used for the whole batch.",
    masked=lambda self, scores, mask: scores.masked_fill(~mask[:1], -math.inf),
)
keys_times_mask = _wrong(
    "The keys were multiplied by the mask, which gives masked ones a score of 0, not no weight.",
    run=lambda self, query, keys, mask: _Attention.run(
        self, query, keys * mask[:, :, None], mask | True
    ),
)

# Misconceptions: the weights and the context

softmax_along_the_batch = _wrong(
    "Your softmax runs along the batch. It runs over the keys of each row.",
    softmax=lambda self, scores: torch.softmax(scores.clamp(min=-1e4), dim=0),
)
softmax_over_everything = _wrong(
    "The weights of the whole batch sum to 1. Those of each row should.",
    softmax=lambda self, scores: torch.softmax(scores.flatten(), dim=0).view_as(scores),
)
no_softmax = _wrong(
    "The weights are scores divided by their sum. Take a softmax.",
    softmax=lambda self, scores: (
        scores.masked_fill(scores == -math.inf, 0.0)
        / scores.masked_fill(scores == -math.inf, 0.0).sum(dim=1, keepdim=True)
    ),
)
overflowing = _wrong(
    "exp overflows for large scores. torch.softmax subtracts the largest first.",
    softmax=lambda self, scores: scores.exp() / scores.exp().sum(dim=1, keepdim=True),
)
sigmoids = _wrong(
    "Your weights are sigmoids of the scores. They should sum to 1: take a softmax.",
    softmax=lambda self, scores: torch.sigmoid(scores),
)
largest_only = _wrong(
    "All weight is on the largest score. Take a softmax.",
    softmax=lambda self, scores: (
        torch.nn.functional.one_hot(scores.argmax(dim=1), scores.shape[1]).to(scores.dtype)
        + 0 * scores.masked_fill(scores == -math.inf, 0)
    ),
)
log_weights = _wrong(
    "Your weights are logarithms. Return the weights themselves.",
    result=lambda self, context, weights: (context, weights.log().clamp(min=-700)),
)
plain_mean = _wrong(
    "The context is the plain mean of the keys. Weigh them.",
    context=lambda self, weights, keys, query: keys.mean(dim=1) + 0 * weights.sum(),
)
divided_by_s = _wrong(
    "The context is divided by the number of keys. The weights sum to 1 already.",
    context=lambda self, weights, keys, query: (weights[:, :, None] * keys).mean(dim=1),
)
query_added = _wrong(
    "The query was added to the context.",
    context=lambda self, weights, keys, query: (weights[:, :, None] * keys).sum(dim=1) + query,
)
weights_first = _wrong(
    "You return the weights first. Return context, then weights.",
    result=lambda self, context, weights: (weights, context),
)
context_with_an_axis = _wrong(
    "The context is (N, 1, H). It should be (N, H).",
    result=lambda self, context, weights: (context[:, None], weights),
)
weights_with_an_axis = _wrong(
    "The weights are (N, S, 1) or (N, 1, S). They should be (N, S).",
    result=lambda self, context, weights: (context, weights[:, :, None]),
)
context_alone = _wrong(
    "Only the context came back. Return the weights too.",
    result=lambda self, context, weights: context,
)
weights_detached = _wrong(
    "No gradient flows through the weights: they were detached.",
    softmax=lambda self, scores: torch.softmax(scores, dim=1).detach(),
)


@misconception("attend", "A row of the mask without a True must raise a ValueError, not give NaN.")
def nan_accepted(query, keys, mask):
    return _Attention().run(query, keys, mask)


@misconception("attend", "You refuse a mask only if all of it is False. One such row is enough.")
def refused_if_all(query, keys, mask):
    if not mask.any():
        raise ValueError("mask has no True")
    return _Attention().run(query, keys, mask)


# Alternatives


@alternative("attend")
def by_matmul(query, keys, mask):
    if (mask.sum(dim=1) == 0).any():
        raise ValueError("mask: nothing to attend to")
    scores = torch.bmm(keys, query.unsqueeze(2)).squeeze(2) / query.shape[-1] ** 0.5
    scores = torch.where(mask, scores, torch.tensor(float("-inf"), dtype=scores.dtype))
    weights = scores.softmax(-1)
    return torch.bmm(weights.unsqueeze(1), keys).squeeze(1), weights


@alternative("attend")
def by_exponentials(query, keys, mask):
    _refuse(mask)
    scores = torch.einsum("nsh,nh->ns", keys, query / math.sqrt(query.shape[1]))
    largest = scores.masked_fill(~mask, -math.inf).max(dim=1, keepdim=True).values.detach()
    powers = torch.exp((scores - largest).masked_fill(~mask, 0.0)) * mask
    weights = powers / powers.sum(dim=1, keepdim=True)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@alternative("attend")
def row_by_row(query, keys, mask):
    _refuse(mask)
    contexts, rows = [], []
    for q, k, real in zip(query, keys, mask):
        weights = torch.softmax(k[real] @ q / math.sqrt(len(q)), dim=0)
        contexts.append(weights @ k[real])
        rows.append(torch.zeros_like(k[:, 0]).masked_scatter(real, weights))
    return torch.stack(contexts), torch.stack(rows)
