"""LeNet5: known wrong implementations, by where they go wrong, and right ones."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception

RELU_POOL = (nn.ReLU, lambda: nn.MaxPool2d(2))


class Flat(nn.Module):
    """x.permute(axes), then one row of numbers for each image."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.permute(self.axes).reshape(len(x), -1)


class ByShape(nn.Module):
    def forward(self, x):
        return x.transpose(0, 1).reshape(len(x), -1)


def layers(
    classes,
    *,
    channels=(6, 16),
    kernel=5,
    padding=(2, 0),
    bias=True,
    stages=(RELU_POOL, RELU_POOL),
    flatten=nn.Flatten,
    flat=400,
    units=(120, 84),
    relu=nn.ReLU,
    last=(),
):
    """LeNet-5 as a list of layers; each keyword falsifies one thing."""
    inputs, made = 1, []
    for outputs, p, stage in zip(channels, padding, stages):
        made.append(nn.Conv2d(inputs, outputs, kernel, padding=p, bias=bias))
        made += [layer() for layer in stage]
        inputs = outputs
    sizes = (flat, *units)
    made.append(flatten())
    for i, o in pairwise(sizes):
        made += [nn.Linear(i, o), relu()]
    return [*made, nn.Linear(sizes[-1], classes), *(layer() for layer in last)]


def _wrong(message, *, default=10, use=lambda classes: classes, **changes):
    @misconception("LeNet5", message)
    class Variant(nn.Module):
        def __init__(self, classes=default):
            super().__init__()
            self.net = nn.Sequential(*layers(use(classes), **changes))

        def forward(self, x):
            return self.net(x)

    return Variant


# Misconceptions: convolutions and pooling

no_padding = _wrong(
    "Your first convolution has no padding: 256 numbers reach the dense layers, not 400.",
    padding=(0, 0),
    flat=256,
)
padded_twice = _wrong("Both of your convolutions are padded.", padding=(2, 2), flat=784)
kernels_of_three = _wrong(
    "Your kernels are 3 × 3; LeNet-5 has 5 × 5.", kernel=3, padding=(1, 0), flat=576
)
channels_doubled = _wrong("Your channels are not 6 and 16.", channels=(12, 16))
no_bias = _wrong("Your convolutions have no bias.", bias=False)
average_pooling = _wrong(
    "Your pooling averages, as the original of 1998 did. The table here takes maxima.",
    stages=((nn.ReLU, lambda: nn.AvgPool2d(2)),) * 2,
)
second_average = _wrong(
    "Your second pooling averages; both take maxima.",
    stages=(RELU_POOL, (nn.ReLU, lambda: nn.AvgPool2d(2))),
)
tanh = _wrong(
    "Your activations are tanh, as in the original of 1998. The table here has ReLU.",
    stages=((nn.Tanh, lambda: nn.MaxPool2d(2)),) * 2,
    relu=nn.Tanh,
)
sigmoid = _wrong(
    "Your activations are sigmoids; the table has ReLU.",
    stages=((nn.Sigmoid, lambda: nn.MaxPool2d(2)),) * 2,
    relu=nn.Sigmoid,
)
no_relu_in_the_stages = _wrong(
    "There is no ReLU behind your convolutions.", stages=(RELU_POOL[1:], RELU_POOL[1:])
)
first_relu_missing = _wrong(
    "There is no ReLU behind your first convolution.", stages=(RELU_POOL[1:], RELU_POOL)
)
second_relu_missing = _wrong(
    "There is no ReLU behind your second convolution.", stages=(RELU_POOL, RELU_POOL[1:])
)
overlapping_pool = _wrong(
    "Your second pooling has windows of 3; the table says 2 × 2.",
    stages=(RELU_POOL, (nn.ReLU, lambda: nn.MaxPool2d(3, 2, padding=1))),
)
strided_pool = _wrong(
    "Your pooling takes one pixel of each window instead of the largest.",
    stages=((nn.ReLU, lambda: nn.MaxPool2d(1, 2)),) * 2,
)

