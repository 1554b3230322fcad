"""ResidualBlock: known wrong implementations, by where they go wrong, and right ones."""

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception


class Right(nn.Module):
    """A right block; a variant overrides one of its parts."""

    bias = False

    def __init__(self, in_channels, out_channels, *, stride=1):
        super().__init__()
        self.i, self.o, self.s = in_channels, out_channels, stride
        first, second = self.strides()
        self.conv1 = nn.Conv2d(self.i, self.o, 3, first, padding=1, bias=self.bias)
        self.bn1 = nn.BatchNorm2d(self.o)
        self.conv2 = nn.Conv2d(self.o, self.o, 3, second, padding=1, bias=self.bias)
        self.bn2 = nn.BatchNorm2d(self.o)
        self.projection = nn.Sequential(*self.projected()) if self.is_projected() else None

    def strides(self):
        return self.s, 1

    def is_projected(self):
        return self.s != 1 or self.i != self.o

    def projected(self):
        return [nn.Conv2d(self.i, self.o, 1, self.s, bias=self.bias), nn.BatchNorm2d(self.o)]

    def main(self, x):
        return self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))

    def shortcut(self, x):
        return x if self.projection is None else self.projection(x)

    def forward(self, x):
        return functional.relu(self.main(x) + self.shortcut(x))


def _wrong(message, **overrides):
    """A variant of Right with these attributes instead of its own."""
    variant = type("Variant", (Right,), overrides)
    return misconception("ResidualBlock", message)(variant)


alternative("ResidualBlock")(Right)
relu = functional.relu

# Misconceptions: the sum and the ReLUs

no_shortcut = _wrong(
    "The input is not added: there is no shortcut.",
    forward=lambda self, x: relu(self.main(x) + 0 * self.shortcut(x)),
)
subtracted = _wrong(
    "The shortcut is subtracted.", forward=lambda self, x: relu(self.main(x) - self.shortcut(x))
)
multiplied = _wrong(
    "The two ways are multiplied; add them.",
    forward=lambda self, x: relu(self.main(x) * self.shortcut(x)),
)
averaged = _wrong(
    "The two ways are averaged; add them.",
    forward=lambda self, x: relu((self.main(x) + self.shortcut(x)) / 2),
)
no_relu_at_the_end = _wrong(
    "There is no ReLU behind the sum.", forward=lambda self, x: self.main(x) + self.shortcut(x)
)
relu_before_the_sum = _wrong(
    "Your last ReLU stands before the sum. It belongs behind it.",
    forward=lambda self, x: relu(self.main(x)) + self.shortcut(x),
)
relu_before_and_after = _wrong(
    "The main way has a ReLU of its own before the sum.",
    forward=lambda self, x: relu(relu(self.main(x)) + self.shortcut(x)),
)
relu_on_the_shortcut = _wrong(
    "There is a ReLU on your shortcut; an in-place ReLU on x has that effect too. Nothing stands "
    "on the identity.",
    forward=lambda self, x: relu(self.main(x) + relu(self.shortcut(x))),
)
relu_before_everything = _wrong(
    "Your block begins with a ReLU: that is another design (pre-activation).",
    forward=lambda self, x: relu(self.main(relu(x)) + self.shortcut(x)),
)
inner_relu_missing = _wrong(
    "There is no ReLU between the two convolutions.",
    main=lambda self, x: self.bn2(self.conv2(self.bn1(self.conv1(x)))),
)
relu_before_the_norm = _wrong(
    "The inner ReLU stands before the batch norm.",
    main=lambda self, x: self.bn2(self.conv2(self.bn1(relu(self.conv1(x))))),
)

# Misconceptions: batch norm

norm_behind_the_sum = _wrong(
    "Your second batch norm stands behind the sum. It belongs before it.",
    forward=lambda self, x: relu(
        self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))) + self.shortcut(x))
    ),
)
norm_before_the_convolution = _wrong(
    "Your second batch norm stands before its convolution.",
    main=lambda self, x: self.conv2(self.bn2(relu(self.bn1(self.conv1(x))))),
)
one_norm_twice = _wrong(
    "Your first batch norm is used twice. Each place has its own statistics.",
    main=lambda self, x: self.bn1(self.conv2(relu(self.bn1(self.conv1(x))))),
)
norms_swapped = _wrong(
    "The two batch norms stand in each other's place.",
    main=lambda self, x: self.bn1(self.conv2(relu(self.bn2(self.conv1(x))))),
)
second_norm_missing = _wrong(
    "The second convolution has no batch norm behind it.",
    main=lambda self, x: self.conv2(relu(self.bn1(self.conv1(x)))),
)
with_biases = _wrong("Your convolutions have a bias: set bias=False.", bias=True)

