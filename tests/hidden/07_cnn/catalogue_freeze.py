"""freeze: known wrong implementations, by where they go wrong, and right ones."""

import copy

import torch
from torch import nn

from gradlab.judge import alternative, misconception


def _unlearn(module):
    for parameter in module.parameters():
        parameter.requires_grad = False
        parameter.grad = None


def _stay(module):
    """Evaluation mode for the module and all in it, whatever train() says."""
    module.eval()
    for part in module.modules():
        part.train = lambda mode=True, part=part: part


def _freeze(unlearn=_unlearn, stay=_stay, answer=lambda module: module):
    def freeze(module):
        unlearn(module)
        stay(module)
        return answer(module)

    return freeze


def _wrong(message, **steps):
    return misconception("freeze", message)(_freeze(**steps))


# Misconceptions: mode and statistics

parameters_only = _wrong(
    "Only the parameters are frozen. The module is in training mode: batch norm uses the batch's "
    "statistics, its running ones move, and dropout is active.",
    stay=lambda module: None,
)
until_the_next_train = _wrong(
    "The next train() of the model undoes your eval(): the module must stay in evaluation mode.",
    stay=lambda module: module.eval(),
)


def _top_only(module):
    module.eval()
    module.train = lambda mode=True: module


top_only = _wrong(
    "Your module itself ignores train(), but the modules inside it do not.", stay=_top_only
)


def _norms_only(module):
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.eval()
            part.train = lambda mode=True, part=part: part


norms_only = _wrong(
    "Only the batch norms stay in evaluation mode; dropout is still active in training.",
    stay=_norms_only,
)


def _dropout_only(module):
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


dropout_only = _wrong(
    "Dropout is off, but batch norm still uses the batch's statistics.", stay=_dropout_only
)


def _momentum_zero(module):
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.momentum = 0.0
        if isinstance(part, nn.Dropout):
            part.p = 0.0


momentum_zero = _wrong(
    "Momentum 0 keeps the running statistics where they are, but in training mode batch norm "
    "computes with the batch's.",
    stay=_momentum_zero,
)


def _children_only(module):
    module.eval()
    for part in module.children():
        part.train = lambda mode=True, part=part: part


children_only = _wrong(
    "Only the direct children ignore train(); modules deeper inside do not. Go through modules().",
    stay=_children_only,
)


def _statistics_reset(module):
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.reset_running_stats()
    _stay(module)


statistics_reset = _wrong("You reset the running statistics: keep them.", stay=_statistics_reset)


def _statistics_dropped(module):
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.track_running_stats = False
            part.running_mean = part.running_var = None
    _stay(module)


statistics_dropped = _wrong(
    "You removed the running statistics: then batch norm uses the batch's, even in evaluation.",
    stay=_statistics_dropped,
)


# Misconceptions: gradients


def _old_gradients(module):
    for parameter in module.parameters():
        parameter.requires_grad = False


old_gradients = _wrong(
    "An old .grad is still there, and the optimiser steps along it. Set it to None.",
    unlearn=_old_gradients,
)


def _zero_gradients(module):
    for parameter in module.parameters():
        parameter.requires_grad = False
        parameter.grad = torch.zeros_like(parameter)


zero_gradients = _wrong(
    "Your .grad is zero, not None: momentum and weight decay still move the weight.",
    unlearn=_zero_gradients,
)


def _gradients_only(module):
    for parameter in module.parameters():
        parameter.grad = None


still_learning = _wrong(
    "The parameters still require gradients. Set requires_grad = False on each of them: on the "
    "module it only makes a new attribute.",
    unlearn=_gradients_only,
)


def _weights_only(module):
    for name, parameter in module.named_parameters():
        parameter.grad = None
        parameter.requires_grad = not name.endswith("weight")


weights_only = _wrong("Only weights are frozen; biases still learn.", unlearn=_weights_only)


def _not_the_norms(module):
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            _unlearn(part)


norms_still_learn = _wrong(
    "The gamma and beta of the batch norms still learn.", unlearn=_not_the_norms
)


def _first_child(module):
    for parameter in next(module.children()).parameters():
        parameter.requires_grad = False
        parameter.grad = None


first_child_only = _wrong("Only the first layer is frozen.", unlearn=_first_child)


def _detached_weights(module):
    for name, parameter in list(module.named_parameters()):
        owner = module.get_submodule(name.rpartition(".")[0])
        delattr(owner, name.rpartition(".")[2])
        owner.register_buffer(name.rpartition(".")[2], parameter.detach().clone())


parameters_to_buffers = _wrong(
    "You turned the parameters into buffers. They stay parameters that need no gradient.",
    unlearn=_detached_weights,
)


def _no_grad_forward(module):
    _stay(module)
    forward = module.forward

    def without_graph(x):
        with torch.no_grad():
            return forward(x)

    module.forward = without_graph


graph_cut = _wrong(
    "The forward pass of the module is without gradients: none arrives at what lies before it.",
    stay=_no_grad_forward,
)


def _zeroed(module):
    _unlearn(module)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()


weights_zeroed = _wrong("You set the weights to 0. Keep them as they are.", unlearn=_zeroed)

# Misconceptions: what is returned

nothing_returned = _wrong("Nothing is returned; return the module.", answer=lambda module: None)
copy_returned = _wrong(
    "A copy is returned; return the module that was given.",
    answer=lambda module: copy.deepcopy(module),
)


@misconception("freeze", "You froze a copy: the module that was given learns on.")
def copy_frozen(module):
    return _freeze()(copy.deepcopy(module))


@misconception("freeze", "The parts are returned; return the module itself.")
def list_returned(module):
    return list(_freeze()(module).children())


# Alternatives

in_steps = alternative("freeze")(_freeze())


@alternative("freeze")
def by_hooks(module):
    """eval() before each forward pass."""
    module.requires_grad_(False)
    module.zero_grad(set_to_none=True)
    for part in module.modules():
        part.register_forward_pre_hook(lambda one, given: nn.Module.train(one, False) and None)
    return module


@alternative("freeze")
def by_one_hook(module):
    module.requires_grad_(False).zero_grad()
    module.eval()
    module.register_forward_pre_hook(lambda one, given: [None for _ in [one.eval()]] and None)
    return module


@alternative("freeze")
def by_subclass(module):
    """Each part gets a class of its own whose train does nothing."""
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    module.eval()
    for part in module.modules():
        part.__class__ = type(
            f"Frozen{type(part).__name__}", (type(part),), {"train": lambda self, mode=True: self}
        )
    return module
