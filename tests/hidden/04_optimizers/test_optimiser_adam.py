"""Adam: where eps stands, and how long the first step is.

mistake                           case that exposes it      check
--------------------------------  ------------------------  ----------
eps inside, uncorrected or fixed  slopes of 1e-3, eps 1e-2  large_eps
correction wrong                  slopes from 1e-4 to 1e6   first_step
"""

import numpy as np
import torch

from gradlab.judge import assert_close, case_rng, exercise, fetch, reference, requires

pytestmark = exercise("Adam")
rng = case_rng("adam")
START = rng.normal(size=(3, 2))
TINY = [rng.normal(0, 1e-3, size=(3, 2)) for _ in range(5)]


@reference
def torch_end(device):
    """Where torch's optimiser is after these gradients."""
    w = torch.nn.Parameter(torch.tensor(START, device=device))
    optimiser = torch.optim.Adam([w], lr=0.1, eps=1e-2)
    for g in TINY:
        w.grad = torch.tensor(g, device=device)
        optimiser.step()
    return w


def end(student, slopes, eps):
    """Where the student's optimiser is after these gradients."""
    optimiser, params = student.Adam(lr=0.1, eps=eps), student.keep({"w": START})
    for g in slopes:
        optimiser.step(params, student.keep({"w": g}))
    return fetch(params)["w"]


@requires("test_matches_torch")
def test_large_eps(student, torch_device):
    """eps stands outside the root of the corrected average: seen where gradients are small."""
    w = end(student, TINY, eps=1e-2)
    assert_close(w, torch_end(torch_device), name="w at the end")


@requires("test_matches_torch")
def test_first_step(student):
    """The first step has the length lr in every entry, whether the gradient is large or small."""
    slope = np.array([[1e6, -1e3], [1.0, -1.0], [-1e-3, 1e-4]])
    w = end(student, [slope], eps=1e-16)
    assert_close(w - START, -0.1 * np.sign(slope), name="the first step")
