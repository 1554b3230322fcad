"""MultiHeadAttention: against nn.MultiheadAttention, with its weights; masks; the way back.

mistake                                     case that exposes it              check
------------------------------------------  --------------------------------  --------------------
heads cut or joined across steps            N, T, H, D unequal                matches_torch
rows of q, k, v in another order            random weights                    matches_torch
root of the width, or none                  H > 1                             matches_torch
softmax over another axis                   N, T unequal                      matches_torch
mask turned round, added, of another batch  irregular masks, N = H            hides_what_the_mask
NaN for a row without keys, on the way too  rows that are all False           sees_nothing
layers in a list, missing biases            shapes of all parameters          matches_torch
detached somewhere; one head only           gradients of all parameters       gradients
project and merge exchanged or incomplete   each by itself                    project, merge
any number of heads                         6 and 4                           refuses_heads
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    Modules,
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    require_shapes,
    requires,
    weight,
)

from .heads import attention_shapes, by_queries_keys_values, spread, torch_attention

pytestmark = exercise("MultiHeadAttention")
rng = case_rng("MultiHeadAttention")


@dataclass(frozen=True, eq=False)
class Case:
    heads: int
    x: np.ndarray
    weights: list
    mask: np.ndarray | None = None

    def __str__(self):
        masked = "" if self.mask is None else f", mask{self.mask.shape}"
        return f"x{self.x.shape}, {self.heads} heads{masked}"

    @property
    def width(self):
        return self.x.shape[2]

    @property
    def inputs(self):
        return (self.x,) if self.mask is None else (self.x, self.mask)


def _case(n, t, width, heads, mask=None):
    weights = spread(rng, attention_shapes(width))
    mask = None if mask is None else np.array(mask, dtype=bool)
    return Case(heads, rng.normal(size=(n, t, width)), weights, mask)


PLAIN = [
    _case(2, 5, 6, 3),
    _case(3, 4, 8, 2),
    _case(1, 3, 4, 4),
    _case(2, 1, 6, 2),
    _case(4, 4, 4, 1),
    _case(3, 3, 9, 3),
]
SQUARE = [[1, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 1]]
OTHER = [[0, 1, 0, 0], [1, 0, 1, 1], [1, 1, 1, 0], [0, 0, 0, 1]]
MASKED = [
    _case(3, 4, 6, 2, np.tri(4)),
    _case(2, 4, 6, 3, SQUARE),
    _case(2, 4, 8, 4, [SQUARE, OTHER]),
    _case(2, 4, 4, 2, [OTHER, SQUARE]),  # N = H: a missing axis for the heads gives no error
    _case(3, 4, 6, 2, [[[1, 1, 0, 1]], [[0, 1, 0, 0]], [[1, 0, 1, 1]]]),
    _case(2, 3, 4, 2, [[[1, 1, 0]], [[0, 1, 1]]]),
]
EMPTY = [
    _case(3, 4, 6, 2, [[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]]),
    _case(2, 3, 6, 3, [[[0, 0, 0]], [[1, 1, 0]]]),
]
FRESH = rng.normal(size=(2, 5, 16)).astype(np.float32)


@reference
def parts(case, device):
    """q, k, v by heads; the heads' outputs; the result and its gradients, with upstream below."""
    x = torch.tensor(case.x, device=device, requires_grad=True)
    weights = [torch.tensor(w, device=device, requires_grad=True) for w in case.weights]
    stacked = functional.linear(x, weights[0], weights[1])
    q, k, v = stacked.unflatten(2, (3, case.heads, -1)).permute(2, 0, 3, 1, 4)
    y = functional.scaled_dot_product_attention(q, k, v, attn_mask=_mask(case, device))
    result = functional.linear(y.permute(0, 2, 1, 3).reshape(x.shape), weights[2], weights[3])
    gradients = torch.autograd.grad(result, (x, *weights), torch.tensor(_up(case), device=device))
    return (q, k, v), y, result, gradients


def _mask(case, device, expand=None):
    if case.mask is None:
        return None
    steps = case.x.shape[1]
    mask = torch.tensor(np.broadcast_to(case.mask, (len(case.x), steps, steps)).copy())
    return mask.to(device)[:, None]


@reference
def expected(case, device):
    """nn.MultiheadAttention, whose mask means the opposite and has a row for each head."""
    module, x = torch_attention(case.weights, case.heads, device), torch.tensor(case.x).to(device)
    mask = _mask(case, device)
    if mask is not None:
        mask = ~mask.expand(-1, case.heads, -1, -1).flatten(0, 1)
    return module(x, x, x, attn_mask=mask)[0]


