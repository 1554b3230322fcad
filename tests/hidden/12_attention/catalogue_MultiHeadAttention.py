"""MultiHeadAttention: known wrong implementations, by where they go wrong, and right ones."""

import math

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception

EXERCISE = "MultiHeadAttention"


class Right(nn.Module):
    """A right one whose steps the misconceptions replace one at a time."""

    def __init__(self, width, heads):
        super().__init__()
        self.check(width, heads)
        self.heads = heads
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def check(self, width, heads):
        if width % heads:
            raise ValueError(f"heads is {heads}, which does not divide {width}")

    def cut(self, part):
        return part.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def parts(self, x):
        return self.inputs(x).chunk(3, dim=2)

    def project(self, x):
        return tuple(self.cut(part) for part in self.parts(x))

    def joined(self, y):
        return y.transpose(1, 2).reshape(y.shape[0], y.shape[2], -1)

    def merge(self, y):
        return self.output(self.joined(y))

    def root(self, q):
        return math.sqrt(q.shape[3])

    def by_heads(self, mask):
        return mask[:, None] if mask.dim() == 3 else mask

    def weights(self, scores, mask):
        if mask is None:
            return torch.softmax(scores, dim=3)
        mask = self.by_heads(mask)
        shares = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=3)
        return shares.masked_fill(~mask, 0.0)

    def forward(self, x, mask=None):
        q, k, v = self.project(x)
        return self.merge(self.weights(q @ k.transpose(2, 3) / self.root(q), mask) @ v)


# Misconceptions: heads


@misconception(
    EXERCISE,
    "You reshaped (N, T, E) straight to (N, H, T, D), which mixes steps and heads. Reshape to "
    "(N, T, H, D), then transpose.",
)
class CutAcrossSteps(Right):
    def cut(self, part):
        return part.reshape(part.shape[0], self.heads, part.shape[1], -1)


@misconception(
    EXERCISE, "You joined the heads without the transpose before it: steps and heads are mixed."
)
class JoinedAcrossSteps(Right):
    def joined(self, y):
        return y.reshape(y.shape[0], y.shape[2], -1)


@misconception(
    EXERCISE,
    "You cut and joined across steps. Both cancel in shape, but each head saw a mixture of steps.",
)
class CutAndJoinedAcrossSteps(CutAcrossSteps):
    def joined(self, y):
        return y.reshape(y.shape[0], y.shape[2], -1)


@misconception(
    EXERCISE,
    "Your heads are interleaved: head h takes every H-th number. It should take the numbers h D to "
    "(h + 1) D - 1.",
)
class Interleaved(Right):
    def cut(self, part):
        return part.unflatten(2, (-1, self.heads)).permute(0, 3, 1, 2)


@misconception(
    EXERCISE, "Your heads are put together in another order than they were cut: the last first."
)
class JoinedBackwards(Right):
    def joined(self, y):
        return super().joined(y.flip(1))


@misconception(EXERCISE, "You attend with one head over all numbers: the heads are not cut.")
class OneHead(Right):
    def forward(self, x, mask=None):
        q, k, v = (part.transpose(1, 2).flatten(2)[:, None] for part in self.project(x))
        y = (self.weights(q @ k.transpose(2, 3) / self.root(q), mask) @ v)[:, 0]
        return self.output(y)


@misconception(EXERCISE, "All heads got the weights of the first one.")
class FirstHeadForAll(Right):
    def weights(self, scores, mask):
        return super().weights(scores, mask)[:, :1].expand(scores.shape)


@misconception(EXERCISE, "Your weights are averaged over the heads before they are used.")
class AveragedHeads(Right):
    def weights(self, scores, mask):
        return super().weights(scores, mask).mean(dim=1, keepdim=True).expand(scores.shape)


@misconception(EXERCISE, "The output layer is missing: the heads are joined, and that is all.")
class NoOutputLayer(Right):
    def merge(self, y):
        return self.joined(y)


# Misconceptions: queries, keys, values


@misconception(EXERCISE, "Your joint layer is read as k, q, v. The order is q, k, v.")
class KeysFirst(Right):
    def parts(self, x):
        k, q, v = super().parts(x)
        return q, k, v


@misconception(EXERCISE, "Your joint layer is read as v, k, q. The order is q, k, v.")
class ValuesFirst(Right):
    def parts(self, x):
        v, k, q = super().parts(x)
        return q, k, v


@misconception(
    EXERCISE,
    "Your joint layer is cut into heads first and into q, k, v afterwards: each head has its three "
    "parts side by side. All of q comes first, then k, then v.",
)
class PartsInsideHeads(Right):
    def project(self, x):
        return self.cut(self.inputs(x)).chunk(3, dim=3)


@misconception(EXERCISE, "Your values are the keys. v has weights of its own.")
class KeysForValues(Right):
    def parts(self, x):
        q, k, _ = super().parts(x)
        return q, k, k


@misconception(EXERCISE, "Your values are not projected: they are x itself.")
class RawValues(Right):
    def parts(self, x):
        q, k, _ = super().parts(x)
        return q, k, x


