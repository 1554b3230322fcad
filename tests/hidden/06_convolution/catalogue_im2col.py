"""im2col: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, field, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` copies the right windows; its arguments can be falsified


@dataclass
class Call:
    x: np.ndarray
    k: tuple
    s: tuple = (1, 1)
    p: tuple = (0, 0)
    d: tuple = (1, 1)
    border: dict = field(default_factory=dict)

    def windows(self, **changes):
        """What each kernel value sees: (N, C, kh, kw, H', W')."""
        call = replace(self, **changes)
        x = np.pad(call.x, [(p, p) for p in (0, 0, *call.p)], **call.border)
        (kh, kw), (sh, sw), (dh, dw) = call.k, call.s, call.d
        rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
        columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
        down = np.arange(kh)[:, None, None, None] * dh + np.arange(rows)[:, None] * sh
        right = np.arange(kw)[:, None, None] * dw + np.arange(columns) * sw
        return x[:, :, down, right]


def _columns(windows):
    n, c, kh, kw, rows, columns = windows.shape
    return windows.reshape(n, c * kh * kw, rows * columns)


def _wrong(message, compute):
    @misconception("im2col", message)
    def variant(x, kernel_size, *, stride=1, padding=0, dilation=1):
        return compute(Call(x, *map(pair, (kernel_size, stride, padding, dilation))))

    return variant


kernel_columns_first = _wrong(
    "Inside a column, your kernel is read column by column. Read it row by row, as ravel does.",
    lambda c: _columns(c.windows().swapaxes(2, 3)),
)
channels_last = _wrong(
    "Inside a column, the channel runs fastest. It runs slowest: (channel, row, column).",
    lambda c: _columns(c.windows().transpose(0, 2, 3, 1, 4, 5)),
)
positions_column_by_column = _wrong(
    "Your columns follow the output column by column. They follow it row by row.",
    lambda c: _columns(c.windows().swapaxes(4, 5)),
)
windows_as_rows = _wrong(
    "Your windows are rows. Each window should be a column: (N, C*kh*kw, H'*W').",
    lambda c: _columns(c.windows()).swapaxes(1, 2),
)
batch_among_the_columns = _wrong(
    "You put the columns of all images into one matrix. Keep the batch axis first.",
    lambda c: np.hstack(_columns(c.windows())),
)
batch_among_the_rows = _wrong(
    "You put the windows of all images into one matrix, as rows. Keep the batch axis first, and "
    "let each window be a column.",
    lambda c: np.hstack(_columns(c.windows())).T,
)
not_flattened = _wrong(
    "Your array still has six axes: flatten it to (N, C*kh*kw, H'*W').",
    lambda c: c.windows(),
)
reshaped_without_moving_axes = _wrong(
    "The shape is right but the values are mixed up: bring the axes into the right order before "
    "reshape, which only reads them off in order.",
    lambda c: (
        c.windows()
        .transpose(0, 4, 5, 1, 2, 3)
        .reshape(len(c.x), -1, np.prod(c.windows().shape[4:]))
    ),
)
channels_as_images = _wrong(
    "You treated the channels as separate images. A column holds a window of all channels.",
    lambda c: _columns(Call(c.x.reshape(-1, 1, *c.x.shape[2:]), c.k, c.s, c.p, c.d).windows()),
)
first_channel_only = _wrong(
    "Your columns hold the first channel only. A column holds a window of all channels.",
    lambda c: _columns(c.windows(x=c.x[:, :1])),
)
flipped = _wrong(
    "Your windows are flipped. Copy them as they are: nothing is flipped here.",
    lambda c: _columns(c.windows()[:, :, ::-1, ::-1]),
)
windows_tile = _wrong(
    "Your windows do not overlap: they move by the stride, not by the kernel size.",
    lambda c: _columns(c.windows(s=c.k)),
)
kernel_size_swapped = _wrong(
    "The two kernel sizes are swapped: a pair is (vertical, horizontal).",
    lambda c: _columns(c.windows(k=c.k[::-1])),
)
stride_ignored = _wrong(
    "The stride is not used: the window moves by s pixels at a time.",
    lambda c: _columns(c.windows(s=(1, 1))),
)
stride_for_the_size_only = _wrong(
    "There are as many windows as the stride allows, but they still move by one pixel.",
    lambda c: _columns(_cropped(c.windows(s=(1, 1)), c.windows())),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: _columns(c.windows(s=c.s[::-1])),
)
padding_ignored = _wrong(
    "The padding is not used: extend the images by zeros first.",
    lambda c: _columns(c.windows(p=(0, 0))),
)
padding_swapped = _wrong(
    "The two paddings are swapped: a pair is (vertical, horizontal).",
    lambda c: _columns(c.windows(p=c.p[::-1])),
)
edge_padding = _wrong(
    "You repeated the border pixels as padding. Pad with zeros.",
    lambda c: _columns(c.windows(border={"mode": "edge"})),
)
dilation_ignored = _wrong(
    "The dilation is not used: neighbours in the kernel are d pixels apart.",
    lambda c: _columns(c.windows(d=(1, 1))),
)
dilation_for_the_size_only = _wrong(
    "There are as many windows as the dilation allows, but they still hold neighbouring pixels.",
    lambda c: _columns(_cropped(c.windows(d=(1, 1)), c.windows())),
)
dilation_swapped = _wrong(
    "The two dilations are swapped: a pair is (vertical, horizontal).",
    lambda c: _columns(c.windows(d=c.d[::-1])),
)


def _cropped(windows, like):
    return windows[..., : like.shape[4], : like.shape[5]]


# Alternatives


@alternative("im2col")
def by_stride_tricks(x, kernel_size, *, stride=1, padding=0, dilation=1):
    k, s, p, d = map(pair, (kernel_size, stride, padding, dilation))
    x = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    spans = [d[axis] * (k[axis] - 1) + 1 for axis in (0, 1)]
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(2, 3))
    view = view[:, :, :: s[0], :: s[1], :: d[0], :: d[1]].transpose(0, 1, 4, 5, 2, 3)
    return view.reshape(len(x), x.shape[1] * k[0] * k[1], -1)


@alternative("im2col")
def window_by_window(x, kernel_size, *, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel_size, stride, padding, dilation))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    span_h, span_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    columns = []
    for i in range(0, x.shape[2] - span_h + 1, sh):
        for j in range(0, x.shape[3] - span_w + 1, sw):
            columns.append(x[:, :, i : i + span_h : dh, j : j + span_w : dw].reshape(len(x), -1))
    return np.stack(columns, axis=2)


@alternative("im2col")
def by_fancy_indices(x, kernel_size, *, stride=1, padding=0, dilation=1):
    return _columns(Call(x, *map(pair, (kernel_size, stride, padding, dilation))).windows())
