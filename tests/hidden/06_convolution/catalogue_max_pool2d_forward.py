"""max_pool2d_forward: known wrong implementations, by where they go wrong, and right ones."""

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
        border = border or {"constant_values": -np.inf}
        return np.pad(self.x, [(p, p) for p in (0, 0, *self.p)], **border)

    def windows(self, x=None, **changes):
        """(N, C, H', W', kh, kw), on images `x` that are already padded or on our own."""
        call = replace(self, **changes)
        x = call.padded() if x is None else x
        view = np.lib.stride_tricks.sliding_window_view(x, call.k, axis=(2, 3))
        return view[:, :, :: call.s[0], :: call.s[1]]

    def y(self, x=None, **changes):
        return self.windows(x, **changes).max(axis=(4, 5))


def _call(x, kernel_size, stride, padding):
    k, p = pair(kernel_size), pair(padding)
    if any(2 * amount > size for amount, size in zip(p, k)):
        raise ValueError(f"padding is {padding}: expected at most half of {kernel_size}")
    return Call(x, k, k if stride is None else pair(stride), p, stride is None)


def _wrong(message, compute):
    @misconception("max_pool2d_forward", message)
    def variant(x, kernel_size, *, stride=None, padding=0):
        y = compute(_call(x, kernel_size, stride, padding))
        return y, (x, kernel_size, stride, padding)

    return variant


