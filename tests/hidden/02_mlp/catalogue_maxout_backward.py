"""maxout_backward: known wrong implementations, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


def _gradients(m, x, w):
    return np.einsum("kno,koi->ni", m, w), np.einsum("kno,ni->koi", m, x), m.sum(axis=1)


def _mask(dout, w, winner):
    return dout * (winner == np.arange(len(w))[:, None, None])


def _wrong(message, compute):
    @misconception("maxout_backward", message)
    def variant(dout, cache):
        x, w, winner = cache
        return compute(dout, x, w, winner)

    return variant


all_pieces = _wrong(
    "All pieces get the gradient in yours. Only the one that won was seen by the loss.",
    lambda d, x, w, k: _gradients(np.repeat(d[None], len(w), axis=0), x, w),
)
shared = _wrong(
    "You shared the gradient among the pieces. The winner gets all of it.",
    lambda d, x, w, k: _gradients(np.repeat(d[None], len(w), axis=0) / len(w), x, w),
)
first_piece = _wrong(
    "The first piece gets the gradient in yours, whoever won.",
    lambda d, x, w, k: _gradients(_mask(d, w, np.zeros_like(k)), x, w),
)
losers = _wrong(
    "Your mask is the wrong way round: the pieces that lost get the gradient.",
    lambda d, x, w, k: _gradients(d * (k != np.arange(len(w))[:, None, None]), x, w),
)
winner_of_first_sample = _wrong(
    "You used the first sample's winners for all samples.",
    lambda d, x, w, k: _gradients(_mask(d, w, np.repeat(k[:1], len(k), axis=0)), x, w),
)
winner_of_first_unit = _wrong(
    "You used the first unit's winner for all units of a sample.",
    lambda d, x, w, k: _gradients(_mask(d, w, np.repeat(k[:, :1], k.shape[1], axis=1)), x, w),
)
averaged = _wrong(
    "Your dw and db are divided by N. Any 1/N of the loss is already in dout.",
    lambda d, x, w, k: (
        _gradients(_mask(d, w, k), x, w)[0],
        *(g / len(x) for g in _gradients(_mask(d, w, k), x, w)[1:]),
    ),
)
upstream_ignored = _wrong(
    "Your gradients do not depend on dout.",
    lambda d, x, w, k: _gradients(_mask(np.ones_like(d), w, k), x, w),
)
input_from_all_pieces = _wrong(
    "Your dx goes back through all pieces. It goes through the winners only.",
    lambda d, x, w, k: (
        d @ w.sum(axis=0),
        *_gradients(_mask(d, w, k), x, w)[1:],
    ),
)
input_through_first_piece = _wrong(
    "Your dx goes back through the first piece. It goes through the winners.",
    lambda d, x, w, k: (d @ w[0], *_gradients(_mask(d, w, k), x, w)[1:]),
)
order_changed = _wrong(
    "The order is (dx, dw, db), as the arguments of the forward pass.",
    lambda d, x, w, k: tuple(_gradients(_mask(d, w, k), x, w)[i] for i in (1, 2, 0)),
)
bias_shared = _wrong(
    "Every piece's bias gets the whole gradient in yours. Only the winner's does.",
    lambda d, x, w, k: (
        *_gradients(_mask(d, w, k), x, w)[:2],
        np.repeat(d.sum(axis=0)[None], len(w), axis=0),
    ),
)


@misconception("maxout_backward", "You assigned where you have to add: samples share a piece.")
def last_sample_stays(dout, cache):
    x, w, winner = cache
    dx, dw, db = _gradients(_mask(dout, w, winner), x, w)
    dw, db = np.zeros_like(dw), np.zeros_like(db)
    for n, o in np.ndindex(dout.shape):
        dw[winner[n, o], o] = dout[n, o] * x[n]
        db[winner[n, o], o] = dout[n, o]
    return dx, dw, db


@misconception("maxout_backward", "Only one unit reaches dx in yours. Add over all units.")
def last_unit_stays(dout, cache):
    x, w, winner = cache
    dx, dw, db = _gradients(_mask(dout, w, winner), x, w)
    for n, o in np.ndindex(dout.shape):
        dx[n] = dout[n, o] * w[winner[n, o], o]
    return dx, dw, db


@misconception(
    "maxout_backward",
    "You added with fancy indexing, `dw[winner, units] += ...`: where an index comes twice, only "
    "the last one counts. np.add.at adds them all.",
)
def fancy_addition(dout, cache):
    x, w, winner = cache
    dx, dw, db = _gradients(_mask(dout, w, winner), x, w)
    dw, units = np.zeros_like(dw), np.arange(w.shape[1])
    dw[winner, units] += dout[..., None] * x[:, None, :]
    return dx, dw, db


@alternative("maxout_backward")
def by_loops(dout, cache):
    x, w, winner = cache
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[:2])
    for n, o in np.ndindex(dout.shape):
        k = winner[n, o]
        dx[n] += dout[n, o] * w[k, o]
        dw[k, o] += dout[n, o] * x[n]
        db[k, o] += dout[n, o]
    return dx, dw, db


@alternative("maxout_backward")
def piece_by_piece(dout, cache):
    x, w, winner = cache
    dx, dw, db = 0.0, [], []
    for k in range(len(w)):
        d = np.where(winner == k, dout, 0.0)
        dx = dx + d @ w[k]
        dw.append(d.T @ x)
        db.append(d.sum(axis=0))
    return [dx, np.array(dw), np.array(db)]


@alternative("maxout_backward")
def by_add_at(dout, cache):
    x, w, winner = cache
    units = np.broadcast_to(np.arange(w.shape[1]), winner.shape)
    dw, db = np.zeros_like(w), np.zeros(w.shape[:2])
    np.add.at(dw, (winner, units), dout[:, :, None] * x[:, None, :])
    np.add.at(db, (winner, units), dout)
    return (dout[:, :, None] * w[winner, units]).sum(axis=1), dw, db
