"""peephole_cell: against the formulas, and without peepholes against torch.

mistake                                    case that exposes it    check
-----------------------------------------  ----------------------  ------------------
i and f peep at h, at tanh(c), not at all  random states           cell_state
rows of p in another order                 all weights random      cell_state
the candidate peeps                        random p                cell_state
o peeps at the old c, or not at all        random p_o              hidden_state
the cell itself                            p = 0                   without_peepholes
p of another shape accepted                (3, 1), (4, H), (H, 3)  refuses_bad_shapes
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

pytestmark = exercise("peephole_cell")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h: np.ndarray
    c: np.ndarray
    w: np.ndarray
    b: np.ndarray
    p: np.ndarray

    @property
    def arrays(self):
        return self.x, self.h, self.c, self.w, self.b, self.p

    def __str__(self):
        return f"x{self.x.shape} h{self.h.shape}"


def _cases():
    rng = case_rng("peephole_cell")
    sizes = [(4, 3, 2), (2, 3, 5), (1, 2, 3), (5, 1, 2)]
    shapes = [((n, d), (n, h), (n, h), (4 * h, h + d), (4 * h,), (3, h)) for n, d, h in sizes]
    return [Case(*(rng.normal(size=shape) for shape in row)) for row in shapes]


CASES = _cases()


@reference
def expected(case, device):
    """The formulas of Gers & Schmidhuber; torch has no such cell."""
    x, h, c, w, b, p = (torch.tensor(a, device=device) for a in case.arrays)
    i, f, g, o = (torch.cat([h, x], dim=1) @ w.T + b).chunk(4, dim=1)
    new = torch.sigmoid(f + p[1] * c) * c + torch.sigmoid(i + p[0] * c) * torch.tanh(g)
    return torch.sigmoid(o + p[2] * new) * torch.tanh(new), new


@reference
def without_peepholes(case, device):
    """torch's own cell: what is left when all peephole weights are zero."""
    x, h, c, w, b, _ = (torch.tensor(a, device=device) for a in case.arrays)
    hidden = h.shape[1]
    return torch.lstm_cell(x, (h, c), w[:, hidden:], w[:, :hidden], b, torch.zeros_like(b))


def _states(student, case, p):
    result = student.peephole_cell(case.x, case.h, case.c, case.w, case.b, p)
    expect(isinstance(result, list | tuple) and len(result) == 2, "should return (h, c)")
    return result


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_cell_state(student, torch_device, case):
    """The new cell state agrees with the formulas: i and f peep at the old one."""
    assert_close(_states(student, case, case.p)[1], expected(case, torch_device)[1], name="c")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_hidden_state(student, torch_device, case):
    """The hidden state agrees with the formulas: o peeps at the new cell state."""
    assert_close(_states(student, case, case.p)[0], expected(case, torch_device)[0], name="h")


@requires("test_cell_state")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_peepholes(student, torch_device, case):
    """With all peephole weights zero it is torch's LSTM cell."""
    found = _states(student, case, np.zeros_like(case.p))
    assert_close(found, without_peepholes(case, torch_device), name="(h, c)")


@requires("test_cell_state")
def test_refuses_bad_shapes(student):
    """Raises ValueError naming p when its shape is not (3, H)."""
    case = CASES[0]
    for p in (case.p[:, :1], np.concatenate([case.p, case.p[:1]]), case.p.T):
        with student.raises(ValueError, match=r"\bp\b"):
            student.peephole_cell(case.x, case.h, case.c, case.w, case.b, p)
