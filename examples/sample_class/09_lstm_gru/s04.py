"""
base = "solution"
why = "The forward passes work; on the way back something is averaged, overwritten, left out."
rest = "full"

[expected]
gate = 1.4286
lstm_cell_backward = 4.0
sequence_forward = 2.5
sequence_backward = 2.2222
gru_cell_backward = 4.0

[misconceptions]
gate = "overflowing"
lstm_cell_backward = "bias_averaged"
sequence_forward = "no_refusal"
sequence_backward = "overwritten"
gru_cell_backward = "always_after"
"""


# %% exercise="gate"
def gate(x, h, w, b):
    if w.shape[1] != h.shape[1] + x.shape[1]:
        raise ValueError(f"w has {w.shape[1]} columns, expected {h.shape[1] + x.shape[1]}")
    if b.shape != (w.shape[0],):
        raise ValueError(f"b has shape {b.shape}, expected ({w.shape[0]},)")
    a = np.hstack([h, x]) @ w.T + b
    return 1 / (1 + np.exp(-a))


# %% exercise="lstm_cell_backward"
def lstm_cell_backward(dh, dc, cache):
    hx, c_prev, i, f, g, o, c, w = cache
    H = c.shape[1]
    t = np.tanh(c)
    dc = dc + dh * o * (1 - t**2)
    da = np.hstack(
        [
            dc * g * i * (1 - i),
            dc * c_prev * f * (1 - f),
            dc * i * (1 - g**2),
            dh * t * o * (1 - o),
        ]
    )
    dhx = da @ w
    return dhx[:, H:], dhx[:, :H], dc * f, da.T @ hx, da.mean(axis=0)


# %% exercise="sequence_forward"
def sequence_forward(cell, x, h0, c0, w, b):
    h, c = h0, c0
    hs, caches = [], []
    for x_t in np.swapaxes(x, 0, 1):
        (h, c), cache = cell(x_t, h, c, w, b)
        hs.append(h)
        caches.append(cache)
    return (np.stack(hs, axis=1), c), caches


# %% exercise="sequence_backward"
def sequence_backward(cell_backward, dh, dc_last, caches):
    N, T, H = dh.shape
    if len(caches) != T:
        raise ValueError(f"dh has {T} steps but there are {len(caches)} caches")
    dh_next, dc_next = np.zeros((N, H)), dc_last
    dx = [None] * T
    for t in reversed(range(T)):
        dx[t], dh_next, dc_next, dw, db = cell_backward(dh[:, t] + dh_next, dc_next, caches[t])
    return np.stack(dx, axis=1), dh_next, dc_next, dw, db


# %% exercise="gru_cell_backward"
def gru_cell_backward(dh, cache):
    x, h_prev, r, z, n, q, w_ih, w_hh, _ = cache
    dn = dh * (1 - z) * (1 - n**2)
    dz = dh * (h_prev - n) * z * (1 - z)
    dr = dn * q * r * (1 - r)
    da_x = np.hstack([dr, dz, dn])
    da_h = np.hstack([dr, dz, dn * r])
    dh_prev = dh * z + da_h @ w_hh
    return da_x @ w_ih, dh_prev, da_x.T @ x, da_h.T @ h_prev, da_x.sum(0), da_h.sum(0)
