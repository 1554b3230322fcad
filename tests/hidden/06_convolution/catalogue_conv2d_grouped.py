"""conv2d_grouped: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` is a right grouped convolution; its arguments can be falsified


@dataclass
class Call:
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    s: tuple
    p: tuple
    d: tuple
    groups: int

    def windows(self):
        """What each kernel value sees: (N, C, kh, kw, H', W')."""
        x = np.pad(self.x, [(p, p) for p in (0, 0, *self.p)])
        (kh, kw), (sh, sw), (dh, dw) = self.w.shape[2:], self.s, self.d
        rows = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
        columns = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
        down = np.arange(kh)[:, None, None, None] * dh + np.arange(rows)[:, None] * sh
        right = np.arange(kw)[:, None, None] * dw + np.arange(columns) * sw
        return x[:, :, down, right]

    def parts(self):
        """Each group's output without bias, in order."""
        windows = np.split(self.windows(), self.groups, axis=1)
        filters = np.split(self.w, self.groups)
        return [np.einsum("ncuvij,fcuv->nfij", one, two) for one, two in zip(windows, filters)]

    def y(self, **changes):
        call = replace(self, **changes)
        return np.concatenate(call.parts(), axis=1) + call.b[:, None, None]


def _call(x, w, b, stride, padding, dilation, groups):
    if x.shape[1] % groups or len(w) % groups:
        raise ValueError(f"groups is {groups}: expected a divisor of {x.shape[1]} and {len(w)}")
    return Call(x, w, b, pair(stride), pair(padding), pair(dilation), groups)


def _wrong(message, compute):
    @misconception("conv2d_grouped", message)
    def variant(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
        return compute(_call(x, w, b, stride, padding, dilation, groups))

    return variant


def _interleaved(array, groups, axis):
    """Block order to strided order along an axis: member m of group g comes to g + m * groups."""
    size = array.shape[axis]
    return np.take(array, np.arange(size).reshape(-1, groups).T.ravel(), axis=axis)


channels_interleaved = _wrong(
    "You dealt the channels out in turn, like cards. A group is a block of consecutive channels.",
    lambda c: c.y(x=_interleaved(c.x, c.groups, 1)),
)
filters_interleaved = _wrong(
    "You dealt the filters out in turn, like cards. A group is a block of consecutive filters.",
    lambda c: np.stack(c.parts(), axis=2).reshape(c.y().shape) + c.b[:, None, None],
)
first_channels_for_all = _wrong(
    "Every group sees the first block of channels. Group g sees block g.",
    lambda c: c.y(x=np.tile(c.x[:, : c.w.shape[1]], (1, c.groups, 1, 1))),
)
first_filters_for_all = _wrong(
    "Every group uses the filters of the first one. Group g has filters of its own.",
    lambda c: c.y(w=np.tile(c.w[: len(c.w) // c.groups], (c.groups, 1, 1, 1))),
)
groups_ignored = _wrong(
    "Every filter sees all channels, its weights repeated. It should see its own group only.",
    lambda c: c.y(w=np.tile(c.w, (1, c.groups, 1, 1)), groups=1),
)
groups_added = _wrong(
    "You added the groups up. Their outputs stand one after the other.",
    lambda c: np.tile(sum(c.parts()), (1, c.groups, 1, 1)) + c.b[:, None, None],
)
groups_reversed = _wrong(
    "The groups' outputs are in reversed order.",
    lambda c: np.concatenate(c.parts()[::-1], axis=1) + c.b[:, None, None],
)
bias_missing = _wrong(
    "The bias is missing: add b[f] to every output of filter f.",
    lambda c: c.y(b=np.zeros_like(c.b)),
)
bias_of_the_first_group = _wrong(
    "Every group got the biases of the first one. Slice b like w.",
    lambda c: c.y(b=np.tile(c.b[: len(c.b) // c.groups], c.groups)),
)
bias_for_each_group = _wrong(
    "You added the biases once for each group. Add them once.",
    lambda c: c.y(b=c.b * c.groups),
)
flipped_kernel = _wrong(
    "Your kernel is flipped. Deep learning's convolution is a cross-correlation.",
    lambda c: c.y(w=c.w[:, :, ::-1, ::-1]),
)
stride_ignored = _wrong(
    "The stride is not used.",
    lambda c: c.y(s=(1, 1)),
)
padding_ignored = _wrong(
    "The padding is not used.",
    lambda c: c.y(p=(0, 0)),
)
dilation_ignored = _wrong(
    "The dilation is not used.",
    lambda c: c.y(d=(1, 1)),
)
pairs_swapped = _wrong(
    "Your pairs are read as (horizontal, vertical). They are (vertical, horizontal).",
    lambda c: c.y(s=c.s[::-1], p=c.p[::-1], d=c.d[::-1]),
)
height_without_dilation = _wrong(
    "You left the dilation out of the output's height: the kernel spans d (k - 1) + 1 rows.",
    lambda c: _taller(c.y(), c.x.shape[2] + 2 * c.p[0] - c.w.shape[2], c.s[0]),
)


def _taller(y, room, stride):
    """y with as many rows as an undilated kernel would have, the new ones zero."""
    more = room // stride + 1 - y.shape[2]
    return np.pad(y, ((0, 0), (0, 0), (0, more), (0, 0)))


first_group_only = _wrong(
    "Only the first group is in your output: it has F channels in all.",
    lambda c: c.parts()[0] + c.b[: len(c.w) // c.groups, None, None],
)


@misconception(
    "conv2d_grouped",
    "A number of groups that does not divide the channels or the filters must raise a "
    "ValueError that names groups.",
)
def any_groups_accepted(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    channels, filters = (size - size % groups for size in (w.shape[1] * groups, len(w)))
    x = np.resize(x, (len(x), channels, *x.shape[2:])) if channels != x.shape[1] else x
    return _call(x, w[:filters], b[:filters], stride, padding, dilation, groups).y()


# Alternatives


@alternative("conv2d_grouped")
def by_blocks(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """One full convolution whose weights between different groups are zero."""
    c = _call(x, w, b, stride, padding, dilation, groups)
    full = np.zeros((len(w), x.shape[1], *w.shape[2:]))
    for f in range(len(w)):
        start = f * groups // len(w) * w.shape[1]
        full[f, start : start + w.shape[1]] = w[f]
    return c.y(w=full, groups=1)


@alternative("conv2d_grouped")
def filter_by_filter(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    windows = _call(x, w, b, stride, padding, dilation, groups).windows()
    size, y = w.shape[1], []
    for f, kernel in enumerate(w):
        group = f // (len(w) // groups)
        seen = windows[:, group * size : (group + 1) * size]
        y.append((seen * kernel[None, :, :, :, None, None]).sum(axis=(1, 2, 3)) + b[f])
    return np.stack(y, axis=1)


@alternative("conv2d_grouped")
def by_concatenation(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    return _call(x, w, b, stride, padding, dilation, groups).y()
