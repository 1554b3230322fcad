"""bidirectional: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(x, lengths):
    if np.any(lengths < 1) or np.any(lengths > x.shape[1]):
        raise ValueError(f"lengths are {lengths}")


def _turned(a, lengths):
    """The real part of each sequence turned round, padding left where it is."""
    turned = a.copy()
    for row, length in zip(turned, lengths):
        row[:length] = row[:length][::-1].copy()
    return turned


def make(
    *,
    turn=_turned,
    turn_again=None,
    parameters=lambda forward, backward: (forward, backward),
    join=lambda there, back: np.concatenate([there, back], axis=2),
    real=lambda steps, lengths: np.arange(steps) < lengths[:, None],
    before_back=lambda x, there: x,
    refuse=_refuse,
):
    """Both directions with one part exchanged."""

    def bidirectional(run, x, lengths, forward, backward):
        refuse(x, lengths)
        forward, backward = parameters(forward, backward)
        there = run(x, *forward)
        back = run(turn(before_back(x, there), lengths), *backward)
        back = (turn_again or turn)(back, lengths)
        mask = real(x.shape[1], lengths)[..., None]
        return np.where(mask, join(there, back), 0.0)

    return bidirectional


def wrong(message, **changed):
    return misconception("bidirectional", message)(make(**changed))


def _as_it_is(a, lengths):
    return a


not_turned_again = wrong(
    "The backward direction's states stand in the order in which it read. Turn them round again, "
    "so that each stands at the step it has just read.",
    turn_again=_as_it_is,
)
never_turned = wrong("The second network reads forwards too. Turn its input round.", turn=_as_it_is)
only_states_turned = wrong(
    "The second network's states are turned round, but not its input.",
    turn=_as_it_is,
    turn_again=_turned,
)
padding_turned = wrong(
    "You turned the whole box round, so the second network reads the padding first. Each sequence "
    "is read from its own end.",
    turn=lambda a, lengths: a[:, ::-1],
)
padding_turned_states_right = wrong(
    "You turned the input within its length, but the states over the whole box.",
    turn_again=lambda a, lengths: a[:, ::-1],
)
features_turned = wrong(
    "You turned the features round. Turn the steps.",
    turn=lambda a, lengths: a[..., ::-1],
    turn_again=_as_it_is,
)
samples_turned = wrong(
    "You turned the order of the samples round. Turn the steps of each.",
    turn=lambda a, lengths: a[::-1],
    turn_again=_as_it_is,
)
one_step_off = wrong(
    "The sequences are turned without their last real step. Turn the first lengths[n] steps.",
    turn=lambda a, lengths: _turned(a, np.maximum(lengths - 1, 1)),
)
first_length_for_all = wrong(
    "All sequences are turned at the length of the first one. Each has a length of its own.",
    turn=lambda a, lengths: _turned(a, np.full_like(lengths, lengths[0])),
)
weights_shared = wrong(
    "Both directions use the forward parameters. Each has its own.",
    parameters=lambda forward, backward: (forward, forward),
)
weights_exchanged = wrong(
    "The parameters of the two directions are exchanged.",
    parameters=lambda forward, backward: (backward, forward),
)
backward_for_both = wrong(
    "Both directions use the backward parameters. Each has its own.",
    parameters=lambda forward, backward: (backward, backward),
)
summed = wrong(
    "The two directions were merged into H numbers, their sum or mean. Join them: 2H numbers.",
    join=lambda there, back: there + back,
)
halves_exchanged = wrong(
    "The backward direction comes first in your result. The forward direction does.",
    join=lambda there, back: np.concatenate([back, there], axis=2),
)
interleaved = wrong(
    "The numbers of the two directions alternate. First all of the forward direction, then all "
    "of the backward direction.",
    join=lambda there, back: np.stack([there, back], axis=3).reshape(*there.shape[:2], -1),
)
forward_twice = wrong(
    "The forward direction stands in both halves.",
    join=lambda there, back: np.concatenate([there, there], axis=2),
)
padding_kept = wrong(
    "In the padding, your states are not zero.",
    real=lambda steps, lengths: np.ones((len(lengths), steps), dtype=bool),
)
one_padded_step_kept = wrong(
    "The first padded step is not zero: real steps have t < lengths[n].",
    real=lambda steps, lengths: np.arange(steps) <= lengths[:, None],
)
last_real_step_lost = wrong(
    "The last real step of each sequence is zero: real steps have t < lengths[n].",
    real=lambda steps, lengths: np.arange(steps) < lengths[:, None] - 1,
)
any_lengths_accepted = wrong(
    "A length below 1 or above T must raise a ValueError that names lengths.",
    refuse=lambda x, lengths: None,
    turn=lambda a, lengths: _turned(a, np.clip(lengths, 1, a.shape[1])),
)
backward_of_forward = wrong(
    "The second network reads the states of the first. Both read the inputs.",
    before_back=lambda x, there: np.resize(there, x.shape),
)


@misconception(
    "bidirectional",
    "The padding is set to zero but still read first by the second network: with a bias, that "
    "leaves traces. Turn each sequence within its length.",
)
def zeros_read_first(run, x, lengths, forward, backward):
    _refuse(x, lengths)
    real = (np.arange(x.shape[1]) < lengths[:, None])[..., None]
    x = np.where(real, x, 0.0)
    back = run(x[:, ::-1], *backward)[:, ::-1]
    return np.where(real, np.concatenate([run(x, *forward), back], axis=2), 0.0)


@misconception("bidirectional", "You changed x in place. Your caller still needs it.")
def in_place(run, x, lengths, forward, backward):
    h = make()(run, x, lengths, forward, backward)
    x[...] = _turned(x, lengths)
    return h


# Alternatives


@alternative("bidirectional")
def one_sequence_at_a_time(run, x, lengths, forward, backward):
    _refuse(x, lengths)
    rows = []
    for sequence, length in zip(x, lengths):
        there = run(sequence[None, :length], *forward)[0]
        back = run(sequence[None, :length][:, ::-1], *backward)[0][::-1]
        joined = np.concatenate([there, back], axis=1)
        rows.append(np.pad(joined, ((0, len(sequence) - length), (0, 0))))
    return np.array(rows)


@alternative("bidirectional")
def by_index(run, x, lengths, forward, backward):
    _refuse(x, lengths)
    steps = x.shape[1]
    index = (lengths[:, None] - 1 - np.arange(steps)) % steps  # padding is moved, and then cut off
    back = run(np.take_along_axis(x, index[..., None], axis=1), *backward)
    back = np.take_along_axis(back, index[..., None], axis=1)
    h = np.concatenate([run(x, *forward), back], axis=2)
    h[np.arange(steps) >= lengths[:, None]] = 0.0
    return h


@alternative("bidirectional")
def padding_to_the_front(run, x, lengths, forward, backward):
    _refuse(x, lengths)
    there, h = run(x, *forward), None
    for n, length in enumerate(lengths):
        back = run(x[n : n + 1, length - 1 :: -1] if length else x[n : n + 1], *backward)
        if h is None:
            h = np.zeros((*x.shape[:2], there.shape[2] + back.shape[2]))
        h[n, :length, : there.shape[2]] = there[n, :length]
        h[n, :length, there.shape[2] :] = back[0, ::-1]
    return h
