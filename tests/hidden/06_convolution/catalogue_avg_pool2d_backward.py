"""avg_pool2d_backward: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` shares rightly; its arguments can be falsified


@dataclass
class Call:
    dout: np.ndarray
    shape: tuple
    k: tuple
    s: tuple
    p: tuple
    default_stride: bool

    def padded_shape(self):
        n, c, height, width = self.shape
        return n, c, height + 2 * self.p[0], width + 2 * self.p[1]

    def where(self, i, j):
        """The window of output (i, j), as slices of the padded images."""
        top, left = i * self.s[0], j * self.s[1]
        return np.s_[:, :, top : top + self.k[0], left : left + self.k[1]]

    def spread(self, *, overwrite=False, **changes):
        """Padded dx: each window gets dout / (kh * kw)."""
        call = replace(self, **changes)
        dx = np.zeros(call.padded_shape())
        for i, j in np.ndindex(call.dout.shape[2:]):
            share = call.dout[:, :, i, j, None, None] / (call.k[0] * call.k[1])
            dx[call.where(i, j)] = share if overwrite else dx[call.where(i, j)] + share
        return dx

    def dx(self, **changes):
        (ph, pw), (height, width) = self.p, self.shape[2:]
        return self.spread(**changes)[:, :, ph : ph + height, pw : pw + width]

    def real_pixels(self):
        """How many pixels of each window are not padding."""
        inside = np.pad(np.ones(self.shape), [(p, p) for p in (0, 0, *self.p)])
        windows = np.lib.stride_tricks.sliding_window_view(inside, self.k, axis=(2, 3))
        return windows[:, :, :: self.s[0], :: self.s[1]].sum(axis=(4, 5))


def _call(dout, cache):
    shape, kernel_size, stride, padding = cache
    k = pair(kernel_size)
    stride_pair = k if stride is None else pair(stride)
    return Call(dout, tuple(shape), k, stride_pair, pair(padding), stride is None)


def _wrong(message, compute):
    @misconception("avg_pool2d_backward", message)
    def variant(dout, cache):
        return compute(_call(dout, cache))

    return variant


not_divided = _wrong(
    "Every pixel of a window got the whole gradient. Its share is 1 / (kh * kw) of it.",
    lambda c: c.dx() * np.prod(c.k),
)
divided_by_one_side = _wrong(
    "You divided by the kernel's height. A window has kh * kw values.",
    lambda c: c.dx() * c.k[1],
)
divided_by_the_square = _wrong(
    "You divided by the height squared. A window has kh * kw values.",
    lambda c: c.dx() * c.k[1] / c.k[0],
)
windows_overwrite = _wrong(
    "Windows overlap, and your later windows overwrite what earlier ones gave: use +=, not =.",
    lambda c: c.dx(overwrite=True),
)
padding_not_counted = _wrong(
    "You shared between the real pixels only. The padding counted on the way there, so it takes "
    "its share on the way back: divide by kh * kw.",
    lambda c: c.dx(dout=c.dout * np.prod(c.k) / c.real_pixels()),
)
upstream_ignored = _wrong(
    "You took dout for ones. Each share is multiplied by the upstream gradient.",
    lambda c: c.dx(dout=np.ones_like(c.dout)),
)
upstream_averaged = _wrong(
    "All windows got the mean of dout. Each window shares out its own upstream gradient.",
    lambda c: c.dx(dout=np.full_like(c.dout, c.dout.mean())),
)
averaged_over_the_batch = _wrong(
    "You divided by the batch size. dout already holds any 1/N of the loss.",
    lambda c: c.dx() / len(c.dout),
)
averaged_over_the_outputs = _wrong(
    "You divided by the number of outputs. A pixel's share is 1 / (kh * kw).",
    lambda c: c.dx() * np.prod(c.k) / np.prod(c.dout.shape[2:]),
)
one_corner = _wrong(
    "Only the first pixel of each window got something. All of them had a share in the mean.",
    lambda c: c.dx(k=(1, 1)),
)
corner_gets_its_share = _wrong(
    "Only the first pixel of each window got its share. All kh * kw of them do.",
    lambda c: c.dx(k=(1, 1)) / np.prod(c.k),
)
padding_not_cropped = _wrong(
    "Your dx still has the padding: cut it off, so that dx has the shape of x.",
    lambda c: c.spread(),
)
cropped_from_the_corner = _wrong(
    "You cut all the padding off at the bottom and at the right. It lies on each side.",
    lambda c: c.spread()[:, :, : c.shape[2], : c.shape[3]],
)
cropped_by_negative_slice = _wrong(
    "Your dx is empty where the padding is 0: the slice p:-p is then 0:0. Use p : p + H.",
    lambda c: c.spread()[:, :, c.p[0] : -c.p[0], c.p[1] : -c.p[1]],
)
stride_one_by_default = _wrong(
    "Without a stride your windows move by one. The default stride is the kernel size.",
    lambda c: c.dx(s=(1, 1) if c.default_stride else c.s),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: c.dx(s=c.s[::-1]),
)
kernel_swapped = _wrong(
    "The two kernel sizes are swapped: a pair is (vertical, horizontal).",
    lambda c: c.dx(k=c.k[::-1]),
)
left_over_pixels_lost = _wrong(
    "Your dx ends where the last window ends. Pixels that no window covers are part of x; their "
    "gradient is 0.",
    lambda c: c.dx()[:, :, : _end(c, 0), : _end(c, 1)],
)


def _end(c, axis):
    return (c.dout.shape[2 + axis] - 1) * c.s[axis] + c.k[axis] - c.p[axis]


# Alternatives


@alternative("avg_pool2d_backward")
def by_loops(dout, cache):
    c = _call(dout, cache)
    dx = np.zeros(c.padded_shape())
    for n, m, i, j in np.ndindex(dout.shape):
        for u, v in np.ndindex(*c.k):
            dx[n, m, i * c.s[0] + u, j * c.s[1] + v] += dout[n, m, i, j]
    dx /= c.k[0] * c.k[1]
    stop = [-p if p else None for p in c.p]
    return dx[:, :, c.p[0] : stop[0], c.p[1] : stop[1]].copy()


@alternative("avg_pool2d_backward")
def by_kernel_positions(dout, cache):
    c = _call(dout, cache)
    dx, (rows, columns) = np.zeros(c.padded_shape()), dout.shape[2:]
    for u, v in np.ndindex(*c.k):
        down = slice(u, u + c.s[0] * (rows - 1) + 1, c.s[0])
        right = slice(v, v + c.s[1] * (columns - 1) + 1, c.s[1])
        dx[:, :, down, right] += dout * (1 / (c.k[0] * c.k[1]))
    (ph, pw), (height, width) = c.p, c.shape[2:]
    return dx[:, :, ph : ph + height, pw : pw + width]


@alternative("avg_pool2d_backward")
def by_matrices(dout, cache):
    """Averaging is separable: one matrix down, one across."""
    c = _call(dout, cache)
    down, across = (_averaging(c, axis) for axis in (0, 1))
    return np.einsum("ia,jb,ncij->ncab", down, across, dout)


def _averaging(c, axis):
    matrix = np.zeros((c.dout.shape[2 + axis], c.shape[2 + axis] + 2 * c.p[axis]))
    for i, row in enumerate(matrix):
        row[i * c.s[axis] : i * c.s[axis] + c.k[axis]] = 1 / c.k[axis]
    return matrix[:, c.p[axis] : c.p[axis] + c.shape[2 + axis]]
