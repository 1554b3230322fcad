"""max_pool2d_backward: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` finds the right winners; its arguments can be falsified


@dataclass
class Call:
    dout: np.ndarray
    x: np.ndarray
    k: tuple
    s: tuple
    p: tuple
    default_stride: bool
    border: float = -np.inf

    def padded(self):
        return np.pad(self.x, [(p, p) for p in (0, 0, *self.p)], constant_values=self.border)

    def where(self, i, j):
        """The window of output (i, j), as slices of the padded images."""
        top, left = i * self.s[0], j * self.s[1]
        return np.s_[:, :, top : top + self.k[0], left : left + self.k[1]]

    def spread(self, share, *, overwrite=False, **changes):
        """Padded dx, when share(window, upstream) says what each window hands out."""
        call = replace(self, **changes)
        padded = call.padded()
        dx = np.zeros(padded.shape)
        for i, j in np.ndindex(call.dout.shape[2:]):
            window = padded[call.where(i, j)]
            given = share(window, call.dout[:, :, i, j, None, None])
            dx[call.where(i, j)] = given if overwrite else dx[call.where(i, j)] + given
        return dx

    def crop(self, dx):
        (ph, pw), (height, width) = self.p, self.x.shape[2:]
        return dx[:, :, ph : ph + height, pw : pw + width]

    def dx(self, share=None, **changes):
        return self.crop(self.spread(share or _to_the_first, **changes))


def _first(window):
    """A 1 at the first maximum of each window, row by row."""
    flat = window.reshape(*window.shape[:2], -1)
    return np.eye(flat.shape[2])[flat.argmax(axis=2)].reshape(window.shape)


def _to_the_first(window, g):
    return _first(window) * g


def _to_all(window, g):
    return (window == window.max(axis=(2, 3), keepdims=True)) * g


def _call(dout, cache):
    x, kernel_size, stride, padding = cache
    k = pair(kernel_size)
    return Call(dout, x, k, k if stride is None else pair(stride), pair(padding), stride is None)


def _wrong(message, compute):
    @misconception("max_pool2d_backward", message)
    def variant(dout, cache):
        return compute(_call(dout, cache))

    return variant


all_maxima = _wrong(
    "On ties you give the full gradient to every maximum, so it is handed out several times. "
    "Give it to one of them, or share it.",
    lambda c: c.dx(_to_all),
)
all_maxima_of_overlapping_windows = _wrong(
    "Where windows overlap, you give the full gradient to every pixel that equals the maximum. "
    "On ties it must be handed out once.",
    lambda c: c.dx(_to_all if c.s != c.k else _to_the_first),
)
windows_overwrite = _wrong(
    "Windows overlap, and your later windows overwrite what earlier ones gave: use +=, not =.",
    lambda c: c.dx(overwrite=True),
)
everywhere = _wrong(
    "You gave the gradient to every pixel of the window. Only the winner gets it.",
    lambda c: c.dx(lambda window, g: np.ones_like(window) * g),
)
shared_equally = _wrong(
    "You shared the gradient between all pixels of the window, as average pooling does. "
    "Only the winner gets it.",
    lambda c: c.dx(lambda window, g: np.ones_like(window) * g / window[0, 0].size),
)
to_the_smallest = _wrong(
    "You gave the gradient to the smallest pixel of the window, not to the largest.",
    lambda c: c.dx(lambda window, g: _first(-window) * g, border=np.inf),
)
upstream_ignored = _wrong(
    "Your dx is the mask of the winners. Multiply it by the upstream gradient.",
    lambda c: c.dx(dout=np.ones_like(c.dout)),
)
times_the_value = _wrong(
    "You multiplied the gradient by the pixel's value. The winner gets the gradient itself.",
    lambda c: c.dx(lambda w, g: _first(w) * np.where(np.isfinite(w), w, 0) * g),
)
one_winner_for_all_channels = _wrong(
    "You looked for one winner over all channels. Each channel has its own.",
    lambda c: c.dx(lambda w, g: (w == w.max(axis=(1, 2, 3), keepdims=True)) * g),
)
one_winner_for_the_batch = _wrong(
    "You looked for one winner over the whole batch. Each image and channel has its own.",
    lambda c: c.dx(lambda w, g: (w == w.max()) * g),
)
zeros_win = _wrong(
    "When you look for the winner the padding is 0, so it beats values below zero. Pad with -inf.",
    lambda c: c.dx(border=0.0),
)
padding_not_cropped = _wrong(
    "Your dx still has the padding: cut it off, so that dx has the shape of x.",
    lambda c: c.spread(_to_the_first),
)
cropped_from_the_corner = _wrong(
    "You cut all the padding off at the bottom and at the right. It lies on each side.",
    lambda c: c.spread(_to_the_first)[:, :, : c.x.shape[2], : c.x.shape[3]],
)
cropped_by_negative_slice = _wrong(
    "Your dx is empty where the padding is 0: the slice p:-p is then 0:0. Use p : p + H.",
    lambda c: c.spread(_to_the_first)[:, :, c.p[0] : -c.p[0], c.p[1] : -c.p[1]],
)
padding_ignored = _wrong(
    "The padding is not used when you look for the winners: the windows start p pixels earlier.",
    lambda c: replace(c, p=(0, 0)).dx(),
)
stride_one_by_default = _wrong(
    "Without a stride your windows move by one. The default stride is the kernel size.",
    lambda c: c.dx(s=(1, 1) if c.default_stride else c.s),
)
stride_ignored = _wrong(
    "The stride is not used: your windows always move by the kernel size.",
    lambda c: c.dx(s=c.k),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: c.dx(s=c.s[::-1]),
)
averaged_over_the_batch = _wrong(
    "You divided by the batch size. dout already holds any 1/N of the loss.",
    lambda c: c.dx() / len(c.x),
)
winner_not_moved = _wrong(
    "You used the winner's place in its window as its place in the image: add i * s_h and j * s_w.",
    lambda c: _at_winners(c, lambda i, j, u, v: (u, v)),
)
unravelled_by_height = _wrong(
    "The winner's number is unravelled by the kernel's height. It is row * kw + column.",
    lambda c: _at_winners(
        c,
        lambda i, j, u, v: (
            i * c.s[0] + (u * c.k[1] + v) // c.k[0],
            j * c.s[1] + (u * c.k[1] + v) % c.k[0],
        ),
    ),
)
winners_overwrite = _wrong(
    "A pixel can win several windows, and your last one overwrites the others: use +=, not =.",
    lambda c: _at_winners(c, lambda i, j, u, v: (i * c.s[0] + u, j * c.s[1] + v), overwrite=True),
)


def _at_winners(c, place, *, overwrite=False):
    """dx when winner (u, v) of window (i, j) is taken to lie at place(i, j, u, v)."""
    padded = c.padded()
    dx = np.zeros((*padded.shape[:2], *(size + max(c.k) ** 2 for size in padded.shape[2:])))
    for n, m, i, j in np.ndindex(c.dout.shape):
        u, v = divmod(int(padded[c.where(i, j)][n, m].argmax()), c.k[1])
        where = (n, m, *place(i, j, u, v))
        dx[where] = c.dout[n, m, i, j] + (0 if overwrite else dx[where])
    return c.crop(dx)


# Alternatives


@alternative("max_pool2d_backward")
def by_loops(dout, cache):
    c = _call(dout, cache)
    return _at_winners(c, lambda i, j, u, v: (i * c.s[0] + u, j * c.s[1] + v)).copy()


@alternative("max_pool2d_backward")
def shared_between_maxima(dout, cache):
    def share(window, g):
        mask = _to_all(window, 1.0)
        return mask * g / mask.sum(axis=(2, 3), keepdims=True)

    return _call(dout, cache).dx(share)


@alternative("max_pool2d_backward")
def to_the_last_maximum(dout, cache):
    def share(window, g):
        return _first(window[:, :, ::-1, ::-1])[:, :, ::-1, ::-1] * g

    return _call(dout, cache).dx(share)
