"""conv2d_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import Call, pair


def _call(x, w, b, stride=1, padding=0, dilation=1):
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}: expected {x.shape[1]} channels")
    return Call(x, w, b, pair(stride), pair(padding), pair(dilation))


def _wrong(message, compute):
    """A forward pass with the right cache and refusal, and values from `compute`."""

    @misconception("conv2d_forward", message)
    def variant(x, w, b, *, stride=1, padding=0, dilation=1):
        y = compute(_call(x, w, b, stride, padding, dilation))
        return y, (x, w, b, stride, padding, dilation)

    return variant


# Misconceptions: the window, the filter and the bias

flipped_kernel = _wrong(
    "Your result equals a convolution with the kernel flipped. Deep learning's convolution is a "
    "cross-correlation: w[..., 0, 0] meets the top left pixel of the window.",
    lambda c: c.y(w=c.w[:, :, ::-1, ::-1]),
)
transposed_kernel = _wrong(
    "Your kernel is transposed: its first axis runs down, its second to the right.",
    lambda c: c.y(w=c.w.swapaxes(2, 3)),
)
filters_and_channels_swapped = _wrong(
    "The filter and channel axes of w are swapped: w is (F, C, kh, kw), the sum runs over C.",
    lambda c: c.y(w=c.w.swapaxes(0, 1)),
)
output_transposed = _wrong(
    "Height and width are swapped in your output: y is (N, F, H', W').",
    lambda c: c.y().swapaxes(2, 3),
)
first_channel_only = _wrong(
    "Only the first input channel is used. Each filter sums over all of them.",
    lambda c: c.y(x=c.x[:, :1], w=c.w[:, :1]),
)
window_averaged = _wrong(
    "You averaged over the window. Its products are added, not averaged.",
    lambda c: c.y(w=c.w / c.w[0].size),
)

bias_missing = _wrong(
    "The bias is missing: add b[f] to every output of filter f.",
    lambda c: c.y(b=np.zeros_like(c.b)),
)
bias_along_columns = _wrong(
    "You added b along the last axis, one bias for each column of pixels. It belongs to the filter "
    "axis: b[:, None, None].",
    lambda c: c.y(b=np.zeros_like(c.b)) + c.b,
)
bias_for_each_channel = _wrong(
    "You added the bias once for each input channel. Add it once for each output.",
    lambda c: c.y(b=c.b * c.w.shape[1]),
)

# Misconceptions: where the windows lie

last_row_and_column_missing = _wrong(
    "The last row and column of outputs are missing: where the kernel just fits, it counts.",
    lambda c: c.y()[:, :, :-1, :-1],
)
rounded_up = _wrong(
    "Your output also has incomplete windows at the right and lower border. Round the size down.",
    lambda c: c.y_on(np.pad(c.padded(), ((0, 0), (0, 0), (0, c.s[0] - 1), (0, c.s[1] - 1)))),
)
stride_ignored = _wrong(
    "The stride is not used: the window moves by s pixels at a time.",
    lambda c: c.y(s=(1, 1)),
)
stride_for_the_size_only = _wrong(
    "The stride made your output smaller, but your window still moves by one: output (i, j) "
    "starts at pixel (i * s_h, j * s_w).",
    lambda c: _cropped(c.y(s=(1, 1)), c.y()),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(s=c.s[::-1]),
)
padding_ignored = _wrong(
    "The padding is not used: extend the images by zeros first.",
    lambda c: c.y(p=(0, 0)),
)
padding_swapped = _wrong(
    "The two paddings are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(p=c.p[::-1]),
)
padding_before_and_after = _wrong(
    "You read the padding pair as (before, after). It is (vertical, horizontal), on both sides.",
    lambda c: c.y_on(c.pad(c.p, c.p)),
)
padding_at_the_start_only = _wrong(
    "You padded at the top and at the left only. Pad each side.",
    lambda c: c.y_on(c.pad((c.p[0], 0), (c.p[1], 0))),
)
padding_shared_between_sides = _wrong(
    "You divided the padding between the two sides. p rows of zeros go on each side.",
    lambda c: c.y_on(c.pad(*((v // 2, v - v // 2) for v in c.p))),
)
edge_padding = _wrong(
    "You repeated the border pixels as padding. Pad with zeros.",
    lambda c: c.y(border={"mode": "edge"}),
)
dilation_ignored = _wrong(
    "The dilation is not used: neighbouring weights are d pixels apart.",
    lambda c: c.y(d=(1, 1)),
)
dilation_for_the_size_only = _wrong(
    "The dilation made your output smaller, but neighbouring weights still meet neighbouring "
    "pixels: weight (u, v) meets pixel (u * d_h, v * d_w) of the window.",
    lambda c: _cropped(c.y(d=(1, 1)), c.y()),
)
dilation_swapped = _wrong(
    "The two dilations are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(d=c.d[::-1]),
)
dilation_one_too_many = _wrong(
    "You put d zeros between neighbouring weights. A dilation of d means d pixels apart.",
    lambda c: c.y(d=tuple(v + 1 if v > 1 else 1 for v in c.d)),
)
padding_at_most_two = _wrong(
    "Your padding stops at two rows of zeros. It may be any number.",
    lambda c: c.y(p=tuple(min(v, 2) for v in c.p)),
)
first_number_for_both_axes = _wrong(
    "You used the first number of each pair for both axes. A pair is (vertical, horizontal).",
    lambda c: c.y(s=c.s[:1] * 2, p=c.p[:1] * 2, d=c.d[:1] * 2),
)
all_pairs_swapped = _wrong(
    "All your pairs are read as (horizontal, vertical). They are (vertical, horizontal).",
    lambda c: c.y(s=c.s[::-1], p=c.p[::-1], d=c.d[::-1]),
)


def _cropped(y, like):
    return y[:, :, : like.shape[2], : like.shape[3]]


# Misconceptions: what is returned and refused


@misconception(
    "conv2d_forward",
    "You keep the output array between calls and add to what is in it. Make a new one each time.",
)
def output_kept(x, w, b, *, stride=1, padding=0, dilation=1):
    y = _call(x, w, b, stride, padding, dilation).y()
    _OUTPUTS[y.shape] = _OUTPUTS.get(y.shape, 0) + y
    return _OUTPUTS[y.shape].copy(), (x, w, b, stride, padding, dilation)


_OUTPUTS = {}


@misconception(
    "conv2d_forward",
    "Your cache holds each option as a pair. It should hold it as it was passed: an int stays one.",
)
def pairs_in_cache(x, w, b, *, stride=1, padding=0, dilation=1):
    c = _call(x, w, b, stride, padding, dilation)
    return c.y(), (x, w, b, c.s, c.p, c.d)


@misconception(
    "conv2d_forward",
    "A list such as [2, 1] is a pair as well: the given function pair knows both.",
)
def tuples_only(x, w, b, *, stride=1, padding=0, dilation=1):
    s, p, d = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation))
    y = Call(x, w, b, s, p, d).y() if w.shape[1] == x.shape[1] else _call(x, w, b)
    return y, (x, w, b, stride, padding, dilation)


@misconception("conv2d_forward", "Only y came back. Return the pair (y, cache).")
def no_cache(x, w, b, *, stride=1, padding=0, dilation=1):
    return _call(x, w, b, stride, padding, dilation).y()


@misconception("conv2d_forward", "Your cache holds the padded images. It should hold x itself.")
def padded_in_cache(x, w, b, *, stride=1, padding=0, dilation=1):
    call = _call(x, w, b, stride, padding, dilation)
    return call.y(), (call.padded(), w, b, stride, padding, dilation)


@misconception("conv2d_forward", "Your cache lacks the options. The way back needs them too.")
def options_not_in_cache(x, w, b, *, stride=1, padding=0, dilation=1):
    return _call(x, w, b, stride, padding, dilation).y(), (x, w, b)


@misconception(
    "conv2d_forward",
    "A w with another number of channels than x must raise a ValueError that names w.",
)
def any_channels_accepted(x, w, b, *, stride=1, padding=0, dilation=1):
    seen = min(x.shape[1], w.shape[1])
    y = _call(x[:, :seen], w[:, :seen], b, stride, padding, dilation).y()
    return y, (x, w, b, stride, padding, dilation)


# Alternatives


@alternative("conv2d_forward")
def by_seven_loops(x, w, b, *, stride=1, padding=0, dilation=1):
    c = _call(x, w, b, stride, padding, dilation)
    padded, y = c.padded(), np.zeros_like(c.y())
    for n, f, i, j in np.ndindex(y.shape):
        y[n, f, i, j] = b[f]
        for k, u, v in np.ndindex(w.shape[1:]):
            pixel = padded[n, k, i * c.s[0] + u * c.d[0], j * c.s[1] + v * c.d[1]]
            y[n, f, i, j] += w[f, k, u, v] * pixel
    return y, (x, w, b, stride, padding, dilation)


@alternative("conv2d_forward")
def by_columns(x, w, b, *, stride=1, padding=0, dilation=1):
    windows = _call(x, w, b, stride, padding, dilation).windows()
    columns = windows.reshape(len(x), w[0].size, -1)
    y = w.reshape(len(w), -1) @ columns + b.reshape(-1, 1)
    return y.reshape(len(x), len(w), *windows.shape[4:]), [x, w, b, stride, padding, dilation]


@alternative("conv2d_forward")
def by_stride_tricks(x, w, b, *, stride=1, padding=0, dilation=1):
    c = _call(x, w, b, stride, padding, dilation)
    spread = [d * (k - 1) + 1 for d, k in zip(c.d, w.shape[2:])]
    seen = np.lib.stride_tricks.sliding_window_view(c.padded(), spread, axis=(2, 3))
    seen = seen[:, :, :: c.s[0], :: c.s[1], :: c.d[0], :: c.d[1]]
    y = np.tensordot(seen, w, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    return y + b[None, :, None, None], (x, w, b, stride, padding, dilation)


@alternative("conv2d_forward")
def by_fourier(x, w, b, *, stride=1, padding=0, dilation=1):
    c = _call(x, w, b, stride, padding, dilation)
    padded = c.padded()
    size, spread = padded.shape[2:], [d * (k - 1) + 1 for d, k in zip(c.d, w.shape[2:])]
    sparse = np.zeros((*w.shape[:2], *spread))
    sparse[:, :, :: c.d[0], :: c.d[1]] = w
    spectrum = np.fft.rfft2(padded)[:, None] * np.conj(np.fft.rfft2(sparse, size))[None]
    y = np.fft.irfft2(spectrum.sum(axis=2), size)
    y = y[:, :, : size[0] - spread[0] + 1 : c.s[0], : size[1] - spread[1] + 1 : c.s[1]]
    return y + b[:, None, None], (x, w, b, stride, padding, dilation)
