"""pooled_head_backward: known wrong implementations, by where they go wrong, and right ones."""

import torch

from gradlab.judge import alternative, misconception

NAME = "pooled_head_backward"


class Call:
    """The arguments, and the three right gradients."""

    def __init__(self, dlogits, cache):
        self.dz, (self.f, self.w) = dlogits, cache
        self.size = self.f.shape[2] * self.f.shape[3]

    def spread(self, values):
        """(N, C) → (N, C, H, W)."""
        return values[:, :, None, None].expand_as(self.f).clone()

    def dfeatures(self):
        return self.spread(self.dz @ self.w / self.size)

    def dweight(self):
        return self.dz.T @ self.f.mean(dim=(2, 3))

    def dbias(self):
        return self.dz.sum(dim=0)


def _wrong(
    message, dfeatures=Call.dfeatures, dweight=Call.dweight, dbias=Call.dbias, order=(0, 1, 2)
):
    @misconception(NAME, message)
    def pooled_head_backward(dlogits, cache):
        call = Call(dlogits, cache)
        gradients = dfeatures(call), dweight(call), dbias(call)
        return tuple(gradients[k] for k in order)

    return pooled_head_backward


def _guarded(matrix, shape):
    """The matrix where it has that shape, so that a mistake gives numbers and no error."""
    return matrix if matrix.shape == shape else matrix.new_zeros(shape)


# Misconceptions: dfeatures

share_missing = _wrong(
    "In dfeatures the 1 / (HW) of the mean is missing: each pixel gets its share of the gradient.",
    dfeatures=lambda c: c.spread(c.dz @ c.w),
)
share_of_a_row = _wrong(
    "In dfeatures you divided by W only. The mean runs over H times W pixels.",
    dfeatures=lambda c: c.spread(c.dz @ c.w / c.f.shape[3]),
)
share_of_a_column = _wrong(
    "In dfeatures you divided by H only. The mean runs over H times W pixels.",
    dfeatures=lambda c: c.spread(c.dz @ c.w / c.f.shape[2]),
)
share_with_channels = _wrong(
    "In dfeatures you divided by C as well: the mean runs over pixels, not over maps.",
    dfeatures=lambda c: c.dfeatures() / c.f.shape[1],
)
multiplied = _wrong(
    "In dfeatures you multiplied by HW; divide.",
    dfeatures=lambda c: c.spread(c.dz @ c.w * c.size),
)
divided_by_the_batch = _wrong(
    "You divided dfeatures by N: the upstream gradient already holds any 1/N.",
    dfeatures=lambda c: c.dfeatures() / len(c.f),
)
weight_transposed = _wrong(
    "In dfeatures your weight is transposed: dlogits @ weight is (N, K) @ (K, C).",
    dfeatures=lambda c: (
        c.spread(_guarded(c.dz @ c.w.T, (len(c.f), c.f.shape[1])) / c.size)
        if c.w.shape[0] == c.w.shape[1]
        else c.spread(c.dz.new_zeros(c.f.shape[:2]))
    ),
)
weight_left_out = _wrong(
    "In dfeatures the weight is not used.",
    dfeatures=lambda c: c.spread(c.dz.sum(1, keepdim=True).expand(c.f.shape[:2]) / c.size),
)
not_spread = _wrong(
    "Your dfeatures is (N, C): every pixel of a map has a gradient, so it is (N, C, H, W).",
    dfeatures=lambda c: c.dz @ c.w / c.size,
)
ones_spread = _wrong(
    "Your dfeatures is (N, C, 1, 1): spread it over the pixels.",
    dfeatures=lambda c: (c.dz @ c.w / c.size)[:, :, None, None],
)
largest_only = _wrong(
    "Your gradient goes to the largest pixel of each map, as for max pooling. A mean gives all "
    "pixels the same.",
    dfeatures=lambda c: c.spread(c.dz @ c.w) * (c.f == c.f.amax(dim=(2, 3), keepdim=True)),
)
first_pixel_only = _wrong(
    "Your gradient goes to one pixel of each map. A mean gives all pixels the same.",
    dfeatures=lambda c: c.spread(c.dz @ c.w) * (torch.arange(c.size) == 0).reshape(c.f.shape[2:]),
)
times_features = _wrong(
    "You multiplied dfeatures by the features: the mean is linear, its slope does not depend on "
    "them.",
    dfeatures=lambda c: c.dfeatures() * c.f,
)
softmax_in_the_gradient = _wrong(
    "You put a softmax into the gradient: dlogits is what arrives, as it is.",
    dfeatures=lambda c: c.spread(c.dz.softmax(dim=1) @ c.w / c.size),
)
upstream_ignored = _wrong(
    "The upstream gradient is not used in dfeatures.",
    dfeatures=lambda c: c.spread(torch.ones_like(c.dz) @ c.w / c.size),
)
sign_turned = _wrong("Your dfeatures has the other sign.", dfeatures=lambda c: -c.dfeatures())

