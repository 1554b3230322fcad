"""GPT: against nn.TransformerEncoder with an embedding and a head, and torch's blocks inside.

mistake                                      case that exposes it               check
-------------------------------------------  ---------------------------------  -----------------
positions missing, multiplied, along N       random table, N, T unequal         matches_torch
one block for all layers, or none            three layers of drawn weights      matches_torch
final norm missing or elsewhere, head bias   norm's weights drawn               matches_torch
softmax at the end, last step only           all logits                         matches_torch
mask missing, shifted, turned round          what the blocks have noted         matches_torch
blocks in a list, positions as parameter     parameters and buffers             matches_torch
start ignored, or as a step of the batch     start 2                            start
too long or just fitting                     T = context, T = context + 1       refuses_tokens
detached somewhere                           gradients of all parameters        gradients
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

from .heads import LAYERS, attention_shapes, filled, spread

pytestmark = exercise("GPT")
rng = case_rng("GPT")


@dataclass(frozen=True, eq=False)
class Case:
    symbols: int
    positions: np.ndarray
    layers: int
    heads: int
    tokens: np.ndarray
    weights: list
    start: int = 0

    def __str__(self):
        return (
            f"tokens{self.tokens.shape} of {self.symbols}, {self.layers} layers from {self.start}"
        )


def _layer_shapes(width):
    mlp = [(2 * width, width), (2 * width,), (width, 2 * width), (width,)]
    return [*attention_shapes(width), *mlp, *[(width,)] * 4]


def _shapes(symbols, width, layers):
    return [
        (symbols, width),
        *_layer_shapes(width) * layers,
        (width,),
        (width,),
        (symbols, width),
    ]


def _case(n, t, symbols, context, width, layers, heads=2, start=0):
    weights = spread(rng, _shapes(symbols, width, layers))
    tokens = rng.integers(symbols, size=(n, t))
    return Case(symbols, rng.normal(size=(context, width)), layers, heads, tokens, weights, start)


CASES = [
    _case(2, 4, 7, 6, 4, 3),
    _case(3, 5, 9, 5, 6, 1, heads=3),
    _case(1, 1, 5, 3, 4, 2),
    _case(3, 3, 5, 4, 4, 2),
    _case(2, 3, 6, 8, 6, 0),
]
LATER = [_case(2, 3, 7, 6, 4, 2, start=2), _case(3, 1, 5, 4, 4, 1, start=3)]


@reference
def expected(case, device):
    """Logits, and the gradients of all parameters."""
    width = case.positions.shape[1]
    layer = nn.TransformerEncoderLayer(
        width, case.heads, 2 * width, dropout=0.0, norm_first=True, batch_first=True
    )
    encoder = nn.TransformerEncoder(
        layer, case.layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
    )
    embedding, *inner, head = case.weights
    encoder = filled(encoder, inner, device)
    embedding = torch.tensor(embedding, device=device, requires_grad=True)
    head = torch.tensor(head, device=device, requires_grad=True)
    tokens, steps = torch.tensor(case.tokens, device=device), case.tokens.shape[1]
    where = torch.arange(case.start, case.start + steps)
    x = nn.functional.embedding(tokens, embedding) + torch.tensor(case.positions)[where].to(device)
    future = nn.Transformer.generate_square_subsequent_mask(steps, device=device) < 0
    x = encoder(x, mask=future) if case.layers else encoder.norm(x)
    logits = x @ head.T
    weights = (embedding, *encoder.parameters(), head)
    return logits, torch.autograd.grad(logits, weights, torch.tensor(_up(case), device=device))


def _up(case):
    shape = (*case.tokens.shape, case.symbols)
    return np.cos(1.7 * np.arange(np.prod(shape))).reshape(shape)


def _loaded(student, case):
    modules = Modules(student)
    make_block = student.define(LAYERS, "maker")(case.positions.shape[1], case.heads)
    net = student.GPT(make_block, case.symbols, torch.tensor(case.positions), case.layers)
    modules.load(net, case.weights, training=True)
    return modules, net


def _matches(student, device, case):
    modules, net = _loaded(student, case)
    options = {"start": case.start} if case.start else {}
    found = modules.output(net, case.tokens, **options)
    assert_close(found, expected(case, device)[0], name="logits")


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives what torch's encoder gives with the same weights and a causal mask."""
    _matches(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", LATER, ids=str)
def test_start(student, torch_device, case):
    """Takes the positions from start on."""
    _matches(student, torch_device, case)


@requires("test_matches_torch")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_gradients(student, torch_device, case):
    """Lets gradients through to all parameters."""
    modules, net = _loaded(student, case)
    _, _, own = modules.backward(net, case.tokens, upstream=_up(case))
    assert_close(own, list(expected(case, torch_device)[1]), name="gradients of the parameters")


MASKS = "def noted(make_block):\n    return [m for m in make_block().masks if m.shape == (4, 4)]"


@requires("test_matches_torch")
def test_what_the_blocks_get(student):
    """Hands each block a bool mask (T, T): True for the step itself and what came before."""
    modules, make_block = Modules(student), student.define(LAYERS, "maker")(4, 2)
    net = student.GPT(make_block, 7, torch.tensor(CASES[0].positions), 3)
    modules.load(net, CASES[0].weights)
    modules.output(net, CASES[0].tokens)
    masks = student.define(MASKS, "noted")(make_block)
    calls = len(masks) if isinstance(masks, list) else 0
    expect(calls == 3, "each block should be called once, with a mask (T, T)", value=calls)
    assert_equal(masks, [np.tri(4, dtype=bool)] * 3, name="the masks")


SAVED = "def saved(net):\n    return [a for a in net.state_dict().values() if a.shape == (6, 4)]"


@requires("test_matches_torch")
def test_parameters_and_buffer(student):
    """Has embedding, blocks, norm and head as parameters, and the positions as a buffer."""
    case = CASES[0]
    modules, make_block = Modules(student), student.define(LAYERS, "maker")(4, 2)
    positions = case.positions.astype(np.float32)
    net = student.GPT(make_block, case.symbols, torch.tensor(positions), case.layers)
    require_shapes(modules.shapes(net), _shapes(case.symbols, 4, case.layers))
    kept = any(buffer.shape == positions.shape for buffer in modules.buffers(net))
    expect(kept, "the positions should be a buffer of the network", value=kept)
    saved = student.define(SAVED, "saved")(net)
    assert_close(saved, [positions], name="what is saved with the network beside its parameters")
    expect(all(modules.trainable(net)), "all parameters should be trainable")
    values = modules.parameters(net)
    apart = not np.array_equal(values[1], values[13]) and not np.array_equal(values[13], values[25])
    expect(apart, "each layer should be a new block", value=apart)
    assert_close(values[-3], np.ones(4, dtype=np.float32), name="the norm's weights at the start")


def _reaching(student, steps, start):
    nothing = student.define("def make_block():\n    pass", "make_block")
    net = student.GPT(nothing, 7, torch.zeros(6, 4), 0)
    return net(torch.zeros(2, steps, dtype=torch.int64), start)


@requires("test_matches_torch")
@pytest.mark.parametrize(("steps", "start"), [(7, 0), (9, 0), (4, 3), (1, 6), (2, 5)])
def test_refuses_tokens(student, steps, start):
    """Raises ValueError naming tokens when they reach beyond the context."""
    with student.raises(ValueError, match=r"\btokens\b"):
        _reaching(student, steps, start)


@requires("test_matches_torch")
@pytest.mark.parametrize(("steps", "start"), [(6, 0), (4, 2), (1, 5)])
def test_just_fits(student, steps, start):
    """Accepts as many tokens as there are positions."""
    found = _reaching(student, steps, start)
    shape = tuple(found.array.shape) if hasattr(found, "array") else None
    assert_equal(shape, (2, steps, 7), name="the shape of the logits")
