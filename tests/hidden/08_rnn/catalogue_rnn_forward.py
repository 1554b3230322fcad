"""rnn_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .recurrence import states


def _refuse(x, h0, w_x, w_h, b):
    if x.ndim != 3 or x.shape[2] != w_x.shape[1]:
        raise ValueError(f"x has shape {x.shape}, expected (N, T, {w_x.shape[1]})")
    if h0.shape != (len(x), len(w_h)):
        raise ValueError(f"h0 has shape {h0.shape}, expected {(len(x), len(w_h))}")


def _wrong(message, compute):
    """A forward pass with the right cache and refusals, and states from `compute`."""

    @misconception("rnn_forward", message)
    def variant(x, h0, w_x, w_h, b):
        _refuse(x, h0, w_x, w_h, b)
        h = compute(x, h0, w_x, w_h, b)
        return h, (x, h0, w_x, w_h, h)

    return variant


def _run(
    x,
    h0,
    w_x,
    w_h,
    b,
    *,
    activate=np.tanh,
    old=lambda states, h0, t: states[-1] if states else h0,
    new=lambda state, before: state,
    seen=lambda x, t: x[:, t],
    bias=lambda b, t: b,
):
    """The loop with one part of it exchanged."""
    h = []
    for t in range(x.shape[1]):
        before = old(h, h0, t)
        a = seen(x, t) @ w_x.T + before @ w_h.T + bias(b, t)
        h.append(new(activate(a), before))
    return np.stack(h, axis=1)


def _changed(message, **parts):
    return _wrong(message, lambda *arguments: _run(*arguments, **parts))


# Misconceptions: the state that goes into a step

first_state_wraps_round = _changed(
    "Your first step does not start from h0. (At t = 0, h[:, t - 1] is the last column of the "
    "array, still zero.)",
    old=lambda states, h0, t: states[-1] if states else np.zeros_like(h0),
)
always_from_h0 = _changed(
    "Every step starts from h0. Only the first one does; each later one from the state before.",
    old=lambda states, h0, t: h0,
)
no_memory = _changed(
    "Every step starts from zero: your network has no memory.",
    old=lambda states, h0, t: np.zeros_like(h0),
)
h0_lost_after_the_second = _changed(
    "Your second step starts from h0 too. It starts from the first state.",
    old=lambda states, h0, t: states[-1] if t > 1 else h0,
)
two_steps_back = _changed(
    "From the third step on, the state of two steps before is used. Use that of one step before.",
    old=lambda states, h0, t: states[-2] if t > 1 else (states[-1] if states else h0),
)
first_sample_for_all = _changed(
    "All samples start from the first row of h0. Each has a row of its own.",
    old=lambda states, h0, t: states[-1] if states else np.repeat(h0[:1], len(h0), axis=0),
)
states_accumulate = _changed(
    "Your states are added up. The tanh is the new state; the old one enters inside it only.",
    new=lambda state, before: state + before,
)

# Misconceptions: inside a step

no_activation = _changed("The tanh is missing.", activate=lambda a: a)
sigmoid = _changed(
    "Your activation is a sigmoid. It is tanh here.", activate=lambda a: 1.0 / (1.0 + np.exp(-a))
)
tanh_twice = _changed("The tanh is taken twice.", activate=lambda a: np.tanh(np.tanh(a)))
tanh_outside_the_loop = _wrong(
    "The tanh is taken of the output alone; the values handed from step to step have none.",
    lambda *arguments: np.tanh(_run(*arguments, activate=lambda a: a)),
)
bias_missing = _changed("The bias is missing.", bias=lambda b, t: np.zeros_like(b))
bias_twice = _changed(
    "The bias is added twice at each step. Here it has one, unlike torch.", bias=lambda b, t: 2 * b
)
bias_at_the_first_step = _changed(
    "The bias is added at the first step only.", bias=lambda b, t: b if t == 0 else np.zeros_like(b)
)
w_h_transposed = _wrong(
    "w_h is transposed: it is (out, in), so the old state is multiplied by w_h.T.",
    lambda x, h0, w_x, w_h, b: _run(x, h0, w_x, w_h.T, b),
)
w_x_transposed = _wrong(
    "w_x is transposed: it is (out, in), so the input is multiplied by w_x.T.",
    lambda x, h0, w_x, w_h, b: _run(x, h0, w_x.T.reshape(w_x.shape), w_h, b),
)
w_x_for_the_state = _wrong(
    "The old state is multiplied by w_x. Its matrix is w_h.",
    lambda x, h0, w_x, w_h, b: _run(x, h0, w_x, w_x, b),
)
w_h_missing = _wrong(
    "The old state is added as it is. It is multiplied by w_h.T first.",
    lambda x, h0, w_x, w_h, b: _run(x, h0, w_x, np.eye(len(w_h)), b),
)

# Misconceptions: axes and order of time

input_at_the_first_step = _changed(
    "Only the first input is used. Each step has its own, x[:, t].",
    seen=lambda x, t: x[:, t] if t == 0 else np.zeros_like(x[:, t]),
)
same_input_at_each_step = _changed(
    "Every step sees the first input. Each step has its own, x[:, t].", seen=lambda x, t: x[:, 0]
)
input_one_step_late = _changed(
    "Your inputs come one step late. State t has seen x[:, t].",
    seen=lambda x, t: x[:, t - 1] if t else np.zeros_like(x[:, 0]),
)
backwards = _changed(
    "Your network reads from the last step to the first.", seen=lambda x, t: x[:, -1 - t]
)
states_turned_round = _wrong(
    "Your states come back in reverse order: h[:, 0] is the state after the first step.",
    lambda *arguments: _run(*arguments)[:, ::-1],
)
states_before_each_step = _wrong(
    "h[:, t] is the state before step t: h0 is the first one. It should be the state after step t.",
    lambda x, h0, *p: np.concatenate([h0[:, None], _run(x, h0, *p)[:, :-1]], axis=1),
)
last_state_missing = _wrong(
    "Your last state is still zero: the loop ends one step too early.",
    lambda *arguments: (
        _run(*arguments) * (np.arange(arguments[0].shape[1]) < _last(arguments))[:, None]
    ),
)
h0_among_the_states = _wrong(
    "h0 is returned as one of the states. There are T of them, the first after the first input.",
    lambda x, h0, *p: np.concatenate([h0[:, None], _run(x, h0, *p)], axis=1),
)
only_the_last_state = _wrong(
    "Only the last state came back. Return all of them, (N, T, H).",
    lambda *arguments: _run(*arguments)[:, -1],
)
time_first = _wrong(
    "Your states have shape (T, N, H). The batch is the first axis here: (N, T, H).",
    lambda *arguments: _run(*arguments).swapaxes(0, 1),
)
batch_for_time = _wrong(
    "Your loop runs over the samples: the first axis of x is the batch, the second is time.",
    lambda x, h0, w_x, w_h, b: _run(
        x.swapaxes(0, 1), np.resize(h0, (x.shape[1], len(b))), w_x, w_h, b
    ).swapaxes(0, 1),
)
batch_is_one_long_sequence = _wrong(
    "Each sample starts from the last state of the sample before. Each starts from its row of h0.",
    lambda x, h0, w_x, w_h, b: _run(x.reshape(1, -1, x.shape[2]), h0[:1], w_x, w_h, b).reshape(
        *x.shape[:2], -1
    ),
)


def _last(arguments):
    return arguments[0].shape[1] - 1


# Misconceptions: what is kept, returned and refused


@misconception("rnn_forward", "Only h came back. Return the pair (h, cache).")
def no_cache(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    return states(x, h0, w_x, w_h, b)


@misconception("rnn_forward", "Your cache holds the last state only. The way back needs them all.")
def last_state_in_cache(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = states(x, h0, w_x, w_h, b)
    return h, (x, h0, w_x, w_h, h[:, -1])


@misconception(
    "rnn_forward", "In your cache, the last state stands in the place of h0. Keep h0 itself."
)
def last_state_for_h0(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = states(x, h0, w_x, w_h, b)
    return h, (x, h[:, -1], w_x, w_h, h)


@misconception("rnn_forward", "Your cache holds the bias as well. It is (x, h0, w_x, w_h, h).")
def bias_in_cache(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = states(x, h0, w_x, w_h, b)
    return h, (x, h0, w_x, w_h, b, h)


def _keeping():
    kept = {}

    @misconception(
        "rnn_forward",
        "A second call goes on from the state where the first one ended. Each call starts from h0.",
    )
    def state_survives(x, h0, w_x, w_h, b):
        _refuse(x, h0, w_x, w_h, b)
        h = states(x, kept.get(h0.shape, h0), w_x, w_h, b)
        kept[h0.shape] = h[:, -1]
        return h, (x, h0, w_x, w_h, h)

    return state_survives


state_survives = _keeping()


@misconception("rnn_forward", "You changed h0 in place. Your caller still needs it.")
def h0_in_place(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = states(x, h0, w_x, w_h, b)
    h0[...] = h[:, -1]
    return h, (x, h0, w_x, w_h, h)


@misconception(
    "rnn_forward", "An x of a wrong shape must raise a ValueError that names x and its shape."
)
def any_x_accepted(x, h0, w_x, w_h, b):
    if x.ndim == 3:
        _refuse(np.resize(x, (*x.shape[:2], w_x.shape[1])), h0, w_x, w_h, b)
    x = np.resize(x, (len(h0), x.shape[1], w_x.shape[1])) if x.shape[-1] != w_x.shape[1] else x
    h = states(x, h0, w_x, w_h, b) if x.ndim == 3 else x
    return h, (x, h0, w_x, w_h, h)


@misconception(
    "rnn_forward",
    "An h0 of a wrong shape must raise a ValueError that names h0, even one that broadcasts.",
)
def any_h0_accepted(x, h0, w_x, w_h, b):
    start = np.resize(h0, (len(x), len(w_h)))
    _refuse(x, start, w_x, w_h, b)
    h = states(x, start, w_x, w_h, b)
    return h, (x, h0, w_x, w_h, h)


# Alternatives


@alternative("rnn_forward")
def inputs_first(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = x @ w_x.T + b  # the inputs of all steps at once
    for t in range(x.shape[1]):
        h[:, t] += (h[:, t - 1] if t else h0) @ w_h.T
        h[:, t] = np.tanh(h[:, t])
    return h, [x, h0, w_x, w_h, h]


@alternative("rnn_forward")
def padded_by_h0(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    samples, steps, _ = x.shape
    h = np.zeros((steps + 1, samples, len(b)))
    h[0] = h0
    for t in range(steps):
        h[t + 1] = np.tanh(np.einsum("nd,hd->nh", x[:, t], w_x) + h[t].dot(w_h.T) + b)
    h = h[1:].transpose(1, 0, 2)
    return h, (x, h0, w_x, w_h, h)


@alternative("rnn_forward")
def sample_by_sample(x, h0, w_x, w_h, b):
    _refuse(x, h0, w_x, w_h, b)
    h = np.zeros((*x.shape[:2], len(b)))
    for n in range(len(x)):
        state = h0[n]
        for t in range(x.shape[1]):
            state = np.tanh(w_x @ x[n, t] + w_h @ state + b)
            h[n, t] = state
    return h, (x, h0, w_x, w_h, h)
