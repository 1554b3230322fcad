"""sequence_forward: any cell over a sequence.

The cell of these checks is no LSTM: it is sent to the kernel, and should give nothing away.
"""

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
    sizes = [(3, 5, 4, 2), (2, 6, 1, 3), (4, 4, 3, 2), (1, 7, 2, 3), (5, 1, 2, 3)]
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


# Misconceptions


def _require(x):
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}")


def make(
    *,
    start=lambda h0, c0: (h0, c0),
    times=lambda steps: range(steps),
    step=lambda cell, x_t, h, c, h0, c0, w, b: cell(x_t, h, c, w, b),
    collect=lambda before, h, c: h,
    finish=lambda collected, h, c, c0: (np.stack(collected, axis=1), c),
    keep=lambda caches: caches,
    require=_require,
):
    """A loop over the cell with one part of it exchanged."""

    def sequence_forward(cell, x, h0, c0, w, b):
        require(x)
        h, c = start(h0, c0)
        collected, caches = [], []
        for t in times(x.shape[1]):
            before = h
            (h, c), cache = step(cell, x[:, t], h, c, h0, c0, w, b)
            collected.append(collect(before, h, c))
            caches.append(cache)
        return finish(collected, h, c, c0), keep(caches)

    return sequence_forward


def wrong(message, **changed):
    return misconception("sequence_forward", message)(make(**changed))


c_not_carried = wrong(
    "Every step starts from c0. Hand the cell state of the step before to the next.",
    step=lambda cell, x_t, h, c, h0, c0, w, b: cell(x_t, h, c0, w, b),
)
h_not_carried = wrong(
    "Every step starts from h0. Hand the hidden state of the step before to the next.",
    step=lambda cell, x_t, h, c, h0, c0, w, b: cell(x_t, h0, c, w, b),
)
nothing_carried = wrong(
    "Every step starts from h0 and c0. Hand both states on to the next step.",
    step=lambda cell, x_t, h, c, h0, c0, w, b: cell(x_t, h0, c0, w, b),
)
c_becomes_h = wrong(
    "The cell gets its states in the wrong order: cell(x_t, h, c, w, b).",
    step=lambda cell, x_t, h, c, h0, c0, w, b: cell(x_t, c, h, w, b),
)
h0_ignored = wrong(
    "The first hidden state is zero in your loop. Start from h0.",
    start=lambda h0, c0: (np.zeros_like(h0), c0),
)
c0_ignored = wrong(
    "The first cell state is zero in your loop. Start from c0.",
    start=lambda h0, c0: (h0, np.zeros_like(c0)),
)
both_ignored = wrong(
    "Your loop starts from zeros. Start from h0 and c0.",
    start=lambda h0, c0: (np.zeros_like(h0), np.zeros_like(c0)),
)
starts_swapped = wrong("h0 and c0 are exchanged at the start.", start=lambda h0, c0: (c0, h0))
h0_collected = wrong(
    "Your hidden states begin with h0, so there is one too many. Collect the h after each step.",
    collect=lambda before, h, c: before,
    finish=lambda collected, h, c, c0: (np.stack([*collected, h], axis=1), c),
)
reads_backwards = wrong(
    "Your loop reads the sequence from its end. Start at the first step.",
    times=lambda steps: range(steps)[::-1],
)
reads_and_stores_backwards = wrong(
    "Your loop reads the sequence from its end (and turns the result round). Start at the "
    "first step.",
    times=lambda steps: range(steps)[::-1],
    finish=lambda collected, h, c, c0: (np.stack(collected[::-1], axis=1), c),
    keep=lambda caches: caches[::-1],
)
first_input_only = wrong(
    "Every step sees the first input. The step t sees x[:, t].", times=lambda steps: [0] * steps
)
last_step_missing = wrong(
    "The last step is missing: run over all T.", times=lambda steps: range(max(1, steps - 1))
)
first_step_missing = wrong(
    "The first step is missing: begin at t = 0.",
    times=lambda steps: range(min(1, steps - 1), steps),
)
time_first = wrong(
    "h came back as (T, N, H). Batches come first: stack along axis 1.",
    finish=lambda collected, h, c, c0: (np.stack(collected), c),
)
reversed_output = wrong(
    "The hidden states are in reverse order: first step first.",
    finish=lambda collected, h, c, c0: (np.stack(collected[::-1], axis=1), c),
)
collects_c = wrong(
    "You collected the cell states. h holds the hidden states.", collect=lambda before, h, c: c
)
shifted = wrong(
    "You stored the state before each step. h[:, t] is the state after it.",
    collect=lambda before, h, c: before,
)
last_h_only = wrong(
    "You returned only the last hidden state. All T are wanted.",
    finish=lambda collected, h, c, c0: (h, c),
)
h_for_c = wrong(
    "Your second output is the last hidden state. c_last is the last cell state.",
    finish=lambda collected, h, c, c0: (np.stack(collected, axis=1), h),
)
first_c = wrong(
    "Your second output is c0. c_last is the cell state after the last step.",
    finish=lambda collected, h, c, c0: (np.stack(collected, axis=1), c0),
)
caches_reversed = wrong(
    "The caches are in reverse order: first step first.", keep=lambda caches: caches[::-1]
)
caches_of_one = wrong(
    "You kept the cache of the last step only. One a step is wanted.",
    keep=lambda caches: caches[-1:],
)
cache_aliased = wrong(
    "All entries of caches are the same: the last step's. Append each step's own cache.",
    keep=lambda caches: [caches[-1]] * len(caches),
)
no_refusal = wrong(
    "An x without a time axis must raise a ValueError that names x.", require=lambda x: None
)


