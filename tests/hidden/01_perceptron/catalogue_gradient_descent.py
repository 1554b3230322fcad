"""gradient_descent: known wrong implementations, then right ones."""

from itertools import accumulate

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "gradient_descent"


def make_walk(advance):
    """gradient_descent with another step: advance(w, g, rate, t, memory) -> the next w."""

    def gradient_descent(gradient, start, rate, steps):
        points, memory = [start], {}
        for t in range(steps):
            w = points[-1]
            points.append(advance(w, gradient(w), rate, t, memory))
        return np.stack(points)

    return gradient_descent


def right_walk(gradient, start, rate, steps):
    return make_walk(lambda w, g, rate, t, memory: w - rate * g)(gradient, start, rate, steps)


ascent = misconception(NAME, "You walked uphill: subtract the gradient, do not add it.")(
    make_walk(lambda w, g, rate, t, memory: w + rate * g)
)
direction_only = misconception(NAME, "You scaled the gradient to length 1: its length belongs in.")(
    make_walk(lambda w, g, rate, t, memory: w - rate * g / np.linalg.norm(g))
)
sign_only = misconception(
    NAME, "You used the gradient's signs only: its values belong in the step."
)(make_walk(lambda w, g, rate, t, memory: w - rate * np.sign(g)))
rate_decays = misconception(NAME, "Your rate shrinks with t: it stays the same for all steps.")(
    make_walk(lambda w, g, rate, t, memory: w - rate / (t + 1) * g)
)
clipped = misconception(NAME, "You limited the gradient to [-1, 1]: use it as it is.")(
    make_walk(lambda w, g, rate, t, memory: w - rate * np.clip(g, -1, 1))
)
weights_decay = misconception(
    NAME, "You multiplied w by (1 - rate) as well: nothing asks for decay."
)(make_walk(lambda w, g, rate, t, memory: (1 - rate) * w - rate * g))
no_rate = misconception(NAME, "You did not use the rate: multiply the gradient by it.")(
    make_walk(lambda w, g, rate, t, memory: w - g)
)
rate_divides = misconception(NAME, "You divided by the rate: multiply the gradient by it.")(
    make_walk(lambda w, g, rate, t, memory: w - g / rate)
)
replaced = misconception(NAME, "You replaced w by the step: the step is subtracted from w.")(
    make_walk(lambda w, g, rate, t, memory: -rate * g)
)


@misconception(
    NAME, "You carried earlier gradients along (momentum): each step uses the newest one."
)
@make_walk
def momentum(w, g, rate, t, memory):
    memory["v"] = 0.9 * memory.get("v", 0) + g
    return w - rate * memory["v"]


@misconception(NAME, "You add up all gradients so far: each step uses the newest one only.")
@make_walk
def accumulated(w, g, rate, t, memory):
    memory["v"] = memory.get("v", 0) + g
    return w - rate * memory["v"]


@misconception(NAME, "You computed the gradient once, at the start: compute it anew at each point.")
@make_walk
def frozen_gradient(w, g, rate, t, memory):
    return w - rate * memory.setdefault("g", g)


@misconception(NAME, "You subtract each step from the start: subtract it from the latest point.")
@make_walk
def from_the_start(w, g, rate, t, memory):
    return memory.setdefault("start", w) - rate * g


@misconception(NAME, "You averaged the step over the number of weights: the gradient is complete.")
@make_walk
def over_number_of_weights(w, g, rate, t, memory):
    return w - rate * g / len(w)


@misconception(NAME, "All weights moved by the same amount: each one follows its own derivative.")
@make_walk
def one_step_for_all(w, g, rate, t, memory):
    return w - rate * np.mean(g)


@misconception(NAME, "You moved one weight after the other: all move together, from one gradient.")
def one_weight_at_a_time(gradient, start, rate, steps):
    points = [start]
    for _ in range(steps):
        w = points[-1].copy()
        for d in range(len(w)):
            w[d] -= rate * gradient(w)[d]
        points.append(w)
    return np.stack(points)


@misconception(NAME, "The start is missing: row 0 of the walk is the start.")
def without_start(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps)[1:]


@misconception(NAME, "The last point is missing: store w after each step as well.")
def without_end(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps)[:-1]


