"""one_to_many: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(steps, feed):
    if feed not in ("first", "every"):
        raise ValueError(f"feed is {feed!r}")
    if steps < 1:
        raise ValueError(f"steps is {steps}")


def make(
    *,
    shown=lambda x, h, t, feed: x if t == 0 or feed == "every" else np.zeros_like(x),
    old=lambda h, h0, t: h,
    start=lambda h0: h0,
    count=lambda steps: steps,
    finish=lambda states, h0: np.stack(states, axis=1),
    refuse=_refuse,
):
    """The loop with one part of it exchanged."""

    def one_to_many(step, x, h0, steps, *, feed):
        refuse(steps, feed)
        h, states = start(h0), []
        for t in range(count(steps)):
            h = step(shown(x, h, t, feed), old(h, h0, t))
            states.append(h)
        return finish(states, h0)

    return one_to_many


def wrong(message, **changed):
    return misconception("one_to_many", message)(make(**changed))


always_every = wrong(
    'x is shown at every step, with "first" too. Then the later steps see zeros.',
    shown=lambda x, h, t, feed: x,
)
always_first = wrong(
    'x is shown at the first step only, with "every" too.',
    shown=lambda x, h, t, feed: x if t == 0 else np.zeros_like(x),
)
words_exchanged = wrong(
    '"first" and "every" are exchanged.',
    shown=lambda x, h, t, feed: x if t == 0 or feed == "first" else np.zeros_like(x),
)
never_at_the_first = wrong(
    "The first step sees zeros; x comes one step late.",
    shown=lambda x, h, t, feed: x if t == 1 or (t > 1 and feed == "every") else np.zeros_like(x),
)
shown_at_the_last = wrong(
    'With "first", x is shown twice, at the first two steps.',
    shown=lambda x, h, t, feed: x if t <= 1 or feed == "every" else np.zeros_like(x),
)
ones_for_zeros = wrong(
    'With "first", the later steps see ones. They see zeros.',
    shown=lambda x, h, t, feed: x if t == 0 or feed == "every" else np.ones_like(x),
)
own_state_as_input = wrong(
    'With "first", the later steps see the state as their input. They see zeros.',
    shown=lambda x, h, t, feed: x if t == 0 or feed == "every" else np.resize(h, x.shape),
)
h0_lost = wrong("The first step starts from zero. It starts from h0.", start=np.zeros_like)
always_from_h0 = wrong(
    "Every step starts from h0. Each starts from the state before it.", old=lambda h, h0, t: h0
)
state_lost = wrong(
    "Only the first step sees a state; the others start from zero. Carry the state on.",
    old=lambda h, h0, t: h if t == 0 else np.zeros_like(h),
)
one_state_less = wrong(
    "One state is missing: there are as many as steps.", count=lambda steps: max(1, steps - 1)
)
one_state_more = wrong(
    "There is one state too many: as many as steps are wanted.", count=lambda steps: steps + 1
)
h0_among_the_states = wrong(
    "h0 is among the states that come back. The first of them is the state after the first step.",
    finish=lambda states, h0: np.stack([h0, *states[:-1]], axis=1),
)
only_the_last = wrong(
    "Only the last state came back. Return all of them, (N, T, H).",
    finish=lambda states, h0: states[-1],
)
time_first = wrong(
    "Your states have shape (T, N, H). The batch is the first axis: (N, T, H).",
    finish=lambda states, h0: np.stack(states),
)
turned_round = wrong(
    "Your states are in reverse order of time.",
    finish=lambda states, h0: np.stack(states[::-1], axis=1),
)


def _only_steps(steps, feed):
    if steps < 1:
        raise ValueError(f"steps is {steps}")


def _only_feed(steps, feed):
    if feed not in ("first", "every"):
        raise ValueError(f"feed is {feed!r}")


any_feed_accepted = wrong(
    "A feed that is neither word must raise a ValueError that names feed.", refuse=_only_steps
)
any_steps_accepted = wrong(
    "Fewer than 1 steps must raise a ValueError that names steps.",
    refuse=_only_feed,
    count=lambda steps: max(1, steps),
)


# Alternatives


@alternative("one_to_many")
def inputs_first(step, x, h0, steps, *, feed):
    _refuse(steps, feed)
    inputs = np.repeat(x[:, None], steps, axis=1)
    if feed == "first":
        inputs[:, 1:] = 0.0
    states = []
    for x_t in inputs.swapaxes(0, 1):
        states.append(step(x_t, states[-1] if states else h0))
    return np.array(states).swapaxes(0, 1)


@alternative("one_to_many")
def filled_in(step, x, h0, steps, *, feed):
    _refuse(steps, feed)
    h = np.zeros((len(x), steps, h0.shape[1]))
    h[:, 0] = step(x, h0)
    for t in range(1, steps):
        h[:, t] = step(x * (feed == "every"), h[:, t - 1])
    return h


@alternative("one_to_many")
def recursive(step, x, h0, steps, *, feed):
    _refuse(steps, feed)
    h = step(x, h0)
    if steps == 1:
        return h[:, None]
    later = recursive(step, x if feed == "every" else 0 * x, h, steps - 1, feed="every")
    return np.concatenate([h[:, None], later], axis=1)
