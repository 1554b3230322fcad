"""mlp_forward: against torch for one to four layers, with activations that are not 0 at 0.

mistake                                         case that exposes it          check
----------------------------------------------  ----------------------------  --------------
activation after the last layer, on x, missing  3 layers, softplus            matches_torch
activation only once, or before the bias        3 and 4 layers                matches_torch
a single layer bent                             1 layer                       one_layer
layers reversed, the first one used again       equal and unequal widths      matches_torch
a bias missing, the last or first layer lost    random biases                 matches_torch
phi replaced by ReLU                            softplus and sine             matches_torch
cache of a for z, of outputs for inputs, of     3 layers                      cache
biases for weights, reversed, without the last
empty params, widths that do not fit accepted   [], middle and first layer    refuses_params
params altered                                  any                           the judge looks
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, expect, reference, requires, weight

from .layers import SINE, SOFTPLUS, TORCH, random_params, run, tensors

pytestmark = exercise("mlp_forward")
rng = case_rng("mlp_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    params: list
    phi: str

    def __str__(self):
        widths = [self.x.shape[1]] + [len(b) for _, b in self.params]
        return f"N={len(self.x)} widths={widths} {TORCH[self.phi].__name__}"


def _case(samples, widths, phi, rng=rng):
    return Case(rng.normal(size=(samples, widths[0])), random_params(rng, widths), phi)


FIXED = _case(4, (2, 3, 5, 2), SOFTPLUS, np.random.default_rng(7))
DEEP = [
    FIXED,
    _case(5, (3, 4, 2), SINE),
    _case(3, (3, 3, 3, 3), SOFTPLUS),
    _case(1, (4, 2, 3, 1), SINE),
    _case(2, (1, 3, 2, 4, 2), SOFTPLUS),
]
SHALLOW = [_case(3, (4, 2), SOFTPLUS), _case(2, (3, 3), SINE)]


@reference
def expected(case, device):
    """The outputs z of all layers, and what goes into each."""
    x = torch.tensor(case.x, device=device)
    outputs = run(x, tensors(case.params, device), TORCH[case.phi])
    return {"z": outputs, "a": [x] + [TORCH[case.phi](z) for z in outputs[:-1]]}


def _run(student, case):
    return student.mlp_forward(case.x, case.params, student.define(case.phi, "phi"))


@weight(3)
@pytest.mark.parametrize("case", DEEP, ids=str)
def test_matches_torch(student, torch_device, case):
    """Runs through all layers, with phi between them and none after the last."""
    y, _ = _run(student, case)
    assert_close(y, expected(case, torch_device)["z"][-1], name="y")


@pytest.mark.parametrize("case", SHALLOW, ids=str)
def test_one_layer(student, torch_device, case):
    """A single layer is linear."""
    y, _ = _run(student, case)
    assert_close(y, expected(case, torch_device)["z"][-1], name="y")


@weight(2)
@requires("test_matches_torch")
@pytest.mark.parametrize("case", [DEEP[0], DEEP[1], DEEP[4], SHALLOW[0]], ids=str)
def test_cache(student, torch_device, case):
    """Returns the cache [(a_in, w, z), ...], a triple per layer."""
    _, cache = _run(student, case)
    right = expected(case, torch_device)
    triples = [(a, w, z) for a, (w, _), z in zip(right["a"], case.params, right["z"], strict=True)]
    whole = isinstance(cache, tuple | list) and len(cache) == len(triples)
    expect(whole, "the cache should hold one triple per layer")
    assert_close(cache, triples, name="the cache")


@requires("test_matches_torch")
@pytest.mark.parametrize("broken", ["none", "first", "middle", "last", "wider"])
def test_refuses_params(student, broken):
    """Raises ValueError naming params when empty, or when a layer does not fit."""
    params = list(FIXED.params)
    if broken == "none":
        params = []
    elif broken == "wider":
        params[1] = (np.ones((5, 4)), np.ones(5))
    else:
        place = {"first": 0, "middle": 1, "last": 2}[broken]
        w, b = params[place]
        params[place] = (w[:, :1], b)
    phi = student.define(FIXED.phi, "phi")
    with student.raises(ValueError, match=r"\bparams\b"):
        student.mlp_forward(FIXED.x, params, phi)
