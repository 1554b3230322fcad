"""gradcheck: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _gradients(rule, arrays, upstream):
    value, pull = rule(*arrays)
    if np.shape(value) != upstream.shape:
        raise ValueError(f"upstream {upstream.shape}, expected {np.shape(value)}")
    found = list(pull(upstream))
    if [np.shape(p) for p in found] != [a.shape for a in arrays]:
        raise ValueError("pull returned other shapes")
    return found


def _central(loss, x, index, step):
    above, below = x.copy(), x.copy()
    above[index] += step
    below[index] -= step
    return (loss(above) - loss(below)) / (2 * step)


def _forward(loss, x, index, step):
    above = x.copy()
    above[index] += step
    return (loss(above) - loss(x)) / step


def _error(p, q):
    return abs(p - q) / max(1.0, abs(q))


def _errors(rule, arrays, upstream, step, difference=_central, error=_error, gradients=None):
    """The error of each entry of each array, as one array per array."""
    gradients = _gradients(rule, arrays, upstream) if gradients is None else gradients
    result = []
    for k, (x, p) in enumerate(zip(arrays, gradients)):

        def loss(moved, k=k):
            return np.sum(upstream * rule(*arrays[:k], moved, *arrays[k + 1 :])[0])

        one = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            one[index] = error(p[index], difference(loss, x, index, step))
        result.append(one)
    return result


def _largest(errors):
    """The maximum; inf if one is no number."""
    flat = np.concatenate([e.ravel() for e in errors])
    return float(flat.max()) if np.isfinite(flat).all() else float("inf")


def _wrong(message, join=_largest, **changes):
    @misconception("gradcheck", message)
    def variant(rule, arrays, upstream, *, step=1e-6):
        return join(_errors(rule, arrays, upstream, step, **changes))

    return variant


# Misconceptions: the difference

one_sided = _wrong(
    "You took the one-sided difference (L(x + h) - L(x)) / h. The central one is far more exact.",
    difference=_forward,
)
divided_by_h = _wrong(
    "You divided by h. The two points are 2h apart.",
    difference=lambda loss, x, index, step: 2 * _central(loss, x, index, step),
)
backwards = _wrong(
    "Your difference has the wrong sign: L(x + h) - L(x - h).",
    difference=lambda loss, x, index, step: -_central(loss, x, index, step),
)
step_ignored = _wrong(
    "The step is not used: it is always 1e-6.",
    difference=lambda loss, x, index, step: _central(loss, x, index, 1e-6),
)
another_default = _wrong(
    "Your default step is another than 1e-6.",
    difference=lambda loss, x, index, step: _central(
        loss, x, index, 1e-5 if step == 1e-6 else step
    ),
)
all_entries_at_once = _wrong(
    "You moved all entries at once. Each is moved on its own.",
    difference=lambda loss, x, index, step: (loss(x + step) - loss(x - step)) / (2 * step),
)

# Misconceptions: the upstream gradient


@misconception("gradcheck", "The value is summed without the upstream gradient as weights.")
def value_unweighted(rule, arrays, upstream, *, step=1e-6):
    gradients = _gradients(rule, arrays, upstream)
    return _largest(_errors(rule, arrays, np.ones_like(upstream), step, gradients=gradients))


@misconception("gradcheck", "You used ones in place of upstream: many wrong rules pass then.")
def ones_upstream(rule, arrays, upstream, *, step=1e-6):
    _gradients(rule, arrays, upstream)
    return _largest(_errors(rule, arrays, np.ones_like(upstream), step))


# Misconceptions: what is compared

relative_only = _wrong(
    "You divided by |q| alone. Next to 0 that makes rounding look like a mistake.",
    error=lambda p, q: abs(p - q) / max(abs(q), 1e-12),
)
absolute_only = _wrong(
    "Your error is absolute. For large gradients it is to be divided by |q|.",
    error=lambda p, q: abs(p - q),
)
divided_by_a_sum = _wrong(
    "You divided by 1 + |q|. It is the larger of the two, max(1, |q|).",
    error=lambda p, q: abs(p - q) / (1.0 + abs(q)),
)
divided_by_p = _wrong(
    "You divided by max(1, |p|). The numerical gradient q is the measure.",
    error=lambda p, q: abs(p - q) / max(1.0, abs(p)),
)
signed = _wrong(
    "The error has lost its absolute value: gradients that are too small are not noticed.",
    error=lambda p, q: max(0.0, (p - q) / max(1.0, abs(q))),
)
squared = _wrong("Your errors are squared.", error=lambda p, q: (p - q) ** 2 / max(1.0, abs(q)))

# Misconceptions: which error is returned

first_array_only = _wrong(
    "Only the first array is checked. Each of them has a gradient.",
    join=lambda errors: _largest(errors[:1]),
)
last_array_only = _wrong(
    "Only the last array counts: the maximum runs over all of them.",
    join=lambda errors: _largest(errors[-1:]),
)
first_entry_only = _wrong(
    "Only one entry of each array is checked.",
    join=lambda errors: _largest([e.reshape(-1)[:1] for e in errors]),
)
averaged = _wrong(
    "You averaged the errors. One wrong entry among many would hardly show.",
    join=lambda errors: _largest([np.mean(np.concatenate([e.ravel() for e in errors]))]),
)
added = _wrong(
    "You added the errors up. The largest is wanted.",
    join=lambda errors: _largest([np.sum(np.concatenate([e.ravel() for e in errors]))]),
)
as_an_array = _wrong(
    "You returned an error for each array. One number is wanted, the largest.",
    join=lambda errors: np.array([_largest([e]) for e in errors]),
)
as_a_verdict = _wrong(
    "You returned True or False. The error itself is wanted.",
    join=lambda errors: _largest(errors) < 1e-6,
)


@misconception("gradcheck", "A NaN slipped through: max(0.0, nan) is 0.0 in Python.")
def nan_lost(rule, arrays, upstream, *, step=1e-6):
    worst = 0.0
    for errors in _errors(rule, arrays, upstream, step):
        for error in errors.ravel():
            worst = max(worst, float(error))
    return worst


@misconception("gradcheck", "A NaN was returned. A gradient that is not finite has the error inf.")
def nan_returned(rule, arrays, upstream, *, step=1e-6):
    return float(np.max([e.max() for e in _errors(rule, arrays, upstream, step)]))


# Misconceptions: what is changed and refused


@misconception("gradcheck", "An array has been moved and not put back.")
def left_moved(rule, arrays, upstream, *, step=1e-6):
    result = _largest(_errors(rule, arrays, upstream, step))
    arrays[0][...] += step
    return result


@misconception("gradcheck", "An upstream of another shape must raise a ValueError that names it.")
def upstream_of_any_shape(rule, arrays, upstream, *, step=1e-6):
    value, _ = rule(*arrays)
    upstream = np.resize(upstream, np.shape(value))
    return _largest(_errors(rule, arrays, upstream, step))


@misconception("gradcheck", "Gradients of other shapes must raise a ValueError that names pull.")
def gradients_of_any_shape(rule, arrays, upstream, *, step=1e-6):
    value, pull = rule(*arrays)
    if np.shape(value) != upstream.shape:
        raise ValueError(f"upstream {upstream.shape}, expected {np.shape(value)}")
    found = [np.resize(p, a.shape) for p, a in zip(pull(upstream), arrays)]
    return _largest(_errors(rule, arrays[: len(found)], upstream, step, gradients=found))


# Alternatives


@alternative("gradcheck")
def by_flat_indices(rule, arrays, upstream, *, step=1e-6):
    errors = []
    for k, p in enumerate(_gradients(rule, arrays, upstream)):
        for place in range(arrays[k].size):
            losses = []
            for sign in (1, -1):
                moved = [np.array(a) for a in arrays]
                moved[k].flat[place] += sign * step
                losses.append((upstream * rule(*moved)[0]).sum())
            q = (losses[0] - losses[1]) / (2 * step)
            errors.append(abs(np.ravel(p)[place] - q) / max(1.0, abs(q)))
    return float("inf") if np.isnan(errors).any() else float(max(errors))


@alternative("gradcheck")
def moved_and_moved_back(rule, arrays, upstream, *, step=1e-6):
    arrays = [a.copy() for a in arrays]
    gradients = [np.array(p) for p in _gradients(rule, arrays, upstream)]
    if not all(np.isfinite(p).all() for p in gradients):
        return np.inf
    errors = []
    for x, p in zip(arrays, gradients):
        for index in np.ndindex(x.shape):
            kept = x[index]
            x[index] = kept + step
            above = np.vdot(upstream, rule(*arrays)[0])
            x[index] = kept - step
            below = np.vdot(upstream, rule(*arrays)[0])
            x[index] = kept
            q = (above - below) / (2 * step)
            errors.append(abs(p[index] - q) / max(1, abs(q)))
    return float(max(errors))


@alternative("gradcheck")
def by_whole_gradients(rule, arrays, upstream, *, step=1e-6):
    worst = []
    for k, p in enumerate(_gradients(rule, arrays, upstream)):
        q = np.zeros(arrays[k].shape)
        for index in np.ndindex(q.shape):
            unit = np.zeros(q.shape)
            unit[index] = step
            ends = [
                rule(*arrays[:k], arrays[k] + sign * unit, *arrays[k + 1 :])[0] for sign in (1, -1)
            ]
            q[index] = np.sum(upstream * (ends[0] - ends[1])) / (2 * step)
        worst.append(np.max(np.abs(p - q) / np.maximum(1, np.abs(q))))
    return np.inf if np.isnan(worst).any() else np.float64(np.max(worst))