@misconception(NAME, "You took one step too many: `steps` steps visit steps + 1 points.")
def one_too_many(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps + 1)


@misconception(NAME, "You returned the last point only: return every point of the walk.")
def end_only(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps)[-1]


@misconception(NAME, "The walk is transposed: one point a row.")
def transposed(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps).T


@misconception(NAME, "You returned a list of points: stack them into one array.")
def as_list(gradient, start, rate, steps):
    return list(right_walk(gradient, start, rate, steps))


@misconception(NAME, "The walk is reversed: it begins with the start.")
def backwards(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, steps)[::-1]


@misconception(
    NAME, "All rows are the last point: you stored one array many times and changed it in place."
)
def same_array_stored(gradient, start, rate, steps):
    w = start.copy()
    points = [w]
    for _ in range(steps):
        w -= rate * gradient(w)
        points.append(w)
    return np.stack(points)


@misconception(NAME, "Row 0 is the last point: you stored w itself and then changed it in place.")
def first_row_overwritten(gradient, start, rate, steps):
    w = start.copy()
    points = [w]
    for _ in range(steps):
        w -= rate * gradient(w)
        points.append(w.copy())
    return np.stack(points)


@misconception(NAME, "You changed the caller's start: work on a copy of it.")
def start_modified(gradient, start, rate, steps):
    points = [start.copy()]
    for _ in range(steps):
        start -= rate * gradient(start)
        points.append(start.copy())
    return np.stack(points)


@misconception(NAME, "You returned the gradients: the walk consists of weights.")
def walk_of_gradients(gradient, start, rate, steps):
    return np.stack([gradient(w) for w in right_walk(gradient, start, rate, steps)])


@misconception(NAME, "You stop when w hardly moves: take all the steps that were asked for.")
def stops_early(gradient, start, rate, steps):
    points = right_walk(gradient, start, rate, steps)
    still = np.abs(np.diff(points, axis=0)).max(axis=1, initial=0) < 1e-6
    return points[: np.argmax(still) + 1] if still.any() else points


@misconception(NAME, "You began at zero: the walk begins at the given start.")
def starts_at_zero(gradient, start, rate, steps):
    return right_walk(gradient, np.zeros_like(start), rate, steps)


def make_leaky():
    def gradient_descent(gradient, start, rate, steps, points=[]):  # noqa: B006
        points.append(start)
        for _ in range(steps):
            points.append(points[-1] - rate * gradient(points[-1]))
        return np.stack(points)

    return gradient_descent


leaky = misconception(
    NAME,
    "A second call returned the first one's points too: a default list lives on between calls.",
)(make_leaky())


@misconception(NAME, "With steps = 0 you still took a step: return the start alone.")
def at_least_one_step(gradient, start, rate, steps):
    return right_walk(gradient, start, rate, max(steps, 1))


@misconception(
    NAME,
    "You multiplied the gradient by the rate in place: that array belongs to the function that "
    "returned it. Write rate * gradient(w).",
)
def gradient_scaled_in_place(gradient, start, rate, steps):
    points = [start]
    for _ in range(steps):
        g = gradient(points[-1])
        g *= rate
        points.append(points[-1] - g)
    return np.stack(points)


@alternative(NAME)
def preallocated(gradient, start, rate, steps):
    walk = np.empty((steps + 1, start.size))
    walk[0] = start
    for t in range(steps):
        walk[t + 1] = walk[t] - rate * gradient(walk[t])
    return walk


@alternative(NAME)
def in_place_on_a_copy(gradient, start, rate, steps):
    w = start.copy()
    points = [w.copy()]
    for _ in range(steps):
        w -= rate * gradient(w)
        points.append(w.copy())
    return np.array(points)


@alternative(NAME)
def by_accumulate(gradient, start, rate, steps):
    walk = accumulate(range(steps), lambda w, _: w - gradient(w) * rate, initial=start)
    return np.vstack(list(walk))


@alternative(NAME)
def by_recursion(gradient, start, rate, steps):
    if steps == 0:
        return start[None, :].copy()
    rest = by_recursion(gradient, start - rate * gradient(start), rate, steps - 1)
    return np.concatenate([start[None, :], rest])
