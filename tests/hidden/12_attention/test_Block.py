"""Block: against nn.TransformerEncoderLayer(norm_first=True), with torch's attention inside.

mistake                                    case that exposes it                check
-----------------------------------------  ----------------------------------  --------------
norm after the sum, missing, shared        weights and biases of norms drawn   matches_torch
a residual missing, of the norm, in turn   random weights                      matches_torch
ReLU, tanh-GELU, no or two activations     inputs of about 1                   matches_torch
MLP of another width; order of creation    shapes of all parameters            matches_torch
mask lost or changed                       irregular and causal masks          passes_the_mask
attention copied, called twice             what attention has noted            passes_the_mask
x changed in place                         the caller's tensor                 leaves_x_alone
detached somewhere                         gradients of all parameters         gradients
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from gradlab.judge import (
    Modules,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    reference,
    require_shapes,
    requires,
    weight,
)

from .heads import ATTENTION, attention_shapes, filled, spread

pytestmark = exercise("Block")
rng = case_rng("Block")


@dataclass(frozen=True, eq=False)
class Case:
    heads: int
    x: np.ndarray
    weights: list  # norm, attention, norm, linear, linear: a weight and a bias each
    mask: np.ndarray | None = None

    def __str__(self):
        return f"x{self.x.shape}, {self.heads} heads" + ("" if self.mask is None else ", masked")

    @property
    def width(self):
        return self.x.shape[2]

    @property
    def inputs(self):
        return (self.x,) if self.mask is None else (self.x, self.mask)


def _shapes(width, attention):
    norm = [(width,), (width,)]
    mlp = [(4 * width, width), (4 * width,), (width, 4 * width), (width,)]
    return [*norm, *attention, *norm, *mlp]


def _case(n, t, width, heads, mask=None):
    weights = spread(rng, _shapes(width, attention_shapes(width)))
    mask = None if mask is None else np.array(mask, dtype=bool)
    return Case(heads, 2.0 * rng.normal(size=(n, t, width)) + 0.5, weights, mask)


PLAIN = [_case(2, 4, 6, 2), _case(3, 5, 8, 4), _case(1, 3, 4, 1)]
MASKED = [
    _case(2, 4, 6, 3, np.tri(4)),
    _case(3, 4, 4, 2, [[1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 0, 1], [0, 0, 1, 1]]),
]
FRESH = rng.normal(size=(2, 4, 12)).astype(np.float32)


@reference
def expected(case, device):
    """Output, gradient of x, gradients of the parameters in our order."""
    layer = nn.TransformerEncoderLayer(
        case.width,
        case.heads,
        4 * case.width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    norm1, attention, rest = case.weights[:2], case.weights[2:6], case.weights[6:]
    layer = filled(layer, [*attention, *rest[2:], *norm1, *rest[:2]], device)
    x = torch.tensor(case.x, device=device, requires_grad=True)
    mask = None if case.mask is None else ~torch.tensor(case.mask, device=device)
    y = layer(x, src_mask=mask)
    into, *own = torch.autograd.grad(
        y, (x, *layer.parameters()), torch.tensor(_up(case), device=device)
    )
    return y, into, [*own[8:10], *own[:4], *own[10:], *own[4:8]]


def _up(case):
    return np.cos(1.3 * np.arange(case.x.size)).reshape(case.x.shape)


def _loaded(student, case):
    modules = Modules(student)
    attention = student.define(ATTENTION, "Attention")(case.width, case.heads)
    net = student.Block(attention, case.width)
    modules.load(net, case.weights, training=False)
    return modules, net, attention


@weight(3)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives what nn.TransformerEncoderLayer with norm_first=True gives with the same weights."""
    modules, net, _ = _loaded(student, case)
    assert_close(modules.output(net, *case.inputs), expected(case, torch_device)[0], name="output")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", MASKED, ids=str)
def test_passes_the_mask(student, torch_device, case):
    """Hands the mask to attention as it is, and calls attention once."""
    modules, net, attention = _loaded(student, case)
    assert_close(modules.output(net, *case.inputs), expected(case, torch_device)[0], name="output")
    noted = student.define("def noted(a):\n    return list(a.masks)", "noted")(attention)
    calls = len(noted) if isinstance(noted, list) else 0
    expect(calls == 1, "the given attention should be called once", value=calls)
    assert_equal(noted[0], case.mask, name="the mask that attention got")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", [PLAIN[0], MASKED[0]], ids=str)
def test_gradients(student, torch_device, case):
    """Lets gradients through to its input and to all parameters."""
    modules, net, _ = _loaded(student, case)
    _, into, own = modules.backward(net, *case.inputs, upstream=_up(case))
    _, dx, gradients = expected(case, torch_device)
    assert_close([into[0], *own], [dx, *gradients], name="gradients")


@requires("test_matches_torch")
def test_leaves_x_alone(student, torch_device):
    """Does not change the tensor it is given, and gives the same when called again."""
    case = PLAIN[0]
    _, net, _ = _loaded(student, case)
    for _ in range(2):
        assert_close(net(torch.tensor(case.x)), expected(case, torch_device)[0], name="output")


@requires("test_matches_torch")
def test_fresh(student):
    """A fresh one has layers as nn.LayerNorm and nn.Linear make them, and no dropout."""
    modules, width = Modules(student), FRESH.shape[2]
    attention = student.define(ATTENTION, "Attention")(width, 2)
    net = student.Block(attention, width)
    require_shapes(modules.shapes(net), _shapes(width, attention_shapes(width)))
    values = modules.parameters(net)
    ones, zeros = np.ones(width, dtype=np.float32), np.zeros(width, dtype=np.float32)
    assert_close([values[0], values[1], values[6], values[7]], [ones, zeros] * 2, name="the norms")
    for matrix in (values[8], values[10]):
        bound = matrix.shape[1] ** -0.5
        spread_out = 0.4 * bound < matrix.std() < 0.8 * bound and np.abs(matrix).max() <= bound
        expect(spread_out, "linear layers should be as nn.Linear draws them", value=matrix.shape)
    again = np.array_equal(modules.output(net, FRESH), modules.output(net, FRESH))
    expect(again, "two calls in training mode differ: there should be no dropout", value=again)
