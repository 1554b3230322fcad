"""rnn_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _refuse(dh, cache):
    if dh.shape != cache[4].shape:
        raise ValueError(f"dh has shape {dh.shape}, expected {cache[4].shape}")


def make(
    *,
    arrive=lambda own, future, t, steps: own + future,
    slope=lambda h, t, before: 1.0 - h[:, t] ** 2,
    before=lambda h, h0, t: h[:, t - 1] if t else h0,
    send=lambda da, w_h, w_x, total, t: da @ w_h,
    to_x=lambda da, w_x, own: da @ w_x,
    seen=lambda x, t: x[:, t],
    gather=lambda total, new, k, steps: total + new,
    times=lambda steps: range(steps)[::-1],
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx, dh0, dw_x, dw_h, db),
    refuse=_refuse,
):
    """Backpropagation through time with one part of it exchanged."""

    def rnn_backward(dh, cache):
        refuse(dh, cache)
        x, h0, w_x, w_h, h = cache
        steps = h.shape[1]
        dx, future = np.zeros_like(x), np.zeros_like(h0)
        dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
        for k, t in enumerate(times(steps)):
            old = before(h, h0, t)
            total = arrive(dh[:, t], future, t, steps)
            da = total * slope(h, t, old)
            dx[:, t] = to_x(da, w_x, dh[:, t] * slope(h, t, old))
            dw_x = gather(dw_x, da.T @ seen(x, t), k, steps)
            dw_h = gather(dw_h, da.T @ old, k, steps)
            db = gather(db, da.sum(axis=0), k, steps)
            future = send(da, w_h, w_x, total, t)
        return finish(dx, future, dw_x, dw_h, db, da)

    return rnn_backward


def wrong(message, **changed):
    return misconception("rnn_backward", message)(make(**changed))


# Misconceptions: what arrives at a step

future_dropped = wrong(
    "The gradient from later steps is dropped. Add it to dh[:, t].",
    arrive=lambda own, future, t, steps: own,
)
loss_at_end_only = wrong(
    "Only the loss of the last step enters. Each step has a gradient of its own, dh[:, t].",
    arrive=lambda own, future, t, steps: own if t == steps - 1 else future,
)
subtracted = wrong(
    "The gradient from later steps was subtracted. Add it.",
    arrive=lambda own, future, t, steps: own - future,
)
halved = wrong(
    "The two gradients of a state were averaged. They add up.",
    arrive=lambda own, future, t, steps: own if t == steps - 1 else (own + future) / 2,
)
clipped_on_the_way = wrong(
    "You clip the gradient between two steps. Clip, if at all, when the backward pass is complete.",
    arrive=lambda own, future, t, steps: own + np.clip(future, -5.0, 5.0),
)
normed_on_the_way = wrong(
    "You shorten the gradient between two steps. It travels on as it is.",
    arrive=lambda own, future, t, steps: (
        own + future / max(1.0, float(np.linalg.norm(future)) / 50.0)
    ),
)
truncated_to_two = wrong(
    "The gradient of a loss ends after a few steps. It travels back to the first.",
    send=lambda da, w_h, w_x, total, t: da @ w_h * (t % 2),
)

# Misconceptions: through the tanh and the matrices

slope_missing = wrong(
    "The slope of the tanh is missing.", slope=lambda h, t, old: np.ones_like(h[:, t])
)
slope_of_the_output = wrong(
    "You took the tanh of h once more. h is a tanh already: its slope is 1 - h**2.",
    slope=lambda h, t, old: 1.0 - np.tanh(h[:, t]) ** 2,
)
slope_not_squared = wrong(
    "You used 1 - h for the slope of the tanh. It is 1 - h**2.",
    slope=lambda h, t, old: 1.0 - h[:, t],
)
slope_of_sigmoid = wrong(
    "You used h (1 - h), the slope of a sigmoid. That of tanh is 1 - h**2.",
    slope=lambda h, t, old: h[:, t] * (1.0 - h[:, t]),
)
slope_one_step_early = wrong(
    "The slope was taken at the state before the step. It belongs to the state after it, h[:, t].",
    slope=lambda h, t, old: 1.0 - old**2,
)
slope_of_last_state = wrong(
    "Every step uses the slope at the last state. Each step has its own.",
    slope=lambda h, t, old: 1.0 - h[:, -1] ** 2,
)
slope_missing_on_the_way = wrong(
    "On the way to the step before, the slope of the tanh is missing. da goes through w_h, not "
    "the sum before the tanh.",
    send=lambda da, w_h, w_x, total, t: total @ w_h,
)
w_h_transposed = wrong(
    "On the way to the step before, w_h is transposed. Forwards it was h @ w_h.T, so backwards it "
    "is w_h.",
    send=lambda da, w_h, w_x, total, t: da @ w_h.T,
)
w_h_missing = wrong(
    "On the way to the step before, w_h is missing.", send=lambda da, w_h, w_x, total, t: da
)
w_x_for_w_h = wrong(
    "The gradient travels to the step before through w_x. It does so through w_h.",
    send=lambda da, w_h, w_x, total, t: da @ w_x,
)
dx_without_future = wrong(
    "dx holds the loss of its own step only. An input matters to all later losses, too.",
    to_x=lambda da, w_x, own: own @ w_x,
)

# Misconceptions: the weights, used at each step

overwritten = wrong(
    "dw_x, dw_h and db hold one step only, the first: they were overwritten. Add up all steps.",
    gather=lambda total, new, k, steps: new,
)
last_step_only = wrong(
    "dw_x, dw_h and db hold the last step only. The weights were used at every step: add up.",
    gather=lambda total, new, k, steps: new if k == 0 else total,
)
averaged_over_steps = wrong(
    "The gradients of the parameters were averaged over the steps. They are sums.",
    gather=lambda total, new, k, steps: total + new / steps,
)
averaged_over_batch = wrong(
    "The gradients of the parameters were averaged over the batch. dh holds any 1/N already.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (
        dx,
        dh0,
        dw_x / len(dx),
        dw_h / len(dx),
        db / len(dx),
    ),
)
wraps_round = wrong(
    "For the first step, dw_h uses h[:, -1], the last state. The state before it is h0.",
    before=lambda h, h0, t: h[:, t - 1],
)
first_state_zero = wrong(
    "For the first step, dw_h uses zeros. The state before it is h0.",
    before=lambda h, h0, t: h[:, t - 1] if t else np.zeros_like(h0),
)
h0_at_every_step = wrong(
    "dw_h uses h0 at every step. Use the state before each step.", before=lambda h, h0, t: h0
)
new_state_for_old = wrong(
    "dw_h uses the state after each step. w_h was multiplied by the one before.",
    before=lambda h, h0, t: h[:, t],
)
dw_h_transposed = wrong(
    "dw_h is transposed: row k belongs to the new unit k.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx, dh0, dw_x, dw_h.T, db),
)
inputs_one_step_early = wrong(
    "dw_x pairs each step with the input of the step before. Step t has read x[:, t].",
    seen=lambda x, t: x[:, t - 1] if t else x[:, 0],
)

# Misconceptions: order, ends, and what is returned

forwards = wrong(
    "Your loop runs from the first step to the last. Gradients travel backwards.", times=range
)
first_step_missing = wrong(
    "Your loop stops before the first step. t = 0 belongs to it.",
    times=lambda steps: range(steps - 1, 0, -1) if steps > 1 else range(1),
)
dx_turned_round = wrong(
    "dx came out back to front: the loop runs backwards, so turn the list round.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx[:, ::-1], dh0, dw_x, dw_h, db),
)
dh0_zero = wrong(
    "dh0 is zero. What arrives before the first step is the gradient of h0.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx, np.zeros_like(dh0), dw_x, dw_h, db),
)
dh0_before_w_h = wrong(
    "dh0 stops short of w_h: the gradient goes through w_h to reach h0.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx, da, dw_x, dw_h, db),
)
states_first = wrong(
    "dx and dh0 came back in the other order. It is that of the forward's arguments.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dh0, dx, dw_x, dw_h, db),
)
weights_swapped = wrong(
    "dw_x and dw_h came back in the other order. It is that of the forward's arguments.",
    finish=lambda dx, dh0, dw_x, dw_h, db, da: (dx, dh0, dw_h, dw_x, db),
)
any_dh_accepted = wrong(
    "A dh of another shape than the states must raise a ValueError that names dh.",
    refuse=lambda dh, cache: None,
)


@misconception(
    "rnn_backward", "Batch and time are exchanged: the loop runs over the second axis of dh."
)
def batch_for_time(dh, cache):
    _refuse(dh, cache)
    x, h0, w_x, w_h, h = cache
    turned = x.swapaxes(0, 1), np.resize(h0, h[0].shape), w_x, w_h, h.swapaxes(0, 1)
    dx, dh0, *rest = make()(dh.swapaxes(0, 1), turned)
    return dx.swapaxes(0, 1), np.resize(dh0, h0.shape), *rest


@misconception(
    "rnn_backward", "You changed dh in place (dh[:, t] += ...). Your caller still needs it."
)
def in_place(dh, cache):
    result = make()(dh, cache)
    dh *= 0.5
    return result


def _surviving():
    kept = {}

    def rnn_backward(dh, cache):
        *inputs, dw_x, dw_h, db = make()(dh, cache)
        before = kept.get(dh.shape, (0.0, 0.0, 0.0))
        kept[dh.shape] = tuple(a + b for a, b in zip(before, (dw_x, dw_h, db)))
        return *inputs, *kept[dh.shape]

    return rnn_backward


sums_survive = misconception(
    "rnn_backward",
    "dw_x, dw_h and db still hold the gradients of an earlier call. Start from zero each time.",
)(_surviving())


# Alternatives


@alternative("rnn_backward")
def recursive(dh, cache):
    _refuse(dh, cache)
    x, h0, w_x, w_h, h = cache
    if not h.shape[1]:
        return np.zeros(x.shape), np.zeros(h0.shape), 0.0 * w_x, 0.0 * w_h, np.zeros(len(w_h))
    later = (x[:, 1:], h[:, 0], w_x, w_h, h[:, 1:])
    dx, future, dw_x, dw_h, db = recursive(dh[:, 1:], later)
    da = (dh[:, 0] + future) * (1.0 - h[:, 0] ** 2)
    dx = np.concatenate([(da @ w_x)[:, None], dx], axis=1)
    return dx, da @ w_h, dw_x + da.T @ x[:, 0], dw_h + da.T @ h0, db + da.sum(axis=0)


@alternative("rnn_backward")
def first_all_da(dh, cache):
    _refuse(dh, cache)
    x, h0, w_x, w_h, h = cache
    slope, da = 1.0 - h * h, np.zeros_like(h)
    da[:, -1] = dh[:, -1] * slope[:, -1]
    for t in range(h.shape[1] - 2, -1, -1):
        da[:, t] = (dh[:, t] + da[:, t + 1] @ w_h) * slope[:, t]
    before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
    dw_x, dw_h = np.einsum("nth,ntd->hd", da, x), np.einsum("nth,ntk->hk", da, before)
    return [da @ w_x, da[:, 0] @ w_h, dw_x, dw_h, da.sum(axis=(0, 1))]


@alternative("rnn_backward")
def loss_by_loss(dh, cache):
    _refuse(dh, cache)
    x, h0, w_x, w_h, h = cache
    dx, dh0 = np.zeros_like(x), np.zeros_like(h0)
    dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
    for last in range(h.shape[1]):
        future = dh[:, last]
        for t in range(last, -1, -1):
            da = future * (1.0 - h[:, t] ** 2)
            dx[:, t] += np.einsum("nh,hd->nd", da, w_x)
            dw_x += da.T @ x[:, t]
            dw_h += da.T @ (h[:, t - 1] if t else h0)
            db += np.sum(da, axis=0)
            future = da @ w_h
        dh0 += future
    return dx, dh0, dw_x, dw_h, db
