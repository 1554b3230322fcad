"""
base = "solution"
why = "Odd ways: a class behind the functions, global state, a changed input, refused arguments."
rest = "full"

[expected]
rnn_forward = 0
exposing_rnn_input = 0
rnn_backward = 4.4444
clip_by_norm = 1.6667
predict_fates = 0

[misconceptions]
rnn_forward = "state_survives"
exposing_rnn_input = "time_first"
rnn_backward = "sums_survive"
clip_by_norm = "in_place"
predict_fates = "a_single_word"
"""


# %% exercise="rnn_cell_forward"
class Cell:
    """Keeps what it needs."""

    def __init__(self, w_x, w_h, b):
        self.w_x, self.w_h, self.b = w_x, w_h, b

    def __call__(self, x, h):
        return np.tanh(np.array([self.b + self.w_x @ a + self.w_h @ c for a, c in zip(x, h)]))


def rnn_cell_forward(x, h_prev, w_x, w_h, b):
    H = h_prev.shape[1]
    wanted = dict(w_x=(H, x.shape[1]), w_h=(H, H), b=(H,))
    for name in wanted:
        if locals()[name].shape != wanted[name]:
            raise ValueError(f"{name} should be {wanted[name]}")
    h = Cell(w_x, w_h, b)(x, h_prev)
    return h, [x, h_prev, w_x, w_h, h]


# %% exercise="rnn_forward"
last_state = {}


def rnn_forward(x, h0, w_x, w_h, b):
    if x.ndim != 3 or x.shape[2] != w_x.shape[1]:
        raise ValueError(f"x: {x.shape}")
    if h0.shape != (len(x), len(b)):
        raise ValueError(f"h0: {h0.shape}")
    h = last_state.get(h0.shape, h0)
    hs = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w_x.T + h @ w_h.T + b)
        hs.append(h)
    last_state[h0.shape] = h
    hs = np.stack(hs, axis=1)
    return hs, (x, h0, w_x, w_h, hs)


# %% exercise="exposing_rnn_input"
def exposing_rnn_input():
    rng = np.random.default_rng(1)
    # steps, samples, inputs
    return (
        rng.normal(size=(5, 3, 2)),
        rng.normal(size=(3, 4)),
        rng.normal(size=(4, 2)),
        rng.normal(size=(4, 4)),
        rng.normal(size=4),
    )


# %% exercise="rnn_backward"
sums = {}


def rnn_backward(dh, cache):
    x, h0, w_x, w_h, h = cache
    if dh.shape != h.shape:
        raise ValueError(f"dh: {dh.shape}")
    dw_x, dw_h, db = sums.setdefault(
        dh.shape, (np.zeros_like(w_x), np.zeros_like(w_h), np.zeros(len(w_h)))
    )
    dx, back = np.zeros_like(x), 0
    for t in range(h.shape[1])[::-1]:
        da = (dh[:, t] + back) * (1 - h[:, t] ** 2)
        dx[:, t] = da @ w_x
        dw_x += da.T @ x[:, t]
        dw_h += da.T @ (h[:, t - 1] if t else h0)
        db += da.sum(0)
        back = da @ w_h
    return dx, back, dw_x, dw_h, db


# %% exercise="predict_fates"
def predict_fates():
    return ("vanishes",)


# %% exercise="clip_by_norm"
def clip_by_norm(gradients, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm")
    norm = np.sqrt(sum(float(np.sum(g * g)) for g in gradients))
    for g in gradients:
        g *= min(1, max_norm / (norm + 1e-6))
    return gradients, norm


# %% exercise="sample_sequence"
def sample_sequence(step, h0, start, end, *, temperature, rng, longest=50):
    if not temperature > 0:
        raise ValueError("temperature!")

    def letters(token, h):
        while True:
            scores, h = step(token, h)
            p = np.exp((scores - max(scores)) / temperature)
            token = int((rng.random() * p.sum() < p.cumsum()).argmax())
            yield token

    tokens = []
    for token in letters(start, h0):
        if token == end or len(tokens) == longest:
            return tokens
        tokens.append(token)
