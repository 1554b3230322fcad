"""Decoder: one step against torch's GRU and a linear layer, then several in a row.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  --------------------
layers missing, in another order          shapes, in order                  parameters
softmax or tanh on the logits             random, large weights             logits
logits from the old state (one step late) nonzero state                     logits
the old state returned, or the logits     H = V as well                     state
state ignored, token and state swapped    E = H, nonzero state              logits, state
a state of its own between calls          two chains of steps               several_steps
memory or mask used                       random memory, None               memory_has_no_say
not three results, weights for None       every case                        third_result
gradient cut                              upstream into both                gradients
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

from .recurrent import embed, gru, gru_weights

pytestmark = exercise("Decoder")
rng = case_rng("Decoder")


@dataclass(frozen=True, eq=False)
class Case:
    sizes: tuple
    weights: list
    tokens: np.ndarray
    state: np.ndarray
    upstream: tuple

    def __str__(self):
        return f"V, E, H {self.sizes}, tokens {self.tokens.shape}"


def _case(sizes, batch, steps=4):
    vocab, embedding, hidden = sizes
    weights = [rng.normal(size=(vocab, embedding)), *gru_weights(rng, embedding, hidden)]
    weights += [rng.normal(size=(vocab, hidden)), rng.normal(size=vocab)]
    upstream = rng.normal(size=(batch, vocab)), rng.normal(size=(batch, hidden))
    tokens = rng.integers(0, vocab, size=(batch, steps))
    return Case(sizes, weights, tokens, rng.uniform(-1, 1, size=(batch, hidden)), upstream)


CASES = [_case((9, 4, 3), 2), _case((5, 3, 3), 4), _case((4, 2, 4), 3), _case((6, 5, 2), 1)]


def _steps(weights, tokens, state):
    table, *gru_values, w, b = weights
    states = gru(gru_values, embed(table, tokens), state)
    return functional.linear(states, w, b), states


@reference
def expected(case, device):
    """Logits (N, T, V) and states (N, T, H) of a chain of steps."""
    weights = [torch.tensor(w) for w in case.weights]
    return _steps(weights, torch.tensor(case.tokens), torch.tensor(case.state))


@reference
def expected_gradients(case, device):
    """Gradients of the state and of the parameters, of the first step."""
    leaves = [torch.tensor(a).requires_grad_() for a in (case.state, *case.weights)]
    logits, states = _steps(leaves[1:], torch.tensor(case.tokens[:, :1]), leaves[0])
    upstream = [torch.tensor(d) for d in case.upstream]
    return list(torch.autograd.grad([logits[:, 0], states[:, 0]], leaves, upstream))


def _decoder(student, case):
    modules = Modules(student)
    decoder = student.Decoder(*case.sizes)
    modules.load(decoder, case.weights)
    return modules, decoder


def _step(modules, decoder, case, t=0, state=None, *others):
    found = modules.output(
        decoder, case.tokens[:, t], case.state if state is None else state, *others
    )
    expect(isinstance(found, tuple | list) and len(found) == 3, "return logits, state, None")
    return found


@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_parameters(student, case):
    """Holds an embedding, then a GRU cell, then an output layer, and nothing else."""
    found = Modules(student).shapes(student.Decoder(*case.sizes))
    require_shapes(found, [w.shape for w in case.weights])


@weight(2)
@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_logits(student, torch_device, case):
    """Logits: the output layer on the new state, without a softmax."""
    logits = _step(*_decoder(student, case), case)[0]
    assert_close(logits, expected(case, torch_device)[0][:, 0], name="logits")


@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_state(student, torch_device, case):
    """State: what the GRU makes of the token and the old state."""
    state = _step(*_decoder(student, case), case)[1]
    assert_close(state, expected(case, torch_device)[1][:, 0], name="the new state")


@requires("test_logits")
@requires("test_state")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_several_steps(student, torch_device, case):
    """Four steps in a row, then again from the start: nothing is kept inside."""
    modules, decoder = _decoder(student, case)
    for _ in range(2):
        state = case.state
        for t in range(case.tokens.shape[1]):
            logits, state, _ = _step(modules, decoder, case, t, state)
            assert_close(logits, expected(case, torch_device)[0][:, t], name=f"logits of step {t}")


@requires("test_logits")
def test_third_result(student):
    """The third result is None: there are no weights of attention."""
    found = _step(*_decoder(student, CASES[0]), CASES[0])
    expect(found[2] is None, "the third result should be None", value=found[2])


@requires("test_logits")
def test_memory_has_no_say(student, torch_device):
    """Memory and mask may be given and change nothing."""
    case = CASES[0]
    memory, mask = np.ones((2, 5, 3)), np.array([[True] * 5, [True, True, False, False, False]])
    for scale in (1.0, -3.0):
        logits, state, _ = _step(*_decoder(student, case), case, 0, None, scale * memory, mask)
        wanted = [part[:, 0] for part in expected(case, torch_device)]
        assert_close([logits, state], wanted, name="logits, state")


@requires("test_logits")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_gradients(student, torch_device, case):
    """Gradients flow from logits and state to the old state and every parameter."""
    modules, decoder = _decoder(student, case)
    tokens = case.tokens[:, 0]
    _, into, own = modules.backward(decoder, tokens, case.state, upstream=case.upstream)
    assert_close([*into, *own], expected_gradients(case, torch_device), name="gradients")
