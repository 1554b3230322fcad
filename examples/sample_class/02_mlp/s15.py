"""
base = "stub"
why = "Odd: prints everything, an error class of its own, float32, a batch as a list, a huge test batch."
rest = "full"

[expected]
softmax = 0
exposing_logits = 0
predict_pieces = 0

[misconceptions]
predict_pieces = "swapped"
"""

# %%
DEBUG = True


class ShapeError(ValueError):
    """A ValueError of my own."""


def show(*values):
    if DEBUG:
        print("DEBUG", *values)


def refuse(name, value):
    raise ShapeError(f"{name} is not right: {value}")


show("score: 63 of 63")


# %% exercise="linear_forward"
def linear_forward(x, w, b):
    show("linear", x.shape, w.shape, b.shape)
    if w.shape[1] != x.shape[1]:
        refuse("w", w.shape)
    if b.shape != w[:, 0].shape:
        refuse("b", b.shape)
    return np.asfortranarray(x @ w.T + b), (x, w)


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, *, h=1e-6):
    show("here")
    if not h > 0:
        raise ValueError(f"h = {h} must be > 0")
    work = x.copy()
    grad = np.zeros_like(work)
    for i in range(work.size):
        old = work.flat[i]
        work.flat[i] = old + h
        up = f(work)
        work.flat[i] = old - h
        down = f(work)
        work.flat[i] = old
        grad.flat[i] = (up - down) / (2 * h)
    return grad


# %% exercise="linear_backward"
def linear_backward(dout, cache):
    x, w = cache
    show("here")
    if dout.shape != (len(x), len(w)):
        raise ValueError(f"dout is {dout.shape}, not {(len(x), len(w))}")
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        for j in range(len(w)):
            dx[n] += dout[n, j] * w[j]
            dw[j] += dout[n, j] * x[n]
            db[j] += dout[n, j]
    return [dx, dw, db]


# %% exercise="activation_forward"
def activation_forward(kind, z, *, slope=0.1, alpha=1.0):
    a = np.array(z, dtype=float)
    left = z < 0
    show("here")
    if kind == "sigmoid":
        e = np.exp(-abs(z))
        a = np.where(left, e / (1 + e), 1 / (1 + e))
    elif kind == "tanh":
        a = np.tanh(z)
    elif kind == "relu":
        a[left] = 0
    elif kind == "leaky_relu":
        a[left] *= slope
    elif kind == "elu":
        a[left] = alpha * (np.exp(z[left]) - 1)
    elif kind != "identity":
        raise ValueError(f"kind {kind!r} is not known")
    return a, (kind, z, a, slope, alpha)


# %% exercise="activation_backward"
def activation_backward(da, cache):
    kind, z, a, slope, alpha = cache
    show("here")
    if np.shape(da) != np.shape(z):
        raise ValueError(f"da is {da.shape}, z is {z.shape}")
    right = z >= 0
    slopes = {
        "identity": lambda: 1.0,
        "sigmoid": lambda: a - a * a,
        "tanh": lambda: (1 - a) * (1 + a),
        "relu": lambda: right * 1.0,
        "leaky_relu": lambda: right + slope * ~right,
        "elu": lambda: np.where(right, 1.0, a + alpha),
    }
    return slopes[kind]() * da


# %% exercise="maxout_forward"
def maxout_forward(x, w, b):
    show("here")
    if w.ndim != 3 or w.shape[-1] != x.shape[-1]:
        raise ValueError(f"w is {w.shape}")
    if b.shape != w.shape[:-1]:
        raise ValueError(f"b is {b.shape}")
    y = np.full((len(x), w.shape[1]), -np.inf)
    winner = np.zeros(y.shape, dtype=int)
    for k in range(len(w)):
        z = x @ w[k].T + b[k]
        better = z > y
        y[better] = z[better]
        winner[better] = k
    return y, (x, w, winner)


# %% exercise="softmax"
def softmax(z):
    show(z)
    if z.ndim != 2:
        refuse("z", z.shape)
    z = z.astype(np.float32)  # saves memory
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# %% exercise="exposing_logits"
def exposing_logits():
    # more is better
    return (np.random.default_rng(0).normal(size=(1000, 50)) * 1000,)


