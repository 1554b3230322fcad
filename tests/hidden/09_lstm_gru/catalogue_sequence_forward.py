"""sequence_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

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
eight_steps = wrong(
    "Your loop ends after eight steps. Run over all T.", times=lambda steps: range(min(steps, 8))
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
