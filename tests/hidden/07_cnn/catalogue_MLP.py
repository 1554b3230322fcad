"""MLP: known wrong implementations, by where they go wrong, and right ones."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from gradlab.judge import alternative, misconception


def _refuse(sizes):
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}, expected two numbers or more")


def _pairs(sizes):
    return pairwise(sizes)


class Right(nn.Module):
    """Linear layers in a ModuleList; what a variant does otherwise, it overrides."""

    def __init__(self, sizes):
        super().__init__()
        _refuse(sizes)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in _pairs(sizes))

    def activation(self, h):
        return functional.relu(h)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)


# Misconceptions: what is registered


@misconception(
    "MLP",
    "Your network has no parameters: layers in a plain Python list, or tensors that are no "
    "nn.Parameter, are not registered. Use nn.Sequential or nn.ModuleList.",
)
class PlainList(Right):
    def __init__(self, sizes):
        nn.Module.__init__(self)
        _refuse(sizes)
        self.layers = [nn.Linear(i, o) for i, o in _pairs(sizes)]


@misconception(
    "MLP",
    "Only your last layer is registered: each assignment to the same attribute replaces the "
    "layer before.",
)
class LastOnly(Right):
    def __init__(self, sizes):
        nn.Module.__init__(self)
        _refuse(sizes)
        self.kept = []
        for i, o in _pairs(sizes):
            self.layer = nn.Linear(i, o)
            self.kept.append(self.layer)
        self.__dict__["layers"] = self.kept


@misconception("MLP", "Your layers have no bias.")
class NoBias(Right):
    def __init__(self, sizes):
        nn.Module.__init__(self)
        _refuse(sizes)
        self.layers = nn.ModuleList(nn.Linear(i, o, bias=False) for i, o in _pairs(sizes))


@misconception("MLP", "Your first layer is missing, or your sizes are paired wrongly.")
class OneLayerShort(Right):
    def __init__(self, sizes):
        nn.Module.__init__(self)
        _refuse(sizes)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in _pairs(sizes[1:]))


@misconception("MLP", "Your network has one hidden layer, whatever sizes says.")
class OneHiddenLayer(Right):
    def __init__(self, sizes):
        super().__init__((sizes[0], sizes[min(1, len(sizes) - 1)], sizes[-1]))
        _refuse(sizes)


@misconception("MLP", "Your weights are (in, out); a Linear(in, out) has a weight of (out, in).")
class Transposed(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        _refuse(sizes)
        self.weights = nn.ParameterList()
        for i, o in _pairs(sizes):
            self.weights += [torch.randn(i, o), torch.zeros(o)]

    def forward(self, x):
        *hidden, (weight, bias) = zip(self.weights[::2], self.weights[1::2])
        for w, b in hidden:
            x = functional.relu(x @ w + b)
        return x @ weight + bias


# Misconceptions: the forward pass


@misconception(
    "MLP", "A ReLU follows your last layer: the network can never answer a negative number."
)
class ActivationAtTheEnd(Right):
    def forward(self, x):
        return self.activation(super().forward(x))


@misconception(
    "MLP", "There is no activation between your layers: together they are one linear layer."
)
class NoActivation(Right):
    def activation(self, h):
        return h


@misconception("MLP", "A ReLU follows only your first layer. It belongs behind each but the last.")
class FirstActivationOnly(Right):
    def forward(self, x):
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number == 0 and len(self.layers) > 1:
                x = self.activation(x)
        return x


@misconception("MLP", "The activation of your hidden layers is a sigmoid; it should be a ReLU.")
class Sigmoid(Right):
    def activation(self, h):
        return torch.sigmoid(h)


@misconception("MLP", "The activation of your hidden layers is tanh; it should be a ReLU.")
class Tanh(Right):
    def activation(self, h):
        return torch.tanh(h)


@misconception("MLP", "The activation of your hidden layers is a leaky ReLU; it should be a ReLU.")
class Leaky(Right):
    def activation(self, h):
        return functional.leaky_relu(h)


@misconception("MLP", "A ReLU stands before your first layer: negative inputs are lost.")
class ActivationBefore(Right):
    def forward(self, x):
        return super().forward(self.activation(x))


@misconception("MLP", "A softmax follows your last layer. The network returns plain numbers.")
class Softmax(Right):
    def forward(self, x):
        return functional.softmax(super().forward(x), dim=-1)


@misconception("MLP", "Your network drops the last axis when there is one output: keep (N, 1).")
class Squeezed(Right):
    def forward(self, x):
        return super().forward(x).squeeze(-1)


@misconception("MLP", "The graph is cut in your forward pass: no gradient arrives at the input.")
class Detached(Right):
    def forward(self, x):
        return super().forward(x.detach())


@misconception("MLP", "One of your hidden layers is used several times and the others never.")
class SharedHidden(Right):
    def forward(self, x):
        for number, layer in enumerate(self.layers[:-1]):
            x = self.activation(self._hidden(number, layer)(x))
        return self.layers[-1](x)

    def _hidden(self, number, layer):
        previous = self.layers[number - 1] if number else layer
        return previous if previous.weight.shape == layer.weight.shape else layer


@misconception("MLP", "Your network subtracts the batch's mean: outputs depend on other samples.")
class CentredOverTheBatch(Right):
    def forward(self, x):
        return super().forward(x - x.mean(dim=0))


# Misconceptions: what is refused


@misconception("MLP", "Fewer than two sizes must raise a ValueError that names sizes.")
class AnySizes(Right):
    def __init__(self, sizes):
        super().__init__(sizes if len(sizes) > 1 else (1, 1))


@misconception("MLP", "No sizes at all must raise a ValueError that names sizes, too.")
class NoneAccepted(Right):
    def __init__(self, sizes):
        super().__init__(sizes or (1, 1))


# Alternatives

alternative("MLP")(Right)


@alternative("MLP")
class Numbered(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        if len(sizes) <= 1:
            raise ValueError(f"sizes: {len(sizes)} numbers, but there are inputs and outputs")
        self.depth = len(sizes) - 1
        for k in range(self.depth):
            setattr(self, f"fc{k}", nn.Linear(sizes[k], sizes[k + 1]))

    def forward(self, x):
        for k in range(self.depth):
            x = getattr(self, f"fc{k}")(x)
            x = x.clamp(min=0) if k < self.depth - 1 else x
        return x


@alternative("MLP")
class OwnParameters(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        _refuse(sizes)
        self.numbers = nn.ParameterList()
        for i, o in _pairs(sizes):
            self.numbers.append(nn.Parameter(torch.randn(o, i) / i**0.5))
            self.numbers.append(nn.Parameter(torch.zeros(o)))

    def forward(self, x):
        for k in range(0, len(self.numbers), 2):
            x = torch.einsum("ni,oi->no", x, self.numbers[k]) + self.numbers[k + 1]
            if k < len(self.numbers) - 2:
                x = torch.where(x > 0, x, torch.zeros_like(x))
        return x


@alternative("MLP")
class Named(nn.Sequential):
    def __init__(self, sizes):
        if len(sizes) < 2:
            raise ValueError("sizes should have two numbers or more")
        super().__init__()
        for k, (i, o) in enumerate(_pairs(sizes), start=1):
            self.add_module(f"dense{k}", nn.Linear(i, o))
            if k < len(sizes) - 1:
                self.add_module(f"relu{k}", nn.ReLU(inplace=True))
