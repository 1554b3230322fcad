"""
base = "stub"
why = "Everything right in another way: gate by gate, sample by sample, no concatenation."
rest = "full"

[expected]
"""


# %% exercise="gate"
def gate(x, h, w, b):
    hidden, d = h.shape[1], x.shape[1]
    if w.shape != (len(w), hidden + d):
        raise ValueError(f"w should have {hidden + d} columns, its shape is {w.shape}")
    if b.shape != (len(w),):
        raise ValueError(f"b should have shape ({len(w)},), it is {b.shape}")
    a = h @ w[:, :hidden].T + x @ w[:, hidden:].T + b
    # exp only of negative numbers
    e = np.exp(-np.abs(a))
    return np.where(a < 0, e, 1.0) / (1 + e)


# %% exercise="lstm_cell_forward"
def lstm_cell_forward(x, h_prev, c_prev, w, b):
    n, hidden = h_prev.shape
    if c_prev.shape != (n, hidden):
        raise ValueError(f"c_prev is {c_prev.shape} and should be {(n, hidden)}")
    if w.shape != (4 * hidden, hidden + x.shape[1]):
        raise ValueError(f"w is {w.shape}, should be {(4 * hidden, hidden + x.shape[1])}")
    hx = np.hstack((h_prev, x))
    blocks = w.reshape(4, hidden, -1)
    a = np.einsum("nk,bhk->bnh", hx, blocks) + b.reshape(4, 1, hidden)
    i, f, o = sigmoid(a[0]), sigmoid(a[1]), sigmoid(a[3])
    g = np.tanh(a[2])
    c = np.add(np.multiply(i, g), np.multiply(f, c_prev))
    return [np.tanh(c) * o, c], [hx, c_prev, i, f, g, o, c, w]


# %% exercise="lstm_cell_backward"
def lstm_cell_backward(dh, dc, cache):
    hx, c_prev, i, f, g, o, c, w = cache
    hidden = c.shape[1]
    t = np.tanh(c)
    dc = dc + dh * o - dh * o * t * t
    slopes = {
        "i": dc * g * (i - i * i),
        "f": dc * c_prev * (f - f * f),
        "g": dc * i * (1 - g * g),
        "o": dh * t * (o - o * o),
    }
    dhx, dw, db = 0, [], []
    for name, block in zip("ifgo", np.split(w, 4)):
        dhx = dhx + slopes[name] @ block
        dw.append(np.einsum("nh,nk->hk", slopes[name], hx))
        db.append(slopes[name].sum(0))
    dh_prev, dx = np.split(dhx, [hidden], axis=1)
    return dx, dh_prev, dc * f, np.vstack(dw), np.hstack(db)


# %% exercise="sequence_forward"
def sequence_forward(cell, x, h0, c0, w, b):
    if np.ndim(x) != 3:
        raise ValueError(f"x should have shape (N, T, D), it has {x.shape}")
    n, steps, _ = x.shape
    h_all = np.empty((n, steps, h0.shape[1]))
    state, caches = (h0, c0), []
    for t in range(steps):
        state, cache = cell(x[:, t, :], *state, w, b)
        h_all[:, t] = state[0]
        caches += [cache]
    return (h_all, state[1]), caches


# %% exercise="sequence_backward"
def sequence_backward(cell_backward, dh, dc_last, caches):
    if dh.ndim != 3 or len(caches) != dh.shape[1]:
        raise ValueError(f"dh has shape {dh.shape}, but there are {len(caches)} caches")
    carry_h, carry_c = np.zeros_like(dc_last), dc_last
    parts = []
    for t in range(len(caches) - 1, -1, -1):
        part = cell_backward(dh[:, t] + carry_h, carry_c, caches[t])
        _, carry_h, carry_c, _, _ = part
        parts.insert(0, part)
    dx = np.array([part[0] for part in parts]).transpose(1, 0, 2)
    return dx, carry_h, carry_c, sum(part[3] for part in parts), sum(part[4] for part in parts)


# %% exercise="to_torch"
def to_torch(w, b, order="ifgo"):
    if len(order) != 4 or set(order) != set("ifgo"):
        raise ValueError(f"order {order!r} is no permutation of ifgo")
    size = len(b) // 4
    rows = []
    for letter in "ifgo":
        start = order.find(letter) * size
        rows.extend(range(start, start + size))
    half = b[rows] / 2
    return w[rows][:, size:], w[rows][:, :size], half, half


