"""gru_cell_forward: against torch for reset after, against the formula for reset before.

mistake                             case that exposes it  check
----------------------------------  --------------------  ----------------------
z and 1 - z exchanged               random states         after
blocks in another order             all weights random    after
b_hn outside the reset, or inside   random b_hh           after, before
one variant for both, or exchanged  both                  after, before
another default                     no reset given        after
q stored after the reset            both                  cache
any word accepted                   never, empty, After   refuses_other_variants
w_hh of another shape accepted      one column, 6H rows   refuses_bad_shapes
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

pytestmark = exercise("gru_cell_forward")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: np.ndarray
    w_ih: np.ndarray
    w_hh: np.ndarray
    b_ih: np.ndarray
    b_hh: np.ndarray

    @property
    def arrays(self):
        return self.x, self.h, self.w_ih, self.w_hh, self.b_ih, self.b_hh

    def __str__(self):
        return f"x{self.x.shape} h{self.h.shape}"


def _cases():
    rng = case_rng("gru_cell_forward")
    sizes = [(3, 4, 2), (2, 3, 5), (1, 2, 3), (5, 1, 2)]
    shapes = [((n, d), (n, h), (3 * h, d), (3 * h, h), (3 * h,), (3 * h,)) for n, d, h in sizes]
    return [Case(*(rng.normal(size=shape) for shape in row)) for row in shapes]


CASES = _cases()


@reference
def after(case, device):
    """torch's own cell."""
    x, h, *parameters = (torch.tensor(a, device=device) for a in case.arrays)
    return torch.gru_cell(x, h, *parameters)


@reference
def parts(case, device, reset):
    """h and the cache from the formulas; torch has no cell that resets before the product."""
    x, h, w_ih, w_hh, b_ih, b_hh = (torch.tensor(a, device=device) for a in case.arrays)
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    w_r, w_z, w_n = w_hh.chunk(3)
    b_r, b_z, b_n = b_hh.chunk(3)
    r, z = (x_r + h @ w_r.T + b_r).sigmoid(), (x_z + h @ w_z.T + b_z).sigmoid()
    q = (h if reset == "after" else r * h) @ w_n.T + b_n
    n = (x_n + (r * q if reset == "after" else q)).tanh()
    return {"h": n + z * (h - n), "cache": (x, h, r, z, n, q, w_ih, w_hh, reset)}


def _step(student, case, **reset):
    result = student.gru_cell_forward(*case.arrays, **reset)
    good = isinstance(result, list | tuple) and len(result) == 2
    expect(good, "should return h, cache")
    return result


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_after(student, torch_device, case):
    """Without a choice of reset, h agrees with torch's GRU cell."""
    h, _ = _step(student, case)
    assert_close(h, after(case, torch_device), name="h")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_before(student, torch_device, case):
    """With reset="before", h agrees with the formula of Cho and others."""
    h, _ = _step(student, case, reset="before")
    assert_close(h, parts(case, torch_device, "before")["h"], name="h")


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cache(student, torch_device, case, reset):
    """The cache is (x, h_prev, r, z, n, q, w_ih, w_hh, reset), in both variants."""
    _, cache = _step(student, case, reset=reset)
    assert_close(cache, parts(case, torch_device, reset)["cache"], name="cache")


@requires("test_after")
def test_refuses_other_variants(student):
    """Raises ValueError naming reset when it is neither "after" nor "before"."""
    for reset in ("never", "", "After"):
        with student.raises(ValueError, match=r"\breset\b"):
            student.gru_cell_forward(*CASES[0].arrays, reset=reset)


@requires("test_after")
def test_refuses_bad_shapes(student):
    """Raises ValueError naming w_hh when its shape is not (3H, H)."""
    x, h, w_ih, w_hh, b_ih, b_hh = CASES[0].arrays
    for wrong_w in (w_hh[:, :1], np.concatenate([w_hh, w_hh])):
        with student.raises(ValueError, match=r"\bw_hh\b"):
            student.gru_cell_forward(x, h, w_ih, wrong_w, b_ih, b_hh)
