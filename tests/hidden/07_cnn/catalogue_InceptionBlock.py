"""InceptionBlock: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception


class Right(nn.Module):
    """A right block; a variant overrides one of its parts."""

    kernels, bias, order = (5, 9, 19), False, (0, 1, 2, 3)

    def __init__(self, in_channels, width=8):
        super().__init__()
        self.c, self.w = in_channels, width
        self.bottleneck = nn.Conv1d(in_channels, width, 1, bias=self.bias)
        self.long = nn.ModuleList(
            nn.Conv1d(width, width, k, padding=k // 2, bias=self.bias) for k in self.kernels
        )
        self.last = nn.Conv1d(in_channels, width, 1, bias=self.bias)
        self.norm = nn.BatchNorm1d(4 * width)

    def narrow(self, x):
        return self.bottleneck(x)

    def pooled(self, x):
        return self.last(functional.max_pool1d(x, 3, 1, 1))

    def branches(self, x):
        return [conv(self.narrow(x)) for conv in self.long] + [self.pooled(x)]

    def join(self, branches):
        return torch.cat([branches[k] for k in self.order], dim=1)

    def forward(self, x):
        return functional.relu(self.norm(self.join(self.branches(x))))


def _wrong(message, **overrides):
    return misconception("InceptionBlock", message)(type("Variant", (Right,), overrides))


alternative("InceptionBlock")(Right)
relu = functional.relu

# Misconceptions: the branches

short_kernels = _wrong("Your kernels are 1, 3 and 5 (the image version).", kernels=(1, 3, 5))
kernels_reversed = _wrong("Your kernels are 19, 9, 5; they grow.", kernels=(19, 9, 5))
biases = _wrong("Your convolutions have biases.", bias=True)
order_reversed = _wrong("Your branches are joined in reverse.", order=(3, 2, 1, 0))
pool_first = _wrong("Your pooled branch comes first; it is the last.", order=(3, 0, 1, 2))
relu_behind_the_bottleneck = _wrong(
    "There is a ReLU behind your bottleneck.", narrow=lambda self, x: relu(self.bottleneck(x))
)
pool_is_the_mean = _wrong(
    "Your fourth branch averages; it takes maxima.",
    pooled=lambda self, x: self.last(functional.avg_pool1d(x, 3, 1, 1)),
)
pool_padded_with_zeros = _wrong(
    "Your pooling pads with zeros: where all values are negative, a 0 wins at the border.",
    pooled=lambda self, x: self.last(functional.max_pool1d(functional.pad(x, (1, 1)), 3, 1)),
)
pool_left_out = _wrong(
    "There is no pooling in your fourth branch.", pooled=lambda self, x: self.last(x)
)
pool_behind_the_convolution = _wrong(
    "Your fourth branch pools behind its convolution; it pools before.",
    pooled=lambda self, x: functional.max_pool1d(self.last(x), 3, 1, 1),
)
wide_pool = _wrong(
    "Your pooling window has 5 steps; it has 3.",
    pooled=lambda self, x: self.last(functional.max_pool1d(x, 5, 1, 2)),
)
one_after_the_other = _wrong(
    "Your convolutions follow each other. They stand side by side.",
    branches=lambda self, x: [
        (one := self.long[0](self.narrow(x))),
        (two := self.long[1](one)),
        self.long[2](two),
        self.pooled(x),
    ],
)


@misconception("InceptionBlock", "Your pooled branch starts at the bottleneck, not at the input.")
class PooledFromTheBottleneck(Right):
    def __init__(self, in_channels, width=8):
        super().__init__(in_channels, width)
        self.last = nn.Conv1d(width, width, 1, bias=False)

    def pooled(self, x):
        return super().pooled(self.narrow(x))


@misconception("InceptionBlock", "Each long branch has a bottleneck of its own; they share one.")
class ThreeBottlenecks(Right):
    def __init__(self, in_channels, width=8):
        super().__init__(in_channels, width)
        self.bottleneck = nn.ModuleList(nn.Conv1d(in_channels, width, 1) for _ in range(3))


@misconception("InceptionBlock", "There is no bottleneck: the long kernels see all channels.")
class NoBottleneck(Right):
    def __init__(self, in_channels, width=8):
        super().__init__(in_channels, width)
        self.bottleneck = nn.Identity()
        self.long = nn.ModuleList(
            nn.Conv1d(in_channels, width, k, padding=k // 2, bias=False) for k in self.kernels
        )


# Misconceptions: joining, norm and ReLU

summed = _wrong(
    "Your branches are summed. Join them along the channels.",
    join=lambda self, branches: sum(branches).repeat(1, 4, 1),
)
interleaved = _wrong(
    "Your branches are interleaved channel by channel.",
    join=lambda self, branches: torch.stack(branches, dim=2).flatten(1, 2),
)
no_relu = _wrong(
    "There is no ReLU at the end.", forward=lambda self, x: self.norm(self.join(self.branches(x)))
)
relu_before_the_norm = _wrong(
    "Your ReLU stands before the batch norm.",
    forward=lambda self, x: self.norm(relu(self.join(self.branches(x)))),
)
no_norm = _wrong(
    "Your batch norm is not used.", forward=lambda self, x: relu(self.join(self.branches(x)))
)
input_added = _wrong(
    "You added the input. This block has no shortcut.",
    forward=lambda self, x: relu(self.norm(self.join(self.branches(x)))) + x.mean(1, True),
)


@misconception("InceptionBlock", "The width is 8 by default.")
class OtherDefault(Right):
    def __init__(self, in_channels, width=32):
        super().__init__(in_channels, width)


@misconception("InceptionBlock", "Your block changes its input in place.")
class InPlace(Right):
    def forward(self, x):
        y = super().forward(x)
        if not torch.is_grad_enabled():
            x.clamp_(min=0)
        return y


# Alternatives


@alternative("InceptionBlock")
class Named(nn.Module):
    def __init__(self, in_channels, width=8):
        super().__init__()
        self.squeeze = nn.Conv1d(in_channels, width, kernel_size=1, bias=False)
        self.a = nn.Conv1d(width, width, 5, padding="same", bias=False)
        self.b = nn.Conv1d(width, width, 9, padding="same", bias=False)
        self.c = nn.Conv1d(width, width, 19, padding="same", bias=False)
        self.d = nn.Sequential(
            nn.MaxPool1d(3, stride=1, padding=1), nn.Conv1d(in_channels, width, 1, bias=False)
        )
        self.tail = nn.Sequential(nn.BatchNorm1d(4 * width), nn.ReLU(inplace=True))

    def forward(self, x):
        z = self.squeeze(x)
        return self.tail(torch.cat((self.a(z), self.b(z), self.c(z), self.d(x)), 1))


@alternative("InceptionBlock")
class Written(Right):
    """Each branch written into its rows of one output."""

    def join(self, branches):
        n, w, t = branches[0].shape
        y = branches[0].new_empty(n, 4 * w, t)
        for k, branch in enumerate(branches):
            y[:, k * w : (k + 1) * w] = branch
        return y
