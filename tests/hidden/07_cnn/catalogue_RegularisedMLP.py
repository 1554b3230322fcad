"""RegularisedMLP: known wrong implementations, by where they go wrong, and right ones."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception

NAME = "RegularisedMLP"


def _layers(i, o, order, dropout):
    """One hidden block: Linear, Norm, ReLU and Dropout in the order of their initials."""
    made = {
        "L": lambda: nn.Linear(i, o),
        "N": lambda: nn.BatchNorm1d(o),
        "R": nn.ReLU,
        "D": lambda: nn.Dropout(dropout),
        "M": lambda: nn.Dropout1d(dropout),
        "S": lambda: nn.BatchNorm1d(o, track_running_stats=False),
        "V": lambda: nn.BatchNorm1d(o, momentum=0.9),
        "E": lambda: nn.BatchNorm1d(o, eps=1e-3),
        "T": nn.Tanh,
    }
    return [made[letter]() for letter in order]


def _wrong(message, order="LNRD", *, last="L", drop=lambda p: p, default=0.2, first=None):
    """A net of blocks in that order; `last` is the last block, `first` the first one."""

    @misconception(NAME, message)
    class Variant(nn.Module):
        def __init__(self, sizes, *, dropout=default):
            super().__init__()
            layers = []
            for k, (i, o) in enumerate(pairwise(sizes[:-1])):
                layers += _layers(i, o, first if first and k == 0 else order, drop(dropout))
            layers += _layers(sizes[-2], sizes[-1], last, drop(dropout))
            self.layers = nn.Sequential(*layers)

        def forward(self, x):
            return self.layers(x)

    return Variant


# Misconceptions: the layers

no_norm = _wrong("Your hidden blocks have no batch norm with a gamma and a beta.", "LRD")
no_relu = _wrong("There is no ReLU in your hidden blocks.", "LND")
tanh = _wrong("The activation of your hidden blocks is tanh; it should be a ReLU.", "LNTD")
norm_after_relu = _wrong("Your batch norm stands behind the ReLU. It belongs before it.", "LRND")
norm_before_linear = _wrong(
    "Your batch norm stands at the end of the hidden block, behind the dropout.", "LRDN"
)
dropout_before_norm = _wrong(
    "Your dropout stands before the batch norm, whose statistics then count the dropped units.",
    "LDNR",
)
block_at_the_end = _wrong(
    "A batch norm follows your last layer as well. It is a Linear alone.", last="LNRD"
)
relu_at_the_end = _wrong("A ReLU follows your last layer.", last="LR")
dropout_at_the_end = _wrong("Dropout follows your last layer too: outputs are dropped.", last="LD")
dropout_only_at_the_end = _wrong(
    "Dropout stands behind your last layer only. It belongs at the end of each hidden block.",
    "LNR",
    last="LD",
)
first_block_bare = _wrong("Your first hidden block has no batch norm.", first="LRD")

# Misconceptions: batch norm's statistics

batch_statistics = _wrong(
    "Your norm keeps no running statistics, as a BatchNorm1d does for use in evaluation.", "LSRD"
)
other_momentum = _wrong("Your batch norm's momentum is 0.9; torch's 0.1 weighs the new.", "LVRD")
other_epsilon = _wrong("Your batch norm's epsilon is 1e-3; torch's default is 1e-5.", "LERD")


@misconception(
    NAME,
    "Blocks of equal width share one batch norm. Each needs its own: it has its own statistics.",
)
class SharedNorm(nn.Module):
    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        norms, layers = {}, []
        for i, o in pairwise(sizes[:-1]):
            norms.setdefault(o, nn.BatchNorm1d(o))
            layers += [nn.Linear(i, o), norms[o], nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))

    def forward(self, x):
        return self.layers(x)


@misconception(NAME, "Only your last layer learns: the blocks are in a plain Python list.")
class PlainList(nn.Module):
    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        self.blocks = [_layers(i, o, "LNRD", dropout) for i, o in pairwise(sizes[:-1])]
        self.head = nn.Linear(sizes[-2], sizes[-1])

    def forward(self, x):
        for block in self.blocks:
            x = nn.Sequential(*block)(x)
        return self.head(x)


# Misconceptions: dropout

no_dropout = _wrong("There is no dropout in your hidden blocks.", "LNR")
kept_for_dropped = _wrong(
    "You read dropout as the probability to keep a unit; it is the probability to drop it.",
    drop=lambda p: 1 - p if p else 0.0,
)
default_of_a_half = _wrong("Your default of dropout is 0.5; it should be 0.2.", default=0.5)
dropout_ignored = _wrong("The argument dropout is not used.", drop=lambda p: 0.2 if p else 0.0)
one_mask_for_all = _wrong(
    "Whole samples are dropped. Dropout draws for each unit of each sample.", "LNRM"
)


class _Functional(nn.Module):
    """Layers by hand; `drop(h)` is what the variants do otherwise."""

    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        self.p = dropout
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o)) for i, o in pairwise(sizes[:-1])
        )
        self.head = nn.Linear(sizes[-2], sizes[-1])

    def forward(self, x):
        for block in self.blocks:
            x = self.drop(functional.relu(block(x)))
        return self.head(x)

    def drop(self, h):
        return functional.dropout(h, self.p, training=self.training)


@misconception(
    NAME,
    "Units are dropped in evaluation too: functional.dropout must be told self.training, and "
    "nn.Dropout made in the constructor.",
)
class AlwaysDropping(_Functional):
    def drop(self, h):
        return functional.dropout(h, self.p)


@misconception(NAME, "The kept units are not scaled by 1 / (1 - p) in training.")
class Unscaled(_Functional):
    def drop(self, h):
        return h * (torch.rand_like(h) >= self.p) if self.training else h


@misconception(NAME, "One mask serves all samples of the batch. Draw for each sample.")
class OneMask(_Functional):
    def drop(self, h):
        mask = (torch.rand(h.shape[1]) >= self.p) / (1 - self.p)
        return h * mask.to(h) if self.training else h


# Alternatives


@alternative(NAME)
class WithFunctions(_Functional):
    """relu and dropout as functions."""


@alternative(NAME)
class DropoutBeforeTheRelu(nn.Module):
    """Scaling and zeros commute with a ReLU."""

    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        layers = []
        for i, o in pairwise(sizes[:-1]):
            layers += [nn.Linear(i, o), nn.BatchNorm1d(o), nn.Dropout(dropout), nn.ReLU(True)]
        self.net = nn.Sequential(*layers, nn.Linear(*sizes[-2:]))

    def forward(self, x):
        return self.net(x)


@alternative(NAME)
class OneDropout(nn.Module):
    """One Dropout object for all blocks: it has no state."""

    def __init__(self, sizes, *, dropout=0.2):
        super().__init__()
        self.drop = nn.Dropout(p=dropout)
        self.parts = nn.ModuleList()
        for k in range(len(sizes) - 2):
            self.parts.append(nn.Linear(sizes[k], sizes[k + 1]))
            self.parts.append(nn.BatchNorm1d(sizes[k + 1]))
        self.parts.append(nn.Linear(sizes[-2], sizes[-1]))

    def forward(self, x):
        for k in range(0, len(self.parts) - 1, 2):
            x = self.drop(torch.relu(self.parts[k + 1](self.parts[k](x))))
        return self.parts[-1](x)
