"""Encoder: against torch's GRU on packed sequences; padding, batch-mates and gradients.

mistake                                    case that exposes it               check
-----------------------------------------  ---------------------------------  --------------------
layers missing, in another order           shapes, in order                   parameters
batch and time swapped                     N = S as well as N != S            memory
extra activations, embedding changed       random weights, large states       memory
padding not zeroed, or all outputs so      lengths 1 to S                     memory
state of the last column, first, mean      lengths unequal                    state
state one step early; a layer axis kept    lengths unequal                    state
mask guessed from the ids                  ids other than PAD at the padding  padding_has_no_say
state carried from call to call            two calls                          twice
gradient cut, or into the padding          upstream into both                 gradients
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from gradlab.judge import (
    Modules,
    assert_close,
    case_rng,
    exercise,
    reference,
    require_shapes,
    requires,
    weight,
)

from .arrays import ids, mask_of
from .recurrent import gru_weights

pytestmark = exercise("Encoder")
rng = case_rng("Encoder")


@dataclass(frozen=True, eq=False)
class Case:
    sizes: tuple
    weights: list
    tokens: np.ndarray
    mask: np.ndarray
    dmemory: np.ndarray
    dstate: np.ndarray

    def __str__(self):
        return f"V, E, H {self.sizes}, tokens {self.tokens.shape}"


def _case(sizes, lengths, columns=None):
    vocab, embedding, hidden = sizes
    weights = [rng.normal(size=(vocab, embedding)), *gru_weights(rng, embedding, hidden)]
    tokens = ids(rng, lengths, vocab, columns).numpy()
    mask = mask_of(lengths, columns).numpy()
    upstream = rng.normal(size=(*mask.shape, hidden)), rng.normal(size=(len(lengths), hidden))
    return Case(sizes, weights, tokens, mask, *upstream)


CASES = [
    _case((9, 4, 3), (5, 2, 3, 1)),
    _case((7, 2, 5), (4, 6), columns=7),  # a column of nothing but padding
    _case((6, 3, 3), (4, 2, 3, 1)),  # N = S: a swap of the two axes gives numbers, not an error
    _case((8, 5, 2), (4,)),
]


@reference
def expected(case, device):
    """Memory, state and all gradients, by packed sequences."""
    table, *gru_values = (torch.tensor(w, device=device).requires_grad_() for w in case.weights)
    layer = torch.nn.GRU(case.sizes[1], case.sizes[2], batch_first=True).double().to(device)
    names = [name for name, _ in layer.named_parameters()]
    lengths = torch.tensor(case.mask.sum(axis=1))
    embedded = table[torch.tensor(case.tokens, device=device)]
    packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = torch.func.functional_call(layer, dict(zip(names, gru_values)), (packed,))
    memory, _ = pad_packed_sequence(outputs, batch_first=True, total_length=case.mask.shape[1])
    upstream = [torch.tensor(d, device=device) for d in (case.dmemory, case.dstate)]
    gradients = torch.autograd.grad([memory, last[0]], [table, *gru_values], upstream)
    return memory, last[0], list(gradients)


def _encoder(student, case):
    modules = Modules(student)
    encoder = student.Encoder(*case.sizes)
    modules.load(encoder, case.weights)
    return modules, encoder


@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_parameters(student, case):
    """Holds an embedding, then one GRU layer, and nothing else."""
    found = Modules(student).shapes(student.Encoder(*case.sizes))
    require_shapes(found, [w.shape for w in case.weights])


@weight(2)
@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_memory(student, torch_device, case):
    """Memory: the GRU's output at each real token, zeros at the padding."""
    modules, encoder = _encoder(student, case)
    memory, _ = modules.output(encoder, case.tokens, case.mask)
    assert_close(memory, expected(case, torch_device)[0], name="memory")


@weight(2)
@requires("test_parameters")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_state(student, torch_device, case):
    """State: the GRU's output at the last real token of each row."""
    modules, encoder = _encoder(student, case)
    _, state = modules.output(encoder, case.tokens, case.mask)
    assert_close(state, expected(case, torch_device)[1], name="state")


@requires("test_memory")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_padding_has_no_say(student, torch_device, case):
    """Memory and state do not depend on the ids at the padding: the mask says what is real."""
    modules, encoder = _encoder(student, case)
    tokens = np.where(case.mask, case.tokens, case.sizes[0] - 1)
    tokens[:, 0] = 0  # whatever id a real token has: even PAD's
    other = Case(case.sizes, case.weights, tokens, case.mask, case.dmemory, case.dstate)
    assert_close(modules.output(encoder, tokens, case.mask), expected(other, torch_device)[:2])


@requires("test_memory")
def test_twice(student, torch_device):
    """A second batch is read from a state of zeros, like the first."""
    modules, encoder = _encoder(student, CASES[0])
    for _ in range(2):
        found = modules.output(encoder, CASES[0].tokens, CASES[0].mask)
        assert_close(found, expected(CASES[0], torch_device)[:2], name="memory, state")


@requires("test_memory")
@requires("test_state")
@pytest.mark.parametrize("case", CASES[:3], ids=str)
def test_gradients(student, torch_device, case):
    """Gradients flow from memory and state to every parameter."""
    modules, encoder = _encoder(student, case)
    upstream = (case.dmemory, case.dstate)
    _, _, found = modules.backward(encoder, case.tokens, case.mask, upstream=upstream)
    assert_close(found, expected(case, torch_device)[2], name="gradients of the parameters")
