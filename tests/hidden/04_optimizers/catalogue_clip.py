"""clip_by_global_norm: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def norm_of(grads):
    return float(np.sqrt(sum((g**2).sum() for g in grads.values())))


def by(factors, *, norm=norm_of, before=True):
    """An implementation: factors(grads, norm, max_norm) gives each name's factor."""

    def clip(grads, max_norm):
        if max_norm <= 0:
            raise ValueError(f"max_norm is {max_norm}; expected a positive number")
        length = norm(grads)
        with np.errstate(all="ignore"):
            factor = factors(grads, np.float64(length), max_norm)
        for k in grads:
            grads[k] *= factor[k] if isinstance(factor, dict) else factor
        return length if before else norm(grads)

    return clip


def right(grads, norm, max_norm):
    return min(1.0, max_norm / (norm + 1e-6))


def wrong(message, factors=right, **options):
    return misconception("clip_by_global_norm", message)(by(factors, **options))


def each_norm(grads):
    return [norm_of({k: g}) for k, g in grads.items()]


per_tensor = wrong(
    "Each array was clipped by its own norm, which changes the direction; take one norm over all.",
    lambda grads, n, top: {k: right(grads, norm_of({k: g}), top) for k, g in grads.items()},
)
always = wrong(
    "Gradients that are short enough are stretched to max_norm; leave them as they are.",
    lambda grads, n, top: top / (n + 1e-6),
)
squared = wrong(
    "The root is missing: that is the squared norm.",
    norm=lambda grads: norm_of(grads) ** 2,
)
squared_factor = wrong(
    "The factor divides by the squared norm; take the root first.",
    lambda grads, n, top: min(1.0, top / (n**2 + 1e-6)) if n > top else 1.0,
)
rooted_factor = wrong(
    "The factor is the root of max_norm / norm; both are lengths already.",
    lambda grads, n, top: min(1.0, np.sqrt(top / (n + 1e-6))),
)
never = wrong(
    "grads is as it was: a copy was clipped, or nothing; change the arrays themselves.",
    lambda grads, n, top: 1.0,
)
unit = wrong(
    "Long gradients are shortened to norm 1, not to max_norm.",
    lambda grads, n, top: 1 / n if n > top else 1.0,
)
inverse = wrong(
    "The factor is upside down: max_norm / norm.",
    lambda grads, n, top: n / top if n > top else 1.0,
)
largest = wrong(
    "The largest of the arrays' norms was taken; square, sum over all arrays, then take the root.",
    norm=lambda grads: max(each_norm(grads)),
)
added = wrong(
    "The arrays' norms were added; square, sum over all arrays, then take the root.",
    norm=lambda grads: float(sum(each_norm(grads))),
)
averaged = wrong(
    "The norm is a root of the mean; it must be that of the sum.",
    norm=lambda grads: norm_of(grads) / np.sqrt(sum(g.size for g in grads.values())),
)
of_sizes = wrong(
    "The norm adds up |g| (L1); it is the root of the sum of squares.",
    norm=lambda grads: float(sum(abs(g).sum() for g in grads.values())),
)
greatest_entry = wrong(
    "The norm is the largest entry; it is the root of the sum of squares.",
    norm=lambda grads: float(max(abs(g).max() for g in grads.values())),
)
matrices = wrong(
    "Vectors are left out of the norm; every array counts.",
    norm=lambda grads: norm_of({k: g for k, g in grads.items() if g.ndim > 1}),
)
first_only = wrong(
    "Only the first array is clipped.",
    lambda grads, n, top: {k: right(grads, n, top) if i == 0 else 1.0 for i, k in enumerate(grads)},
)
not_a_number = wrong(
    "A zero gradient gives 0/0; there the factor is 1.",
    lambda grads, n, top: np.minimum(1.0, top / n) if n else np.nan,
)
eps_subtracted = wrong(
    "1e-6 is subtracted from the norm; add it, or leave it out.",
    lambda grads, n, top: min(1.0, top / abs(n - 1e-6)),
)
larger_eps = wrong(
    "The number added to the norm is 1e-5; it should be 1e-6, or none.",
    lambda grads, n, top: min(1.0, top / (n + 1e-5)),
)
eps_on_factor = wrong(
    "1e-6 is added to the factor, not to the norm.",
    lambda grads, n, top: min(1.0, top / n + 1e-6) if n else 1.0,
)


after_norm = wrong("The norm after clipping is returned; return the one before.", before=False)


@misconception(
    "clip_by_global_norm", "Every entry was clipped by itself, which bends the direction."
)
def by_value(grads, max_norm):
    length = norm_of(grads)
    for g in grads.values():
        np.clip(g, -max_norm, max_norm, out=g)
    return length


@misconception(
    "clip_by_global_norm", "The dict holds new arrays; multiply in place (grads[k] *= c)."
)
def rebound(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm must be positive")
    length = norm_of(grads)
    for k in grads:
        grads[k] = grads[k] * right(grads, length, max_norm)
    return length


@misconception("clip_by_global_norm", "The norm shrinks while it is used: compute it once, first.")
def moving_norm(grads, max_norm):
    length = norm_of(grads)
    for k in grads:
        grads[k] *= right(grads, norm_of(grads), max_norm)
    return length


@misconception(
    "clip_by_global_norm", "A max_norm of 0 or below must raise a ValueError that names max_norm."
)
def unchecked(grads, max_norm):
    length = norm_of(grads)
    for k in grads:
        grads[k] *= right(grads, length, max_norm)
    return length


@misconception("clip_by_global_norm", "The norm is not returned.")
def returns_gradients(grads, max_norm):
    unchecked(grads, max_norm)
    return grads


@alternative("clip_by_global_norm")
def without_epsilon(grads, max_norm):
    if not max_norm > 0:
        raise ValueError(f"max_norm={max_norm} should be > 0")
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return norm


@alternative("clip_by_global_norm")
def norm_of_norms(grads, max_norm):
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}")
    norm = np.sqrt(np.sum([np.linalg.norm(g.reshape(-1)) ** 2 for g in grads.values()]))
    for k in grads:
        grads[k][...] = grads[k] / max(1.0, norm / max_norm)
    return np.array(norm)
