"""TimeSeriesNet: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception


class Right(nn.Module):
    """A right network; a variant overrides one of its parts."""

    kernels, order, momentum, bias = (7, 5, 3), "CNR", 0.1, True

    def __init__(self, features, classes, *, width=16):
        super().__init__()
        sizes, layers = self.sizes(features, width), []
        for i, o, k in zip(sizes[:-1], sizes[1:], self.kernels):
            made = {
                "C": lambda i=i, o=o, k=k: nn.Conv1d(
                    i, o, k, padding=self.padding(k), bias=self.bias
                ),
                "N": lambda o=o: nn.BatchNorm1d(o, momentum=self.momentum),
                "R": nn.ReLU,
            }
            layers += [made[letter]() for letter in self.order]
        self.convolutions = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], classes)

    def sizes(self, d, w):
        return d, w, 2 * w, w

    def padding(self, k):
        return k // 2

    def channels_first(self, x):
        return x.transpose(1, 2)

    def pool(self, h):
        return h.mean(dim=2)

    def forward(self, x):
        return self.head(self.pool(self.convolutions(self.channels_first(x))))


def _wrong(message, **overrides):
    return misconception("TimeSeriesNet", message)(type("Variant", (Right,), overrides))


alternative("TimeSeriesNet")(Right)

# Misconceptions: the axes and the mean

reshaped = _wrong(
    "You used reshape (or view) where the axes must be swapped: the shape is right, the numbers "
    "of a series are mixed up. Use transpose(1, 2).",
    channels_first=lambda self, x: x.reshape(len(x), x.shape[2], x.shape[1]),
)
not_transposed = _wrong(
    "The series go into Conv1d as (N, T, D). It wants (N, D, T).", channels_first=lambda self, x: x
)
reversed_time = _wrong(
    "Your series run backwards in time.", channels_first=lambda self, x: x.transpose(1, 2).flip(2)
)
summed = _wrong("You summed over time. Take the mean.", pool=lambda self, h: h.sum(dim=2))
largest = _wrong("You took the maximum over time. Take the mean.", pool=lambda self, h: h.amax(2))
last_step = _wrong(
    "You took the last step instead of the mean over time.", pool=lambda self, h: h[:, :, -1]
)
mean_over_the_batch = _wrong(
    "You took a mean over the batch as well as over time.",
    pool=lambda self, h: h.mean(dim=(0, 2)).expand(len(h), -1),
)
divided_by_a_fixed_length = _wrong(
    "You divided the sum over time by a number that is not the length of the series.",
    pool=lambda self, h: h.sum(dim=2) / 9,
)
middle_step = _wrong(
    "You took one step in the middle. Take the mean over time.",
    pool=lambda self, h: h[:, :, h.shape[2] // 2],
)

# Misconceptions: the blocks

no_padding = _wrong("Your convolutions have no padding: the series shrink.", padding=lambda s, k: 0)
padding_of_one = _wrong("Every convolution of yours has padding 1.", padding=lambda self, k: 1)
padding_of_three = _wrong("Every convolution of yours has padding 3.", padding=lambda self, k: 3)
kernels_reversed = _wrong("Your kernels grow (3, 5, 7); they are 7, 5, 3.", kernels=(3, 5, 7))
kernels_of_three = _wrong("All your kernels have length 3; they are 7, 5, 3.", kernels=(3, 3, 3))
equal_widths = _wrong(
    "All your blocks have w channels; the second has 2w.", sizes=lambda self, d, w: (d, w, w, w)
)
growing_widths = _wrong(
    "Your channels double from block to block; the third has w again.",
    sizes=lambda self, d, w: (d, w, 2 * w, 4 * w),
)
no_norm = _wrong("There is no batch norm in your blocks.", order="CR")
no_relu = _wrong("There is no ReLU in your blocks.", order="CN")
relu_before_norm = _wrong("Your ReLU stands before the batch norm.", order="CRN")
no_bias = _wrong("Your convolutions have no bias. In this lab's table they do.", bias=False)
momentum = _wrong("Your batch norm's momentum is 0.9; torch's 0.1 weighs the new.", momentum=0.9)


@misconception("TimeSeriesNet", "Your network has two blocks; there are three.")
class TwoBlocks(Right):
    kernels = (7, 5)

    def sizes(self, d, w):
        return d, w, 2 * w


@misconception("TimeSeriesNet", "There is no ReLU behind your last block.")
class LastReluMissing(Right):
    def forward(self, x):
        h = self.convolutions[:-1](self.channels_first(x))
        return self.head(self.pool(h))


@misconception("TimeSeriesNet", "Your ReLU of the last block comes after the mean over time.")
class ReluAfterTheMean(Right):
    def forward(self, x):
        h = self.convolutions[:-1](self.channels_first(x))
        return self.head(functional.relu(self.pool(h)))


# Misconceptions: the rest


@misconception("TimeSeriesNet", "A softmax follows your last layer: return logits.")
class Softmax(Right):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


@misconception("TimeSeriesNet", "The width is 16 by default.")
class OtherDefault(Right):
    def __init__(self, features, classes, *, width=32):
        super().__init__(features, classes, width=width)


@misconception("TimeSeriesNet", "The argument width is not used.")
class WidthIgnored(Right):
    def __init__(self, features, classes, *, width=16):
        super().__init__(features, classes)


@misconception("TimeSeriesNet", "features and classes are swapped in your network.")
class ArgumentsSwapped(Right):
    def __init__(self, features, classes, *, width=16):
        super().__init__(classes, features, width=width)


@misconception("TimeSeriesNet", "Your network normalises each series with the batch's statistics.")
class Standardised(Right):
    def forward(self, x):
        return super().forward(x - x.mean(dim=(0, 1)))


@misconception("TimeSeriesNet", "Your network changes the series it is given. Work on a copy.")
class InPlace(Right):
    def forward(self, x):
        y = super().forward(x)
        if not torch.is_grad_enabled():
            x -= x.mean()
        return y


# Alternatives


@alternative("TimeSeriesNet")
class ByAdaptivePooling(nn.Module):
    def __init__(self, features, classes, *, width=16):
        super().__init__()
        self.c1 = nn.Conv1d(features, width, 7, padding="same")
        self.n1 = nn.BatchNorm1d(width)
        self.c2 = nn.Conv1d(width, width * 2, 5, padding="same")
        self.n2 = nn.BatchNorm1d(width * 2)
        self.c3 = nn.Conv1d(width * 2, width, 3, padding="same")
        self.n3 = nn.BatchNorm1d(width)
        self.out = nn.Linear(width, classes)

    def forward(self, x):
        x = x.permute(0, 2, 1).contiguous()
        for conv, norm in ((self.c1, self.n1), (self.c2, self.n2), (self.c3, self.n3)):
            x = torch.relu_(norm(conv(x)))
        return self.out(functional.adaptive_avg_pool1d(x, 1).squeeze(-1))


@alternative("TimeSeriesNet")
class InTwoDimensions(Right):
    """Images of height 1, whose mean is taken over both axes."""

    def forward(self, x):
        h = torch.einsum("ntd->ndt", x)
        for layer in self.convolutions:
            if isinstance(layer, nn.Conv1d):
                weight, padding = layer.weight[:, :, None], (0, layer.padding[0])
                h = functional.conv2d(h[:, :, None], weight, layer.bias, padding=padding)[:, :, 0]
            else:
                h = layer(h)
        return self.head(h[:, :, None].mean(dim=(2, 3)))