@misconception(
    "sequence_forward",
    "Your loop runs over the first axis of x. That is the batch; time is the second: x[:, t].",
)
def batch_for_time(cell, x, h0, c0, w, b):
    return make()(cell, x.swapaxes(0, 1), h0, c0, w, b)


def make_leaky():
    last = {}

    def sequence_forward(cell, x, h0, c0, w, b):
        same = last.get("x") is not None and np.array_equal(last["x"], x)
        h, c = last["states"] if same else (h0, c0)
        output, caches = make()(cell, x, h, c, w, b)
        last.update(x=x, states=(output[0][:, -1], output[1]))
        return output, caches

    return sequence_forward


state_leaks = misconception(
    "sequence_forward",
    "The second call went on where the first had stopped. Start from h0 and c0 each time.",
)(make_leaky())


def make_growing():
    caches = []

    def sequence_forward(cell, x, h0, c0, w, b):
        output, new = make()(cell, x, h0, c0, w, b)
        caches.extend(new)
        return output, list(caches)

    return sequence_forward


caches_leak = misconception(
    "sequence_forward",
    "Your list of caches still holds those of earlier calls. Make a new list each time.",
)(make_growing())


# Alternatives


@alternative("sequence_forward")
def filled_in(cell, x, h0, c0, w, b):
    _require(x)
    n, steps, _ = x.shape
    h = np.empty((n, steps, h0.shape[1]))
    state, caches = (h0.copy(), c0.copy()), [None] * steps
    for t, x_t in enumerate(x.transpose(1, 0, 2)):
        state, caches[t] = cell(x_t, *state, w, b)
        h[:, t, :] = state[0]
    return [h, state[1]], tuple(caches)


@alternative("sequence_forward")
def recursive(cell, x, h0, c0, w, b):
    _require(x)
    (h, c), cache = cell(x[:, 0], h0, c0, w, b)
    if x.shape[1] == 1:
        return (h[:, None], c), [cache]
    (later, c), caches = recursive(cell, x[:, 1:], h, c, w, b)
    return (np.concatenate([h[:, None], later], axis=1), c), [cache, *caches]


@alternative("sequence_forward")
def as_lists(cell, x, h0, c0, w, b):
    _require(x)
    hs, cs, caches = [h0], [c0], []
    for t in range(x.shape[1]):
        (h, c), cache = cell(x[:, t, :], hs[-1], cs[-1], w, b)
        hs += [h]
        cs += [c]
        caches += [cache]
    return (np.array(hs[1:]).swapaxes(0, 1), cs[-1]), caches