# Misconceptions: the weights


@misconception(EXERCISE, "Your scores are divided by √E. Each head's keys have D = E / H numbers.")
class RootOfTheWidth(Right):
    def root(self, q):
        return math.sqrt(q.shape[1] * q.shape[3])


@misconception(EXERCISE, "Your scores are not divided by √D.")
class NoRoot(Right):
    def root(self, q):
        return 1.0


@misconception(EXERCISE, "Your scores are divided by D. Divide by its root.")
class DividedBySize(Right):
    def root(self, q):
        return float(q.shape[3])


@misconception(
    EXERCISE, "Your softmax runs over the queries. It runs over the keys, the last axis."
)
class OverQueries(Right):
    def weights(self, scores, mask):
        if mask is not None:
            scores = scores.masked_fill(~self.by_heads(mask), -1e30)
        return torch.softmax(scores, dim=2)


@misconception(EXERCISE, "Your softmax runs over the heads. It runs over the keys, the last axis.")
class OverHeads(Right):
    def weights(self, scores, mask):
        if mask is not None:
            scores = scores.masked_fill(~self.by_heads(mask), -1e30)
        return torch.softmax(scores, dim=1)


@misconception(EXERCISE, "You dropped some of the weights at random. This module has no dropout.")
class WithDropout(Right):
    def weights(self, scores, mask):
        return functional.dropout(super().weights(scores, mask), 0.1, training=True)


# Misconceptions: the mask


@misconception(EXERCISE, "The mask is not used.")
class MaskIgnored(Right):
    def weights(self, scores, mask):
        return torch.softmax(scores, dim=3)


@misconception(
    EXERCISE,
    "Your mask is turned round: here True means that the query may see the key. "
    "(nn.MultiheadAttention means the opposite.)",
)
class MaskTurnedRound(Right):
    def by_heads(self, mask):
        return super().by_heads(~mask)


@misconception(EXERCISE, "Your hidden scores are 0, and exp(0) = 1. They must be minus infinity.")
class ScoresTimesMask(Right):
    def weights(self, scores, mask):
        return torch.softmax(scores if mask is None else scores * self.by_heads(mask), dim=3)


@misconception(
    EXERCISE, "Hidden weights are set to 0 after the softmax; the others no longer sum to 1."
)
class HiddenAfterwards(Right):
    def weights(self, scores, mask):
        shares = torch.softmax(scores, dim=3)
        return shares if mask is None else shares * self.by_heads(mask)


@misconception(
    EXERCISE,
    "A mask of shape (N, T, T) is taken for one of (H, T, T), which goes unnoticed when N = H: "
    "give it an axis for the heads.",
)
class MaskByHeadForBatch(Right):
    def by_heads(self, mask):
        if mask.dim() == 3 and mask.shape[0] == self.heads:
            return mask
        return super().by_heads(mask)


@misconception(EXERCISE, "Your mask is transposed: its rows belong to the queries.")
class MaskTransposed(Right):
    def by_heads(self, mask):
        mask = super().by_heads(mask)
        return mask.transpose(-1, -2) if mask.shape[-1] == mask.shape[-2] else mask


@misconception(EXERCISE, "The first head alone obeys the mask. All heads must.")
class FirstHeadMasked(Right):
    def weights(self, scores, mask):
        masked, free = super().weights(scores, mask), torch.softmax(scores, dim=3)
        return torch.cat([masked[:, :1], free[:, 1:]], dim=1)


@misconception(EXERCISE, "You used the mask of the first sequence for all of them.")
class MaskOfTheFirst(Right):
    def by_heads(self, mask):
        return super().by_heads(mask[:1] if mask.dim() == 3 else mask)


@misconception(
    EXERCISE,
    "A query that sees nothing gives NaN. Its heads are to give zeros to the output layer.",
)
class NanRows(Right):
    def weights(self, scores, mask):
        if mask is None:
            return torch.softmax(scores, dim=3)
        return torch.softmax(scores.masked_fill(~self.by_heads(mask), -math.inf), dim=3)


@misconception(
    EXERCISE,
    "Where a query sees nothing, NaN is put right on the way forward, but not on the way back: the "
    "gradients are NaN. masked_fill cuts hidden scores off in both directions, adding does not.",
)
class NanGradients(Right):
    def weights(self, scores, mask):
        if mask is None:
            return torch.softmax(scores, dim=3)
        added = torch.where(self.by_heads(mask), 0.0, -math.inf).to(scores.dtype)
        return torch.softmax(scores + added, dim=3).nan_to_num(0.0)


@misconception(
    EXERCISE,
    "A query that sees nothing attends to all keys alike. (A large negative number in place of "
    "minus infinity does that.) Its heads are to give zeros.",
)
class EvenRows(Right):
    def weights(self, scores, mask):
        if mask is None:
            return torch.softmax(scores, dim=3)
        return torch.softmax(scores.masked_fill(~self.by_heads(mask), -1e9), dim=3)