zero_padding = _wrong(
    "You padded with zeros, which win against values below zero. Pad with -inf.",
    lambda c: c.y(c.padded(constant_values=0)),
)
finite_padding = _wrong(
    "You padded with a number such as -1e9, which wins against smaller ones. Pad with -inf.",
    lambda c: c.y(c.padded(constant_values=-1e9)),
)
infinities_averaged = _wrong(
    "You averaged the window, -inf from the padding included. Max pooling keeps its largest value.",
    lambda c: c.windows().mean(axis=(4, 5)),
)
padding_ignored = _wrong(
    "The padding is not used: extend the images by -inf first.",
    lambda c: c.y(p=(0, 0)),
)
padding_swapped = _wrong(
    "The two paddings are swapped: a pair is (vertical, horizontal).",
    lambda c: c.y(p=c.p[::-1]),
)
padding_at_the_start_only = _wrong(
    "You padded at the top and at the left only. Pad each side.",
    lambda c: c.y(np.pad(c.x, [(p, 0) for p in (0, 0, *c.p)], constant_values=-np.inf)),
)
stride_one_by_default = _wrong(
    "Without a stride your windows move by one. The default stride is the kernel size.",
    lambda c: c.y(s=(1, 1) if c.default_stride else c.s),
)
stride_two_by_default = _wrong(
    "Without a stride your windows move by two. The default stride is the kernel size.",
    lambda c: c.y(s=(2, 2) if c.default_stride else c.s),
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
square_kernel = _wrong(
    "You used the first kernel size for both axes. A pair is (vertical, horizontal).",
    lambda c: c.y(k=c.k[:1] * 2, s=c.k[:1] * 2 if c.default_stride else c.s),
)
averaged = _wrong(
    "You averaged the window. Max pooling keeps its largest value.",
    lambda c: c.windows(c.padded(constant_values=0)).mean(axis=(4, 5)),
)
smallest = _wrong(
    "You kept the smallest value of the window, not the largest.",
    lambda c: c.windows(c.padded(constant_values=np.inf)).min(axis=(4, 5)),
)
largest_size = _wrong(
    "You compared absolute values: -5 is less than 1.",
    lambda c: np.abs(c.windows(c.padded(constant_values=0))).max(axis=(4, 5)),
)
over_channels_too = _wrong(
    "You took the maximum over the channels too. Each channel is pooled by itself.",
    lambda c: c.y().max(axis=1, keepdims=True),
)
over_channels_and_repeated = _wrong(
    "All channels have the same output. Each channel is pooled by itself.",
    lambda c: np.repeat(c.y().max(axis=1, keepdims=True), c.x.shape[1], axis=1),
)
rounded_up = _wrong(
    "Your output also has incomplete windows at the right and lower border. They are dropped.",
    lambda c: c.y(
        np.pad(
            c.padded(),
            ((0, 0), (0, 0), (0, c.s[0] - 1), (0, c.s[1] - 1)),
            constant_values=-np.inf,
        )
    ),
)
last_missing = _wrong(
    "The last row and column of outputs are missing: where a window just fits, it counts.",
    lambda c: c.y()[:, :, :-1, :-1],
)
not_below_zero = _wrong(
    "Your outputs never fall below 0. Start the search for the maximum at -inf, not at 0.",
    lambda c: np.maximum(c.y(), 0),
)


@misconception("max_pool2d_forward", "Only y came back. Return the pair (y, cache).")
def no_cache(x, kernel_size, *, stride=None, padding=0):
    return _call(x, kernel_size, stride, padding).y()


@misconception("max_pool2d_forward", "Your cache holds the padded images. It should hold x itself.")
def padded_in_cache(x, kernel_size, *, stride=None, padding=0):
    call = _call(x, kernel_size, stride, padding)
    return call.y(), (call.padded(constant_values=-np.inf), kernel_size, stride, padding)


@misconception(
    "max_pool2d_forward",
    "Padding of more than half a kernel must raise a ValueError that names padding.",
)
def any_padding_accepted(x, kernel_size, *, stride=None, padding=0):
    k = pair(kernel_size)
    call = Call(x, k, k if stride is None else pair(stride), pair(padding))
    return call.y(), (x, kernel_size, stride, padding)


@misconception(
    "max_pool2d_forward",
    "Padding of more than half a kernel must be refused on either axis: look at both "
    "numbers of the pair.",
)
def first_padding_tested(x, kernel_size, *, stride=None, padding=0):
    if 2 * pair(padding)[0] > pair(kernel_size)[0]:
        raise ValueError(f"padding is {padding}: too much")
    return any_padding_accepted(x, kernel_size, stride=stride, padding=padding)


@misconception(
    "max_pool2d_forward",
    "Padding of exactly half a kernel was refused. It is allowed; only more than half is not.",
)
def half_refused(x, kernel_size, *, stride=None, padding=0):
    if any(p and 2 * p >= k for p, k in zip(pair(padding), pair(kernel_size))):
        raise ValueError(f"padding is {padding}: too much")
    return any_padding_accepted(x, kernel_size, stride=stride, padding=padding)


@misconception(
    "max_pool2d_forward",
    "Your cache holds the stride that was used. It should hold what was passed: None stays None.",
)
def stride_resolved_in_cache(x, kernel_size, *, stride=None, padding=0):
    y = _call(x, kernel_size, stride, padding).y()
    return y, (x, kernel_size, kernel_size if stride is None else stride, padding)


# Alternatives


@alternative("max_pool2d_forward")
def by_loops(x, kernel_size, *, stride=None, padding=0):
    c = _call(x, kernel_size, stride, padding)
    padded = c.padded()
    rows = (padded.shape[2] - c.k[0]) // c.s[0] + 1
    columns = (padded.shape[3] - c.k[1]) // c.s[1] + 1
    y = np.zeros((*x.shape[:2], rows, columns))
    for n, k, i, j in np.ndindex(y.shape):
        top, left = i * c.s[0], j * c.s[1]
        y[n, k, i, j] = np.max(padded[n, k, top : top + c.k[0], left : left + c.k[1]])
    return y, (x, kernel_size, stride, padding)


@alternative("max_pool2d_forward")
def by_edge_padding(x, kernel_size, *, stride=None, padding=0):
    """A repeated border pixel never beats the border pixel, which lies in the same window."""
    c = _call(x, kernel_size, stride, padding)
    return c.y(c.padded(mode="edge")), (x, kernel_size, stride, padding)


@alternative("max_pool2d_forward")
def by_running_maximum(x, kernel_size, *, stride=None, padding=0):
    c = _call(x, kernel_size, stride, padding)
    windows = c.windows()
    y = np.full(windows.shape[:4], -np.inf)
    for u, v in np.ndindex(*c.k):
        y = np.maximum(y, windows[..., u, v])
    return y, [x, kernel_size, stride, padding]


@alternative("max_pool2d_forward")
def by_cropped_windows(x, kernel_size, *, stride=None, padding=0):
    """Pads nothing: a window is cut where the image ends. The result is not contiguous."""
    c = _call(x, kernel_size, stride, padding)
    tops, lefts = (
        range(-p, n + p - k + 1, s) for n, k, s, p in zip(x.shape[2:], c.k, c.s, c.p, strict=True)
    )
    y = [
        [
            x[:, :, max(i, 0) : i + c.k[0], max(j, 0) : j + c.k[1]].max(axis=3).max(axis=2)
            for j in lefts
        ]
        for i in tops
    ]
    return np.array(y).transpose(2, 3, 0, 1), [x, kernel_size, stride, padding]
