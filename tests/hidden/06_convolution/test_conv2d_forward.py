"""conv2d_forward: against torch, one option at a time and then all together."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("conv2d_forward")
OPTIONS = ("stride", "padding", "dilation")


def _pair(value):
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    options: dict

    def __str__(self):
        options = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"x{self.x.shape} w{self.w.shape} {options}".strip()


rng = case_rng("conv2d_forward")


def _case(image, kernel, **options):
    """Random values for an image (N, C, H, W) and filters (F, C, kh, kw)."""
    return Case(
        rng.normal(size=image), rng.normal(size=kernel), rng.normal(size=kernel[0]), options
    )


PLAIN = [
    _case((2, 3, 6, 5), (4, 3, 3, 2)),
    _case((1, 1, 5, 7), (1, 1, 3, 3)),
    _case((2, 3, 5, 7), (3, 3, 2, 2)),  # C = F: swapped filter axes give numbers, not an error
    _case((3, 2, 5, 6), (4, 2, 2, 3)),  # F = W': a bias added along the columns does too
    _case((2, 3, 4, 3), (2, 3, 1, 1)),
    _case((2, 2, 3, 4), (3, 2, 3, 4)),
]
STRIDE = [
    _case((2, 2, 7, 9), (3, 2, 2, 3), stride=(2, 3)),
    _case((1, 3, 8, 6), (2, 3, 3, 3), stride=2),
    _case((2, 3, 8, 9), (2, 3, 2, 1), stride=3),  # longer than the kernel: pixels are skipped
]
PADDING = [
    _case((2, 2, 4, 5), (3, 2, 3, 3), padding=(2, 1)),
    _case((1, 3, 5, 4), (2, 3, 3, 2), padding=1),
    _case((2, 2, 3, 5), (3, 2, 2, 3), padding=(0, 2)),
    _case((2, 2, 6, 5), (3, 2, 3, 3), padding=(1, 2)),
]
DILATION = [
    _case((2, 2, 6, 8), (3, 2, 2, 3), dilation=(3, 2)),
    _case((1, 3, 7, 8), (2, 3, 3, 3), dilation=2),
    _case((2, 2, 7, 5), (3, 2, 3, 2), dilation=(1, 3)),
]
TOGETHER = [
    _case((2, 3, 9, 8), (4, 3, 3, 2), stride=(3, 2), padding=(1, 2), dilation=(2, 3)),
    _case((3, 2, 7, 9), (2, 2, 2, 3), stride=(1, 3), padding=(2, 1), dilation=(3, 1)),
    _case((2, 2, 6, 7), (3, 2, 2, 2), stride=2, padding=(0, 1), dilation=2),
    _case((1, 2, 5, 6), (3, 2, 3, 3), stride=(2, 1), padding=2, dilation=(1, 2)),
]


@reference
def expected(case, device):
    x, w, b = (torch.tensor(a, device=device) for a in (case.x, case.w, case.b))
    return functional.conv2d(x, w, b, **case.options)


def _matches(student, device, case):
    y, _ = student.conv2d_forward(case.x, case.w, case.b, **case.options)
    assert_close(y, expected(case, device), name="y")


@weight(2)
@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_sums_the_window(student, torch_device, case):
    """Sums filter times window over all channels and adds the filter's bias."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", STRIDE, ids=str)
def test_stride(student, torch_device, case):
    """Moves by the stride, which may differ by axis and leave inputs over."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", PADDING, ids=str)
def test_padding(student, torch_device, case):
    """Pads with zeros on each side, by different amounts on the two axes."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", DILATION, ids=str)
def test_dilation(student, torch_device, case):
    """Spreads the kernel by the dilation, which may differ by axis."""
    _matches(student, torch_device, case)


@weight(2)
@pytest.mark.parametrize("case", TOGETHER, ids=str)
def test_all_options_together(student, torch_device, case):
    """Agrees with the reference for unequal strides, paddings and dilations at once."""
    _matches(student, torch_device, case)


@requires("test_sums_the_window")
@pytest.mark.parametrize("case", [TOGETHER[0], TOGETHER[2], PLAIN[0]], ids=str)
def test_cache(student, case):
    """Returns the cache (x, w, b, stride, padding, dilation) as described."""
    _, cache = student.conv2d_forward(case.x, case.w, case.b, **case.options)
    expect(isinstance(cache, tuple | list) and len(cache) == 6, "the cache should hold six items")
    assert_close(cache[:3], (case.x, case.w, case.b), name="the start of the cache")
    wanted = [_pair(case.options.get(name, default)) for name, default in zip(OPTIONS, (1, 0, 1))]
    found = [_pair(option) for option in cache[3:]]
    assert_close(found, wanted, name="the options in the cache")


@requires("test_sums_the_window")
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_refuses_wrong_channels(student, channels):
    """Raises ValueError naming w when x and w disagree about the channels."""
    case = PLAIN[0]
    w = np.repeat(case.w[:, :1], channels, axis=1)
    with student.raises(ValueError, match=r"\bw\b"):
        student.conv2d_forward(case.x, w, case.b)


# The catalogue: `Call` is a right forward pass whose arguments can be falsified


@dataclass
class Call:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    s: tuple = (1, 1)
    p: tuple = (0, 0)
    d: tuple = (1, 1)
    border: dict = field(default_factory=dict)

    def padded(self):
        sides = [(p, p) for p in (0, 0, *self.p)]
        return np.pad(self.x, sides, **self.border)

    def windows(self):
        """What each kernel value sees: (N, C, kh, kw, H', W')."""
        x, (kh, kw), (sh, sw), (dh, dw) = self.padded(), self.w.shape[2:], self.s, self.d
        rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
        columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
        down = np.arange(kh)[:, None, None, None] * dh + np.arange(rows)[:, None] * sh
        right = np.arange(kw)[:, None, None] * dw + np.arange(columns) * sw
        return x[:, :, down, right]

    def y(self, **changes):
        """The output, had the named arguments been others."""
        call = replace(self, **changes)
        return np.einsum("ncuvij,fcuv->nfij", call.windows(), call.w) + call.b[:, None, None]

    def y_on(self, x):
        """The output on images that are already padded, in whatever way."""
        return self.y(x=x, p=(0, 0))

    def pad(self, rows, columns):
        return np.pad(self.x, ((0, 0), (0, 0), rows, columns))


def _call(x, w, b, stride=1, padding=0, dilation=1):
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}: expected {x.shape[1]} channels")
    return Call(x, w, b, _pair(stride), _pair(padding), _pair(dilation))


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
    return y, (x, w, b, c.s, c.p, c.d)


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
