"""
base = "solution"
why = "Runs everywhere and is wrong in many places: steps dropped, padding read, beliefs untested."
rest = "full"

[expected]
rnn_cell_backward = 2.4
rnn_backward = 0
truncated_backward = 1.6
predict_fates = 0.75
gradient_factors = 0
head_backward = 2
output_recurrence = 1.3333
masked_cross_entropy = 0
last_valid = 0
predict_parameter_counts = 1
bidirectional = 2
bidirectional_last = 0
sample_sequence = 2.7778

[misconceptions]
rnn_cell_backward = "dh_prev_transposed"
rnn_backward = "future_dropped"
truncated_backward = "state_not_carried"
predict_fates = "by_the_norm_without_tanh"
gradient_factors = "product_of_norms"
head_backward = "mean_not_shared"
output_recurrence = "target_of_the_same_step"
masked_cross_entropy = "mean_of_means"
last_valid = "last_padded"
predict_parameter_counts = "everything_doubled"
bidirectional = "padding_turned"
bidirectional_last = "last_real_step_for_both"
sample_sequence = "temperature_ignored"
"""


# %% exercise="rnn_cell_backward"
def rnn_cell_backward(dh, cache):
    x, h_prev, w_x, w_h, h = cache
    da = dh * (1 - h**2)
    return da @ w_x, da @ w_h.T, da.T @ x, da.T @ h_prev, da.sum(axis=0)


# %% exercise="rnn_backward"
def rnn_backward(dh, cache):
    x, h0, w_x, w_h, h = cache
    if dh.shape != h.shape:
        raise ValueError(f"dh has shape {dh.shape}, expected {h.shape}")
    T = h.shape[1]
    dx = np.zeros_like(x)
    dw_x, dw_h, db = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h))
    for t in reversed(range(T)):
        da = dh[:, t] * (1 - h[:, t] ** 2)
        before = h0 if t == 0 else h[:, t - 1]
        dx[:, t] = da @ w_x
        dw_x += da.T @ x[:, t]
        dw_h += da.T @ before
        db += da.sum(axis=0)
        dh_next = da @ w_h
    return dx, dh_next, dw_x, dw_h, db


# %% exercise="truncated_backward"
def truncated_backward(backward, dh, cache, window):
    if window < 1:
        raise ValueError(f"window is {window}")
    x, h0, w_x, w_h, h = cache
    parts = []
    for start in range(0, h.shape[1], window):
        cut = slice(start, start + window)
        parts.append(backward(dh[:, cut], (x[:, cut], h0, w_x, w_h, h[:, cut])))
    dx = np.concatenate([p[0] for p in parts], axis=1)
    return dx, parts[0][1], sum(p[2] for p in parts), sum(p[3] for p in parts), sum(p[4] for p in parts)


# %% exercise="predict_fates"
def predict_fates():
    return "vanishes", "explodes", "explodes", "explodes", "explodes", "explodes"


# %% exercise="gradient_factors"
def gradient_factors(h, w_h):
    if w_h.shape != (h.shape[1], h.shape[1]):
        raise ValueError(f"w_h has shape {w_h.shape}")
    factors = np.ones(len(h))
    for t in range(len(h) - 2, -1, -1):
        jacobian = np.diag(1 - h[t + 1] ** 2) @ w_h
        factors[t] = factors[t + 1] * np.linalg.norm(jacobian, 2)
    return factors


# %% exercise="head_backward"
def head_backward(dy, cache):
    h, w_y, reads = cache
    if reads == "each":
        return dy @ w_y, np.einsum("ntc,nth->ch", dy, h), dy.sum(axis=(0, 1))
    dh = np.zeros_like(h)
    if reads == "last":
        dh[:, -1] = dy @ w_y
        return dh, dy.T @ h[:, -1], dy.sum(axis=0)
    dh += (dy @ w_y)[:, None]
    return dh, dy.T @ h.mean(axis=1), dy.sum(axis=0)


# %% exercise="output_recurrence"
def output_recurrence(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    shape = (*x.shape[:2], len(b_y))
    if targets is not None and targets.shape != shape:
        raise ValueError(f"targets has shape {targets.shape}, expected {shape}")
    outputs, seen = [], o0
    for t in range(x.shape[1]):
        if targets is not None:
            seen = targets[:, t]
        h = np.tanh(x[:, t] @ w_x.T + seen @ w_o.T + b)
        outputs.append(h @ w_y.T + b_y)
        seen = outputs[-1]
    return np.stack(outputs, axis=1)


# %% exercise="masked_cross_entropy"
def masked_cross_entropy(logits, targets, lengths):
    if (lengths < 1).any() or (lengths > logits.shape[1]).any():
        raise ValueError("lengths must be from 1 to T")
    loss, d = 0.0, np.zeros_like(logits)
    for n, length in enumerate(lengths):
        s = logits[n, :length]
        s = s - s.max(axis=1, keepdims=True)
        log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        rows = np.arange(length)
        loss -= log_p[rows, targets[n, :length]].mean()
        p = np.exp(log_p)
        p[rows, targets[n, :length]] -= 1
        d[n, :length] = p / length
    return loss / len(lengths), d / len(lengths)


# %% exercise="last_valid"
def last_valid(h, lengths):
    if (lengths < 1).any() or (lengths > h.shape[1]).any():
        raise ValueError("lengths must be from 1 to T")
    return h[:, -1]


# %% exercise="predict_parameter_counts"
def predict_parameter_counts():
    one = 24 * 12 + 24 * 24 + 24 + 24 * 9 + 9
    return one, one, 2 * one


# %% exercise="bidirectional"
def bidirectional(run, x, lengths, forward, backward):
    if (lengths < 1).any() or (lengths > x.shape[1]).any():
        raise ValueError("lengths must be from 1 to T")
    h = np.concatenate([run(x, *forward), run(x[:, ::-1], *backward)[:, ::-1]], axis=2)
    h[np.arange(x.shape[1]) >= lengths[:, None]] = 0
    return h


# %% exercise="bidirectional_last"
def bidirectional_last(h, lengths):
    if h.shape[2] % 2:
        raise ValueError("h has an odd last axis")
    return h[np.arange(len(h)), lengths - 1]


# %% exercise="sample_sequence"
def sample_sequence(step, h0, start, end, *, temperature, rng, longest=50):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    tokens, token, h = [], start, h0
    while len(tokens) < longest:
        scores, h = step(token, h)
        p = np.exp(scores - scores.max())
        p = p / temperature
        token = int(rng.choice(len(p), p=p / p.sum()))
        if token == end:
            break
        tokens.append(token)
    return tokens
