"""conv2d_backward: known wrong implementations, by where they go wrong, and right ones."""

from dataclasses import dataclass, replace

import numpy as np

from gradlab.judge import alternative, misconception

from .windows import pair

# The catalogue: `Call` is a right backward pass whose arguments and parts can be falsified


@dataclass
class Call:
    dout: np.ndarray
    x: np.ndarray
    w: np.ndarray
    s: tuple
    p: tuple
    d: tuple

    def padded(self):
        return np.pad(self.x, [(p, p) for p in (0, 0, *self.p)])

    def window(self, *place):
        """Where output (i, j) looks, as slices of the padded images."""
        spans = [d * (k - 1) + 1 for d, k in zip(self.d, self.w.shape[2:])]
        starts = [i * s for i, s in zip(place, self.s)]
        return (..., *(slice(a, a + n, d) for a, n, d in zip(starts, spans, self.d)))

    def dw(self, **changes):
        call, total = replace(self, **changes), np.zeros_like(self.w)
        padded = call.padded()
        for place in np.ndindex(call.dout.shape[2:]):
            seen, g = padded[call.window(*place)], call.dout[:, :, *place]
            total += np.tensordot(g, seen, axes=(0, 0))
        return total

    def dx_padded(self, *, overwrite=False, **changes):
        call = replace(self, **changes)
        dx = np.zeros_like(call.padded())
        for place in np.ndindex(call.dout.shape[2:]):
            share = np.tensordot(call.dout[:, :, *place], call.w, axes=(1, 0))
            where = call.window(*place)
            dx[where] = share if overwrite else dx[where] + share
        return dx

    def dx(self, **changes):
        (ph, pw), (height, width) = self.p, self.x.shape[2:]
        return self.dx_padded(**changes)[:, :, ph : ph + height, pw : pw + width]

    def db(self):
        return self.dout.sum(axis=(0, 2, 3))

    def gradients(self, **changes):
        return self.dx(**changes), self.dw(**changes), self.db()


