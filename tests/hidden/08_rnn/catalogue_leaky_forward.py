"""leaky_forward: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(keep):
    if np.any(np.asarray(keep) < 0) or np.any(np.asarray(keep) > 1):
        raise ValueError(f"keep is {keep}")


def make(
    *,
    blend=lambda keep, old, new: keep * old + (1 - keep) * new,
    inside=lambda keep, old: old,
    activate=np.tanh,
    start=lambda h0: h0,
    for_each=lambda keep: keep,
    refuse=_refuse,
):
    """The loop with one part of it exchanged."""

    def leaky_forward(x, h0, w_x, w_h, b, keep):
        refuse(keep)
        state, states, keep = start(h0), [], for_each(keep)
        for t in range(x.shape[1]):
            new = activate(x[:, t] @ w_x.T + inside(keep, state) @ w_h.T + b)
            state = blend(keep, state, new)
            states.append(state)
        return np.stack(states, axis=1)

    return leaky_forward


def wrong(message, **changed):
    return misconception("leaky_forward", message)(make(**changed))


exchanged = wrong(
    "keep is used as the leaking rate of other papers. Here it is the part of the OLD state.",
    blend=lambda keep, old, new: (1 - keep) * old + keep * new,
)
not_balanced = wrong(
    "The new part is not weighed: it is (1 - keep) times the tanh.",
    blend=lambda keep, old, new: keep * old + new,
)
old_not_weighed = wrong(
    "The old state is kept whole: weigh it with keep.",
    blend=lambda keep, old, new: old + (1 - keep) * new,
)
no_leak = wrong("keep has no effect.", blend=lambda keep, old, new: new)
leak_inside = wrong(
    "The old state is weighed inside the tanh, too. There it enters as it is.",
    inside=lambda keep, old: keep * old,
)
mean_keep = wrong("All units keep the same part. Each has its own entry of keep.", for_each=np.mean)
first_keep = wrong(
    "All units keep what the first one does. Each has its own entry of keep.",
    for_each=lambda keep: np.ravel(keep)[0],
)
h0_lost = wrong("The first step starts from zero. It starts from h0.", start=np.zeros_like)
no_activation = wrong("The tanh is missing.", activate=lambda a: a)
tanh_of_all = wrong(
    "You took the tanh of the blend. Only the new part has a tanh.",
    activate=lambda a: a,
    blend=lambda keep, old, new: np.tanh(keep * old + (1 - keep) * new),
)
squared = wrong(
    "The weights are squares of what they should be.",
    blend=lambda keep, old, new: keep**2 * old + (1 - keep**2) * new,
)
no_refusal = wrong(
    "A keep below 0 or above 1 must raise a ValueError that names keep.", refuse=lambda keep: None
)
limits_refused = wrong(
    "A keep of 0 or 1 is right; refuse only what lies outside.",
    refuse=lambda keep: _refuse(np.where(np.isin(keep, (0.0, 1.0)), -1.0, keep)),
)


# Alternatives


@alternative("leaky_forward")
def by_difference(x, h0, w_x, w_h, b, keep):
    _refuse(keep)
    h = np.zeros((*x.shape[:2], len(b)))
    old = h0
    for t in range(x.shape[1]):
        h[:, t] = old + (1 - keep) * (np.tanh(x[:, t] @ w_x.T + old @ w_h.T + b) - old)
        old = h[:, t]
    return h


@alternative("leaky_forward")
def unit_by_unit(x, h0, w_x, w_h, b, keep):
    _refuse(keep)
    keeps = np.broadcast_to(keep, b.shape)
    h = np.zeros((x.shape[1] + 1, *h0.shape))
    h[0] = h0
    for t in range(x.shape[1]):
        for k, kept in enumerate(keeps):
            a = x[:, t] @ w_x[k] + h[t] @ w_h[k] + b[k]
            h[t + 1, :, k] = kept * h[t, :, k] + (1 - kept) * np.tanh(a)
    return h[1:].swapaxes(0, 1)


@alternative("leaky_forward")
def with_a_matrix(x, h0, w_x, w_h, b, keep):
    _refuse(keep)
    diagonal = np.diag(np.broadcast_to(keep, b.shape))
    rest, h = np.eye(len(b)) - diagonal, [h0]
    for x_t in x.swapaxes(0, 1):
        h.append(h[-1] @ diagonal + np.tanh(x_t @ w_x.T + h[-1] @ w_h.T + b) @ rest)
    return np.stack(h[1:], axis=1)
