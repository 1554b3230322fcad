"""What a check asks of a student's `nn.Module`; its text is sent to the kernel and runs there.

It holds nothing secret. `gradlab.judge.modules` is the other half, and checks all it answers.
"""

from typing import Any

import torch
from torch import nn


def _require_module(module: Any) -> Any:
    if not isinstance(module, nn.Module):
        raise TypeError(f"an nn.Module was expected, not an object of type {type(module).__name__}")


def _tensor(value: Any) -> Any:
    """An array as a tensor of its own; what is no array (a tuple of states, None) item by item."""
    if isinstance(value, list | tuple):
        return type(value)(_tensor(item) for item in value)
    if value is None or isinstance(value, int | float | str | torch.Tensor):
        return value
    return torch.tensor(value)


def _array(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy().copy()
    if type(value) in (list, tuple):
        return type(value)(_array(item) for item in value)
    return value


def _leaves(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, torch.Tensor) else []


class Modules:
    """One name for all that follows."""

    @staticmethod
    def names(module: Any) -> Any:
        _require_module(module)
        return [name for name, _ in module.named_parameters()]

    @staticmethod
    def parameters(module: Any) -> Any:
        _require_module(module)
        return [_array(one) for one in module.parameters()]

    @staticmethod
    def buffers(module: Any) -> Any:
        _require_module(module)
        return [_array(one) for one in module.buffers()]

    @staticmethod
    def gradients(module: Any) -> Any:
        _require_module(module)
        return [None if one.grad is None else _array(one.grad) for one in module.parameters()]

    @staticmethod
    def trainable(module: Any) -> Any:
        _require_module(module)
        return [bool(one.requires_grad) for one in module.parameters()]

    @staticmethod
    def modes(module: Any) -> Any:
        _require_module(module)
        return [bool(one.training) for one in module.modules()]

    @staticmethod
    def load(module: Any, arrays: Any, buffers: Any, training: Any) -> Any:
        """float64, with these values in the order of its parameters and buffers."""
        _require_module(module)
        module.double()
        with torch.no_grad():
            for one, array in zip(module.parameters(), arrays, strict=True):
                one.copy_(torch.tensor(array))
            for one, array in zip(module.buffers(), buffers or [], strict=buffers is not None):
                one.copy_(torch.tensor(array))
        module.train(training)
        module.zero_grad()

    @staticmethod
    def output(module: Any, inputs: Any, kwargs: Any) -> Any:
        with torch.no_grad():
            return _array(module(*_tensor(inputs), **kwargs))

    @staticmethod
    def backward(module: Any, inputs: Any, upstream: Any, kwargs: Any) -> Any:
        """Output; gradients of the floating inputs and of the parameters, None where none came."""
        _require_module(module)
        given = _tensor(inputs)
        leaves = [one for one in _leaves(given) if one.is_floating_point()]
        for one in leaves:
            one.requires_grad_()
        module.zero_grad()
        found = module(*given, **kwargs)
        torch.autograd.backward(_leaves(found), _leaves(_tensor(upstream)))
        into = [None if one.grad is None else _array(one.grad) for one in leaves]
        return _array(found), into, Modules.gradients(module)

    @staticmethod
    def generator(seed: Any) -> Any:
        return torch.Generator().manual_seed(seed)
