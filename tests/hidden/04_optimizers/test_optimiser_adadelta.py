"""Adadelta: where eps stands.

mistake             case that exposes it      check
------------------  ------------------------  ---------
eps outside a root  slopes of 1e-3, eps 1e-4  large_eps
"""

import torch

from gradlab.judge import assert_close, case_rng, exercise, fetch, reference, requires

pytestmark = exercise("Adadelta")
rng = case_rng("adadelta")
START = rng.normal(size=(3, 2))
TINY = [rng.normal(0, 1e-3, size=(3, 2)) for _ in range(5)]


@reference
def torch_end(device):
    """Where torch's optimiser is after the tiny gradients."""
    w = torch.nn.Parameter(torch.tensor(START, device=device))
    optimiser = torch.optim.Adadelta([w], lr=0.1, eps=1e-4)
    for g in TINY:
        w.grad = torch.tensor(g, device=device)
        optimiser.step()
    return w


@requires("test_matches_torch")
def test_large_eps(student, torch_device):
    """eps stands where the formula has it: seen where squared gradients are smaller than eps."""
    optimiser, params = student.Adadelta(lr=0.1, eps=1e-4), student.keep({"w": START})
    for g in TINY:
        optimiser.step(params, student.keep({"w": g}))
    assert_close(fetch(params)["w"], torch_end(torch_device), name="w at the end")
