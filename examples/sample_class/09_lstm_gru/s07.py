"""
base = "stub"
why = "Half done: the forward passes of the LSTM, one of them without its cache, then no more."
rest = "zero"

[expected]
gate = 2
lstm_cell_forward = 0
sequence_forward = 3
parameter_count = 1.6

[misconceptions]
parameter_count = "no_refusal"
"""


# %% exercise="gate"
def gate(x, h, w, b):
    hx = np.concatenate((h, x), axis=1)
    if w.ndim != 2 or hx.shape[1] != w.shape[1]:
        raise ValueError("w has shape " + str(w.shape))
    if b.shape != (w.shape[0],):
        raise ValueError("b has shape " + str(b.shape))
    return sigmoid(hx @ w.T + b)


# %% exercise="lstm_cell_forward"
def lstm_cell_forward(x, h_prev, c_prev, w, b):
    H = h_prev.shape[1]
    i = gate(x, h_prev, w[:H], b[:H])
    f = gate(x, h_prev, w[H : 2 * H], b[H : 2 * H])
    g = np.tanh(np.concatenate((h_prev, x), axis=1) @ w[2 * H : 3 * H].T + b[2 * H : 3 * H])
    o = gate(x, h_prev, w[3 * H :], b[3 * H :])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c


# %% exercise="sequence_forward"
def sequence_forward(cell, x, h0, c0, w, b):
    if x.ndim != 3:
        raise ValueError("x must have three dimensions, not " + str(x.shape))
    h = h0
    c = c0
    all_h = []
    caches = []
    for t in range(x.shape[1]):
        out, cache = cell(x[:, t], h, c, w, b)
        h, c = out
        all_h.append(h)
        caches.append(cache)
    return (np.stack(all_h, axis=1), c), caches


# %% exercise="parameter_count"
def parameter_count(kind, input_size, hidden_size, *, layers=1, biases=2):
    n = 1
    if kind == "gru":
        n = 3
    if kind == "lstm":
        n = 4
    first = n * hidden_size * (input_size + hidden_size + biases)
    other = n * hidden_size * (2 * hidden_size + biases)
    return first + (layers - 1) * other