@misconception(
    EXERCISE,
    "For a query that sees nothing your result is 0. The zeros go to the output layer, so what "
    "comes out is its bias.",
)
class ZeroOutput(Right):
    def forward(self, x, mask=None):
        y = super().forward(x, mask)
        if mask is None:
            return y
        return y * mask.any(dim=-1).unsqueeze(-1)


# Misconceptions: the module


@misconception(EXERCISE, "Your joint layer has no bias.")
class NoInputBias(Right):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.inputs = nn.Linear(width, 3 * width, bias=False)


@misconception(EXERCISE, "Your output layer has no bias.")
class NoOutputBias(Right):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.output = nn.Linear(width, width, bias=False)


@misconception(
    EXERCISE, "Your layers are in a Python list: PyTorch does not find their parameters."
)
class LayersInAList(Right):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.hidden_layers = [self.inputs, self.output]
        del self.inputs, self.output

    def parts(self, x):
        return self.hidden_layers[0](x).chunk(3, dim=2)

    def merge(self, y):
        return self.hidden_layers[1](self.joined(y))


@misconception(EXERCISE, "Your output layer was made first. Its parameters come last.")
class OutputLayerFirst(Right):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        inputs = self.inputs
        del self.inputs
        self.inputs = inputs


@misconception(EXERCISE, "The weights are detached: no gradient reaches queries and keys.")
class WeightsDetached(Right):
    def weights(self, scores, mask):
        return super().weights(scores, mask).detach()


@misconception(
    EXERCISE, "Your parameters are all 0 at the start. Leave them as nn.Linear draws them."
)
class StartsAtZero(Right):
    def __init__(self, width, heads):
        super().__init__(width, heads)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)


@misconception(
    EXERCISE, "A number of heads that does not divide the width must raise a ValueError."
)
class AnyHeads(Right):
    def check(self, width, heads):
        return None


@misconception(EXERCISE, "project returns (N, T, H, D). The heads come before the steps.")
class ProjectsStepsFirst(Right):
    def project(self, x):
        return tuple(part.transpose(1, 2) for part in super().project(x))

    def forward(self, x, mask=None):
        q, k, v = (part.transpose(1, 2) for part in self.project(x))
        return self.merge(self.weights(q @ k.transpose(2, 3) / self.root(q), mask) @ v)


@misconception(EXERCISE, "project has divided q by the root already. That belongs to the scores.")
class ProjectsScaled(Right):
    def project(self, x):
        q, k, v = super().project(x)
        return q / super().root(q), k, v

    def root(self, q):
        return 1.0


@misconception(EXERCISE, "merge joins the heads, but does not apply the output layer.")
class MergeWithoutLayer(Right):
    def merge(self, y):
        return self.joined(y)

    def forward(self, x, mask=None):
        return self.output(super().forward(x, mask))


# Alternatives


@alternative(EXERCISE)
class ThreeLayers(Right):
    def __init__(self, width, heads):
        nn.Module.__init__(self)
        self.check(width, heads)
        self.heads = heads
        self.queries, self.keys, self.values = (nn.Linear(width, width) for _ in range(3))
        self.output = nn.Linear(width, width)

    def parts(self, x):
        return self.queries(x), self.keys(x), self.values(x)


@alternative(EXERCISE)
class BuiltIn(Right):
    def by_heads(self, mask):
        return None if mask is None else mask.unsqueeze(1) if mask.dim() == 3 else mask

    def forward(self, x, mask=None):
        q, k, v = self.project(x)
        mask = self.by_heads(mask)
        return self.merge(functional.scaled_dot_product_attention(q, k, v, attn_mask=mask))


@alternative(EXERCISE)
class ByEinsum(Right):
    def project(self, x):
        stacked = self.inputs(x)
        shape = (*x.shape[:2], 3, self.heads, x.shape[2] // self.heads)
        return list(torch.einsum("ntphd->pnhtd", stacked.view(shape)).unbind(0))

    def forward(self, x, mask=None):
        q, k, v = self.project(x)
        scores = torch.einsum("nhtd,nhsd->nhts", q * q.shape[3] ** -0.5, k)
        if mask is None:
            weights = scores.softmax(-1)
        else:
            seen = mask.expand(x.shape[0], x.shape[1], x.shape[1])[:, None]
            weights = scores.masked_fill(~seen, -math.inf).softmax(-1).nan_to_num(0.0)
        return self.merge(torch.einsum("nhts,nhsd->nhtd", weights, v))


@alternative(EXERCISE)
class HeadByHead(Right):
    def forward(self, x, mask=None):
        outputs = []
        for q, k, v in zip(*(part.unbind(1) for part in self.project(x))):
            scores = torch.bmm(q, k.transpose(1, 2)) / q.shape[2] ** 0.5
            if mask is not None:
                scores = scores.masked_fill(~mask, -1e30)
            weights = torch.softmax(scores, dim=2)
            outputs.append(torch.bmm(weights if mask is None else weights * mask, v))
        return self.output(torch.cat(outputs, dim=2))
