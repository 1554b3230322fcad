"""What this lab's checks of rules share: cases, references by torch, and what a pull must do."""

from dataclasses import dataclass, field

import numpy as np
import torch

from gradlab.judge import assert_close, expect


@dataclass(frozen=True, eq=False)
class Case:
    """Arrays and options for a rule, and the gradient that arrives at its value."""

    arrays: tuple
    upstream: np.ndarray
    options: dict = field(default_factory=dict)
    note: str = ""

    def __str__(self):
        shapes = " ".join("x".join(map(str, a.shape)) or "number" for a in self.arrays)
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{shapes} {self.note or options}".strip()


def drawn(rng, *shapes, upstream, note="", **options):
    """Random arrays of these shapes, and an upstream gradient of that one."""
    arrays = tuple(rng.normal(size=shape) for shape in shapes)
    return Case(arrays, rng.normal(size=upstream), options, note)


def by_torch(function, case, device):
    """Value and gradients of `function`, which takes tensors, at the case's arrays."""
    tensors = [torch.tensor(a, device=device, requires_grad=True) for a in case.arrays]
    value = function(*tensors)
    value.backward(torch.tensor(case.upstream, device=device))
    return value, [tensor.grad for tensor in tensors]


def opened(result):
    """The value and the pull of what a rule returned."""
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    is_rule = is_pair and hasattr(result[1], "gradlab_handle")
    expect(
        is_rule, "a rule returns the pair (value, pull), where pull is a function", value=is_pair
    )
    return result


def assert_rule(result, case, expected, names=("x",)):
    """Check the value, then twice what pull returns: it is linear in g and keeps no state."""
    value, pull = opened(result)
    assert_close(value, expected[0], name="the value")
    for factor in (1.0, -2.0):
        assert_pull(pull, factor * case.upstream, [factor * g for g in expected[1]], names)


def assert_pull(pull, upstream, gradients, names):
    """Check what pull returns for one upstream gradient."""
    found = pull(upstream)
    is_tuple = isinstance(found, tuple | list) and len(found) == len(names)
    text = f"pull returns a tuple with one gradient for each array: {len(names)}"
    expect(is_tuple, text, value=found if not is_tuple else None)
    for name, one, wanted in zip(names, found, gradients):
        assert_close(summed(one, wanted.shape), wanted, name=f"the gradient for {name}")


def summed(gradient, shape):
    """A gradient that broadcasting has left too large, summed to `shape`; else as it is."""
    if not isinstance(gradient, np.ndarray) or gradient.shape == shape:
        return gradient
    try:
        stretches = np.broadcast_shapes(gradient.shape, shape) == gradient.shape
    except ValueError:
        return gradient
    if not stretches:
        return gradient
    padded = (1,) * (gradient.ndim - len(shape)) + shape
    axes = tuple(i for i, (n, m) in enumerate(zip(padded, gradient.shape)) if n != m)
    return gradient.sum(axis=axes).reshape(shape)
