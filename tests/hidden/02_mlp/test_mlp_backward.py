"""mlp_backward: against torch's autograd, from a cache that the check builds.

mistake                                        case that exposes it          check
---------------------------------------------  ----------------------------  -------------
dphi after the last layer, on x, missing       3 layers, softplus, sine      matches_torch
dphi at a, or at another layer's z             widths equal and unequal      matches_torch
dphi = 0 or 1 (ReLU) whatever is given         softplus and sine             matches_torch
the cache of another layer                     4 layers; equal widths        matches_torch
upstream ignored, averaged, dw or db over N    random dout, N > 1            matches_torch
grads reversed, transposed, (db, dw)           3 layers                      matches_torch
dx that stops at z, or forgets the first w     any                           matches_torch
sums kept between calls, cache altered         the same cache, twice         twice
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .layers import SINE, SINE_SLOPE, SOFTPLUS, SOFTPLUS_SLOPE, TORCH, random_params, run, tensors

pytestmark = exercise("mlp_backward")
rng = case_rng("mlp_backward")
SLOPES = {SOFTPLUS: SOFTPLUS_SLOPE, SINE: SINE_SLOPE}


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    params: list
    phi: str
    dout: np.ndarray

    def __str__(self):
        widths = [self.x.shape[1]] + [len(b) for _, b in self.params]
        return f"N={len(self.x)} widths={widths} {TORCH[self.phi].__name__}"


def _case(samples, widths, phi, rng=rng):
    return Case(
        rng.normal(size=(samples, widths[0])),
        random_params(rng, widths),
        phi,
        rng.normal(size=(samples, widths[-1])),
    )


FIXED = _case(4, (2, 3, 5, 2), SOFTPLUS, np.random.default_rng(8))
DEEP = [
    FIXED,
    _case(5, (3, 4, 2), SINE),
    _case(4, (3, 3, 3, 3), SINE),  # all alike: another layer's cache gives numbers
    _case(1, (4, 2, 3, 1), SOFTPLUS),
    _case(6, (1, 3, 2, 4, 2), SINE),
]
SHALLOW = [_case(3, (4, 2), SOFTPLUS), _case(5, (3, 3), SINE)]


@reference
def expected(case, device):
    x = torch.tensor(case.x, device=device, requires_grad=True)
    pairs = tensors(case.params, device)
    phi = TORCH[case.phi]
    outputs = run(x, pairs, phi)
    outputs[-1].backward(torch.tensor(case.dout, device=device))
    inputs = [x] + [phi(z) for z in outputs[:-1]]
    cache = [(a, w, z) for a, (w, _), z in zip(inputs, pairs, outputs, strict=True)]
    return {"cache": cache, "dx": x.grad, "grads": [(w.grad, b.grad) for w, b in pairs]}


def _compare(student, device, case, cache):
    right = expected(case, device)
    result = student.mlp_backward(case.dout, cache, student.define(SLOPES[case.phi], "dphi"))
    pair = isinstance(result, tuple | list) and len(result) == 2
    expect(pair, "return the pair (dx, grads)", value=pair)
    dx, grads = result
    layers = len(grads) if isinstance(grads, tuple | list) else -1
    expect(
        layers == len(case.params), "grads should hold one pair (dw, db) per layer", value=layers
    )
    # from the last layer on, as the gradient travels: what breaks first is told first
    for number in reversed(range(layers)):
        assert_close(grads[number], right["grads"][number], name=f"grads[{number}]")
    assert_close(dx, right["dx"], name="dx")


@weight(4)
@pytest.mark.parametrize("case", DEEP, ids=str)
def test_matches_torch(student, torch_device, case):
    """Gives the gradients of all weights and biases and of x that autograd gives."""
    _compare(student, torch_device, case, expected(case, torch_device)["cache"])


@pytest.mark.parametrize("case", SHALLOW, ids=str)
def test_one_layer(student, torch_device, case):
    """A single layer is linear."""
    _compare(student, torch_device, case, expected(case, torch_device)["cache"])


@requires("test_matches_torch")
def test_twice(student, torch_device):
    """Gives the same again when called again with the same cache."""
    cache = student.keep(expected(FIXED, torch_device)["cache"])
    for _ in range(2):
        _compare(student, torch_device, FIXED, cache)
