"""
base = "stub"
why = "Half done: everything forwards to section 3, some heads, one file of stubs behind them."
rest = "zero"

[expected]
rnn_cell_forward = 3
rnn_forward = 0
exposing_rnn_input = 2
head_forward = 3
last_valid = 2

[misconceptions]
rnn_forward = "first_state_wraps_round"
exposing_rnn_input = "no_bias_no_input_weights"
"""


# %% exercise="rnn_cell_forward"
def rnn_cell_forward(x, h_prev, w_x, w_h, b):
    H = h_prev.shape[1]
    if w_x.shape != (H, x.shape[1]):
        raise ValueError("w_x has shape " + str(w_x.shape))
    if w_h.shape != (H, H):
        raise ValueError("w_h has shape " + str(w_h.shape))
    if b.shape != (H,):
        raise ValueError("b has shape " + str(b.shape))
    h = np.tanh(np.dot(x, w_x.T) + np.dot(h_prev, w_h.T) + b)
    return h, (x, h_prev, w_x, w_h, h)


# %% exercise="rnn_forward"
def rnn_forward(x, h0, w_x, w_h, b):
    if x.ndim != 3 or x.shape[2] != w_x.shape[1]:
        raise ValueError("x has shape " + str(x.shape))
    if h0.shape != (x.shape[0], w_h.shape[0]):
        raise ValueError("h0 has shape " + str(h0.shape))
    h = np.zeros((x.shape[0], x.shape[1], w_h.shape[0]))
    for t in range(x.shape[1]):
        h[:, t] = np.tanh(np.dot(x[:, t], w_x.T) + np.dot(h[:, t - 1], w_h.T) + b)
    return h, (x, h0, w_x, w_h, h)


# %% exercise="exposing_rnn_input"
def exposing_rnn_input():
    h0 = np.array([[0.5, -0.3, 0.8], [0.1, 0.9, -0.7]])
    w_h = np.array([[0.5, -0.2, 0.9], [0.3, 0.8, -0.6], [-0.4, 0.1, 0.7]])
    return np.ones((2, 4, 2)), h0, np.zeros((3, 2)), w_h, np.zeros(3)


# %% exercise="head_forward"
def head_forward(h, w_y, b_y, *, reads):
    if reads == "each":
        y = np.dot(h, w_y.T) + b_y
    elif reads == "last":
        y = np.dot(h[:, -1], w_y.T) + b_y
    elif reads == "mean":
        y = np.dot(np.mean(h, axis=1), w_y.T) + b_y
    else:
        raise ValueError("reads must be each, last or mean")
    return y, (h, w_y, reads)


# %% exercise="one_to_many"
def one_to_many(step, x, h0, steps, *, feed):
    # TODO: what is feed for?
    pass


# %% exercise="last_valid"
def last_valid(h, lengths):
    T = h.shape[1]
    result = []
    for n in range(len(h)):
        if lengths[n] < 1 or lengths[n] > T:
            raise ValueError("lengths must be from 1 to " + str(T))
        result.append(h[n, lengths[n] - 1])
    return np.array(result)
