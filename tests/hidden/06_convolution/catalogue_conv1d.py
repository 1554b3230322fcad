"""conv1d: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

# Misconceptions


def _windows(x, f):
    return np.lib.stride_tricks.sliding_window_view(x, len(f))


def _refuse(x, f):
    if len(f) > len(x):
        raise ValueError(f"f has shape {f.shape}: expected no more values than x, {x.shape}")


@misconception(
    "conv1d",
    "Your result equals a convolution with the filter flipped. Here f_0 meets x_t: "
    "a cross-correlation, as np.correlate computes it.",
)
def flipped(x, f):
    _refuse(x, f)
    return np.convolve(x, f, "valid")


@misconception(
    "conv1d",
    "Your result also holds the positions where the filter hangs over an end ('full'). "
    "Only the T - K + 1 positions where it fits count.",
)
def full_length(x, f):
    _refuse(x, f)
    return np.correlate(x, f, "full")


@misconception(
    "conv1d",
    "Your result is as long as the series ('same', zeros beyond the ends). "
    "Only the T - K + 1 positions where the filter fits count.",
)
def same_length(x, f):
    _refuse(x, f)
    return np.correlate(x, f, "same")


@misconception(
    "conv1d",
    "Your filter runs off the end of the series onto zeros. It stops at T - K, where it fits.",
)
def zeros_after_the_end(x, f):
    _refuse(x, f)
    return _windows(np.pad(x, (0, len(f) - 1)), f) @ f


@misconception(
    "conv1d",
    "Your filter wraps round to the start of the series when it reaches the end. "
    "It must stop where it still fits, at T - K.",
)
def circular(x, f):
    _refuse(x, f)
    return _windows(np.pad(x, (0, len(f) - 1), mode="wrap"), f) @ f


@misconception(
    "conv1d",
    "The last position is missing: t runs up to and including T - K, giving T - K + 1 values.",
)
def last_missing(x, f):
    _refuse(x, f)
    return np.array([f @ x[t : t + len(f)] for t in range(len(x) - len(f))])


@misconception(
    "conv1d",
    "The first position is missing: t starts at 0, so there are T - K + 1 values.",
)
def first_missing(x, f):
    _refuse(x, f)
    return np.array([f @ x[t : t + len(f)] for t in range(1, len(x) - len(f) + 1)])


@misconception("conv1d", "You divided by the length of the filter. The formula is a plain sum.")
def averaged(x, f):
    _refuse(x, f)
    return _windows(x, f) @ f / len(f)


@misconception(
    "conv1d",
    "You divided by the sum of the filter. The formula uses the filter as it is.",
)
def filter_normalised(x, f):
    _refuse(x, f)
    return _windows(x, f) @ f / f.sum()


@misconception(
    "conv1d",
    "Your filter jumps by its own length. It moves on by one: the windows overlap.",
)
def jumps(x, f):
    _refuse(x, f)
    return (_windows(x, f) @ f)[:: len(f)]


@misconception(
    "conv1d",
    "The last value of the filter is left out: k runs from 0 up to and including K - 1.",
)
def last_tap_missing(x, f):
    _refuse(x, f)
    return _windows(x, f)[:, :-1] @ f[:-1]


@misconception(
    "conv1d",
    "You multiplied the windows by the filter but did not add up: each position gives one number.",
)
def not_summed(x, f):
    _refuse(x, f)
    return _windows(x, f) * f


@misconception(
    "conv1d",
    "Your window moves with the filter's index subtracted and so reads values before t. "
    "The formula reads x at t + k.",
)
def looks_back(x, f):
    _refuse(x, f)
    taps = range(len(f))
    return np.array([sum(f[k] * x[t - k] for k in taps) for t in range(len(x) - len(f) + 1)])


@misconception(
    "conv1d",
    "A filter longer than the series must raise a ValueError that names f (np.correlate "
    "would quietly swap the two).",
)
def swaps_when_long(x, f):
    return np.correlate(x, f, "valid")


# Alternatives


@alternative("conv1d")
def by_numpy(x, f):
    _refuse(x, f)
    return np.correlate(x, f, mode="valid")


@alternative("conv1d")
def by_flipping_twice(x, f):
    if f.size > x.size:
        raise ValueError(f"filter f too long: {f.shape} against {x.shape}")
    return np.convolve(x, f[::-1], "valid")


@alternative("conv1d")
def by_taps(x, f):
    _refuse(x, f)
    count = len(x) - len(f) + 1
    y = np.zeros(count)
    for k, weight_k in enumerate(f):
        y += weight_k * x[k : k + count]
    return y


@alternative("conv1d")
def by_two_loops(x, f):
    _refuse(x, f)
    y = np.zeros(x.shape[0] - f.shape[0] + 1)
    for t in range(y.shape[0]):
        for k in range(f.shape[0]):
            y[t] += f[k] * x[t + k]
    return y


@alternative("conv1d")
def by_fourier(x, f):
    _refuse(x, f)
    spectrum = np.fft.rfft(x) * np.conj(np.fft.rfft(f, len(x)))
    return np.fft.irfft(spectrum, len(x))[: len(x) - len(f) + 1]