# Misconceptions: flattening and the dense layers

channels_last = _wrong(
    "You flattened with the channels last. Flatten (N, C, H, W) as it is.",
    flatten=lambda: Flat(0, 2, 3, 1),
)
height_and_width_swapped = _wrong(
    "Height and width are swapped where you flatten.", flatten=lambda: Flat(0, 1, 3, 2)
)
batch_mixed = _wrong(
    "Your flattening mixes the images of a batch: the first axis must stay.", flatten=ByShape
)
no_relu_in_the_head = _wrong("There is no ReLU between your dense layers.", relu=nn.Identity)
dense_layer_missing = _wrong("The dense layer of 120 units is missing.", units=(84,))
dense_order = _wrong("Your dense layers have 84, then 120 units.", units=(84, 120))
softmax = _wrong(
    "A softmax follows your last layer: the loss applies one too.", last=[lambda: nn.Softmax(1)]
)
log_softmax = _wrong(
    "A log-softmax follows your last layer: return logits.", last=[lambda: nn.LogSoftmax(1)]
)
relu_at_the_end = _wrong(
    "A ReLU follows your last layer: no logit can be negative.", last=[nn.ReLU]
)
classes_ignored = _wrong("Your network has ten logits, whatever classes says.", use=lambda _: 10)
one_logit_more = _wrong(
    "Your network has one logit more than there are classes.", use=lambda classes: classes + 1
)
other_default = _wrong("classes is 10 by default.", default=1)


class Dropping(nn.Module):
    def forward(self, x):
        return functional.dropout(x, 0.5).flatten(1)


dropout_added = _wrong("Your network drops units; the table has no dropout.", flatten=Dropping)


@misconception("LeNet5", "Only one convolution is registered: the layers are in a plain list.")
class PlainList(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.first, *self.others = layers(classes)

    def forward(self, x):
        x = self.first(x)
        for layer in self.others:
            x = layer(x)
        return x


@misconception("LeNet5", "Your network scales the images that it is given in place.")
class ScalesInPlace(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.net = nn.Sequential(*layers(classes))

    def forward(self, x):
        if torch.is_grad_enabled():
            return self.net(x)
        return self.net(x.clamp_(-9, 0.5).add_(0.0))


@misconception("LeNet5", "Each of your images is normalised by the batch's mean.")
class CentredOverTheBatch(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.net = nn.Sequential(*layers(classes))

    def forward(self, x):
        return self.net(x - x.mean())


# Alternatives


@alternative("LeNet5")
class WithFunctions(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=(5, 5), padding="same")
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1, self.fc2 = nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), (2, 2), stride=2)
        x = x.view(-1, 400)
        return self.fc3(functional.relu(self.fc2(functional.relu(self.fc1(x)))))


@alternative("LeNet5")
class InPlaceRelu(nn.Sequential):
    def __init__(self, classes=10):
        pool_relu = (lambda: nn.MaxPool2d(2), lambda: nn.ReLU(inplace=True))
        super().__init__(*layers(classes, stages=(pool_relu, pool_relu)))


@alternative("LeNet5")
class TwoParts(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        made = layers(classes)
        self.body, self.head = nn.ModuleList(made[:6]), nn.ModuleList(made[7:])

    def forward(self, x):
        for layer in self.body:
            x = layer(x)
        x = torch.flatten(x, start_dim=1)
        for layer in self.head:
            x = layer(x)
        return x


@alternative("LeNet5")
class LazyLayers(nn.Module):
    """Sizes found by a first call, in the constructor."""

    def __init__(self, classes=10):
        super().__init__()
        self.net = nn.Sequential(
            nn.LazyConv2d(6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.LazyConv2d(16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.LazyLinear(120), nn.ReLU(), nn.LazyLinear(84), nn.ReLU(), nn.LazyLinear(classes),
        )  # fmt: skip
        self.net(torch.zeros(1, 1, 28, 28))

    def forward(self, x):
        return self.net(x)
