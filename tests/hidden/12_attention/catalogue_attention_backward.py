"""attention_backward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

EXERCISE = "attention_backward"


def _require(dout, q, v):
    if dout.shape != (*q.shape[:2], v.shape[2]):
        raise ValueError(f"dout has shape {dout.shape}, expected {(*q.shape[:2], v.shape[2])}")


def _turned(a):
    return a.transpose(0, 2, 1)


class Back:
    """A right way back whose steps can be replaced one at a time."""

    def __init__(self, dout, cache):
        self.q, self.k, self.v, self.p = cache
        self.dout, self.root = dout, np.sqrt(self.q.shape[2])
        self.dp = dout @ _turned(self.v)
        self.da = self.p * (self.dp - self.mean())

    def mean(self, axis=2):
        return (self.p * self.dp).sum(axis=axis, keepdims=True)

    def gradients(self, *, da=None, dq_root=None, dk_root=None, dv=None):
        da = self.da if da is None else da
        dq = da @ self.k / (self.root if dq_root is None else dq_root)
        dk = _turned(da) @ self.q / (self.root if dk_root is None else dk_root)
        return dq, dk, _turned(self.p) @ self.dout if dv is None else dv


def _wrong(message, compute):
    @misconception(EXERCISE, message)
    def variant(dout, cache):
        _require(dout, cache[0], cache[2])
        return compute(Back(dout, cache))

    return variant


# Misconceptions

no_root = _wrong(
    "Your dq and dk lack the division by √D.",
    lambda b: b.gradients(dq_root=1.0, dk_root=1.0),
)
no_root_in_dk = _wrong(
    "Your dk lacks the division by √D, which dq has.",
    lambda b: b.gradients(dk_root=1.0),
)
no_root_in_dq = _wrong(
    "Your dq lacks the division by √D, which dk has.",
    lambda b: b.gradients(dq_root=1.0),
)
root_twice = _wrong(
    "Your dq and dk are divided by D. The root of D entered the scores once.",
    lambda b: b.gradients(dq_root=b.root**2, dk_root=b.root**2),
)
mean_missing = _wrong(
    "Your softmax goes back without the second term: dA = P · (dP - Σ P · dP), summed along the "
    "row.",
    lambda b: b.gradients(da=b.p * b.dp),
)
mean_not_weighted = _wrong(
    "You subtracted the plain sum of dP along the row. It is weighted by P.",
    lambda b: b.gradients(da=b.p * (b.dp - b.dp.sum(axis=2, keepdims=True))),
)
plain_mean = _wrong(
    "You subtracted the plain mean of dP along the row. It is the sum weighted by P.",
    lambda b: b.gradients(da=b.p * (b.dp - b.dp.mean(axis=2, keepdims=True))),
)
mean_over_queries = _wrong(
    "Your weighted sum of dP runs over the queries. The softmax ran along the row, over the keys.",
    lambda b: b.gradients(da=b.p * (b.dp - b.mean(axis=1))),
)
mean_not_multiplied = _wrong(
    "You subtracted the weighted sum outside: P multiplies it as well.",
    lambda b: b.gradients(da=b.p * b.dp - b.mean()),
)
diagonal_jacobian = _wrong(
    "You treated the softmax like a sigmoid: P(1 - P). Each weight depends on all scores of the "
    "row.",
    lambda b: b.gradients(da=b.dp * b.p * (1 - b.p)),
)
softmax_skipped = _wrong(
    "You passed dP on as the gradient of the scores. The softmax lies between.",
    lambda b: b.gradients(da=b.dp),
)
softmax_minus_upstream = _wrong(
    "P - dP is the gradient of a softmax with a cross-entropy. Here another gradient arrives.",
    lambda b: b.gradients(da=b.p - b.dp),
)
sign_turned = _wrong(
    "The signs of dq and dk are turned round.",
    lambda b: b.gradients(da=-b.da),
)
hidden_keys_reached = _wrong(
    "A query that saw nothing, or a hidden key, gets a gradient from you. Where P is 0, so is dA.",
    lambda b: b.gradients(da=b.da + (b.p == 0) * b.dp),
)
dv_with_plain_sum = _wrong(
    "Your dv is the sum of dout over the queries. Each query's share is its weight.",
    lambda b: b.gradients(dv=np.ones_like(_turned(b.p)) @ b.dout),
)
dv_weighted_by_scores = _wrong(
    "Your dv uses dA. y = P V, so it is P transposed that brings dout back to the values.",
    lambda b: b.gradients(dv=_turned(b.da) @ b.dout),
)
dv_averaged = _wrong(
    "Your dv is averaged over the queries. Gradients add up.",
    lambda b: b.gradients(dv=_turned(b.p) @ b.dout / b.q.shape[1]),
)
dq_and_dk_exchanged = _wrong(
    "dq and dk came back in exchanged places: first the gradient of q.",
    lambda b: (b.gradients()[1], b.gradients()[0], b.gradients()[2]),
)
dv_first = _wrong(
    "dv came back first. The order is dq, dk, dv.",
    lambda b: (b.gradients()[2], *b.gradients()[:2]),
)


def _untransposed(a):
    return _turned(a) if a.shape[1] != a.shape[2] else a


not_transposed = _wrong(
    "Your dk (or dv) uses a matrix that is not transposed, which goes unnoticed when T = S.",
    lambda b: (
        b.gradients()[0],
        _untransposed(b.da) @ b.q / b.root,
        _untransposed(b.p) @ b.dout,
    ),
)
summed_over_the_batch = _wrong(
    "Your dk and dv are summed over the batch. Each sequence has keys and values of its own.",
    lambda b: (
        b.gradients()[0],
        *(np.broadcast_to(g.sum(axis=0), g.shape) for g in b.gradients()[1:]),
    ),
)
averaged_over_the_batch = _wrong(
    "You divided by N. dout already holds any average over the batch.",
    lambda b: tuple(g / len(b.q) for g in b.gradients()),
)


@misconception(EXERCISE, "A dout of another shape than y must raise a ValueError naming dout.")
def any_dout_accepted(dout, cache):
    q, _, v, _ = cache
    fitting = np.zeros((*q.shape[:2], v.shape[2]))
    n, t, size = (min(pair) for pair in zip(dout.shape, fitting.shape))
    fitting[:n, :t, :size] = dout[:n, :t, :size]
    return Back(fitting, cache).gradients()


@misconception(EXERCISE, "You changed the caller's dout. Work on a copy.")
def dout_changed(dout, cache):
    _require(dout, cache[0], cache[2])
    found = Back(dout, cache).gradients()
    dout *= 2.0
    return found


# Alternatives


@alternative(EXERCISE)
def by_jacobians(dout, cache):
    q, k, v, p = cache
    _require(dout, q, v)
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for n, t in np.ndindex(q.shape[:2]):
        jacobian = np.diag(p[n, t]) - np.outer(p[n, t], p[n, t])
        da = jacobian @ (v[n] @ dout[n, t]) / np.sqrt(q.shape[2])
        dq[n, t] = da @ k[n]
        dk[n] += np.outer(da, q[n, t])
        dv[n] += np.outer(p[n, t], dout[n, t])
    return dq, dk, dv


@alternative(EXERCISE)
def by_einsum(dout, cache):
    q, k, v, p = cache
    _require(dout, q, v)
    y = np.einsum("nts,nsv->ntv", p, v)
    da = p * (np.einsum("ntv,nsv->nts", dout, v) - np.einsum("ntv,ntv->nt", dout, y)[..., None])
    da = da / q.shape[2] ** 0.5
    return [
        np.einsum("nts,nsd->ntd", da, k),
        np.einsum("nts,ntd->nsd", da, q),
        np.einsum("nts,ntv->nsv", p, dout),
    ]


@alternative(EXERCISE)
def sequence_by_sequence(dout, cache):
    _require(dout, cache[0], cache[2])
    parts = []
    for g, q, k, v, p in zip(dout, *cache):
        scaled = q / np.sqrt(q.shape[1])
        dp = g @ v.T
        da = p * dp - p * (p * dp).sum(axis=1)[:, None]
        parts.append((da @ k / np.sqrt(q.shape[1]), da.T @ scaled, p.T @ g))
    return tuple(np.stack(part) for part in zip(*parts))
