"""What this lab's check files share: random layers, and activations that cross to the kernel."""

from itertools import pairwise

import torch

SOFTPLUS = "def phi(z):\n    return np.logaddexp(z, 0.0)"
SOFTPLUS_SLOPE = "def dphi(z):\n    return 0.5 * (1.0 + np.tanh(0.5 * z))"
SINE = "def phi(z):\n    return np.sin(z + 0.5)"
SINE_SLOPE = "def dphi(z):\n    return np.cos(z + 0.5)"


def random_params(rng, widths):
    """Pairs (w, b) of a network of these widths, all entries random."""
    return [
        (rng.normal(size=(units, inputs)), rng.normal(size=units))
        for inputs, units in pairwise(widths)
    ]


def softplus(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def sine(z):
    return torch.sin(z + 0.5)


TORCH = {SOFTPLUS: softplus, SINE: sine}


def tensors(params, device):
    """The pairs as torch tensors that collect gradients."""
    return [
        tuple(torch.tensor(a, device=device, requires_grad=True) for a in pair) for pair in params
    ]


def run(x, pairs, phi):
    """The outputs z of all layers, with phi between them."""
    outputs, a = [], x
    for w, b in pairs:
        outputs.append(torch.nn.functional.linear(a, w, b))
        a = phi(outputs[-1])
    return outputs
