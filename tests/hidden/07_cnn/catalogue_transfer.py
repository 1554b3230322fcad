"""transfer: known wrong implementations, by where they go wrong, and right ones."""

import copy
from collections import OrderedDict

import torch
from torch import nn

from gradlab.judge import alternative, misconception


def _copied(body, freeze):
    return freeze(copy.deepcopy(body))


def _dense(size, classes, width):
    return [nn.Flatten(), nn.Linear(size, width), nn.ReLU(), nn.Linear(width, classes)]


def _transfer(start=_copied, dense=_dense, default=32, end=lambda net, freeze: net):
    def transfer(body, size, classes, *, freeze, width=default):
        return end(nn.Sequential(start(body, freeze), *dense(size, classes, width)), freeze)

    return transfer


def _wrong(message, **steps):
    return misconception("transfer", message)(_transfer(**steps))


# Misconceptions: the copy

not_copied = _wrong(
    "The body itself is in your network, and frozen with it. Use a copy: the original goes on "
    "learning.",
    start=lambda body, freeze: freeze(body),
)
original_frozen = _wrong(
    "You froze the original and then copied it. Copy first, then freeze the copy.",
    start=lambda body, freeze: copy.deepcopy(freeze(body)),
)
not_frozen = _wrong(
    "The copy of the body is not frozen: call freeze on it.",
    start=lambda body, freeze: copy.deepcopy(body),
)


def _shallow(body, freeze):
    return freeze(copy.copy(body))


shallow_copy = _wrong(
    "Your copy shares its layers with the body: copy.copy copies the outside only. Use "
    "copy.deepcopy.",
    start=_shallow,
)


def _reset(body, freeze):
    twin = copy.deepcopy(body)
    for part in twin.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    return freeze(twin)


not_trained = _wrong(
    "The copy starts from new random weights: what was learnt is lost.", start=_reset
)


def _statistics_lost(body, freeze):
    twin = copy.deepcopy(body)
    for part in twin.modules():
        if hasattr(part, "reset_running_stats"):
            part.reset_running_stats()
    return freeze(twin)


statistics_lost = _wrong(
    "The running statistics are not copied: they belong to the weights. parameters() does not "
    "list them.",
    start=_statistics_lost,
)


def _frozen_by_hand(body, freeze):
    twin = copy.deepcopy(body)
    for parameter in twin.parameters():
        parameter.requires_grad = False
    return twin


frozen_by_hand = _wrong(
    "You switched the gradients off yourself; freeze does more. Call the function that is given.",
    start=_frozen_by_hand,
)


def _evaluation_of_the_original(body, freeze):
    body.eval()
    return _copied(body, freeze)


original_switched = _wrong(
    "The original is in evaluation mode afterwards. Leave it as it was.",
    start=_evaluation_of_the_original,
)
frozen_twice = _wrong(
    "freeze is called on the body as well as on the copy.",
    start=lambda body, freeze: freeze(copy.deepcopy(freeze(body))),
)


def _everything(net, freeze):
    freeze(net)
    return net


everything_frozen = _wrong(
    "The whole network is frozen, the new layers too: nothing can learn.",
    start=lambda body, freeze: copy.deepcopy(body),
    end=_everything,
)

# Misconceptions: the new layers

head_only = _wrong(
    "There is one new layer only. The new part is Linear, ReLU, Linear.",
    dense=lambda size, classes, width: [nn.Flatten(), nn.Linear(size, classes)],
)
no_relu = _wrong(
    "There is no ReLU between the new layers: together they are one linear layer.",
    dense=lambda s, c, w: [nn.Flatten(), nn.Linear(s, w), nn.Linear(w, c)],
)
tanh = _wrong(
    "There is a tanh between the new layers; it should be a ReLU.",
    dense=lambda s, c, w: [nn.Flatten(), nn.Linear(s, w), nn.Tanh(), nn.Linear(w, c)],
)
relu_at_the_end = _wrong(
    "A ReLU follows the last layer.", dense=lambda s, c, w: [*_dense(s, c, w), nn.ReLU()]
)
softmax_at_the_end = _wrong(
    "A softmax follows the last layer: return logits.",
    dense=lambda s, c, w: [*_dense(s, c, w), nn.Softmax(dim=1)],
)
three_layers = _wrong(
    "There are three new layers; two are asked.",
    dense=lambda s, c, w: [*_dense(s, w, w), nn.ReLU(), nn.Linear(w, c)],
)
dropout_added = _wrong(
    "There is a dropout that drops in evaluation too.",
    dense=lambda s, c, w: [*_dense(s, c, w)[:3], _Always(), nn.Linear(w, c)],
)


class _Always(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.5)


class _ChannelsLast(nn.Module):
    def forward(self, x):
        return x.movedim(1, -1).flatten(1)


channels_last = _wrong(
    "You flattened with the channels last.",
    dense=lambda s, c, w: [_ChannelsLast(), *_dense(s, c, w)[1:]],
)
width_ignored = _wrong("The argument width is not used.", dense=lambda s, c, w: _dense(s, c, 32))
other_default = _wrong("The width is 32 by default.", default=64)
width_is_classes = _wrong(
    "Your hidden layer has as many units as there are classes.",
    dense=lambda s, c, w: _dense(s, c, c),
)
no_bias = _wrong(
    "The new layers have no bias.",
    dense=lambda s, c, w: [
        nn.Flatten(), nn.Linear(s, w, bias=False), nn.ReLU(), nn.Linear(w, c, bias=False)
    ],
)  # fmt: skip


def _seeded(size, classes, width):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return _dense(size, classes, width)


always_the_same = _wrong(
    "The new layers have the same weights in each call: do not set a seed in here.", dense=_seeded
)


def _zero(size, classes, width):
    layers = _dense(size, classes, width)
    for layer in (layers[1], layers[3]):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return layers


zeros = _wrong("The new layers start at 0: all units stay alike.", dense=_zero)


def _large(size, classes, width):
    layers = _dense(size, classes, width)
    for layer in (layers[1], layers[3]):
        nn.init.normal_(layer.weight)
        nn.init.normal_(layer.bias)
    return layers


standard_normal = _wrong(
    "The new weights are drawn with standard deviation 1. Leave them as torch initialises them.",
    dense=_large,
)

# Alternatives

in_steps = alternative("transfer")(_transfer())


@alternative("transfer")
class Transfer(nn.Module):
    def __init__(self, body, size, classes, *, freeze, width=32):
        super().__init__()
        self.body = copy.deepcopy(body)
        freeze(self.body)
        self.hidden = nn.Linear(size, width)
        self.out = nn.Linear(width, classes)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(self.body(x).reshape(x.shape[0], -1))))


@alternative("transfer")
def named(body, size, classes, *, freeze, width=32):
    twin = copy.deepcopy(body)
    twin.load_state_dict(body.state_dict())
    frozen = freeze(twin)
    layers = zip(("flatten", "hidden", "relu", "head"), _dense(size, classes, width))
    return nn.Sequential(OrderedDict([("body", frozen), *layers]))