def _up(case):
    return np.cos(np.arange(case.x.size)).reshape(case.x.shape)


def _loaded(student, case):
    """A module of the student's with the case's weights, in the form that it has."""
    modules, net = Modules(student), student.MultiHeadAttention(case.width, case.heads)
    weights = case.weights
    if len(modules.shapes(net)) == 8:
        weights = by_queries_keys_values(weights)
    modules.load(net, weights, training=False)
    return modules, net


@weight(3)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives what nn.MultiheadAttention gives with the same weights."""
    modules, net = _loaded(student, case)
    assert_close(modules.output(net, *case.inputs), expected(case, torch_device), name="output")


@weight(2)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", MASKED, ids=str)
def test_hides_what_the_mask_hides(student, torch_device, case):
    """Leaves out what the mask hides, in all heads alike, for masks of every shape."""
    modules, net = _loaded(student, case)
    assert_close(modules.output(net, *case.inputs), expected(case, torch_device), name="output")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", EMPTY, ids=str)
def test_sees_nothing(student, torch_device, case):
    """Gives the output layer zeros where a query sees nothing; gradients stay finite."""
    modules, net = _loaded(student, case)
    output, into, own = modules.backward(net, *case.inputs, upstream=_up(case))
    _, _, result, (dx, *_) = parts(case, torch_device)
    assert_close(output, result, name="output")
    assert_close(into[0], dx, name="gradient of x")
    assert_close(own, _in_form(parts(case, torch_device)[3][1:], own), name="gradients")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", [PLAIN[0], MASKED[0]], ids=str)
def test_gradients(student, torch_device, case):
    """Lets gradients through to its input and to all parameters."""
    modules, net = _loaded(student, case)
    _, into, own = modules.backward(net, *case.inputs, upstream=_up(case))
    dx, *wanted = parts(case, torch_device)[3]
    assert_close(into[0], dx, name="gradient of x")
    assert_close(own, _in_form(wanted, own), name="gradients of the parameters")
    expect(all(modules.trainable(net)), "all parameters should be trainable")


def _in_form(gradients, found):
    return by_queries_keys_values(gradients) if len(found) == 8 else list(gradients)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", PLAIN[:2], ids=str)
def test_project(student, torch_device, case):
    """project gives q, k and v by heads."""
    _, net = _loaded(student, case)
    found = net.project(torch.tensor(case.x))
    assert_close(found, parts(case, torch_device)[0], name="(q, k, v)")


@requires("test_matches_torch")
@pytest.mark.parametrize("case", PLAIN[:2], ids=str)
def test_merge(student, torch_device, case):
    """merge puts the heads side by side and applies the output layer."""
    _, net = _loaded(student, case)
    _, y, result, _ = parts(case, torch_device)
    assert_close(net.merge(torch.tensor(y)), result, name="output")


@requires("test_matches_torch")
def test_fresh(student):
    """A fresh one has float32 parameters, drawn as nn.Linear does, and no state."""
    modules, net = Modules(student), student.MultiHeadAttention(16, 2)
    shapes = modules.shapes(net)
    wanted = attention_shapes(16)
    if len(shapes) == 8:
        wanted = [(16, 16), (16,)] * 4
    require_shapes(shapes, wanted)
    drawn = modules.parameters(net)
    bounded = all(array.dtype == np.float32 and np.abs(array).max() <= 0.25 for array in drawn)
    expect(bounded, "weights and biases should lie within ±1/√E, as nn.Linear draws them")
    matrices = [array for array in drawn if array.ndim == 2]
    varied = all(0.1 < array.std() < 0.2 for array in matrices)
    expect(varied, "the weights should be spread evenly, as nn.Linear draws them")
    again = np.array_equal(modules.output(net, FRESH), modules.output(net, FRESH))
    expect(again, "two calls in training mode differ: there should be no dropout", value=again)


@requires("test_matches_torch")
@pytest.mark.parametrize(("width", "heads"), [(6, 4), (8, 3), (4, 8)])
def test_refuses_heads(student, width, heads):
    """Raises ValueError naming heads when it does not divide the width."""
    with student.raises(ValueError, match=r"\bheads\b"):
        student.MultiHeadAttention(width, heads)
