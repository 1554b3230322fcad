"""sequence_backward: backpropagation through time over any cell; the one used here is no LSTM."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("sequence_backward")

NAMES = ("dx", "dh0", "dc0", "dw", "db")
CELL_BACKWARD = """
def turning_cell_backward(dh, dc, cache):
    hx, c, p, new, w = cache
    d = dc + dh * np.cos(new)
    da = np.concatenate([-d * c * np.sin(p), d], axis=1)
    dhx = da @ w
    hidden = c.shape[1]
    return dhx[:, hidden:], dhx[:, :hidden] + 0.3 * dh, d * np.cos(p), da.T @ hx, da.sum(axis=0)
"""


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    arrays: tuple
    dh: np.ndarray
    dc_last: np.ndarray
    caches: list

    def __str__(self):
        return f"x{self.arrays[0].shape} h{self.dc_last.shape} {self.name}"


def _caches(x, h, c, w, b):
    """The caches that the forward pass of the same cell leaves."""
    caches = []
    for t in range(x.shape[1]):
        hx = np.concatenate([h, x[:, t]], axis=1)
        p, q = np.split(hx @ w.T + b, 2, axis=1)
        new = np.cos(p) * c + q
        caches.append((hx, c, p, new, w))
        h, c = np.sin(new) + 0.3 * h, new
    return caches


def _case(rng, n, t, d, h, name):
    shapes = [(n, t, d), (n, h), (n, h), (2 * h, h + d), (2 * h,)]
    arrays = tuple(0.7 * rng.normal(size=shape) for shape in shapes)
    dh, dc_last = rng.normal(size=(n, t, h)), rng.normal(size=(n, h))
    dh[:, :-1] *= name != "loss at the end"
    return Case(name, arrays, dh, dc_last, _caches(*arrays))


def _cases():
    rng = case_rng("sequence_backward")
    every = "loss at every step"
    sizes = [
        (3, 5, 4, 2, every),
        (2, 6, 1, 3, every),
        (4, 4, 3, 2, "loss at the end"),
        (5, 1, 2, 3, every),
    ]
    return [_case(rng, *size) for size in sizes]


CASES = _cases()


@reference
def expected(case, device):
    leaves = [torch.tensor(a, device=device, requires_grad=True) for a in case.arrays]
    x, h, c, w, b = leaves
    states = []
    for x_t in x.unbind(dim=1):
        p, q = (torch.cat([h, x_t], dim=1) @ w.T + b).chunk(2, dim=1)
        c = p.cos() * c + q
        h = c.sin() + 0.3 * h
        states.append(h)
    upstream = [torch.tensor(a, device=device) for a in (case.dh, case.dc_last)]
    outputs = (torch.stack(states, dim=1), c)
    loss = sum((y * dy).sum() for y, dy in zip(outputs, upstream))
    gradients = torch.autograd.grad(loss, leaves)  # to pass dy on makes torch import sympy
    return dict(zip(NAMES, gradients, strict=True))


def _compare(student, device, case, *names):
    cell_backward = student.define(CELL_BACKWARD, "turning_cell_backward")
    result = student.sequence_backward(cell_backward, case.dh, case.dc_last, case.caches)
    good = isinstance(result, list | tuple) and len(result) == len(NAMES)
    expect(good, f"should return {', '.join(NAMES)}")
    found, wanted = dict(zip(NAMES, result, strict=True)), expected(case, device)
    pick = {name: wanted[name] for name in names}
    assert_close({name: found[name] for name in names}, pick, name="gradients")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs(student, torch_device, case):
    """The gradients of all inputs agree with torch, first step first."""
    _compare(student, torch_device, case, "dx")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_states(student, torch_device, case):
    """The gradients of h0 and c0 agree with torch."""
    _compare(student, torch_device, case, "dh0", "dc0")


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(student, torch_device, case):
    """The gradients of w and b, summed over the steps, agree with torch."""
    _compare(student, torch_device, case, "dw", "db")


@requires("test_parameters")
@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_starts_afresh(student, torch_device, case):
    """A second call accumulates from zero again."""
    for _ in range(2):
        _compare(student, torch_device, case, "dw", "db", "dx")


@requires("test_inputs")
def test_refuses_wrong_length(student):
    """Raises ValueError naming dh when it has not one step a cache."""
    cell_backward = student.define(CELL_BACKWARD, "turning_cell_backward")
    for case in (CASES[0], CASES[2]):  # in the second there are as many steps as samples
        for dh in (case.dh[:, 1:], np.concatenate([case.dh, case.dh], axis=1)):
            with student.raises(ValueError, match=r"\bdh\b"):
                student.sequence_backward(cell_backward, dh, case.dc_last, case.caches)


# Misconceptions


def _require(dh, caches):
    if dh.ndim != 3 or dh.shape[1] != len(caches):
        raise ValueError(f"dh has shape {dh.shape}, expected {len(caches)} steps")


def make(
    *,
    first=lambda dc_last: dc_last,
    arrive=lambda dh_t, dh_next, last: dh_t + dh_next,
    cell_state=lambda dc_next, dc_last: dc_next,
    times=lambda steps: range(steps)[::-1],
    pick=lambda caches, t: caches[t],
    gather=lambda total, new, step, steps: total + new,
    turn=lambda dx: dx[::-1],
    finish=lambda dh0, dc0, dh, dc_last: (dh0, dc0),
    require=_require,
):
    """Backpropagation through time with one part of it exchanged."""

    def sequence_backward(cell_backward, dh, dc_last, caches):
        require(dh, caches)
        steps = len(caches)
        dh_next, dc_next, dw, db, dx = np.zeros_like(dc_last), first(dc_last), 0.0, 0.0, []
        for k, t in enumerate(times(steps)):
            d, dc = arrive(dh[:, t], dh_next, k == 0), cell_state(dc_next, dc_last)
            dx_t, dh_next, dc_next, dw_t, db_t = cell_backward(d, dc, pick(caches, t))
            dw, db = gather(dw, dw_t, k, steps), gather(db, db_t, k, steps)
            dx.append(dx_t)
        dh0, dc0 = finish(dh_next, dc_next, dh, dc_last)
        return np.stack(turn(dx), axis=1), dh0, dc0, dw, db

    return sequence_backward


def wrong(message, **changed):
    return misconception("sequence_backward", message)(make(**changed))


overwritten = wrong(
    "dw and db hold the first step only: they were overwritten at each step. Add up all steps.",
    gather=lambda total, new, step, steps: new,
)
last_step_only = wrong(
    "dw and db hold the last step only. The weights were used at every step: add up.",
    gather=lambda total, new, step, steps: new if step == 0 else total,
)
step_clipped = wrong(
    "You clip the gradient between the steps. It travels on as it is.",
    arrive=lambda dh_t, dh_next, last: dh_t + np.clip(dh_next, -1, 1),
)
averaged = wrong(
    "dw and db were averaged over the steps. They are sums.",
    gather=lambda total, new, step, steps: total + new / steps,
)
future_h_dropped = wrong(
    "The gradient that the later steps send back through h is dropped. Add dh_next to dh[:, t].",
    arrive=lambda dh_t, dh_next, last: dh_t,
)
loss_at_end_only = wrong(
    "Only the loss of the last step enters. Add dh[:, t] at every step.",
    arrive=lambda dh_t, dh_next, last: dh_t if last else dh_next,
)
loss_never = wrong(
    "dh does not enter: add dh[:, t] at every step.", arrive=lambda dh_t, dh_next, last: dh_next
)
future_h_subtracted = wrong(
    "dh_next was subtracted. Add it.", arrive=lambda dh_t, dh_next, last: dh_t - dh_next
)
future_h_averaged = wrong(
    "The two gradients of h were averaged. They add up.",
    arrive=lambda dh_t, dh_next, last: dh_t if last else (dh_t + dh_next) / 2,
)
future_c_dropped = wrong(
    "The gradient that the later steps send back through c is dropped. Hand dc_prev on to "
    "the step before.",
    cell_state=lambda dc_next, dc_last: dc_next if dc_next is dc_last else np.zeros_like(dc_last),
)
c_never = wrong(
    "No gradient reaches the cell states. Start from dc_last and hand dc_prev on.",
    cell_state=lambda dc_next, dc_last: np.zeros_like(dc_last),
)
dc_last_ignored = wrong(
    "dc_last is not used. It is the gradient of the last cell state.", first=np.zeros_like
)
dc_last_each_step = wrong(
    "Every step gets dc_last. Only the last one does; the others get the dc_prev of the step "
    "after.",
    cell_state=lambda dc_next, dc_last: dc_last,
)
dc_last_added = wrong(
    "dc_last was added at every step. It enters once, at the last.",
    cell_state=lambda dc_next, dc_last: dc_next if dc_next is dc_last else dc_next + dc_last,
)
forwards = wrong(
    "Your loop runs from the first step to the last. Gradients travel backwards.",
    times=range,
    turn=lambda dx: dx,
)
dx_reversed = wrong(
    "dx came out back to front: the loop runs backwards, so turn the list round.",
    turn=lambda dx: dx,
)
caches_reversed = wrong(
    "Each step uses the cache of the mirrored step. caches[t] belongs to dh[:, t].",
    pick=lambda caches, t: caches[-1 - t],
)
last_cache_only = wrong(
    "Every step uses the cache of the last one. Use caches[t].", pick=lambda caches, t: caches[-1]
)
states_swapped = wrong(
    "You returned dc0, dh0. The order is dh0, dc0.", finish=lambda dh0, dc0, dh, dc_last: (dc0, dh0)
)
loss_counted_twice = wrong(
    "dh[:, 0] was added to dh0. It is the gradient of the state after the first step, not of h0.",
    finish=lambda dh0, dc0, dh, dc_last: (dh0 + dh[:, 0], dc0),
)
no_refusal = wrong(
    "A dh with another number of steps than caches must raise a ValueError that names dh.",
    require=lambda dh, caches: None,
)


def make_truncated(reach):
    def sequence_backward(cell_backward, dh, dc_last, caches):
        _require(dh, caches)
        start = max(0, len(caches) - reach)
        dx, dh0, dc0, dw, db = make()(cell_backward, dh[:, start:], dc_last, caches[start:])
        return np.pad(dx, ((0, 0), (start, 0), (0, 0))), dh0, dc0, dw, db

    return sequence_backward


truncated = misconception(
    "sequence_backward",
    "Your loop stops after a few steps (truncated BPTT). Go back to the first step.",
)(make_truncated(2))
first_step_missing = misconception(
    "sequence_backward", "Your loop stops before the first step. t = 0 belongs to it."
)(
    lambda cell_backward, dh, dc_last, caches: make_truncated(max(1, len(caches) - 1))(
        cell_backward, dh, dc_last, caches
    )
)


@misconception(
    "sequence_backward", "You changed dh in place (dh[:, t] += ...). Your caller still needs it."
)
def in_place(cell_backward, dh, dc_last, caches):
    gradients = make()(cell_backward, dh, dc_last, caches)
    dh += 1.0
    return gradients


def make_leaky():
    total = {}

    def sequence_backward(cell_backward, dh, dc_last, caches):
        dx, dh0, dc0, dw, db = make()(cell_backward, dh, dc_last, caches)
        before = total.get(dh.shape, (0.0, 0.0))
        total[dh.shape] = before[0] + dw, before[1] + db
        return dx, dh0, dc0, *total[dh.shape]

    return sequence_backward


gradients_leak = misconception(
    "sequence_backward",
    "dw and db still hold the gradients of an earlier call. Start from zero each time.",
)(make_leaky())


# Alternatives


@alternative("sequence_backward")
def filled_in(cell_backward, dh, dc_last, caches):
    _require(dh, caches)
    steps, dx = len(caches), None
    d, dc = dh[:, -1].copy(), dc_last.copy()
    for t in range(steps - 1, -1, -1):
        dx_t, d, dc, dw_t, db_t = cell_backward(d, dc, caches[t])
        if dx is None:
            dx, dw, db = (
                np.zeros((len(dh), steps, dx_t.shape[1])),
                np.zeros_like(dw_t),
                np.zeros_like(db_t),
            )
        dx[:, t] = dx_t
        dw += dw_t
        db += db_t
        d = d + dh[:, t - 1] if t else d
    return [dx, d, dc, dw, db]


@alternative("sequence_backward")
def recursive(cell_backward, dh, dc_last, caches):
    _require(dh, caches)
    if len(caches) == 1:
        dx, dh0, dc0, dw, db = cell_backward(dh[:, 0], dc_last, caches[0])
        return dx[:, None], dh0, dc0, dw, db
    dx, d, dc, dw, db = recursive(cell_backward, dh[:, 1:], dc_last, caches[1:])
    dx_0, dh0, dc0, dw_0, db_0 = cell_backward(dh[:, 0] + d, dc, caches[0])
    return np.concatenate([dx_0[:, None], dx], axis=1), dh0, dc0, dw + dw_0, db + db_0


@alternative("sequence_backward")
def sums_of_lists(cell_backward, dh, dc_last, caches):
    _require(dh, caches)
    grads, d, dc = [], np.zeros_like(dc_last), dc_last
    for dh_t, cache in zip(dh.transpose(1, 0, 2)[::-1], caches[::-1], strict=True):
        grads.insert(0, cell_backward(dh_t + d, dc, cache))
        _, d, dc, _, _ = grads[0]
    dx, _, _, dw, db = zip(*grads, strict=True)
    return np.array(dx).swapaxes(0, 1), d, dc, np.sum(dw, axis=0), np.sum(db, axis=0)
