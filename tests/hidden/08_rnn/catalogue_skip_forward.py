"""skip_forward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(skip):
    if skip < 2:
        raise ValueError(f"skip is {skip}")


def make(
    *,
    near=lambda states, h0, t: states[t - 1] if t else h0,
    far=lambda states, h0, t, skip: states[t - skip] if t >= skip else h0,
    matrices=lambda w_h, w_skip: (w_h, w_skip),
    bias=lambda b: b,
    activate=np.tanh,
    refuse=_refuse,
):
    """The loop with one part of it exchanged; states[t] is the state after step t."""

    def skip_forward(x, h0, w_x, w_h, w_skip, b, skip):
        refuse(skip)
        w_near, w_far = matrices(w_h, w_skip)
        states = []
        for t in range(x.shape[1]):
            a = x[:, t] @ w_x.T + near(states, h0, t) @ w_near.T + bias(b)
            states.append(activate(a + far(states, h0, t, skip) @ w_far.T))
        return np.stack(states, axis=1)

    return skip_forward


def wrong(message, **changed):
    return misconception("skip_forward", message)(make(**changed))


one_step_too_far = wrong(
    "The skip is one step too long: it leads from h_t to h_{t - skip}. States are counted from h0.",
    far=lambda states, h0, t, skip: states[t - skip - 1] if t >= skip + 1 else h0,
)
one_step_too_near = wrong(
    "The skip is one step too short: it leads from h_t to h_{t - skip}.",
    far=lambda states, h0, t, skip: states[t - skip + 1] if t >= skip - 1 else h0,
)
nearest_twice = wrong(
    "Both connections use the state of one step before.",
    far=lambda states, h0, t, skip: states[t - 1] if t else h0,
)
zeros_before_the_start = wrong(
    "Before there is a state to skip to, you use zeros. It is h0.",
    far=lambda states, h0, t, skip: states[t - skip] if t >= skip else np.zeros_like(h0),
)
first_state_before_the_start = wrong(
    "Before there is a state to skip to, you use the first one. It is h0.",
    far=lambda states, h0, t, skip: (
        states[t - skip] if t >= skip else (states[0] if states else h0)
    ),
)
wraps_round = wrong(
    "Before there is a state to skip to, your index wraps round to the latest ones. It is h0.",
    far=lambda states, h0, t, skip: states[t - skip] if t >= skip else (states or [h0])[-1],
)
every_dth_step = wrong(
    "Only every skip-th step has the second connection. Each step has it.",
    far=lambda states, h0, t, skip: (
        np.zeros_like(h0) if t % skip else (states[t - skip] if t >= skip else h0)
    ),
)
always_h0 = wrong(
    "The second connection always leads to h0. It leads to the state skip steps back.",
    far=lambda states, h0, t, skip: h0,
)
no_skip = wrong(
    "The second connection has no effect.", far=lambda states, h0, t, skip: np.zeros_like(h0)
)
near_dropped = wrong(
    "The connection to the step before is gone. The skip comes in addition.",
    near=lambda states, h0, t: np.zeros_like(h0),
)
h0_lost = wrong(
    "The first step sees zeros for the state before. It sees h0.",
    near=lambda states, h0, t: states[t - 1] if t else np.zeros_like(h0),
)
one_matrix = wrong(
    "Both connections use w_h. The skip has a matrix of its own.",
    matrices=lambda w_h, w_skip: (w_h, w_h),
)
matrices_exchanged = wrong(
    "w_h and w_skip are exchanged.", matrices=lambda w_h, w_skip: (w_skip, w_h)
)
skip_transposed = wrong(
    "w_skip is transposed: it is (out, in), as w_h.", matrices=lambda w_h, w_skip: (w_h, w_skip.T)
)
bias_missing = wrong("The bias is missing.", bias=np.zeros_like)
no_activation = wrong("The tanh is missing.", activate=lambda a: a)
no_refusal = wrong(
    "A skip below 2 must raise a ValueError that names skip.",
    refuse=lambda skip: None,
    far=lambda states, h0, t, skip: states[t - skip] if t >= skip > 0 else h0,
)


# Alternatives


@alternative("skip_forward")
def in_one_array(x, h0, w_x, w_h, w_skip, b, skip):
    _refuse(skip)
    h = np.repeat(h0[:, None], x.shape[1] + skip, axis=1)
    for t in range(x.shape[1]):
        a = np.einsum("nd,hd->nh", x[:, t], w_x) + b
        h[:, t + skip] = np.tanh(a + h[:, t + skip - 1] @ w_h.T + h[:, t] @ w_skip.T)
    return h[:, skip:]


@alternative("skip_forward")
def with_a_queue(x, h0, w_x, w_h, w_skip, b, skip):
    _refuse(skip)
    queue, states = [h0 for _ in range(skip)], []
    for x_t in x.transpose(1, 0, 2):
        far, near = queue.pop(0), queue[-1]
        states.append(np.tanh(w_x @ x_t.T + w_h @ near.T + w_skip @ far.T + b[:, None]).T)
        queue.append(states[-1])
    return np.array(states).transpose(1, 0, 2)


@alternative("skip_forward")
def by_lookup(x, h0, w_x, w_h, w_skip, b, skip):
    _refuse(skip)
    states = {s: h0 for s in range(1 - skip, 1)}
    for t in range(1, x.shape[1] + 1):
        joined = np.concatenate([x[:, t - 1], states[t - 1], states[t - skip]], axis=1)
        states[t] = np.tanh(joined @ np.concatenate([w_x, w_h, w_skip], axis=1).T + b)
    return np.stack([states[t] for t in range(1, x.shape[1] + 1)], axis=1)
