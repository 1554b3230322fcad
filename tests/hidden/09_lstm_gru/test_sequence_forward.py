"""sequence_forward: a made-up cell in the student's loop, against the same loop in torch.

mistake                             case that exposes it       check
----------------------------------  -------------------------  ----------------
a state not carried, or exchanged   a cell that mixes h and c  states
h0 or c0 ignored                    random h0 and c0           states
wrong direction, a step missing     T from 1 to 12             states
time and batch exchanged            N = T as well as N != T    states
stops after 8 steps                 T = 12                     states
caches reversed, the last one only  T from 5 to 12             caches
state or caches of the last call    two calls                  starts_afresh
x without a time axis accepted      two and four axes          refuses_one_step
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

pytestmark = exercise("sequence_forward")

CELL = """
def turning_cell(x, h, c, w, b):
    hx = np.concatenate([h, x], axis=1)
    p, q = np.split(hx @ w.T + b, 2, axis=1)
    new = np.cos(p) * c + q
    return (np.sin(new) + 0.3 * h, new), (x, h, c, p)
"""


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    h0: np.ndarray
    c0: np.ndarray
    w: np.ndarray
    b: np.ndarray

    @property
    def arrays(self):
        return self.x, self.h0, self.c0, self.w, self.b

    def __str__(self):
        return f"x{self.x.shape} h{self.h0.shape}"


def _cases():
    rng = case_rng("sequence_forward")
    sizes = [(3, 5, 4, 2), (2, 6, 1, 3), (4, 4, 3, 2), (1, 7, 2, 3), (5, 1, 2, 3), (2, 12, 1, 2)]
    shapes = [((n, t, d), (n, h), (n, h), (2 * h, h + d), (2 * h,)) for n, t, d, h in sizes]
    return [Case(*(0.7 * rng.normal(size=shape) for shape in row)) for row in shapes]


CASES = _cases()


@reference
def expected(case, device):
    x, h, c, w, b = (torch.tensor(a, device=device) for a in case.arrays)
    states, caches = [], []
    for x_t in x.unbind(dim=1):
        p, q = (torch.cat([h, x_t], dim=1) @ w.T + b).chunk(2, dim=1)
        cache = (x_t, h, c, p)
        c = p.cos() * c + q
        h = c.sin() + 0.3 * h
        states.append(h)
        caches.append(cache)
    return {"output": (torch.stack(states, dim=1), c), "caches": caches}


def _run(student, case):
    """The student's (h, c_last) and caches, if that is what came back."""
    cell = student.define(CELL, "turning_cell")
    result = student.sequence_forward(cell, *case.arrays)
    good = isinstance(result, list | tuple) and len(result) == 2
    expect(good, "should return (h, c_last), caches")
    return result


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_states(student, torch_device, case):
    """Every hidden state and the last cell state agree with a loop over the given cell."""
    output, _ = _run(student, case)
    assert_close(output, expected(case, torch_device)["output"], name="(h, c_last)")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_caches(student, torch_device, case):
    """The caches are those that the cell returned, one a step, first step first."""
    _, caches = _run(student, case)
    assert_close(caches, expected(case, torch_device)["caches"], name="caches")


@requires("test_states")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_starts_afresh(student, torch_device, case):
    """A second call starts from h0 and c0 again."""
    for _ in range(2):
        output, caches = _run(student, case)
        assert_close(output, expected(case, torch_device)["output"], name="(h, c_last)")
        expect(
            len(caches) == case.x.shape[1],
            "should return as many caches as steps",
            value=len(caches),
        )


@requires("test_states")
def test_refuses_one_step(student):
    """Raises ValueError naming x when it has no time axis, or an axis too many."""
    case = CASES[0]
    cell = student.define(CELL, "turning_cell")
    for x in (case.x[:, 0], case.x[..., None]):
        with student.raises(ValueError, match=r"\bx\b"):
            student.sequence_forward(cell, x, case.h0, case.c0, case.w, case.b)
