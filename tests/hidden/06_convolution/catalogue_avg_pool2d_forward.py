"""avg_pool2d_forward: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` sees the right windows; its arguments can be falsified


@dataclass
class Call:
    x: np.ndarray
    k: tuple
    s: tuple
    p: tuple
    default_stride: bool = False

    def padded(self, **border):
        return np.pad(self.x, [(p, p) for p in (0, 0, *self.p)], **border)

    def windows(self, x=None, **changes):
        """(N, C, H', W', kh, kw), on images `x` that are already padded or on our own."""
        call = replace(self, **changes)
        x = call.padded() if x is None else x
        view = np.lib.stride_tricks.sliding_window_view(x, call.k, axis=(2, 3))
        return view[:, :, :: call.s[0], :: call.s[1]]

    def y(self, x=None, **changes):
        return self.windows(x, **changes).mean(axis=(4, 5))

    def total(self, **changes):
        return self.windows(**changes).sum(axis=(4, 5))

    def real_pixels(self):
        """How many pixels of each window are not padding."""
        return replace(self, x=np.ones_like(self.x)).total()


def _call(x, kernel_size, stride, padding):
    k = pair(kernel_size)
    return Call(x, k, k if stride is None else pair(stride), pair(padding), stride is None)


def _wrong(message, compute):
    @misconception("avg_pool2d_forward", message)
    def variant(x, kernel_size, *, stride=None, padding=0):
        y = compute(_call(x, kernel_size, stride, padding))
        return y, (x.shape, kernel_size, stride, padding)

    return variant


not_divided = _wrong(
    "Your outputs are sums. Divide by the number of values in a window, kh * kw.",
    lambda c: c.total(),
)
padding_not_counted = _wrong(
    "You divided by the number of real pixels. Here padded zeros count: always divide by kh * kw. "
    "(PyTorch calls your version count_include_pad=False.)",
    lambda c: c.total() / c.real_pixels(),
)
divided_by_one_side = _wrong(
    "You divided by the kernel's height. A window has kh * kw values.",
    lambda c: c.total() / c.k[0],
)
divided_by_the_square = _wrong(
    "You divided by the height squared. A window has kh * kw values.",
    lambda c: c.total() / c.k[0] ** 2,
)
divided_by_the_sum = _wrong(
    "You divided by kh + kw. A window has kh * kw values.",
    lambda c: c.total() / sum(c.k),
)
largest = _wrong(
    "You kept the largest value. Average pooling takes the mean of the window.",
    lambda c: c.windows(c.padded(constant_values=-np.inf)).max(axis=(4, 5)),
)
median = _wrong(
    "You took the median. Average pooling takes the mean of the window.",
    lambda c: np.median(c.windows(), axis=(4, 5)),
)
infinite_padding = _wrong(
    "You padded with -inf, as max pooling does. Average pooling pads with zeros.",
    lambda c: c.y(c.padded(constant_values=-np.inf)),
)
edge_padding = _wrong(
    "You repeated the border pixels as padding. Pad with zeros.",
    lambda c: c.y(c.padded(mode="edge")),
)
padding_ignored = _wrong(
    "The padding is not used: extend the images by zeros first.",
    lambda c: c.y(p=(0, 0)),
)
padding_swapped = _wrong(
    "The two paddings are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(p=c.p[::-1]),
)
stride_one_by_default = _wrong(
    "Without a stride your windows move by one. The default stride is the kernel size.",
    lambda c: c.y(s=(1, 1) if c.default_stride else c.s),
)
stride_ignored = _wrong(
    "Your windows always move by the kernel size: a stride that is given is not used.",
    lambda c: c.y(s=c.k),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(s=c.s[::-1]),
)
stride_for_the_size_only = _wrong(
    "There are as many outputs as the stride allows, but your window moves by one pixel.",
    lambda c: c.y(s=(1, 1))[:, :, : c.y().shape[2], : c.y().shape[3]],
)
kernel_swapped = _wrong(
    "The two kernel sizes are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(k=c.k[::-1], s=c.k[::-1] if c.default_stride else c.s),
)
over_channels_too = _wrong(
    "You averaged over the channels too. Each channel is pooled by itself.",
    lambda c: c.y().mean(axis=1, keepdims=True),
)
rounded_up = _wrong(
    "Your output also has incomplete windows at the right and lower border. They are dropped.",
    lambda c: c.y(np.pad(c.padded(), [(0, 0), (0, 0), (0, c.s[0] - 1), (0, c.s[1] - 1)])),
)
last_missing = _wrong(
    "The last row and column of outputs are missing: where a window just fits, it counts.",
    lambda c: c.y()[:, :, :-1, :-1],
)


@misconception("avg_pool2d_forward", "Only y came back. Return the pair (y, cache).")
def no_cache(x, kernel_size, *, stride=None, padding=0):
    return _call(x, kernel_size, stride, padding).y()


@misconception(
    "avg_pool2d_forward", "Your cache holds x. The way back needs its shape only: keep x.shape."
)
def images_in_cache(x, kernel_size, *, stride=None, padding=0):
    return _call(x, kernel_size, stride, padding).y(), (x, kernel_size, stride, padding)


@misconception(
    "avg_pool2d_forward", "Your cache holds the shape of the padded images, not that of x."
)
def padded_shape_in_cache(x, kernel_size, *, stride=None, padding=0):
    call = _call(x, kernel_size, stride, padding)
    return call.y(), (call.padded().shape, kernel_size, stride, padding)


@misconception(
    "avg_pool2d_forward",
    "Your cache holds the stride that was used. It should hold what was passed: None stays None.",
)
def stride_resolved_in_cache(x, kernel_size, *, stride=None, padding=0):
    y = _call(x, kernel_size, stride, padding).y()
    return y, (x.shape, kernel_size, kernel_size if stride is None else stride, padding)


# Alternatives


@alternative("avg_pool2d_forward")
def by_loops(x, kernel_size, *, stride=None, padding=0):
    c = _call(x, kernel_size, stride, padding)
    padded = c.padded()
    rows = (padded.shape[2] - c.k[0]) // c.s[0] + 1
    columns = (padded.shape[3] - c.k[1]) // c.s[1] + 1
    y = np.zeros((*x.shape[:2], rows, columns))
    for n, k, i, j in np.ndindex(y.shape):
        for u, v in np.ndindex(*c.k):
            y[n, k, i, j] += padded[n, k, i * c.s[0] + u, j * c.s[1] + v]
    return y / (c.k[0] * c.k[1]), (x.shape, kernel_size, stride, padding)


@alternative("avg_pool2d_forward")
def by_running_sums(x, kernel_size, *, stride=None, padding=0):
    c = _call(x, kernel_size, stride, padding)
    table = np.pad(c.padded(), [(0, 0), (0, 0), (1, 0), (1, 0)]).cumsum(axis=2).cumsum(axis=3)
    (kh, kw), (sh, sw) = c.k, c.s
    strips = table[:, :, kh:] - table[:, :, :-kh]
    total = (strips[..., kw:] - strips[..., :-kw])[:, :, ::sh, ::sw]
    return total / (kh * kw), [list(x.shape), kernel_size, stride, padding]


@alternative("avg_pool2d_forward")
def by_a_kernel(x, kernel_size, *, stride=None, padding=0):
    c = _call(x, kernel_size, stride, padding)
    y = np.einsum("ncijuv,uv->ncij", c.windows(), np.full(c.k, 1 / np.prod(c.k)))
    return y, (x.shape, kernel_size, stride, padding)
