"""gate: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import sigmoid

# Misconceptions


def _require(x, h, w, b):
    if w.shape[1:] != (h.shape[1] + x.shape[1],):
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {b.shape}")


def _naive(a):
    return 1 / (1 + np.exp(-a))


def _ratio(a):
    return np.exp(a) / (1 + np.exp(a))


def _hard(a):
    return np.clip(0.2 * a + 0.5, 0, 1)


def _softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def make(
    *,
    join=lambda h, x: [h, x],
    layer=lambda hx, w, b: hx @ w.T + b,
    activation=sigmoid,
    require=_require,
):
    """A gate with one part of it exchanged."""

    def gate(x, h, w, b):
        require(x, h, w, b)
        return activation(layer(np.concatenate(join(h, x), axis=1), w, b))

    return gate


def wrong(message, **changed):
    return misconception("gate", message)(make(**changed))


x_first = wrong(
    "You joined [x, h]. The first H columns of w belong to h: the order is [h, x].",
    join=lambda h, x: [x, h],
)
no_bias = wrong("The bias is missing: add b before the sigmoid.", layer=lambda hx, w, b: hx @ w.T)
bias_subtracted = wrong("You subtracted the bias. Add b.", layer=lambda hx, w, b: hx @ w.T - b)
tanh_gate = wrong(
    "You used tanh. A gate runs from 0 to 1: it needs the sigmoid.", activation=np.tanh
)
no_activation = wrong(
    "The sigmoid is missing: a gate must lie between 0 and 1.", activation=lambda a: a
)
softmax_gate = wrong(
    "You used a softmax over the units. Each unit of a gate has a sigmoid of its own.",
    activation=_softmax,
)
hard_sigmoid = wrong(
    "You used a piecewise linear 'hard' sigmoid. The exercise asks for 1 / (1 + exp(-a)).",
    activation=_hard,
)
complement = wrong(
    "Your gate is 1 minus the right one: the sign inside the sigmoid is reversed.",
    activation=lambda a: sigmoid(-a),
)
relu_gate = wrong("You used ReLU. A gate needs the sigmoid.", activation=lambda a: np.maximum(a, 0))
sigmoid_twice = wrong("You applied the sigmoid twice.", activation=lambda a: sigmoid(sigmoid(a)))
overflowing = wrong(
    "Your exp overflows for large negative pre-activations and warns. Use the given sigmoid.",
    activation=_naive,
)
not_a_number = wrong(
    "exp(a) / (1 + exp(a)) is inf / inf = NaN for large a. Use the given sigmoid.",
    activation=_ratio,
)
clipped = wrong(
    "You clip the pre-activations to -10 ... 10, so that the gate is never quite open or shut.",
    activation=lambda a: sigmoid(np.clip(a, -10, 10)),
)


def _require_last_axes(x, h, w, b):
    if w.shape[-1] != h.shape[1] + x.shape[1]:
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {b.shape}")


vector_accepted = wrong(
    "A w without an axis for the units must raise a ValueError that names w.",
    require=_require_last_axes,
)
broadcast_bias = wrong(
    "A bias of another shape than (M,) must raise a ValueError that names b: a shape (1,) "
    "would be broadcast over all units without a word.",
    require=lambda x, h, w, b: _require(x, h, w, np.zeros(len(w))),
)
numpys_own_error = wrong(
    "A w with the wrong number of columns must raise a ValueError that names w, its shape "
    "and the shape expected.",
    require=lambda x, h, w, b: _require(x, h, np.zeros((len(w), h.shape[1] + x.shape[1])), b),
)


@misconception("gate", "The bias was added after the sigmoid. It belongs inside.")
def bias_outside(x, h, w, b):
    _require(x, h, w, b)
    return sigmoid(np.concatenate([h, x], axis=1) @ w.T) + b


@misconception(
    "gate", "The hidden state does not reach your gate: only the columns of x were used."
)
def without_h(x, h, w, b):
    _require(x, h, w, b)
    return sigmoid(x @ w[:, h.shape[1] :].T + b)


@misconception("gate", "The input does not reach your gate: only the columns of h were used.")
def without_x(x, h, w, b):
    _require(x, h, w, b)
    return sigmoid(h @ w[:, : h.shape[1]].T + b)


# Alternatives


@alternative("gate")
def split_columns(x, h, w, b):
    _require(x, h, w, b)
    a = h @ w[:, : h.shape[1]].T + x @ w[:, h.shape[1] :].T + b
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, e) / (1.0 + e)


@alternative("gate")
def one_by_one(x, h, w, b):
    _require(x, h, w, b)
    rows = [[*h_row, *x_row] for h_row, x_row in zip(h, x, strict=True)]
    return np.array(
        [
            [sigmoid(np.dot(row, unit) + bias) for unit, bias in zip(w, b, strict=True)]
            for row in rows
        ]
    )


@alternative("gate")
def with_einsum(x, h, w, b):
    _require(x, h, w, b)
    a = np.einsum("nk,mk->nm", np.hstack((h, x)), w) + b[None, :]
    return 1.0 / (1.0 + np.exp(-np.clip(a, -700, 700)))
