"""What the checks of this lab's modules share: cases with random weights, and their reference.

A reference is a function of parameters, buffers and inputs in `torch.nn.functional`; it has no
layers that could be forgotten.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import Modules, assert_close


@lru_cache(maxsize=1)
def modules_of(student):
    """What asks about modules in that student's kernel: sent once, not for every case."""
    return Modules(student)


@lru_cache(maxsize=4)
def kernel_of(student, source, name):
    """The object `name` of a source text, in that student's kernel: sent once as well."""
    return student.define(source, name)


@dataclass(frozen=True, eq=False)
class Case:
    """A network with all its numbers, an input and an upstream gradient."""

    label: str
    arguments: tuple
    parameters: list
    x: np.ndarray
    upstream: np.ndarray
    buffers: list = field(default_factory=list)
    options: dict = field(default_factory=dict)
    training: bool = False

    def __str__(self):
        return self.label


def new_case(rng, label, arguments, shapes, x, y, *, norms=(), training=False, **options):
    """Random numbers of these shapes; `norms` are the channels of each batch norm, in order."""
    parameters = [rng.normal(size=shape) * 0.8 + 0.1 for shape in shapes]
    buffers = [array for channels in norms for array in _statistics(rng, channels)]
    x, upstream = rng.normal(size=x), rng.normal(size=y)
    return Case(label, arguments, parameters, x, upstream, buffers, options, training)


def _statistics(rng, channels):
    return [rng.normal(size=channels), rng.uniform(0.3, 2.0, size=channels), np.array(4)]


@dataclass(frozen=True)
class Expected:
    """What a call must give: the output, all gradients, and the buffers afterwards."""

    y: np.ndarray
    dx: np.ndarray
    gradients: list
    buffers: list


def expected_of(compute, case, device):
    """Run `compute(parameters, buffers, x, training)` forwards and backwards in float64."""
    parameters = [
        torch.tensor(array, device=device, requires_grad=True) for array in case.parameters
    ]
    buffers = [torch.tensor(array, device=device) for array in case.buffers]
    x = torch.tensor(case.x, device=device, requires_grad=True)
    y = compute(parameters, buffers, x, case.training)
    y.backward(torch.tensor(case.upstream, device=device))
    arrays = [one.detach().cpu().numpy() for one in (y, x.grad)]
    gradients = [one.grad.cpu().numpy() for one in parameters]
    return Expected(*arrays, gradients, [one.cpu().numpy() for one in buffers])


def batch_norm(x, weights, statistics, training):
    """One batch norm of `weights` (gamma, beta); the running statistics are updated in place."""
    mean, variance, seen = statistics
    if training:
        seen += 1
    return functional.batch_norm(x, mean, variance, *weights, training, 0.1, 1e-5)


def matches(student, make, case, expected, *, gradients=True):
    """Compare a student's network, made by `make()`, with the reference."""
    modules = modules_of(student)
    net = make(*case.arguments, **case.options)
    modules.load(net, case.parameters, buffers=case.buffers or None, training=case.training)
    y, into, own = modules.backward(net, case.x, upstream=case.upstream)
    assert_close(y, expected.y, name="the output")
    if gradients:
        assert_close(into, [expected.dx], name="the gradient of the input")
        assert_close(own, expected.gradients, name="the gradients of the parameters")
    if case.buffers:
        assert_close(modules.buffers(net), expected.buffers, name="the running statistics")


def each_alone(student, make, case, expected):
    """Each sample's output in evaluation does not depend on the other samples."""
    modules = modules_of(student)
    net = make(*case.arguments, **case.options)
    modules.load(net, case.parameters, buffers=case.buffers or None, training=False)
    rows = [modules.output(net, case.x[n : n + 1]) for n in range(len(case.x))]
    assert_close(rows, [expected.y[n : n + 1] for n in range(len(case.x))], name="the outputs")


def input_after(student, make, case):
    """The input tensor after a forward pass in evaluation."""
    modules, kernel = modules_of(student), kernel_of(student, KEEPS, "Keeps")
    net = make(*case.arguments, **case.options)
    modules.load(net, case.parameters, buffers=case.buffers or None, training=False)
    return kernel.after(net, case.x)


KEEPS = """
import torch

class Keeps:
    @staticmethod
    def after(module, x):
        x = torch.tensor(x)
        with torch.no_grad():
            module(x)
        return x.numpy()

    @staticmethod
    def seed(seed):
        torch.manual_seed(seed)
"""
