"""AttentionDecoder: one step with a given attend, against torch's GRU; then with odd ones.

mistake                                     case that exposes it             check
------------------------------------------  -------------------------------  -----------------
layers missing; output layer of H, not 2 H  shapes, in order                 parameters
context before state in the output layer    random weights                   logits
old state as query, or late logits          nonzero state                    logits
softmax, tanh on the logits                 random, large weights            logits
context as the next state, or added to it   every case                       state
weights missing, of another kind            every case                       weights
its own attention in place of the argument  an attend of another kind        uses_the_argument
mask left out; called twice                 what attend notes                uses_the_argument
a state of its own between the calls        a chain of steps, twice          several_steps
gradient cut                                upstream into all three          gradients
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

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

from .arrays import mask_of
from .recurrent import embed, gru, gru_weights

pytestmark = exercise("AttentionDecoder")
rng = case_rng("AttentionDecoder")

SOURCE = '''
import torch


def dot(query, keys, mask):
    """The attention of section 9."""
    scores = (keys @ query[:, :, None])[:, :, 0] / query.shape[1] ** 0.5
    weights = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=1)
    return (weights[:, None] @ keys)[:, 0], weights


class Odd:
    """Attention of another kind: its weights do not sum to 1; it notes what it is asked."""

    def __init__(self):
        self.noted = []

    def __call__(self, query, keys, mask):
        self.noted.append([float(query.sum()), float(keys.sum()), float(mask.sum())])
        weights = torch.tanh(keys.sum(dim=2) - query.sum(dim=1, keepdim=True)) * mask
        return 3.0 * (weights[:, :, None] * keys).sum(dim=1) - query, weights

    def calls(self):
        return self.noted
'''


@dataclass(frozen=True, eq=False)
class Case:
    sizes: tuple
    weights: list
    tokens: np.ndarray
    state: np.ndarray
    memory: np.ndarray
    mask: np.ndarray
    upstream: tuple

    def __str__(self):
        return f"V, E, H {self.sizes}, memory {self.memory.shape}"


def _case(sizes, lengths, columns=None, steps=4):
    vocab, embedding, hidden = sizes
    weights = [rng.normal(size=(vocab, embedding)), *gru_weights(rng, embedding, hidden)]
    weights += [rng.normal(size=(vocab, 2 * hidden)), rng.normal(size=vocab)]
    mask, batch = mask_of(lengths, columns).numpy(), len(lengths)
    memory = rng.normal(size=(*mask.shape, hidden)) * mask[:, :, None]
    state = rng.uniform(-1, 1, size=(batch, hidden))
    upstream = tuple(rng.normal(size=(batch, n)) for n in (vocab, hidden, mask.shape[1]))
    tokens = rng.integers(0, vocab, size=(batch, steps))
    return Case(sizes, weights, tokens, state, memory, mask, upstream)


CASES = [
    _case((9, 4, 3), (5, 2), columns=6),
    _case((5, 3, 3), (3, 1, 2)),  # E = H = N = S
    _case((6, 2, 5), (4, 4, 1, 2)),
    _case((7, 5, 2), (1,)),
]


def _steps(weights, tokens, state, memory, mask):
    """Logits (N, T, V), states (N, T, H) and weights (N, T, S), for all steps at once."""
    table, *gru_values, w, b = weights
    states = gru(gru_values, embed(table, tokens), state)
    places = torch.eye(memory.shape[1], dtype=memory.dtype).expand(len(memory), -1, -1)
    seen = functional.scaled_dot_product_attention(
        states, memory, torch.cat([memory, places], dim=2), attn_mask=mask[:, None]
    )
    hidden = memory.shape[2]
    logits = functional.linear(torch.cat([states, seen[:, :, :hidden]], dim=2), w, b)
    return logits, states, seen[:, :, hidden:]


def _tensors(*arrays):
    return [torch.tensor(array) for array in arrays]


@reference
def expected(case, device):
    return _steps(
        _tensors(*case.weights), *_tensors(case.tokens, case.state, case.memory, case.mask)
    )


@reference
def expected_gradients(case, device):
    """Of the first step: state, memory, parameters."""
    given = _tensors(case.state, case.memory, *case.weights)
    state, memory, *weights = leaves = [tensor.requires_grad_() for tensor in given]
    tokens, mask = _tensors(case.tokens[:, :1], case.mask)
    results = [part[:, 0] for part in _steps(weights, tokens, state, memory, mask)]
    return list(torch.autograd.grad(results, leaves, _tensors(*case.upstream)))


def _decoder(student, case, attend="dot"):
    modules = Modules(student)
    found = student.define(SOURCE, attend)
    attention = found() if attend == "Odd" else found
    decoder = student.AttentionDecoder(*case.sizes, attention)
    modules.load(decoder, case.weights)
    return modules, decoder, attention


def _step(modules, decoder, case, t=0, state=None):
    state = case.state if state is None else state
    found = modules.output(decoder, case.tokens[:, t], state, case.memory, case.mask)
    text = "return logits, state, weights"
    expect(isinstance(found, tuple | list) and len(found) == 3, text)
    return found


@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_parameters(student, case):
    """Holds an embedding, a GRU cell, an output layer that reads 2 H, and nothing else."""
    attend = student.define(SOURCE, "dot")
    found = Modules(student).shapes(student.AttentionDecoder(*case.sizes, attend))
    require_shapes(found, [w.shape for w in case.weights])


@weight(2)
@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_logits(student, torch_device, case):
    """Logits: the output layer on the new state and the context, in this order."""
    modules, decoder, _ = _decoder(student, case)
    logits = _step(modules, decoder, case)[0]
    assert_close(logits, expected(case, torch_device)[0][:, 0], name="logits")


@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_state(student, torch_device, case):
    """State: what the GRU makes of the token and the old state, nothing more."""
    modules, decoder, _ = _decoder(student, case)
    state = _step(modules, decoder, case)[1]
    assert_close(state, expected(case, torch_device)[1][:, 0], name="the new state")


@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights(student, torch_device, case):
    """Weights: those that attend gives for the new state."""
    modules, decoder, _ = _decoder(student, case)
    weights = _step(modules, decoder, case)[2]
    assert_close(weights, expected(case, torch_device)[2][:, 0], name="weights")


@requires("test_logits")
def test_uses_the_argument(student):
    """Calls the attend it was given, once a step, with query, memory and mask; no other."""
    case = CASES[0]
    modules, decoder, attention = _decoder(student, case, "Odd")
    logits, state, weights = _step(modules, decoder, case)
    score = np.tanh(case.memory.sum(axis=2) - state.sum(axis=1, keepdims=True)) * case.mask
    context = 3.0 * np.einsum("ns,nsh->nh", score, case.memory) - state
    *_, w, b = case.weights
    assert_close(weights, score, name="weights")
    assert_close(logits, np.concatenate([state, context], axis=1) @ w.T + b, name="logits")
    calls = attention.calls()
    assert_equal(len(calls), 1, name="the number of calls")
    wanted = [float(state.sum()), float(case.memory.sum()), float(case.mask.sum())]
    assert_close(calls[0], wanted, name="sums of query, keys and mask")


@requires("test_logits")
@requires("test_state")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_several_steps(student, torch_device, case):
    """Four steps in a row, then again from the start: nothing is kept inside."""
    modules, decoder, _ = _decoder(student, case)
    for _ in range(2):
        state = case.state
        for t in range(case.tokens.shape[1]):
            logits, state, _ = _step(modules, decoder, case, t, state)
            assert_close(logits, expected(case, torch_device)[0][:, t], name=f"logits of step {t}")


@requires("test_logits")
@requires("test_state")
@requires("test_weights")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_gradients(student, torch_device, case):
    """Gradients flow from all three results to the old state, the memory and every parameter."""
    modules, decoder, _ = _decoder(student, case)
    inputs = case.tokens[:, 0], case.state, case.memory, case.mask
    _, into, own = modules.backward(decoder, *inputs, upstream=case.upstream)
    assert_close([*into, *own], expected_gradients(case, torch_device), name="gradients")
