"""
base = "stub"
why = "Everything right, but each exercise is written in another way than the model solution."
rest = "full"

[expected]
"""


# %% exercise="rnn_cell_forward"
def rnn_cell_forward(x, h_prev, w_x, w_h, b):
    H, D = h_prev.shape[1], x.shape[1]
    for name, array, shape in (("w_x", w_x, (H, D)), ("w_h", w_h, (H, H)), ("b", b, (H,))):
        if array.shape != shape:
            raise ValueError(f"{name}: {array.shape} should be {shape}")
    both = np.hstack([x, h_prev]) @ np.hstack([w_x, w_h]).T
    h = np.tanh(both + b)
    return h, (x, h_prev, w_x, w_h, h)


# %% exercise="rnn_cell_backward"
def rnn_cell_backward(dh, cache):
    x, h_prev, w_x, w_h, h = cache
    da = dh - dh * h * h
    # one linear layer on [x, h_prev, 1]
    inputs = np.hstack([x, h_prev, np.ones((len(x), 1))])
    weights = np.einsum("nh,ni->hi", da, inputs)
    D = x.shape[1]
    return da.dot(w_x), da.dot(w_h), weights[:, :D], weights[:, D:-1], weights[:, -1]


# %% exercise="rnn_forward"
def rnn_forward(x, h0, w_x, w_h, b):
    if x.ndim != 3 or x.shape[-1] != w_x.shape[-1]:
        raise ValueError("x has shape " + str(x.shape))
    N, T, D = x.shape
    if h0.shape != (N, len(b)):
        raise ValueError("h0 has shape " + str(h0.shape))
    # all inputs at once, then the recursion
    a = np.einsum("ntd,hd->tnh", x, w_x) + b
    h = np.empty((T + 1, N, len(b)))
    h[0] = h0
    for t in range(T):
        h[t + 1] = np.tanh(a[t] + h[t] @ w_h.T)
    h = h[1:].swapaxes(0, 1)
    return h, (x, h0, w_x, w_h, h)


# %% exercise="exposing_rnn_input"
def exposing_rnn_input():
    # nothing equal, nothing zero, nothing symmetric
    def numbers(*shape):
        count = int(np.prod(shape))
        return np.sin(np.arange(1, count + 1) * 2.3).reshape(shape)

    return numbers(2, 6, 3), numbers(2, 4) * 0.9, numbers(4, 3), numbers(4, 4), numbers(4) + 0.2


# %% exercise="rnn_backward"
def rnn_backward(dh, cache):
    x, h0, w_x, w_h, h = cache
    if dh.shape != h.shape:
        raise ValueError(f"dh: {dh.shape}, but there are states of shape {h.shape}")
    N, T, H = h.shape
    da = np.zeros((N, T + 1, H))  # da[:, T] is zero: nothing comes from beyond the end
    for t in range(T - 1, -1, -1):
        da[:, t] = (dh[:, t] + da[:, t + 1] @ w_h) * (1 - h[:, t]) * (1 + h[:, t])
    da = da[:, :T]
    before = np.concatenate([h0[:, np.newaxis], h[:, : T - 1]], axis=1)
    dw_x = np.tensordot(da, x, axes=((0, 1), (0, 1)))
    dw_h = np.tensordot(da, before, axes=((0, 1), (0, 1)))
    return da @ w_x, da[:, 0] @ w_h, dw_x, dw_h, da.sum(axis=1).sum(axis=0)


# %% exercise="truncated_backward"
def truncated_backward(backward, dh, cache, window):
    if window <= 0:
        raise ValueError("window must be at least 1, not " + str(window))
    x, h0, w_x, w_h, h = cache
    T = h.shape[1]
    dx = np.zeros(x.shape)
    dh0 = dw_x = dw_h = db = None
    old, start = h0, 0
    while start < T:
        end = min(T, start + window)
        piece = (x[:, start:end], old, w_x, w_h, h[:, start:end])
        dx[:, start:end], first, a, b, c = backward(dh[:, start:end], piece)
        if dh0 is None:
            dh0, dw_x, dw_h, db = first, a, b, c
        else:
            dw_x, dw_h, db = dw_x + a, dw_h + b, db + c
        old, start = h[:, end - 1], end
    return dx, dh0, dw_x, dw_h, db


