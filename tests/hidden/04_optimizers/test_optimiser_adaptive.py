"""AdaGrad and RMSProp: where eps stands.

mistake              case that exposes it      check
-------------------  ------------------------  ---------
eps inside the root  slopes of 1e-3, eps 1e-2  large_eps
"""

import pytest
import torch

from gradlab.judge import assert_close, case_rng, exercise, fetch, reference, requires

rng = case_rng("adaptive")
START = rng.normal(size=(3, 2))
TINY = [rng.normal(0, 1e-3, size=(3, 2)) for _ in range(5)]
TORCH = {"AdaGrad": torch.optim.Adagrad, "RMSProp": torch.optim.RMSprop}


@reference
def torch_end(name, device):
    """Where torch's optimiser is after the tiny gradients."""
    w = torch.nn.Parameter(torch.tensor(START, device=device))
    optimiser = TORCH[name]([w], lr=0.1, eps=1e-2)
    for g in TINY:
        w.grad = torch.tensor(g, device=device)
        optimiser.step()
    return w


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=exercise(name)) for name in TORCH],
)
@requires("test_matches_torch")
def test_large_eps(student, torch_device, name):
    """eps stands where the formula has it: seen where gradients are smaller than eps."""
    optimiser, params = getattr(student, name)(lr=0.1, eps=1e-2), student.keep({"w": START})
    for g in TINY:
        optimiser.step(params, student.keep({"w": g}))
    assert_close(fetch(params)["w"], torch_end(name, torch_device), name="w at the end")
