"""sequence_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

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
truncated_after_eight = misconception(
    "sequence_backward",
    "Your loop stops after eight steps (truncated BPTT). Go back to the first step.",
)(make_truncated(8))
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


@misconception(
    "sequence_backward",
    "You add into the arrays that the cell returned (dw = dw_t, then dw += ...). They may still be "
    "needed: start from zeros.",
)
def into_the_cells_arrays(cell_backward, dh, dc_last, caches):
    _require(dh, caches)
    dh_next, dc_next, dw, dx = np.zeros_like(dc_last), dc_last, None, []
    for t in reversed(range(len(caches))):
        dx_t, dh_next, dc_next, dw_t, db_t = cell_backward(dh[:, t] + dh_next, dc_next, caches[t])
        if dw is None:
            dw, db = dw_t, db_t
        else:
            dw += dw_t
            db += db_t
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), dh_next, dc_next, dw, db


@misconception(
    "sequence_backward",
    "You add dh[:, t] into the array that the cell returned (dh_next += ...). Make a new sum.",
)
def into_dh_next(cell_backward, dh, dc_last, caches):
    _require(dh, caches)
    dh_next, dc_next, dw, db, dx = np.zeros_like(dc_last), dc_last, 0.0, 0.0, []
    for t in reversed(range(len(caches))):
        dh_next += dh[:, t]
        dx_t, dh_next, dc_next, dw_t, db_t = cell_backward(dh_next, dc_next, caches[t])
        dw, db = dw + dw_t, db + db_t
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), dh_next, dc_next, dw, db


def _require_steps_alone(dh, caches):
    if dh.shape[1] != len(caches):
        raise ValueError(f"dh has shape {dh.shape}, expected {len(caches)} steps")


two_axes_accepted = wrong(
    "A dh without an axis for the units must raise a ValueError that names dh.",
    require=_require_steps_alone,
)


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