def _call(dout, cache):
    x, w, _, *options = cache
    call = Call(dout, x, w, *map(pair, options))
    spans = [d * (k - 1) + 1 for d, k in zip(call.d, w.shape[2:])]
    rooms = [n + 2 * p - span for n, p, span in zip(x.shape[2:], call.p, spans)]
    shape = (len(x), len(w), *(room // s + 1 for room, s in zip(rooms, call.s)))
    if dout.shape != shape:
        raise ValueError(f"dout has shape {dout.shape}: expected {shape}")
    return call


def _wrong(message, compute):
    """A backward pass that refuses what it must, with gradients from `compute`."""

    @misconception("conv2d_backward", message)
    def variant(dout, cache):
        return compute(_call(dout, cache))

    return variant


overlaps_overwritten = _wrong(
    "Windows overlap, and your later windows overwrite what earlier ones gave: use +=, not =.",
    lambda c: (c.dx(overwrite=True), c.dw(), c.db()),
)
kernel_flipped_in_dx = _wrong(
    "The kernel in your dx is flipped the wrong way: weight (u, v) takes the gradient back to the "
    "pixel it met. (As a full correlation of dout, that needs the flipped kernel.)",
    lambda c: (c.dx(w=c.w[:, :, ::-1, ::-1]), c.dw(), c.db()),
)
channels_not_transposed = _wrong(
    "In dx the filter and channel axes of w are swapped: sum over the filters F.",
    lambda c: (c.dx(w=c.w.swapaxes(0, 1)), c.dw(), c.db()),
)
padding_not_cropped = _wrong(
    "Your dx still has the padding: cut it off, so that dx has the shape of x.",
    lambda c: (c.dx_padded(), c.dw(), c.db()),
)
cropped_from_the_corner = _wrong(
    "You cut all the padding off at the bottom and at the right. It lies on each side.",
    lambda c: (c.dx_padded()[:, :, : c.x.shape[2], : c.x.shape[3]], c.dw(), c.db()),
)
cropped_by_negative_slice = _wrong(
    "Your dx is empty where the padding is 0: the slice p:-p is then 0:0. Use p : p + H.",
    lambda c: (c.dx_padded()[:, :, c.p[0] : -c.p[0], c.p[1] : -c.p[1]], c.dw(), c.db()),
)
left_over_pixels_lost = _wrong(
    "Your dx ends where the last window ends. Pixels left over by the stride are part of x; "
    "their gradient is 0.",
    lambda c: (_covered(c), c.dw(), c.db()),
)
images_flipped_in_dw = _wrong(
    "Your dw is flipped: weight (u, v) collects from the pixels it met.",
    lambda c: (c.dx(), c.dw()[:, :, ::-1, ::-1], c.db()),
)
dw_of_the_last_image = _wrong(
    "Your dw is that of the last image of the batch only: use +=, not =.",
    lambda c: (c.dx(), c.dw(dout=c.dout[-1:], x=c.x[-1:]), c.db()),
)
dw_of_the_last_position = _wrong(
    "Your dw is that of the last window only: use +=, not =.",
    lambda c: (c.dx(), c.dw(dout=_last_pixel_only(c.dout)), c.db()),
)
dw_averaged = _wrong(
    "You divided dw by the batch size. dout already holds any 1/N of the loss.",
    lambda c: (c.dx(), c.dw() / len(c.x), c.db()),
)
everything_averaged = _wrong(
    "You divided the gradients by the batch size. dout already holds any 1/N of the loss.",
    lambda c: tuple(gradient / len(c.x) for gradient in c.gradients()),
)
dw_without_padding = _wrong(
    "Your dw reads the wrong pixels: the padding on the top and left of x is missing.",
    lambda c: (c.dx(), c.dw(x=np.pad(c.x, [(0, 2 * p) for p in (0, 0, *c.p)]), p=(0, 0)), c.db()),
)
upstream_ignored = _wrong(
    "You took dout for ones. Each contribution is multiplied by the upstream gradient.",
    lambda c: replace(c, dout=np.ones_like(c.dout)).gradients(),
)
stride_ignored = _wrong(
    "The stride is not used: output (i, j) looked at a window that starts at (i * s_h, j * s_w).",
    lambda c: c.gradients(s=(1, 1)),
)
stride_swapped = _wrong(
    "The two strides are swapped: a pair is (vertical, horizontal).",
    lambda c: c.gradients(s=c.s[::-1]),
)
dilation_ignored = _wrong(
    "The dilation is not used: weight (u, v) met pixel (u * d_h, v * d_w) of its window.",
    lambda c: c.gradients(d=(1, 1)),
)
dilation_swapped = _wrong(
    "The two dilations are swapped: a pair is (vertical, horizontal).",
    lambda c: c.gradients(d=c.d[::-1]),
)
padding_swapped = _wrong(
    "The two paddings are swapped: a pair is (vertical, horizontal).",
    lambda c: replace(c, p=c.p[::-1]).gradients(),
)
db_for_each_image = _wrong(
    "Your db is not summed over the batch: it has the shape of b, (F,).",
    lambda c: (c.dx(), c.dw(), c.dout.sum(axis=(2, 3))),
)
db_for_each_pixel = _wrong(
    "Your db is not summed over the pixels: it has the shape of b, (F,).",
    lambda c: (c.dx(), c.dw(), c.dout.sum(axis=0)),
)
db_over_the_wrong_axes = _wrong(
    "Your db is summed over the filters. Keep that axis, axis 1, and sum over all others.",
    lambda c: (c.dx(), c.dw(), c.dout.sum(axis=(1, 2, 3))),
)
db_averaged = _wrong(
    "Your db is a mean over images and pixels. It is their sum.",
    lambda c: (c.dx(), c.dw(), c.dout.mean(axis=(0, 2, 3))),
)
db_over_the_batch_averaged = _wrong(
    "You divided db by the batch size. dout already holds any 1/N of the loss.",
    lambda c: (c.dx(), c.dw(), c.db() / len(c.x)),
)
weights_before_images = _wrong(
    "dx and dw came back the other way round: return (dx, dw, db).",
    lambda c: (c.dw(), c.dx(), c.db()),
)
without_db = _wrong(
    "Two gradients came back. The bias has one too: return (dx, dw, db).",
    lambda c: (c.dx(), c.dw()),
)


def _covered(c):
    """dx up to the end of the last window."""
    spans = [d * (k - 1) + 1 for d, k in zip(c.d, c.w.shape[2:])]
    ends = [(n - 1) * s + k - p for n, s, k, p in zip(c.dout.shape[2:], c.s, spans, c.p)]
    return c.dx()[:, :, : ends[0], : ends[1]]


def _last_pixel_only(dout):
    last = np.zeros_like(dout)
    last[:, :, -1, -1] = dout[:, :, -1, -1]
    return last


@misconception(
    "conv2d_backward",
    "A dout of another shape than the output must raise a ValueError that names dout.",
)
def any_dout_accepted(dout, cache):
    x, w, _, *options = cache
    batch, filters = min(len(x), len(dout)), min(len(w), dout.shape[1])
    return Call(dout, x[:batch], w[:filters], *map(pair, options)).gradients()


# Alternatives


@alternative("conv2d_backward")
def by_kernel_loop(dout, cache):
    c = _call(dout, cache)
    padded, (rows, columns) = c.padded(), dout.shape[2:]
    dx, dw = np.zeros_like(padded), np.empty_like(c.w)
    for u, v in np.ndindex(c.w.shape[2:]):
        down = np.arange(rows)[:, None] * c.s[0] + u * c.d[0]
        right = np.arange(columns) * c.s[1] + v * c.d[1]
        dw[:, :, u, v] = np.einsum("nfij,ncij->fc", dout, padded[:, :, down, right])
        dx[:, :, down, right] += np.einsum("nfij,fc->ncij", dout, c.w[:, :, u, v])
    (ph, pw), (height, width) = c.p, c.x.shape[2:]
    return dx[:, :, ph : ph + height, pw : pw + width], dw, np.einsum("nfij->f", dout)


@alternative("conv2d_backward")
def by_loops(dout, cache):
    c = _call(dout, cache)
    padded = c.padded()
    dx, dw, db = np.zeros_like(padded), np.zeros_like(c.w), np.zeros(len(c.w))
    for n, f, i, j in np.ndindex(dout.shape):
        g, where = dout[n, f, i, j], c.window(i, j)
        db[f] += g
        dw[f] += g * padded[n][where]
        dx[n][where] += g * c.w[f]
    stop = [-p if p else None for p in c.p]
    return [dx[:, :, c.p[0] : stop[0], c.p[1] : stop[1]].copy(), dw, db]


@alternative("conv2d_backward")
def by_full_correlation(dout, cache):
    """dx as a full correlation of the spread-out dout with the flipped, transposed filters."""
    c = _call(dout, cache)
    spans = [d * (k - 1) + 1 for d, k in zip(c.d, c.w.shape[2:])]
    spread = np.zeros((*dout.shape[:2], *(n - k + 1 for n, k in zip(c.padded().shape[2:], spans))))
    spread[:, :, :: c.s[0], :: c.s[1]] = dout
    spread = np.pad(spread, [(0, 0), (0, 0), *((k - 1, k - 1) for k in spans)])
    view = np.lib.stride_tricks.sliding_window_view(spread, spans, axis=(2, 3))
    view = view[..., :: c.d[0], :: c.d[1]]
    dx = np.einsum("nfijuv,fcuv->ncij", view, c.w[:, :, ::-1, ::-1])
    (ph, pw), (height, width) = c.p, c.x.shape[2:]
    return dx[:, :, ph : ph + height, pw : pw + width], c.dw(), c.db()
