"""train: known wrong ways of descending, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _stepped(params, grads, rate, keep=lambda layer, part: True):
    return [
        tuple(a - rate * g * keep(layer, part) for part, (a, g) in enumerate(zip(pair, slopes)))
        for layer, (pair, slopes) in enumerate(zip(params, grads))
    ]


def _wrong(message, compute):
    """`compute(params, f, rate, steps)`; a rate of 0 or below is refused."""

    @misconception("train", message)
    def variant(params, loss_and_grads, *, rate, steps):
        if rate <= 0:
            raise ValueError(f"rate is {rate}")
        return compute(params, loss_and_grads, rate, steps)

    return variant


def _loop(params, f, steps, step):
    """Right losses; `step(params, grads, number)` gives the next params."""
    losses = []
    for number in range(steps):
        loss, grads = f(params)
        losses.append(loss)
        params = step(params, grads, number)
    return [tuple(pair) for pair in params], losses


uphill = _wrong(
    "You went uphill: subtract the gradient.",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, -rate)),
)
half_a_step = _wrong(
    "Your steps are half as long as they should be: rate times gradient.",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate / 2)),
)
rate_squared = _wrong(
    "Your steps use the rate twice.",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate**2)),
)
no_rate = _wrong(
    "Your steps do not use the rate.",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, 1.0)),
)
falling_rate = _wrong(
    "Your rate falls from step to step. It is the same for all of them.",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate / (n + 1))),
)
weights_only = _wrong(
    "Only the weights move in yours. The biases have gradients too.",
    lambda p, f, rate, steps: _loop(
        p, f, steps, lambda p, g, n: _stepped(p, g, rate, lambda layer, part: part == 0)
    ),
)
biases_only = _wrong(
    "Only the biases move in yours.",
    lambda p, f, rate, steps: _loop(
        p, f, steps, lambda p, g, n: _stepped(p, g, rate, lambda layer, part: part == 1)
    ),
)
first_layer_only = _wrong(
    "Only the first layer moves in yours.",
    lambda p, f, rate, steps: _loop(
        p, f, steps, lambda p, g, n: _stepped(p, g, rate, lambda layer, part: layer == 0)
    ),
)
last_layer_only = _wrong(
    "Only the last layer moves in yours.",
    lambda p, f, rate, steps: _loop(
        p, f, steps,
        lambda p, g, n: _stepped(p, g, rate, lambda layer, part: layer == len(g) - 1),
    ),
)  # fmt: skip
normalised = _wrong(
    "You divided the gradients by their length. The step is rate times gradient.",
    lambda p, f, rate, steps: _loop(
        p, f, steps,
        lambda p, g, n: _stepped(
            p, g, rate / np.sqrt(sum(np.sum(a**2) for pair in g for a in pair))
        ),
    ),
)  # fmt: skip
signs_only = _wrong(
    "You used only the signs of the gradients.",
    lambda p, f, rate, steps: _loop(
        p, f, steps,
        lambda p, g, n: _stepped(p, [tuple(map(np.sign, pair)) for pair in g], rate),
    ),
)  # fmt: skip
shrinking = _wrong(
    "Your parameters also shrink in each step (weight decay). Plain descent is asked for.",
    lambda p, f, rate, steps: _loop(
        p, f, steps,
        lambda p, g, n: _stepped(
            [tuple((1 - 0.1 * rate) * a for a in pair) for pair in p], g, rate
        ),
    ),
)  # fmt: skip
one_step_too_many = _wrong(
    "You made one step too many.",
    lambda p, f, rate, steps: (
        _loop(p, f, steps + 1, lambda p, g, n: _stepped(p, g, rate))[0],
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[1],
    ),
)
one_step_only = _wrong(
    "You made one step, however many were asked for.",
    lambda p, f, rate, steps: _loop(
        p, f, steps, lambda p, g, n: _stepped(p, g, rate) if n == 0 else p
    ),
)
always_a_step = _wrong(
    "You step at least once; 0 steps leave the parameters as they are.",
    lambda p, f, rate, steps: _loop(p, f, max(steps, 1), lambda p, g, n: _stepped(p, g, rate)),
)
losses_after = _wrong(
    "Your losses are taken after each step. Each is wanted before its step.",
    lambda p, f, rate, steps: (
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[0],
        _loop(p, f, steps + 1, lambda p, g, n: _stepped(p, g, rate))[1][1:],
    ),
)
loss_at_the_end_too = _wrong(
    "You returned the loss at the end as well: as many losses as steps are wanted.",
    lambda p, f, rate, steps: (
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[0],
        _loop(p, f, steps + 1, lambda p, g, n: _stepped(p, g, rate))[1],
    ),
)
last_loss_only = _wrong(
    "You returned the last loss only. Return the list of all.",
    lambda p, f, rate, steps: (
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[0],
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[1][-1:],
    ),
)
first_loss_repeated = _wrong(
    "Your losses are all the first one.",
    lambda p, f, rate, steps: (
        _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[0],
        [f(p)[0]] * steps,
    ),
)
no_losses = _wrong(
    "The losses are missing: return the pair (params, losses).",
    lambda p, f, rate, steps: _loop(p, f, steps, lambda p, g, n: _stepped(p, g, rate))[0],
)


def _stale(params, f, rate, steps):
    _, first = f(params)
    return _loop(params, f, steps, lambda p, g, n: _stepped(p, first, rate))


gradients_once = _wrong(
    "You computed the gradients once, at the start. They change with every step.", _stale
)


def _one_after_the_other(params, f, rate, steps):
    params, losses = [tuple(pair) for pair in params], []
    for _ in range(steps):
        losses.append(f(params)[0])
        for layer in range(len(params)):
            slopes = f(params)[1][layer]
            params[layer] = tuple(a - rate * g for a, g in zip(params[layer], slopes))
    return params, losses


layer_after_layer = _wrong(
    "You took new gradients after each layer's update. All parameters move at once, by gradients "
    "at the same place.",
    _one_after_the_other,
)


def _with_momentum(params, f, rate, steps):
    buffer, losses = [tuple(0.0 * a for a in pair) for pair in params], []
    for _ in range(steps):
        loss, grads = f(params)
        losses.append(loss)
        buffer = [tuple(0.9 * v + g for v, g in zip(*pairs)) for pairs in zip(buffer, grads)]
        params = _stepped(params, buffer, rate)
    return [tuple(pair) for pair in params], losses


momentum = _wrong(
    "Your steps carry on earlier ones (momentum). Plain descent is asked for.", _with_momentum
)


@misconception("train", "You changed the arrays of params. Build new ones.")
def in_place(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        raise ValueError(f"rate is {rate}")
    losses = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        for pair, slopes in zip(params, grads):
            for array, slope in zip(pair, slopes):
                array -= rate * slope
    return params, losses


@misconception("train", "A rate of 0 or below must raise a ValueError that names rate.")
def any_rate_accepted(params, loss_and_grads, *, rate, steps):
    return _loop(params, loss_and_grads, steps, lambda p, g, n: _stepped(p, g, rate))


@misconception("train", "You refused negative rates, but not 0.")
def rate_of_zero_accepted(params, loss_and_grads, *, rate, steps):
    if rate < 0:
        raise ValueError(f"rate is {rate}")
    return any_rate_accepted(params, loss_and_grads, rate=rate, steps=steps)


@misconception("train", "You checked the rate in the loop, so 0 steps hide a bad one.")
def rate_checked_late(params, loss_and_grads, *, rate, steps):
    if steps and rate <= 0:
        raise ValueError(f"rate is {rate}")
    return any_rate_accepted(params, loss_and_grads, rate=rate, steps=steps)


@alternative("train")
def on_copies_in_place(params, loss_and_grads, *, rate, steps):
    if not rate > 0:
        raise ValueError(f"rate should be above 0, it is {rate}")
    params, losses = [[w.copy(), b.copy()] for w, b in params], []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses += [float(loss)]
        for (w, b), (dw, db) in zip(params, grads):
            w -= rate * dw
            b -= rate * db
    return params, losses


@alternative("train")
def recursive(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        raise ValueError(f"rate {rate}")
    if steps == 0:
        return params, []
    loss, grads = loss_and_grads(params)
    moved = _stepped(params, grads, rate)
    params, losses = recursive(moved, loss_and_grads, rate=rate, steps=steps - 1)
    return params, [loss, *losses]


@alternative("train")
def losses_in_an_array(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        raise ValueError("the rate is too small")
    losses = np.zeros(steps)
    for n in range(steps):
        losses[n], grads = loss_and_grads(params)
        params = [
            (w + (-rate) * grads[i][0], b + (-rate) * grads[i][1])
            for i, (w, b) in enumerate(params)
        ]
    return params, losses
