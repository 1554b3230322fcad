"""What the checks of this lab's modules share: weights, masks and modules that stand in."""

import numpy as np
import torch
from torch import nn

ATTENTION = """
import torch
from torch import nn

class Attention(nn.Module):
    '''torch's own attention, called as attention(x, mask); notes the masks it gets.'''

    def __init__(self, width, heads):
        super().__init__()
        self.inner = nn.MultiheadAttention(width, heads, batch_first=True)
        self.masks = []

    def forward(self, x, mask=None):
        self.masks.append(None if mask is None else mask.clone())
        hidden = None if mask is None else ~mask
        return self.inner(x, x, x, attn_mask=hidden, need_weights=False)[0]
"""
"""torch's attention in the kernel, for the checks of Block: its masks mean the opposite of ours."""

LAYERS = """
import torch
from torch import nn

class Layer(nn.TransformerEncoderLayer):
    '''torch's own block, called as block(x, mask); notes the masks it gets.'''

    masks = []

    def forward(self, x, mask):
        Layer.masks.append(mask.clone())
        return super().forward(x, src_mask=~mask)

def maker(width, heads):
    def make_block():
        return Layer(width, heads, 2 * width, dropout=0.0, norm_first=True, batch_first=True)

    return make_block
"""
"""torch's block in the kernel, for the checks of GPT."""


def spread(rng, shapes):
    """Weights of a size that no softmax or norm hides, none of them at its default."""
    return [0.6 * rng.normal(size=shape) for shape in shapes]


def attention_shapes(width):
    """Of the parameters of multi-head attention, in the joint form."""
    return [(3 * width, width), (3 * width,), (width, width), (width,)]


def by_queries_keys_values(arrays):
    """The same parameters (or their gradients) for three layers in place of the joint one."""
    weight, bias, *output = arrays
    parts = zip(np.split(weight, 3), np.split(bias, 3))
    return [array for part in parts for array in part] + output


def torch_attention(weights, heads, device):
    """nn.MultiheadAttention with these parameters, in float64."""
    width = weights[2].shape[0]
    module = nn.MultiheadAttention(width, heads, batch_first=True, dtype=torch.float64)
    return filled(module, weights, device)


def filled(module, weights, device):
    """A module of torch's with these parameters, in order."""
    module = module.double().to(device)
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(array))
    return module
