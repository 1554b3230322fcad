"""AdamW: where eps stands, and the decay alone.

mistake                        case that exposes it      check
-----------------------------  ------------------------  -----------------------
eps inside or uncorrected      slopes of 1e-3, eps 1e-2  large_eps
decay depends on the gradient  slopes of 0               decays_without_gradient
"""

import numpy as np
import torch

from gradlab.judge import assert_close, case_rng, exercise, fetch, reference, requires

pytestmark = exercise("AdamW")
rng = case_rng("adamw")
START = rng.normal(size=(3, 2))
TINY = [rng.normal(0, 1e-3, size=(3, 2)) for _ in range(5)]


@reference
def torch_end(device):
    """Where torch's optimiser is after these gradients."""
    w = torch.nn.Parameter(torch.tensor(START, device=device))
    optimiser = torch.optim.AdamW([w], lr=0.1, eps=1e-2)
    for g in TINY:
        w.grad = torch.tensor(g, device=device)
        optimiser.step()
    return w


def end(student, slopes, **options):
    """Where the student's optimiser is after these gradients."""
    optimiser, params = student.AdamW(lr=0.1, **options), student.keep({"w": START})
    for g in slopes:
        optimiser.step(params, student.keep({"w": g}))
    return fetch(params)["w"]


@requires("test_matches_torch")
def test_large_eps(student, torch_device):
    """eps stands outside the root of the corrected average: seen where gradients are small."""
    w = end(student, TINY, eps=1e-2)
    assert_close(w, torch_end(torch_device), name="w at the end")


@requires("test_matches_torch")
def test_decays_without_gradient(student):
    """Where gradients are zero every parameter still shrinks by 1 - lr * weight_decay a step."""
    w = end(student, [np.zeros((3, 2))] * 4, weight_decay=2.0)
    assert_close(w, START * 0.8**4, name="w after four steps")