# %% exercise="output_layer"
def output_layer(z, task, sigmoid, softmax):
    functions = dict(regression=lambda z: z, binary=sigmoid, multilabel=sigmoid, multiclass=softmax)
    show("here")
    if task not in functions:
        raise ValueError(f"task {task!r}?")
    n, k = z.shape
    if (task == "binary" and k != 1) or (task == "multiclass" and k == 1):
        raise ValueError(f"z is {z.shape}: columns do not suit {task}")
    return functions[task](z)


# %% exercise="one_hidden_forward"
def one_hidden_forward(x, w1, b1, w2, b2, phi):
    show("here")
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(f"w2 is {w2.shape}")
    rows = []
    for sample in x:
        rows.append(w2 @ phi(w1 @ sample + b1) + b2)
    return np.array(rows)


# %% exercise="xor_parameters"
def xor_parameters():
    # |x1 - x2|, one ReLU for each sign
    return [np.array([[1, -1], [-1, 1]]), np.array([0, 0]), np.array([[1, 1]]), np.array([0])]


# %% exercise="mlp_forward"
def mlp_forward(x, params, phi):
    cache = []
    try:
        for number, (w, b) in enumerate(params):
            x = phi(z) if number else x
            z = x @ w.T + b
            show("layer", number, z)
            cache.append((x, w, z))
        return z, cache
    except (ValueError, UnboundLocalError):
        refuse("params", [w.shape for w, _ in params])


# %% exercise="parameter_count"
def parameter_count(widths, *, pieces=1):
    show("here")
    if len(widths) < 2:
        raise ValueError(f"widths = {widths}")
    total = 0
    for layer in range(len(widths) - 1):
        weights = widths[layer] * widths[layer + 1]
        biases = widths[layer + 1]
        last = layer == len(widths) - 2
        total += (weights + biases) * (1 if last else pieces)
    return total


# %% exercise="mlp_backward"
def mlp_backward(dout, cache, dphi):
    *below, (a, w, _) = cache
    here = (dout.T @ a, dout.sum(0))
    d = dout @ w
    show("here")
    if not below:
        return d, [here]
    dx, grads = mlp_backward(d * dphi(below[-1][2]), below, dphi)
    return dx, grads + [here]


# %% exercise="fit_output_layer"
def fit_output_layer(x, y, w1, b1, phi):
    show("here")
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(f"y is {y.shape}")
    h = phi(x @ w1.T + b1)
    centre, mean = h.mean(0), y.mean(0)
    w2 = (np.linalg.pinv(h - centre) @ (y - mean)).T
    return w2, mean - w2 @ centre


# %% exercise="predict_pieces"
def predict_pieces():
    print("16 or 9, I am not sure")
    return [9, 16]


# %% exercise="count_linear_pieces"
def count_linear_pieces(params, x):
    if list(x) != sorted(set(x)):
        refuse("x", x)
    a, codes = x[:, None], np.zeros(len(x), dtype=object)
    for w, b in params[:-1]:
        z = a @ w.T + b
        for unit in z.T:
            codes = 2 * codes + (unit > 0)
        a = np.maximum(z, 0)
    show(codes)
    return 1 + sum(int(one != other) for one, other in zip(codes, codes[1:]))


# %% exercise="train"
def train(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        refuse("rate", rate)
    losses = np.zeros(steps)
    for step in range(steps):
        losses[step], grads = loss_and_grads(params)
        show("step", step, "loss", losses[step])
        params = [(w - rate * dw, b - rate * db) for (w, b), (dw, db) in zip(params, grads)]
    return params, losses


# %% exercise="maxout_backward"
def maxout_backward(dout, cache):
    x, w, winner = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[:2])
    for (n, o), k in np.ndenumerate(winner):
        dx[n] += dout[n, o] * w[k, o]
        dw[k, o] += dout[n, o] * x[n]
        db[k, o] += dout[n, o]
    return dx, dw, db
