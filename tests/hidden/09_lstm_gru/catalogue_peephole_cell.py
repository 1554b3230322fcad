"""peephole_cell: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import sigmoid

# Misconceptions


def _require(h_prev, p):
    if p.shape != (3, h_prev.shape[1]):
        raise ValueError(f"p has shape {p.shape}")


def make(
    *,
    rows=(0, 1, 2),
    peep=lambda a, p, c: sigmoid(a + p * c),
    old=lambda c_prev, h_prev: c_prev,
    new=lambda c, c_prev, h_prev: c,
    blocks="ifgo",
    candidate=lambda a, p, c: np.tanh(a),
    show=lambda o, c: o * np.tanh(c),
    join=lambda h, x: [h, x],
    returned=lambda h, c: (h, c),
    require=_require,
):
    """A peephole cell with one part of it exchanged."""

    def peephole_cell(x, h_prev, c_prev, w, b, p):
        require(h_prev, p)
        parts = np.split(np.concatenate(join(h_prev, x), axis=1) @ w.T + b, 4, axis=1)
        a = dict(zip(blocks, parts, strict=True))
        p_i, p_f, p_o = (p[k] for k in rows)
        seen = old(c_prev, h_prev)
        i, f = peep(a["i"], p_i, seen), peep(a["f"], p_f, seen)
        c = f * c_prev + i * candidate(a["g"], p_i, seen)
        return returned(show(peep(a["o"], p_o, new(c, c_prev, h_prev)), c), c)

    return peephole_cell


def wrong(message, **changed):
    return misconception("peephole_cell", message)(make(**changed))


output_sees_old = wrong(
    "The output gate peeps at the old cell state. It acts after the change: it sees the new one.",
    new=lambda c, c_prev, h_prev: c_prev,
)
output_blind = wrong(
    "The output gate has no peephole. It sees the new cell state through p_o.",
    new=lambda c, c_prev, h_prev: 0 * c,
)
inputs_blind = wrong(
    "The input and forget gates have no peepholes. They see c_prev.",
    old=lambda c_prev, h_prev: 0 * c_prev,
)
no_peepholes = wrong("p is not used: this is the plain cell.", peep=lambda a, p, c: sigmoid(a))
sees_h = wrong(
    "The gates peep at h_prev. The point is to see the cell state.",
    old=lambda c_prev, h_prev: h_prev,
    new=lambda c, c_prev, h_prev: h_prev,
)
sees_tanh_c = wrong(
    "The gates peep at tanh(c). They see the cell state itself.",
    peep=lambda a, p, c: sigmoid(a + p * np.tanh(c)),
)
rows_fio = wrong("You read the rows of p as f, i, o. The order is i, f, o.", rows=(1, 0, 2))
rows_ofi = wrong(
    "You read the rows of p in the order o, f, i. The order is i, f, o.", rows=(2, 1, 0)
)
one_row = wrong("All gates use the first row of p. Each has its own.", rows=(0, 0, 0))
outside = wrong(
    "The peephole was added after the sigmoid. It belongs inside.",
    peep=lambda a, p, c: sigmoid(a) + p * c,
)
scaling = wrong(
    "The peephole scales the pre-activation. It is added to it.",
    peep=lambda a, p, c: sigmoid(a * (p * c)),
)
unweighted = wrong(
    "The cell state is added without its weight p.", peep=lambda a, p, c: sigmoid(a + c)
)
peep_subtracted = wrong(
    "The peephole was subtracted. Add it.", peep=lambda a, p, c: sigmoid(a - p * c)
)
candidate_peeps = wrong(
    "The candidate g has a peephole. Only the three gates have one.",
    candidate=lambda a, p, c: np.tanh(a + p * c),
)
summed = wrong(
    "Each unit peeps at its own cell state only; you mixed the units.",
    peep=lambda a, p, c: sigmoid(a + (c @ p)[:, None]),
)
blocks_figo = wrong(
    "You read the blocks in the order f, i, g, o. The order is i, f, g, o.", blocks="figo"
)
blocks_ifog = wrong(
    "You read the blocks in the order i, f, o, g. The order is i, f, g, o.", blocks="ifog"
)
x_first = wrong(
    "You joined [x, h]. The first H columns of w belong to h.", join=lambda h, x: [x, h]
)
bare_cell = wrong("You returned h = o * c. It is o * tanh(c).", show=lambda o, c: o * c)
states_swapped = wrong("You returned (c, h). The order is (h, c).", returned=lambda h, c: (c, h))
no_refusal = wrong(
    "A p of another shape must raise a ValueError that names p.", require=lambda h_prev, p: None
)


# Alternatives


@alternative("peephole_cell")
def diagonal_matrices(x, h_prev, c_prev, w, b, p):
    _require(h_prev, p)
    m = h_prev.shape[1]
    a = h_prev @ w[:, :m].T + x @ w[:, m:].T + b
    i = 1 / (1 + np.exp(-(a[:, :m] + c_prev @ np.diag(p[0]))))
    f = 1 / (1 + np.exp(-(a[:, m : 2 * m] + c_prev @ np.diag(p[1]))))
    c = f * c_prev + i * np.tanh(a[:, 2 * m : 3 * m])
    return [np.tanh(c) / (1 + np.exp(-(a[:, 3 * m :] + c @ np.diag(p[2])))), c]


@alternative("peephole_cell")
def both_gates_at_once(x, h_prev, c_prev, w, b, p):
    _require(h_prev, p)
    n, m = h_prev.shape
    a = np.einsum("nk,mk->nm", np.hstack([h_prev, x]), w).reshape(n, 4, m) + b.reshape(4, m)
    gates = sigmoid(a[:, :2] + p[None, :2] * c_prev[:, None])
    c = (gates * np.stack([np.tanh(a[:, 2]), c_prev], axis=1)).sum(axis=1)
    return sigmoid(a[:, 3] + np.multiply(p[2], c)) * np.tanh(c), c