# %% exercise="gru_cell_forward"
def gru_cell_forward(x, h_prev, w_ih, w_hh, b_ih, b_hh, *, reset="after"):
    if reset != "after" and reset != "before":
        raise ValueError(f"unknown reset {reset!r}")
    n, size = h_prev.shape
    if w_hh.shape != (3 * size, size):
        raise ValueError(f"w_hh has shape {w_hh.shape} instead of {(3 * size, size)}")
    r, z, n = slice(0, size), slice(size, 2 * size), slice(2 * size, None)

    def linear(rows, state):
        return state @ w_hh[rows].T + b_hh[rows]

    from_x = x @ w_ih.T + b_ih
    reset_gate = sigmoid(from_x[:, r] + linear(r, h_prev))
    update = sigmoid(from_x[:, z] + linear(z, h_prev))
    q = linear(n, h_prev if reset == "after" else h_prev * reset_gate)
    candidate = np.tanh(from_x[:, n] + (q * reset_gate if reset == "after" else q))
    h = candidate + update * (h_prev - candidate)
    return h, (x, h_prev, reset_gate, update, candidate, q, w_ih, w_hh, reset)


# %% exercise="gru_cell_backward"
def gru_cell_backward(dh, cache):
    x, h, r, z, n, q, w_ih, w_hh, reset = cache
    size = h.shape[1]
    w_n = w_hh[2 * size :]
    an = (1 - n) * (1 + n) * (1 - z) * dh
    az = z * (1 - z) * (h - n) * dh
    if reset == "after":
        aq = r * an
        ar = r * (1 - r) * q * an
        back = aq @ w_n
        dw_n = aq.T @ h
    else:
        aq = an
        d_rh = aq @ w_n
        ar = r * (1 - r) * h * d_rh
        back = d_rh * r
        dw_n = aq.T @ (r * h)
    gates = np.hstack([ar, az])
    dh_prev = z * dh + gates @ w_hh[: 2 * size] + back
    into_x = np.hstack([gates, an])
    dw_hh = np.vstack([gates.T @ h, dw_n])
    db_hh = np.hstack([gates, aq]).sum(axis=0)
    return into_x @ w_ih, dh_prev, into_x.T @ x, dw_hh, into_x.sum(axis=0), db_hh


# %% exercise="parameter_count"
def parameter_count(kind, input_size, hidden_size, *, layers=1, biases=2):
    if kind == "rnn":
        blocks = 1
    elif kind == "gru":
        blocks = 3
    elif kind == "lstm":
        blocks = 4
    else:
        raise ValueError(f"kind {kind!r} is not known")
    units = blocks * hidden_size
    first = units * input_size
    later = units * hidden_size * (layers - 1)
    return first + later + layers * units * (hidden_size + biases)


# %% exercise="peephole_cell"
def peephole_cell(x, h_prev, c_prev, w, b, p):
    hidden = h_prev.shape[1]
    if np.shape(p) != (3, hidden):
        raise ValueError(f"p has shape {np.shape(p)}, not {(3, hidden)}")
    a = h_prev @ w[:, :hidden].T + x @ w[:, hidden:].T + b
    a_i, a_f, a_g, a_o = (a[:, k * hidden : (k + 1) * hidden] for k in range(4))
    c = sigmoid(a_f + c_prev * p[1]) * c_prev
    c = c + sigmoid(a_i + c_prev * p[0]) * np.tanh(a_g)
    return np.tanh(c) * sigmoid(a_o + c * p[2]), c


# %% exercise="exposing_lstm_input"
def exposing_lstm_input():
    rng = np.random.default_rng(31)
    sizes = [(2, 3), (2, 5), (2, 5), (20, 8), (20,)]
    x, h_prev, c_prev, w, b = (rng.uniform(-1.5, 1.5, size) for size in sizes)
    return x, h_prev, 20 * c_prev, w, b


# %% exercise="predict_steps_kept"
def predict_steps_kept():
    # f**d = 0.01, so d = log(0.01) / log(f)
    gates = [1 / (1 + np.exp(-bias)) for bias in (0, 1, 3, 5)]
    return tuple(float(np.ceil(np.log(0.01) / np.log(f))) for f in gates)