# %% exercise="predict_fates"
def predict_fates():
    v, e = "vanishes", "explodes"
    # |eigenvalues|: 0.9; 1.1; saturated; 0.9; 1.1; sqrt(1.25)
    return (v, e, v, v, e, e)


# %% exercise="gradient_factors"
def gradient_factors(h, w_h):
    T, H = h.shape
    if w_h.shape != (H, H):
        raise ValueError(f"w_h should be square with {H} rows, not {w_h.shape}")
    result = np.empty(T)
    for t in range(T):
        P = np.eye(H)
        for s in range(t + 1, T):
            P = np.diag(1 - h[s] ** 2) @ w_h @ P
        result[t] = np.linalg.svd(P)[1].max()
    return result


# %% exercise="clip_by_norm"
def clip_by_norm(gradients, max_norm):
    if not max_norm > 0:
        raise ValueError("max_norm > 0, please")
    flat = np.concatenate([np.ravel(g) for g in gradients])
    norm = np.sqrt(flat @ flat)
    if norm <= max_norm:
        return [np.array(g) for g in gradients], norm
    return [g / norm * max_norm for g in gradients], norm


# %% exercise="head_forward"
def head_forward(h, w_y, b_y, *, reads):
    cache = (h, w_y, reads)
    if reads == "each":
        return np.einsum("nth,ch->ntc", h, w_y) + b_y, cache
    if reads == "last":
        return np.einsum("nh,ch->nc", h[:, -1, :], w_y) + b_y, cache
    if reads == "mean":
        # the mean of the outputs is the output of the mean
        return (np.einsum("nth,ch->ntc", h, w_y) + b_y).mean(axis=1), cache
    raise ValueError(f"reads = {reads}?")


# %% exercise="head_backward"
def head_backward(dy, cache):
    h, w_y, reads = cache
    N, T, H = h.shape
    everywhere = np.zeros((N, T, len(w_y)))
    if reads == "each":
        everywhere[:] = dy
    elif reads == "last":
        everywhere[:, T - 1] = dy
    else:
        for t in range(T):
            everywhere[:, t] = dy / T
    flat = everywhere.reshape(N * T, -1)
    return everywhere @ w_y, flat.T @ h.reshape(N * T, H), flat.sum(axis=0)


# %% exercise="one_to_many"
def one_to_many(step, x, h0, steps, *, feed):
    if steps < 1:
        raise ValueError("steps must be >= 1")
    if feed == "first":
        inputs = [x] + [np.zeros(x.shape)] * (steps - 1)
    elif feed == "every":
        inputs = [x] * steps
    else:
        raise ValueError("feed must be first or every")
    states = [h0]
    for x_t in inputs:
        states.append(step(x_t, states[-1]))
    return np.array(states[1:]).transpose(1, 0, 2)


# %% exercise="output_recurrence"
def output_recurrence(x, o0, w_x, w_o, b, w_y, b_y, *, targets=None):
    N, T, _ = x.shape
    out = np.zeros((N, T, len(b_y)))
    if targets is not None:
        if targets.shape != out.shape:
            raise ValueError(f"targets: {targets.shape} instead of {out.shape}")
        seen = np.empty_like(targets)
        seen[:, 0], seen[:, 1:] = o0, targets[:, :-1]
        return np.tanh(x @ w_x.T + seen @ w_o.T + b) @ w_y.T + b_y
    for t in range(T):
        last = o0 if t == 0 else out[:, t - 1]
        out[:, t] = np.tanh(x[:, t] @ w_x.T + last @ w_o.T + b) @ w_y.T + b_y
    return out


