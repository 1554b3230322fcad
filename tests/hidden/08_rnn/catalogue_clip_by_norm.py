"""clip_by_norm: known wrong implementations, and right ones in other styles."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(max_norm):
    if max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number above 0")


def _norm(gradients):
    return float(np.sqrt(sum((g**2).sum() for g in gradients)))


def _wrong(message, clip, norm=_norm):
    @misconception("clip_by_norm", message)
    def variant(gradients, max_norm):
        _refuse(max_norm)
        return clip(gradients, max_norm), norm(gradients)

    return variant


def _scaled(gradients, factor):
    return [factor * g for g in gradients]


each_by_its_own = _wrong(
    "Each array was clipped by its own norm. Take one norm over all of them.",
    lambda gs, c: [g * min(1.0, c / (np.sqrt((g**2).sum()) + 1e-6)) for g in gs],
)
by_value = _wrong(
    "You clipped each entry. All entries shrink by one common factor, so that the direction stays.",
    lambda gs, c: [np.clip(g, -c, c) for g in gs],
)
always_rescaled = _wrong(
    "Gradients that are short enough were stretched to max_norm. They stay as they are.",
    lambda gs, c: _scaled(gs, c / (_norm(gs) + 1e-6)),
)
at_most_one = _wrong(
    "A max_norm below 1 is taken for 1. Any limit above 0 is allowed.",
    lambda gs, c: _scaled(gs, min(1.0, max(c, 1.0) / (_norm(gs) + 1e-6))),
)
never_clipped = _wrong(
    "Nothing was clipped. Multiply by max_norm / norm where the norm is too long.",
    lambda gs, c: _scaled(gs, 1.0),
)
squared_norm = _wrong(
    "You divided by the square of the norm.",
    lambda gs, c: _scaled(gs, min(1.0, c / (_norm(gs) ** 2 + 1e-6))),
)
by_the_largest_entry = _wrong(
    "You took the largest entry for the norm. It is the root of the sum of all squares.",
    lambda gs, c: _scaled(gs, min(1.0, c / (max(np.abs(g).max() for g in gs) + 1e-6))),
)
sum_of_norms = _wrong(
    "You added the norms of the arrays. Add their squares, and take the root of the sum.",
    lambda gs, c: _scaled(gs, min(1.0, c / (sum(np.sqrt((g**2).sum()) for g in gs) + 1e-6))),
)
to_length_one = _wrong(
    "Gradients that are too long were shortened to length 1, not to max_norm.",
    lambda gs, c: _scaled(gs, 1.0 / _norm(gs) if _norm(gs) > c else 1.0),
)
norm_squared_returned = _wrong(
    "You returned the square of the norm.",
    lambda gs, c: _scaled(gs, min(1.0, c / (_norm(gs) + 1e-6))),
    lambda gs: _norm(gs) ** 2,
)
no_zero = _wrong(
    "With gradients of zero you divide 0 by 0.",
    lambda gs, c: _scaled(gs, min(1.0, np.divide(c, _norm(gs))) if _norm(gs) else np.nan),
)


@misconception("clip_by_norm", "You returned the norm after clipping. Return the one before.")
def norm_afterwards(gradients, max_norm):
    _refuse(max_norm)
    clipped = _scaled(gradients, min(1.0, max_norm / (_norm(gradients) + 1e-6)))
    return clipped, _norm(clipped)


@misconception("clip_by_norm", "You scaled the arrays in place. Return new ones.")
def in_place(gradients, max_norm):
    _refuse(max_norm)
    norm = _norm(gradients)
    for g in gradients:
        g *= min(1.0, max_norm / (norm + 1e-6))
    return gradients, norm


@misconception("clip_by_norm", "Only the gradients came back. Return the pair (clipped, norm).")
def no_norm(gradients, max_norm):
    _refuse(max_norm)
    return _scaled(gradients, min(1.0, max_norm / (_norm(gradients) + 1e-6)))


@misconception(
    "clip_by_norm", "A max_norm of 0 or below must raise a ValueError that names max_norm."
)
def any_max_norm(gradients, max_norm):
    norm = _norm(gradients)
    return _scaled(gradients, min(1.0, abs(max_norm) / (norm + 1e-6))), norm


# Alternatives


@alternative("clip_by_norm")
def without_epsilon(gradients, max_norm):
    _refuse(max_norm)
    norm = _norm(gradients)
    return [g * (max_norm / norm) if norm > max_norm else g.copy() for g in gradients], norm


@alternative("clip_by_norm")
def joined(gradients, max_norm):
    _refuse(max_norm)
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    return tuple(g / max(1.0, norm / max_norm) for g in gradients), norm


@alternative("clip_by_norm")
def norm_of_norms(gradients, max_norm):
    _refuse(max_norm)
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients])
    scale = max_norm / np.maximum(norm, max_norm)
    return list(map(scale.__mul__, gradients)), float(norm)
