"""smooth: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _refuse(f):
    if len(f) % 2 == 0:
        raise ValueError(f"f has shape {f.shape}: expected an odd number of values")


def _padded(message, mode):
    """The right sum over a series that is extended in another way."""

    @misconception("smooth", message)
    def variant(x, f):
        _refuse(f)
        return np.correlate(np.pad(x, len(f) // 2, mode=mode), f, "valid")

    return variant


zero_padding = _padded(
    "You extended the series with zeros, which pulls its ends towards 0. Repeat the end values.",
    "constant",
)
mirrored = _padded(
    "You mirrored the series at its ends ('reflect'). Repeat the first and last value instead.",
    "reflect",
)
mirrored_with_ends = _padded(
    "You mirrored the series at its ends ('symmetric'). Repeat the first and last value instead.",
    "symmetric",
)
wrapped = _padded(
    "You continued the series from its other end ('wrap'). Repeat the first and last value.",
    "wrap",
)
mean_padding = _padded(
    "You extended the series by its mean. Repeat the first and the last value instead.",
    "mean",
)


@misconception(
    "smooth",
    "The filter was flipped (np.convolve does that). Use it as it is.",
)
def flipped(x, f):
    _refuse(f)
    return np.convolve(np.pad(x, len(f) // 2, mode="edge"), f, "valid")


@misconception("smooth", "Your result is shorter than the series: extend it before you filter.")
def shortened(x, f):
    _refuse(f)
    return np.correlate(x, f, "valid")


@misconception(
    "smooth",
    "Your result is longer than the series: (K - 1) / 2 values are added on each side, not K - 1.",
)
def padded_too_much(x, f):
    _refuse(f)
    return np.correlate(np.pad(x, len(f) - 1, mode="edge"), f, "valid")


@misconception(
    "smooth",
    "All K - 1 values were added in front, so the result lags. Add half of them on each side.",
)
def padded_in_front(x, f):
    _refuse(f)
    return np.correlate(np.pad(x, (len(f) - 1, 0), mode="edge"), f, "valid")


@misconception(
    "smooth",
    "All K - 1 values were added at the end, so the result leads. Add half of them on each side.",
)
def padded_behind(x, f):
    _refuse(f)
    return np.correlate(np.pad(x, (0, len(f) - 1), mode="edge"), f, "valid")


@misconception(
    "smooth",
    "You repeated the first value at the end as well. Beyond the end, the last value is repeated.",
)
def first_value_on_both_sides(x, f):
    _refuse(f)
    reach = len(f) // 2
    return np.correlate(np.pad(x, reach, constant_values=x[0]), f, "valid")


@misconception(
    "smooth",
    "You filtered where the filter fits and repeated the first and last *result*. "
    "Extend the series first, then filter.",
)
def result_extended(x, f):
    _refuse(f)
    return np.pad(np.correlate(x, f, "valid"), len(f) // 2, mode="edge")


@misconception(
    "smooth",
    "You left the ends as they were, where the filter does not fit. Extend the series first.",
)
def ends_untouched(x, f):
    _refuse(f)
    reach, y = len(f) // 2, x.copy()
    if len(f) <= len(x):
        y[reach : len(x) - reach] = np.correlate(x, f, "valid")
    return y


@misconception(
    "smooth",
    "You divided by the weights inside the series, so that beyond the ends nothing counts. "
    "Repeat the first and last value and use the filter as it is.",
)
def renormalised(x, f):
    _refuse(f)
    reach = len(f) // 2
    inside = np.correlate(np.pad(np.ones_like(x), reach), f, "valid")
    return np.correlate(np.pad(x, reach), f, "valid") / inside


@misconception(
    "smooth",
    "You divided by the sum of the filter. Use the filter as it is: it need not add up to 1.",
)
def filter_normalised(x, f):
    _refuse(f)
    return np.correlate(np.pad(x, len(f) // 2, mode="edge"), f / f.sum(), "valid")


@misconception(
    "smooth", "A filter with an even number of values must raise a ValueError that names f."
)
def even_filter_accepted(x, f):
    reach = len(f) // 2
    return np.correlate(np.pad(x, reach, mode="edge"), f, "valid")[: len(x)]


# Alternatives


@alternative("smooth")
def by_concatenation(x, f):
    if len(f) % 2 != 1:
        raise ValueError(f"f must have odd length, got {f.shape}")
    reach = (len(f) - 1) // 2
    longer = np.concatenate([np.full(reach, x[0]), x, np.full(reach, x[-1])])
    return np.array([np.sum(f * longer[t : t + len(f)]) for t in range(len(x))])


@alternative("smooth")
def by_clipped_indices(x, f):
    _refuse(f)
    places = np.arange(len(x))[:, None] + np.arange(len(f)) - len(f) // 2
    return x[np.clip(places, 0, len(x) - 1)] @ f


@alternative("smooth")
def by_convolve(x, f):
    _refuse(f)
    return np.convolve(np.pad(x, len(f) // 2, mode="edge"), f[::-1], mode="valid")
