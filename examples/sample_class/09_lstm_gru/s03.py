"""
base = "solution"
why = "Gates in another order, z the other way round, a gradient that forgets a way: few marks."
rest = "full"

[expected]
lstm_cell_forward = 0
lstm_cell_backward = 0
to_torch = 1.7143
gru_cell_forward = 0.5714
parameter_count = 0.4

[misconceptions]
lstm_cell_forward = "forget_first"
lstm_cell_backward = "way_through_h_dropped"
to_torch = "doubled"
gru_cell_forward = "z_swapped"
parameter_count = "one_bias_default"
"""


# %% exercise="lstm_cell_forward"
def lstm_cell_forward(x, h_prev, c_prev, w, b):
    H = h_prev.shape[1]
    if c_prev.shape != h_prev.shape:
        raise ValueError(f"c_prev has shape {c_prev.shape}, h_prev has {h_prev.shape}")
    if w.shape != (4 * H, H + x.shape[1]):
        raise ValueError(f"w has shape {w.shape}, expected {(4 * H, H + x.shape[1])}")
    hx = np.concatenate([h_prev, x], axis=1)
    a = hx @ w.T + b
    f = sigmoid(a[:, :H])
    i = sigmoid(a[:, H : 2 * H])
    g = np.tanh(a[:, 2 * H : 3 * H])
    o = sigmoid(a[:, 3 * H :])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return (h, c), (hx, c_prev, i, f, g, o, c, w)


# %% exercise="lstm_cell_backward"
def lstm_cell_backward(dh, dc, cache):
    hx, c_prev, i, f, g, o, c, w = cache
    H = c.shape[1]
    do = dh * np.tanh(c)
    di = dc * g
    df = dc * c_prev
    dg = dc * i
    da = np.concatenate(
        [di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1
    )
    dhx = da @ w
    return dhx[:, H:], dhx[:, :H], dc * f, da.T @ hx, da.sum(axis=0)


# %% exercise="to_torch"
def to_torch(w, b, order="ifgo"):
    if sorted(order) != ["f", "g", "i", "o"]:
        raise ValueError(f"order is {order}, it must hold i, f, g and o")
    H = len(b) // 4
    w_blocks = dict(zip(order, np.split(w, 4)))
    b_blocks = dict(zip(order, np.split(b, 4)))
    w = np.concatenate([w_blocks[letter] for letter in "ifgo"])
    b = np.concatenate([b_blocks[letter] for letter in "ifgo"])
    return w[:, H:], w[:, :H], b, b.copy()


# %% exercise="gru_cell_forward"
def gru_cell_forward(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    H = h_prev.shape[1]
    if reset not in ("after", "before"):
        raise ValueError(f"reset must be after or before, not {reset}")
    if w_hh.shape != (3 * H, H):
        raise ValueError(f"w_hh has shape {w_hh.shape}, expected {(3 * H, H)}")
    gi = x @ w_ih.T + b_ih
    gh = h_prev @ w_hh.T + b_hh
    r = sigmoid(gi[:, :H] + gh[:, :H])
    z = sigmoid(gi[:, H : 2 * H] + gh[:, H : 2 * H])
    if reset == "after":
        q = gh[:, 2 * H :]
        n = np.tanh(gi[:, 2 * H :] + r * q)
    else:
        q = (r * h_prev) @ w_hh[2 * H :].T + b_hh[2 * H :]
        n = np.tanh(gi[:, 2 * H :] + q)
    h = z * n + (1 - z) * h_prev
    return h, (x, h_prev, r, z, n, q, w_ih, w_hh, reset)


# %% exercise="parameter_count"
def parameter_count(kind, input_size, hidden_size, *, layers=1, biases=1):
    gates = {"rnn": 1, "gru": 3, "lstm": 4}
    if kind not in gates:
        raise ValueError(f"kind is {kind!r}")
    total = 0
    for layer in range(layers):
        columns = (input_size if layer == 0 else hidden_size) + hidden_size
        total += gates[kind] * hidden_size * (columns + biases)
    return total