# %% exercise="masked_cross_entropy"
def masked_cross_entropy(logits, targets, lengths):
    N, T, C = logits.shape
    if min(lengths) < 1 or max(lengths) > T:
        raise ValueError("lengths from 1 to " + str(T))
    loss, grad, M = 0.0, np.zeros((N, T, C)), int(np.sum(lengths))
    for n in range(N):
        L = lengths[n]
        s = logits[n, :L] - logits[n, :L].max(axis=1, keepdims=True)
        logsum = np.log(np.exp(s).sum(axis=1))
        k = targets[n, :L]
        loss += np.sum(logsum - s[np.arange(L), k])
        grad[n, :L] = np.exp(s - logsum[:, None]) - np.eye(C)[k]
    return loss / M, grad / M


# %% exercise="last_valid"
def last_valid(h, lengths):
    T = h.shape[1]
    if not all(1 <= length <= T for length in lengths):
        raise ValueError("lengths out of range")
    return np.stack([h[n, lengths[n] - 1] for n in range(len(h))])


# %% exercise="predict_parameter_counts"
def predict_parameter_counts():
    one = 24 * (12 + 24 + 1) + 9 * (24 + 1)
    two = 2 * 24 * (12 + 24 + 1) + 9 * (48 + 1)
    return one, one, two


# %% exercise="bidirectional"
def bidirectional(run, x, lengths, forward, backward):
    N, T, D = x.shape
    if any(length < 1 or length > T for length in lengths):
        raise ValueError("lengths: from 1 to T")
    result = []
    for n in range(N):
        L = int(lengths[n])
        alone = x[n : n + 1, :L]
        there = run(alone, *forward)
        back = run(alone[:, ::-1], *backward)[:, ::-1]
        joined = np.concatenate([there, back], axis=2)[0]
        result.append(np.vstack([joined, np.zeros((T - L, joined.shape[1]))]))
    return np.array(result)


# %% exercise="bidirectional_last"
def bidirectional_last(h, lengths):
    if h.shape[-1] % 2 == 1:
        raise ValueError("h has an odd number of features")
    there, back = np.split(h, 2, axis=-1)
    rows = [np.concatenate([there[n, L - 1], back[n, 0]]) for n, L in enumerate(lengths)]
    return np.array(rows)


# %% exercise="sample_sequence"
def sample_sequence(step, h0, start, end, *, temperature, rng, longest=50):
    if temperature <= 0:
        raise ValueError(f"temperature {temperature} is not positive")
    tokens, h = [start], h0
    for _ in range(longest):
        scores, h = step(tokens[-1], h)
        # the Gumbel trick: the largest of scores plus noise
        tokens.append(int(np.argmax(scores / temperature - np.log(rng.exponential(size=len(scores))))))
        if tokens[-1] == end:
            return tokens[1:-1]
    return tokens[1:]


# %% exercise="leaky_forward"
def leaky_forward(x, h0, w_x, w_h, b, keep):
    if np.min(keep) < 0 or np.max(keep) > 1:
        raise ValueError("keep should lie between 0 and 1")
    h, old = np.zeros((*x.shape[:2], len(b))), h0
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ w_x.T + old @ w_h.T + b)
        old = h[:, t] = new + keep * (old - new)
    return h


# %% exercise="skip_forward"
def skip_forward(x, h0, w_x, w_h, w_skip, b, skip):
    if skip <= 1:
        raise ValueError("skip should be at least 2")
    states = []

    def state(t):
        return states[t] if t >= 0 else h0

    for t in range(x.shape[1]):
        a = x[:, t] @ w_x.T + state(t - 1) @ w_h.T + state(t - skip) @ w_skip.T
        states.append(np.tanh(a + b))
    return np.moveaxis(np.array(states), 0, 1)
