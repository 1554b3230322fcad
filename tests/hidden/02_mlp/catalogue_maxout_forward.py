"""maxout_forward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _pieces(x, w, b):
    if w.ndim != 3 or w.shape[2] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:2]:
        raise ValueError(f"b has shape {b.shape}")
    return np.stack([x @ v.T + c for v, c in zip(w, b)])


def _wrong(message, compute):
    """Right cache and refusals; y from the pieces (K, N, out), x, w and b."""

    @misconception("maxout_forward", message)
    def variant(x, w, b):
        pieces = _pieces(x, w, b)
        return compute(pieces, x, w, b), (x, w, pieces.argmax(axis=0))

    return variant


averaged = _wrong(
    "You averaged the pieces. A maxout unit shows the largest.",
    lambda p, x, w, b: p.mean(axis=0),
)
summed = _wrong(
    "You added the pieces up. A maxout unit shows the largest.", lambda p, x, w, b: p.sum(axis=0)
)
smallest = _wrong(
    "Your units show the smallest piece, not the largest.", lambda p, x, w, b: p.min(axis=0)
)
absolute = _wrong(
    "You took the largest of |z|. The sign counts: -3 is less than 1.",
    lambda p, x, w, b: np.abs(p).max(axis=0),
)
largest_in_size = _wrong(
    "You chose the piece of the largest |z|. The sign counts: -3 is less than 1.",
    lambda p, x, w, b: np.take_along_axis(p, np.abs(p).argmax(axis=0)[None], 0)[0],
)
first_piece = _wrong(
    "Only the first piece counts in yours. Take the largest.", lambda p, x, w, b: p[0]
)
last_piece = _wrong(
    "Only the last piece counts in yours. Take the largest.", lambda p, x, w, b: p[-1]
)
two_pieces = _wrong(
    "You compared the first and the last piece only. Compare all K.",
    lambda p, x, w, b: np.maximum(p[0], p[-1]),
)
rectified = _wrong(
    "Your units are never negative: there is no ReLU on top, and no piece 0 unless w has one.",
    lambda p, x, w, b: np.maximum(p.max(axis=0), 0.0),
)
bias_missing = _wrong("The biases are missing.", lambda p, x, w, b: (p - b[:, None, :]).max(axis=0))
bias_after_maximum = _wrong(
    "You took the maximum first and added b[0] afterwards. Each piece has its own bias, and it "
    "takes part in the comparison.",
    lambda p, x, w, b: (p - b[:, None, :]).max(axis=0) + b[0],
)
bias_of_the_winner_afterwards = _wrong(
    "You compared without the biases. Add b to each piece before you take the maximum.",
    lambda p, x, w, b: np.take_along_axis(p, (p - b[:, None, :]).argmax(axis=0)[None], 0)[0],
)
largest_of_each_bias = _wrong(
    "You took the largest product and the largest bias separately. They belong together.",
    lambda p, x, w, b: (p - b[:, None, :]).max(axis=0) + b.max(axis=0),
)
by_sample = _wrong(
    "All units of a sample use the same piece in yours. Each unit has its own winner.",
    lambda p, x, w, b: p[p.sum(axis=2).argmax(axis=0), np.arange(p.shape[1])],
)
by_unit = _wrong(
    "A unit uses one piece for the whole batch in yours. Each sample has its own winner.",
    lambda p, x, w, b: p[p.sum(axis=1).argmax(axis=0), :, np.arange(p.shape[2])].T,
)
softened = _wrong(
    "You took a soft maximum (log of the sum of exponentials). Take the largest itself.",
    lambda p, x, w, b: np.log(np.exp(p).sum(axis=0)),
)
over_units = _wrong(
    "You took the maximum over the units. Take it over the pieces, the first axis of w.",
    lambda p, x, w, b: p.max(axis=2).T,
)


@misconception("maxout_forward", "Only y came back. Return the pair (y, cache).")
def no_cache(x, w, b):
    return _pieces(x, w, b).max(axis=0)


@misconception("maxout_forward", "Your winner is a mask of K layers. It is (N, out): which k won.")
def winner_as_mask(x, w, b):
    pieces = _pieces(x, w, b)
    return pieces.max(axis=0), (x, w, pieces == pieces.max(axis=0))


@misconception("maxout_forward", "Your winner counts pieces from 1. Count from 0.")
def winner_from_one(x, w, b):
    pieces = _pieces(x, w, b)
    return pieces.max(axis=0), (x, w, pieces.argmax(axis=0) + 1)


@misconception("maxout_forward", "Your winner was found without the biases.")
def winner_without_bias(x, w, b):
    pieces = _pieces(x, w, b)
    return pieces.max(axis=0), (x, w, (pieces - b[:, None, :]).argmax(axis=0))


@misconception("maxout_forward", "Your cache holds all pieces. It is (x, w, winner).")
def pieces_in_cache(x, w, b):
    pieces = _pieces(x, w, b)
    return pieces.max(axis=0), (x, w, pieces)


@misconception("maxout_forward", "A b of another shape than (K, out) must raise a ValueError.")
def any_bias_accepted(x, w, b):
    fits = b.shape == w.shape[:2]
    pieces = _pieces(x, w, b if fits else np.full(w.shape[:2], b.sum()))
    return pieces.max(axis=0), (x, w, pieces.argmax(axis=0))


@misconception("maxout_forward", "A w that does not fit x must raise a ValueError that names w.")
def any_weights_accepted(x, w, b):
    if w.ndim != 3 or w.shape[2] != x.shape[1]:
        w = np.full((*b.shape, x.shape[1]), w.sum())
    pieces = _pieces(x, w, b)
    return pieces.max(axis=0), (x, w, pieces.argmax(axis=0))


@alternative("maxout_forward")
def by_loops(x, w, b):
    _pieces(x, w, b)
    y = np.zeros((len(x), w.shape[1]))
    winner = np.zeros(y.shape, dtype=int)
    for n, o in np.ndindex(y.shape):
        values = [w[k, o] @ x[n] + b[k, o] for k in range(len(w))]
        y[n, o], winner[n, o] = max(values), values.index(max(values))
    return y, (x, w, winner)


@alternative("maxout_forward")
def by_running_maximum(x, w, b):
    _pieces(x, w, b)
    y = x @ w[0].T + b[0]
    winner = np.zeros(y.shape, dtype=np.int32)
    for k in range(1, len(w)):
        piece = x @ w[k].T + b[k]
        winner[piece > y] = k
        y = np.maximum(y, piece)
    return y, [x, w, winner]


@alternative("maxout_forward")
def by_take_along_axis(x, w, b):
    _pieces(x, w, b)
    pieces = (x @ w.transpose(0, 2, 1) + b[:, None]).transpose(1, 2, 0)
    winner = np.argmax(pieces, axis=-1)
    return np.take_along_axis(pieces, winner[..., None], axis=-1)[..., 0], (x, w, winner)
