"""gru_cell_forward: known wrong implementations, by where they go wrong, and right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

from .gates import sigmoid

# Misconceptions


def _require(h, w_hh, reset):
    if reset not in ("after", "before"):
        raise ValueError(f"reset is {reset!r}")
    if w_hh.shape != (3 * h.shape[1], h.shape[1]):
        raise ValueError(f"w_hh has shape {w_hh.shape}")


def _right_q(h, r, w, b, reset):
    return (h if reset == "after" else r * h) @ w.T + b


def _right_n(x_n, r, q, b, reset):
    return np.tanh(x_n + (r * q if reset == "after" else q))


def make(
    *,
    gates="rzn",
    q=_right_q,
    n=_right_n,
    h=lambda z, n, h_prev: (1 - z) * n + z * h_prev,
    choose=lambda r, z: r,
    turn=lambda w: w,
    use_bias=(1, 1),
    default="after",
    variant=lambda reset: reset,
    require=_require,
    cached=lambda *stored: stored,
):
    """A GRU cell with one part of it exchanged."""

    def gru_cell_forward(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset=default):
        require(h_prev, w_hh, reset)
        kind = variant(reset)
        xs = dict(zip(gates, np.split(x @ w_ih.T + b_ih * use_bias[0], 3, axis=1), strict=True))
        ws = dict(zip(gates, (turn(w) for w in np.split(w_hh, 3)), strict=True))
        bs = dict(zip(gates, np.split(b_hh * use_bias[1], 3), strict=True))
        r, z = (sigmoid(xs[k] + h_prev @ ws[k].T + bs[k]) for k in "rz")
        reset_gate = choose(r, z)
        hidden_part = q(h_prev, reset_gate, ws["n"], bs["n"], kind)
        new = n(xs["n"], reset_gate, hidden_part, bs["n"], kind)
        return h(z, new, h_prev), cached(x, h_prev, r, z, new, hidden_part, w_ih, w_hh, reset)

    return gru_cell_forward


def wrong(message, **changed):
    return misconception("gru_cell_forward", message)(make(**changed))


z_swapped = wrong(
    "Your h is (1 - z) * h_prev + z * n, as in some papers. Here, as in torch and in Cho "
    "2014, z keeps: (1 - z) * n + z * h_prev.",
    h=lambda z, n, h_prev: (1 - z) * h_prev + z * n,
)
blocks_zrn = wrong(
    "You read the blocks in the order z, r, n (as Keras does). Here, as in torch, it is r, z, n.",
    gates="zrn",
)
blocks_nrz = wrong("You read the blocks in the order n, r, z. The order is r, z, n.", gates="nrz")
blocks_rnz = wrong("You read the blocks in the order r, n, z. The order is r, z, n.", gates="rnz")
resets_with_z = wrong("The candidate is reset by z. It is reset by r.", choose=lambda r, z: z)
one_minus_r = wrong(
    "The candidate sees 1 - r of the old state. It sees r of it.", choose=lambda r, z: 1 - r
)
variants_swapped = wrong(
    'The two variants are exchanged: "after" means that the matrix product comes first and r '
    "scales its result.",
    variant=lambda reset: "before" if reset == "after" else "after",
)
always_after = wrong(
    'reset="before" does the same as "after" in your cell. There, r scales h_prev before the '
    "matrix product.",
    variant=lambda reset: "after",
)
always_before = wrong(
    'reset="after" does the same as "before" in your cell. There, r scales the product '
    "h_prev W_hn + b_hn.",
    variant=lambda reset: "before",
)
default_before = wrong(
    'Without a choice, your cell resets before the product. The default is "after".',
    default="before",
)
bias_outside = wrong(
    "b_hn stands outside the reset. In the variant of torch it is inside: r * (h_prev W_hn + "
    "b_hn).",
    n=lambda x_n, r, q, b, reset: np.tanh(x_n + (r * (q - b) + b if reset == "after" else q)),
)
bias_inside = wrong(
    'With reset="before", r scales b_hn too. There the bias stands outside: (r * h_prev) '
    "W_hn + b_hn.",
    n=lambda x_n, r, q, b, reset: np.tanh(x_n + (r * q if reset == "after" else q - b + r * b)),
)
resets_twice = wrong(
    "r acts before the product and after it. It acts once.",
    n=lambda x_n, r, q, b, reset: np.tanh(x_n + r * q),
)
never_resets = wrong(
    "The reset gate is not used.",
    q=lambda h, r, w, b, reset: h @ w.T + b,
    n=lambda x_n, r, q, b, reset: np.tanh(x_n + q),
)
resets_x = wrong(
    "r scales the part of x too. It acts on the hidden state only.",
    n=lambda x_n, r, q, b, reset: np.tanh(r * (x_n + q) if reset == "after" else x_n + q),
)
sigmoid_candidate = wrong(
    "The candidate n has a sigmoid. It needs tanh.",
    n=lambda x_n, r, q, b, reset: sigmoid(x_n + (r * q if reset == "after" else q)),
)
linear_candidate = wrong(
    "The candidate n has no activation. It needs tanh.",
    n=lambda x_n, r, q, b, reset: x_n + (r * q if reset == "after" else q),
)
hidden_bias_missing = wrong("b_hh is not used.", use_bias=(1, 0))
input_bias_missing = wrong("b_ih is not used.", use_bias=(0, 1))
candidate_bias_missing = wrong(
    "b_hn is missing in q.", q=lambda h, r, w, b, reset: (h if reset == "after" else r * h) @ w.T
)
transposed = wrong(
    "The hidden weights are transposed: multiply by w.T, as for x.", turn=lambda w: w.T
)
adds_everything = wrong(
    "h adds all of n. What is kept is not overwritten: (1 - z) * n + z * h_prev.",
    h=lambda z, n, h_prev: n + z * h_prev,
)
forgets_h = wrong("h keeps nothing of h_prev: add z * h_prev.", h=lambda z, n, h_prev: (1 - z) * n)
squashed = wrong(
    "h was squashed by tanh once more.", h=lambda z, n, h_prev: np.tanh((1 - z) * n + z * h_prev)
)
caches_reset_q = wrong(
    "The cache holds r * q. In both variants it should hold q as the table defines it, "
    'before "after" scales it.',
    cached=lambda x, h, r, z, n, q, w, v, reset: (
        x,
        h,
        r,
        z,
        n,
        r * q if reset == "after" else q,
        w,
        v,
        reset,
    ),
)
caches_q_without_bias = wrong(
    "The q in your cache has lost its bias b_hn.",
    q=lambda h, r, w, b, reset: (h if reset == "after" else r * h) @ w.T,
    n=lambda x_n, r, q, b, reset: np.tanh(x_n + (r * (q + b) if reset == "after" else q + b)),
)
caches_z_first = wrong(
    "The cache holds z before r. The order is x, h_prev, r, z, n, q, w_ih, w_hh, reset.",
    cached=lambda x, h, r, z, *rest: (x, h, z, r, *rest),
)
no_refusal = wrong(
    "A reset other than the two must raise a ValueError that names reset.",
    require=lambda h, w_hh, reset: _require(h, w_hh, "after"),
)


# Alternatives


@alternative("gru_cell_forward")
def stacked(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    _require(h_prev, w_hh, reset)
    m = h_prev.shape[1]
    gi, gh = x @ w_ih.T + b_ih, h_prev @ w_hh.T + b_hh
    gates = 1 / (1 + np.exp(-(gi + gh)[:, : 2 * m]))
    r, z, q = gates[:, :m], gates[:, m:], gh[:, 2 * m :]
    if reset == "before":
        q = np.einsum("nh,kh->nk", r * h_prev, w_hh[2 * m :]) + b_hh[2 * m :]
    n = np.tanh(gi[:, 2 * m :] + (q * r if reset == "after" else q))
    return [n + z * (h_prev - n), [x, h_prev, r, z, n, q, w_ih, w_hh, reset]]


@alternative("gru_cell_forward")
def sample_by_sample(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    parameters = (w_ih, w_hh, b_ih, b_hh)
    _require(h_prev, w_hh, reset)
    rows = [make()(x[[k]], h_prev[[k]], *parameters, reset=reset) for k in range(len(x))]
    stored = [np.concatenate([row[1][k] for row in rows]) for k in range(6)]
    return np.concatenate([row[0] for row in rows]), (*stored, w_ih.copy(), w_hh.copy(), reset)


@alternative("gru_cell_forward")
def merged_gate_biases(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    _require(h_prev, w_hh, reset)
    (u_r, u_z, u_n), (v_r, v_z, v_n) = (w.reshape(3, h_prev.shape[1], -1) for w in (w_ih, w_hh))
    b_r, b_z, b_n = np.split(b_ih + b_hh, 3)
    c_n = b_hh[-h_prev.shape[1] :]
    r, z = sigmoid(x @ u_r.T + h_prev @ v_r.T + b_r), sigmoid(x @ u_z.T + h_prev @ v_z.T + b_z)
    if reset == "after":
        q = h_prev.dot(v_n.T) + c_n
        n = np.tanh(x @ u_n.T + b_n + (r - 1) * c_n + r * (q - c_n))
    else:
        q = (h_prev * r).dot(v_n.T) + c_n
        n = np.tanh(x @ u_n.T + b_n + q - c_n)
    return z * h_prev + (1 - z) * n, (x, h_prev, r, z, n, q, w_ih, w_hh, reset)