# Misconceptions: dweight

weight_gradient_transposed = _wrong(
    "Your dweight is (C, K); it has the shape of the weight, (K, C).",
    dweight=lambda c: c.dweight().T,
)
sum_for_mean = _wrong(
    "In dweight you used sums over the pixels; the layer's input are their means.",
    dweight=lambda c: c.dz.T @ c.f.sum(dim=(2, 3)),
)
weight_divided_twice = _wrong(
    "In dweight you divided the means by HW once more.", dweight=lambda c: c.dweight() / c.size
)
weight_averaged = _wrong(
    "You averaged dweight over the batch. Sum: the upstream gradient already holds any 1/N.",
    dweight=lambda c: c.dweight() / len(c.f),
)
weight_of_the_maxima = _wrong(
    "In dweight you used the largest pixel of each map; the layer's input are the means.",
    dweight=lambda c: c.dz.T @ c.f.amax(dim=(2, 3)),
)
weight_without_upstream = _wrong(
    "The upstream gradient is not used in dweight.",
    dweight=lambda c: torch.ones_like(c.dz).T @ c.f.mean(dim=(2, 3)),
)
first_sample_only = _wrong(
    "Your dweight is that of the first sample; sum over the batch.",
    dweight=lambda c: c.dz[:1].T @ c.f[:1].mean(dim=(2, 3)),
)

# Misconceptions: dbias and the order

bias_averaged = _wrong("You averaged dbias over the batch; sum.", dbias=lambda c: c.dz.mean(dim=0))
bias_not_summed = _wrong("Your dbias is (N, K); sum over the batch.", dbias=lambda c: c.dz.clone())
bias_over_classes = _wrong(
    "You summed dbias over the classes; sum over the batch.", dbias=lambda c: c.dz.sum(dim=1)
)
bias_divided = _wrong(
    "You divided dbias by HW: the bias does not pass through the mean.",
    dbias=lambda c: c.dbias() / c.size,
)
bias_with_axis = _wrong(
    "Your dbias is (1, K); the bias is (K,).", dbias=lambda c: c.dz.sum(dim=0, keepdim=True)
)
weight_first = _wrong(
    "The order is (dfeatures, dweight, dbias), as in the forward pass.", order=(1, 0, 2)
)
bias_left_out = _wrong("dbias is missing.", order=(0, 1))


@misconception(NAME, "Your function changes dlogits. Work on a copy.")
def upstream_changed(dlogits, cache):
    call = Call(dlogits, cache)
    answer = call.dfeatures(), call.dweight(), call.dbias()
    dlogits /= call.size
    return answer


# Alternatives


@alternative(NAME)
def by_einsum(dlogits, cache):
    features, weight = cache
    share = torch.full_like(features, 1.0 / features[0, 0].numel())
    dfeatures = torch.einsum("nk,kc,nchw->nchw", dlogits, weight, share)
    return dfeatures, torch.einsum("nk,nchw,nchw->kc", dlogits, features, share), dlogits.sum(0)


@alternative(NAME)
def by_samples(dlogits, cache):
    features, weight = cache
    height, width = features.shape[2:]
    dfeatures, dweight = torch.empty_like(features), torch.zeros_like(weight)
    dbias = torch.zeros_like(dlogits[0])
    for n, upstream in enumerate(dlogits):
        dweight += torch.outer(upstream, features[n].mean(dim=(1, 2)))
        dbias += upstream
        for c in range(len(features[n])):
            dfeatures[n, c] = (upstream * weight[:, c]).sum() / (height * width)
    return [dfeatures, dweight, dbias]


@alternative(NAME)
def expanded(dlogits, cache):
    """dfeatures as a view that repeats each number."""
    features, weight = cache
    n, c, h, w = features.shape
    dmeans = dlogits.matmul(weight).div(h * w)
    flat = features.flatten(2).sum(2) / (h * w)
    return dmeans.view(n, c, 1, 1).expand(n, c, h, w), dlogits.t().mm(flat), dlogits.t().sum(1)
