"""truncated_backward: torch's autograd with the state detached at the borders of the windows.

The `backward` that is passed in belongs to the simplest recurrence whose gradient depends on every
part of the cache: h_t = w_h * h_{t-1} + w_x * x_t, unit by unit.

mistake                                     case that exposes it          check
------------------------------------------  ----------------------------  ------------------
gradient not cut, or cut elsewhere          T = 7, windows 2, 3, 4        inputs
the short last window lost                  T not a multiple of window    inputs
state not carried to the next window        dw_h, states != 0             parameters
gradient of h0 from another window          h0's gradient                 inputs
sums over some windows, or averages         three and more windows        parameters
a window longer than the sequence           window 7, 20                  one_window
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

pytestmark = exercise("truncated_backward")
rng = case_rng("truncated_backward")
NAMES = ("dx", "dh0", "dw_x", "dw_h", "db")
UNIT_BY_UNIT = """
def unit_by_unit_backward(dh, cache):
    x, h0, w_x, w_h, h = cache
    future, dx = np.zeros_like(h0), np.zeros_like(x)
    dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(w_h)
    for t in range(dh.shape[1] - 1, -1, -1):
        d = dh[:, t] + future
        dx[:, t] = d * w_x
        dw_x += (d * x[:, t]).sum(axis=0)
        dw_h += (d * (h[:, t - 1] if t else h0)).sum(axis=0)
        db += d.sum(axis=0)
        future = d * w_h
    return dx, future, dw_x, dw_h, db
"""


@dataclass(frozen=True, eq=False)
class Case:
    inputs: tuple
    dh: np.ndarray
    window: int

    def __str__(self):
        samples, steps, units = self.dh.shape
        return f"N={samples} T={steps} H={units} window={self.window}"

    @property
    def cache(self):
        x, h0, w_x, w_h, b = self.inputs
        h = [h0]
        for t in range(x.shape[1]):
            h.append(h[-1] * w_h + x[:, t] * w_x + b)
        return x, h0, w_x, w_h, np.stack(h[1:], axis=1)


def _case(samples, steps, units, window):
    inputs = (
        rng.normal(size=(samples, steps, units)),
        rng.normal(size=(samples, units)),
        rng.uniform(0.5, 1.5, size=units),
        rng.uniform(0.5, 1.2, size=units) * rng.choice([-1.0, 1.0], size=units),
        rng.normal(size=units),
    )
    return Case(inputs, rng.normal(size=(samples, steps, units)), window)


CASES = [
    _case(2, 10, 3, 3),
    _case(3, 8, 2, 3),
    _case(2, 8, 3, 4),
    _case(4, 7, 2, 2),
    _case(2, 5, 4, 1),
]
FIXED = Case(
    (
        np.sin(np.arange(42.0)).reshape(2, 7, 3),
        np.array([[1.0, -2.0, 0.5], [0.7, 1.5, -1.0]]),
        np.array([0.5, 1.5, -0.8]),
        np.array([0.9, -0.7, 1.1]),
        np.array([0.2, 0.0, -0.4]),
    ),
    np.cos(np.arange(42.0)).reshape(2, 7, 3),
    3,
)
ONE_WINDOW = [_case(2, 7, 3, 7), _case(3, 4, 2, 20), _case(2, 7, 3, 6)]


@reference
def expected(case, device):
    x, h0, w_x, w_h, b = (torch.tensor(a, device=device, requires_grad=True) for a in case.inputs)
    h, states = h0, []
    for t in range(x.shape[1]):
        if t and t % case.window == 0:
            h = h.detach()
        h = h * w_h + x[:, t] * w_x + b
        states.append(h)
    upstream = torch.tensor(case.dh, device=device)
    return torch.autograd.grad(torch.stack(states, dim=1), (x, h0, w_x, w_h, b), upstream)


def _compare(student, device, case, names=NAMES):
    backward = student.define(UNIT_BY_UNIT, "unit_by_unit_backward")
    result = student.truncated_backward(backward, case.dh, case.cache, case.window)
    size = len(result) if isinstance(result, tuple | list) else -1
    expect(size == 5, "five gradients should come back", value=size)
    for name, wanted in zip(NAMES, expected(case, device)):
        if name in names:
            assert_close(result[NAMES.index(name)], wanted, name=name)


@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_inputs(student, torch_device, case):
    """dx and dh0 end where a window ends."""
    _compare(student, torch_device, case, NAMES[:2])


@weight(2)
@pytest.mark.parametrize("case", [FIXED, *CASES], ids=str)
def test_parameters(student, torch_device, case):
    """dw_x, dw_h and db are summed over the windows, each starting from the state before it."""
    _compare(student, torch_device, case, NAMES[2:])


@requires("test_inputs")
@requires("test_parameters")
@pytest.mark.parametrize("case", ONE_WINDOW, ids=str)
def test_one_window(student, torch_device, case):
    """A window as long as the sequence, or longer, cuts nothing; one step less cuts one step."""
    _compare(student, torch_device, case)


@requires("test_inputs")
@pytest.mark.parametrize("window", [0, -2])
def test_refuses_window(student, window):
    """Raises ValueError naming window when it is below 1."""
    backward = student.define(UNIT_BY_UNIT, "unit_by_unit_backward")
    with student.raises(ValueError, match=r"\bwindow\b"):
        student.truncated_backward(backward, CASES[0].dh, CASES[0].cache, window)
