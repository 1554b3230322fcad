"""Reference weights and steps of the lab's GRU networks: torch's nn.GRU, loaded by value."""

from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional


def gru_weights(rng, inputs, hidden):
    """weight_ih, weight_hh, bias_ih, bias_hh, large enough for the gates to matter."""
    shapes = (3 * hidden, inputs), (3 * hidden, hidden), (3 * hidden,), (3 * hidden,)
    return [rng.normal(size=shape) * 0.7 for shape in shapes]


@lru_cache
def _gru(inputs, hidden):
    return nn.GRU(inputs, hidden, batch_first=True).double()


def gru(weights, x, state):
    """Outputs (N, S, H) of a GRU with these weights (tensors) on x (N, S, E) from state (N, H)."""
    layer = _gru(x.shape[2], state.shape[1])
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    given = dict(zip(names, weights)), (x, state[None].contiguous())
    return torch.func.functional_call(layer, *given)[0]


def embed(table, tokens):
    return functional.embedding(tokens, table)