# Misconceptions: the projection

never_projected = _wrong(
    "There is no projection where channels or stride change.", is_projected=lambda self: False
)
always_projected = _wrong(
    "There is a projection although the shape stays: add the input itself.",
    is_projected=lambda self: True,
)
projected_by_channels_only = _wrong(
    "You project only where the channels change. A stride asks for it as well.",
    is_projected=lambda self: self.i != self.o,
    shortcut=lambda self, x: (
        Right.shortcut(self, x) if self.i != self.o else x[:, :, :: self.s, :: self.s]
    ),
)
projected_by_stride_only = _wrong(
    "You project only where the stride is not 1. Other channels ask for it as well.",
    is_projected=lambda self: self.s != 1,
)
projection_without_norm = _wrong(
    "There is no batch norm behind the projection.",
    projected=lambda self: [nn.Conv2d(self.i, self.o, 1, self.s, bias=False)],
)
projection_with_bias = _wrong(
    "Your projection has a bias: set bias=False there too.",
    projected=lambda self: [nn.Conv2d(self.i, self.o, 1, self.s), nn.BatchNorm2d(self.o)],
)
projection_of_three = _wrong(
    "Your projection has a 3 × 3 kernel; it is 1 × 1.",
    projected=lambda self: [
        nn.Conv2d(self.i, self.o, 3, self.s, padding=1, bias=False),
        nn.BatchNorm2d(self.o),
    ],
)
projection_with_relu = _wrong(
    "A ReLU follows your projection. Nothing stands between its norm and the sum.",
    projected=lambda self: [*Right.projected(self), nn.ReLU()],
)
projection_by_pooling = _wrong(
    "Your projection averages over windows before its convolution; it takes every s-th pixel.",
    projected=lambda self: [
        nn.AvgPool2d(self.s, ceil_mode=True),
        nn.Conv2d(self.i, self.o, 1, bias=False),
        nn.BatchNorm2d(self.o),
    ],
)
projection_without_stride = _wrong(
    "The stride is missing on one of the two ways, so the sum does not fit.",
    projected=lambda self: [nn.Conv2d(self.i, self.o, 1, bias=False), nn.BatchNorm2d(self.o)],
)
stride_in_the_second = _wrong(
    "Your second convolution has the stride; it belongs to the first.",
    strides=lambda self: (1, self.s),
)
stride_twice = _wrong(
    "Both of your 3 × 3 convolutions have the stride.", strides=lambda self: (self.s, self.s)
)
stride_of_two_always = _wrong(
    "Your stride is 2 whenever it is not 1.",
    __init__=lambda self, i, o, *, stride=1: Right.__init__(self, i, o, stride=min(stride, 2)),
)


@misconception("ResidualBlock", "Your block changes its input in place. Work on a new tensor.")
class ChangesItsInput(Right):
    def forward(self, x):
        y = super().forward(x)
        if not torch.is_grad_enabled():
            x.add_(y.mean())
        return y


@misconception("ResidualBlock", "Your shortcut is detached: no gradient passes through it.")
class DetachedShortcut(Right):
    def shortcut(self, x):
        return super().shortcut(x.detach())


# Alternatives


@alternative("ResidualBlock")
class AddedInPlace(nn.Module):
    def __init__(self, in_channels, out_channels, *, stride=1):
        super().__init__()
        self.a = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.b = nn.BatchNorm2d(out_channels)
        self.c = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.d = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.down = None
        if (in_channels, 1) != (out_channels, stride):
            conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.down = nn.ModuleList([conv, nn.BatchNorm2d(out_channels)])

    def forward(self, x):
        out = self.d(self.c(self.relu(self.b(self.a(x)))))
        out += x if self.down is None else self.down[1](self.down[0](x))
        return self.relu(out)


@alternative("ResidualBlock")
class SlicedProjection(Right):
    """A 1 × 1 convolution with a stride sees every s-th pixel."""

    def shortcut(self, x):
        if self.projection is None:
            return x
        conv, norm = self.projection
        small = x[:, :, :: self.s, :: self.s]
        return norm(torch.einsum("nchw,oc->nohw", small, conv.weight[:, :, 0, 0]))
