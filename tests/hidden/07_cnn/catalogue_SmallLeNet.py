"""SmallLeNet and predict_small_lenet: known wrong answers and right ones."""

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception

NAME, PREDICTION = "SmallLeNet", "predict_small_lenet"


def _convolutions(padding=(1, 0), kernel=3, bias=True, pool=nn.MaxPool2d, first="RP", second="R"):
    made = {"R": nn.ReLU, "P": lambda: pool(2), "T": nn.Tanh}
    return [
        nn.Conv2d(1, 6, kernel, padding=padding[0], bias=bias),
        *(made[letter]() for letter in first),
        nn.Conv2d(6, 16, kernel, padding=padding[1], bias=bias),
        *(made[letter]() for letter in second),
    ]


def _dense(flat=64, relu=nn.ReLU, last=()):
    layers = [nn.Linear(flat, 120), relu(), nn.Linear(120, 84), relu(), nn.Linear(84, 10)]
    return [*layers, *last]


def _wrong(message, convolutions, dense, flatten=nn.Flatten):
    @misconception(NAME, message)
    class Variant(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*convolutions(), flatten(), *dense())

        def forward(self, x):
            return self.layers(x)

    return Variant


class ChannelsLast(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class Swapped(nn.Module):
    def forward(self, x):
        return x.transpose(2, 3).flatten(1)


class BatchLast(nn.Module):
    def forward(self, x):
        return x.flatten(1).T.reshape(len(x), -1)


class Dropping(nn.Module):
    def forward(self, x):
        return functional.dropout(x, 0.5).flatten(1)


# Misconceptions: the convolutions

padded_twice = _wrong(
    "Your second convolution is padded too; the table pads the first one only.",
    lambda: _convolutions(padding=(1, 1)),
    lambda: _dense(flat=256),
)
no_padding = _wrong(
    "Your first convolution is not padded.",
    lambda: _convolutions(padding=(0, 0)),
    lambda: _dense(flat=16),
)
kernels_of_five = _wrong(
    "Your kernels are 5 × 5; this table has 3 × 3.",
    lambda: _convolutions(padding=(2, 1), kernel=5),
    lambda: _dense(),
)
convolutions_without_bias = _wrong(
    "Your convolutions have no bias.", lambda: _convolutions(bias=False), lambda: _dense()
)
average_pooling = _wrong(
    "Your pooling takes the mean; the table says the maximum.",
    lambda: _convolutions(pool=nn.AvgPool2d),
    lambda: _dense(),
)
first_relu_missing = _wrong(
    "There is no ReLU behind your first convolution.",
    lambda: _convolutions(first="P"),
    lambda: _dense(),
)
second_relu_missing = _wrong(
    "There is no ReLU behind your second convolution.",
    lambda: _convolutions(second=""),
    lambda: _dense(),
)
tanh_in_the_convolutions = _wrong(
    "The activations behind your convolutions are tanh; the table says ReLU.",
    lambda: _convolutions(first="TP", second="T"),
    lambda: _dense(),
)

# Misconceptions: flattening and the dense layers

channels_last = _wrong(
    "You flattened with the channels last: (N, H, W, C). Flatten (N, C, H, W) as it is.",
    _convolutions,
    _dense,
    ChannelsLast,
)
height_and_width_swapped = _wrong(
    "Height and width are swapped where you flatten.", _convolutions, _dense, Swapped
)
batch_mixed = _wrong(
    "The images of a batch are mixed where you flatten: keep the first axis.",
    _convolutions,
    _dense,
    BatchLast,
)
dense_without_relu = _wrong(
    "There is no ReLU between your dense layers.", _convolutions, lambda: _dense(relu=nn.Identity)
)
softmax_at_the_end = _wrong(
    "A softmax follows your last layer. Return logits: the loss contains the softmax.",
    _convolutions,
    lambda: _dense(last=[nn.Softmax(dim=1)]),
)
log_softmax_at_the_end = _wrong(
    "A log-softmax follows your last layer. Return logits: the loss contains it.",
    _convolutions,
    lambda: _dense(last=[nn.LogSoftmax(dim=1)]),
)
relu_at_the_end = _wrong(
    "A ReLU follows your last layer: negative logits become 0.",
    _convolutions,
    lambda: _dense(last=[nn.ReLU()]),
)
one_dense_layer_less = _wrong(
    "One of the dense layers is missing.",
    _convolutions,
    lambda: [nn.Linear(64, 84), nn.ReLU(), nn.Linear(84, 10)],
)
dropout_added = _wrong(
    "Your network drops units at random, although the table has no dropout.",
    _convolutions,
    _dense,
    Dropping,
)


# Alternatives


@alternative(NAME)
class WithFunctions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 3, padding="same"), nn.Conv2d(6, 16, (3, 3))
        self.a, self.b, self.c = nn.Linear(64, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.relu(self.conv2(x)).view(x.size(0), -1)
        return self.c(functional.relu(self.b(functional.relu(self.a(x)))))


@alternative(NAME)
class PooledFirst(nn.Module):
    """Max pooling and ReLU commute."""

    def __init__(self):
        super().__init__()
        self.stages = nn.Sequential(*_convolutions(first="PR"))
        self.dense = nn.ModuleList(layer for layer in _dense() if isinstance(layer, nn.Linear))

    def forward(self, x):
        x = self.stages(x).reshape(len(x), 64)
        for layer in self.dense[:-1]:
            x = torch.relu_(layer(x))
        return self.dense[-1](x)


@alternative(NAME)
class FlatSequential(nn.Sequential):
    def __init__(self):
        super().__init__(*_convolutions(), nn.Flatten(1), *_dense())


# The prediction

RIGHT = [(6, 8, 8), (6, 4, 4), (16, 2, 2)]


def _belief(message, *answer):
    @misconception(PREDICTION, message)
    def variant():
        return answer

    return variant


padding_forgotten = _belief(
    "Your first map is 6 × 6: with padding 1, a 3 × 3 kernel leaves 8 pixels as 8.",
    [(6, 6, 6), (6, 3, 3), (16, 1, 1)],
    16,
    60 + 880 + 17 * 120 + 10164 + 850,
)
second_one_padded = _belief(
    "Your second convolution leaves 4 × 4 as it is. It has no padding: 4 - 3 + 1 = 2.",
    [(6, 8, 8), (6, 4, 4), (16, 4, 4)],
    256,
    60 + 880 + 257 * 120 + 10164 + 850,
)
pooling_forgotten = _belief(
    "Your pooling changes nothing. It halves height and width.",
    [(6, 8, 8), (6, 8, 8), (16, 6, 6)],
    576,
    60 + 880 + 577 * 120 + 10164 + 850,
)
pooling_of_channels = _belief(
    "Your pooling halves the channels too. It works within each map.",
    [(6, 8, 8), (3, 4, 4), (16, 2, 2)],
    64,
    60 + 16 * 28 + 7800 + 10164 + 850,
)
pooling_by_one = _belief(
    "Your pooling window moves by one pixel. By default its stride is its size.",
    [(6, 8, 8), (6, 7, 7), (16, 5, 5)],
    400,
    60 + 880 + 401 * 120 + 10164 + 850,
)
channels_multiplied = _belief(
    "Your second convolution makes 96 maps. A filter sums over all input channels: 16 filters, "
    "16 maps.",
    [(6, 8, 8), (6, 4, 4), (96, 2, 2)],
    384,
    60 + 880 + 385 * 120 + 10164 + 850,
)
channels_last_in_shapes = _belief(
    "Your shapes are (H, W, C). In torch the channels come first: (C, H, W).",
    [(8, 8, 6), (4, 4, 6), (2, 2, 16)],
    64,
    19754,
)
no_biases = _belief("You counted the weights and left the biases out.", RIGHT, 64, 19518)
filters_of_one_channel = _belief(
    "You counted the second convolution's filters as 3 × 3. Each reaches through 6 channels.",
    RIGHT,
    64,
    19754 - 16 * 45,
)
a_bias_for_each_weight_matrix = _belief(
    "You counted one bias for each layer. Each filter and each unit has one.",
    RIGHT,
    64,
    19518 + 5,
)
flat_without_channels = _belief(
    "Your flat length counts the pixels of one map. There are 16 maps.",
    RIGHT,
    4,
    60 + 880 + 5 * 120 + 10164 + 850,
)
dense_only = _belief(
    "You counted the dense layers only; convolutions have parameters too.", RIGHT, 64, 18814
)


@alternative(PREDICTION)
def as_lists():
    return [[list(shape) for shape in RIGHT], 16 * 2 * 2, 19754]


@alternative(PREDICTION)
def by_arithmetic():
    dense = 65 * 120 + 121 * 84 + 85 * 10
    return tuple(RIGHT), 64, 6 * (9 + 1) + 16 * (6 * 9 + 1) + dense
