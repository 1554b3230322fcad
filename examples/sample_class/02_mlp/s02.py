"""
base = "stub"
why = "Everything right in another way: loops, einsum, recursion, lists for tuples."
rest = "full"

[expected]
"""


# %% exercise="linear_forward"
def linear_forward(x, w, b):
    n, d = x.shape
    if w.shape != (len(w), d):
        raise ValueError(f"w is {w.shape} but x has {d} columns")
    if b.shape != (len(w),):
        raise ValueError(f"b is {b.shape}, not ({len(w)},)")
    ones = np.ones((n, 1))
    return np.hstack((x, ones)) @ np.column_stack((w, b)).T, [x, w]


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, *, h=1e-6):
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
    if np.ndim(z) != 2:
        raise ValueError(f"z is {z.shape}")
    return np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])


# %% exercise="exposing_logits"
def exposing_logits():
    z = np.zeros((5, 3))
    z[0] = 5000, 5001, 4999
    z[1] = -z[0]
    z[2] = -2000, 10, 2000
    z[3] = 30, 40, 39
    z[4] = 0, -1, 2
    return (z,)


# %% exercise="output_layer"
def output_layer(z, task, sigmoid, softmax):
    functions = dict(regression=lambda z: z, binary=sigmoid, multilabel=sigmoid, multiclass=softmax)
    if task not in functions:
        raise ValueError(f"task {task!r}?")
    n, k = z.shape
    if (task == "binary" and k != 1) or (task == "multiclass" and k == 1):
        raise ValueError(f"z is {z.shape}: columns do not suit {task}")
    return functions[task](z)


# %% exercise="one_hidden_forward"
def one_hidden_forward(x, w1, b1, w2, b2, phi):
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
    if not params:
        raise ValueError("params has no layers")
    (w, b), rest = params[0], params[1:]
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"params: w is {w.shape}, its input {x.shape}")
    z = np.einsum("ni,oi->no", x, w) + b
    if not rest:
        return z, [(x, w, z)]
    y, cache = mlp_forward(phi(z), rest, phi)
    return y, [(x, w, z)] + cache


# %% exercise="parameter_count"
def parameter_count(widths, *, pieces=1):
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
    if not below:
        return d, [here]
    dx, grads = mlp_backward(d * dphi(below[-1][2]), below, dphi)
    return dx, grads + [here]


# %% exercise="fit_output_layer"
def fit_output_layer(x, y, w1, b1, phi):
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(f"y is {y.shape}")
    h = phi(x @ w1.T + b1)
    centre, mean = h.mean(0), y.mean(0)
    w2 = (np.linalg.pinv(h - centre) @ (y - mean)).T
    return w2, mean - w2 @ centre


# %% exercise="predict_pieces"
def predict_pieces():
    return (2 * 2 * 2 * 2, 9)


# %% exercise="count_linear_pieces"
def count_linear_pieces(params, x):
    if len(x) > 1 and min(np.diff(x)) <= 0:
        raise ValueError("x does not increase")
    patterns = []
    for value in x:
        a, signs = np.array([value]), ()
        for w, b in params[:-1]:
            z = w @ a + b
            signs += tuple(z > 0)
            a = z * (z > 0)
        if not patterns or patterns[-1] != signs:
            patterns.append(signs)
    return len(patterns)


# %% exercise="train"
def train(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        raise ValueError(f"rate = {rate}")
    params = [[np.array(w), np.array(b)] for w, b in params]
    losses = []
    while len(losses) < steps:
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        for pair, slopes in zip(params, grads):
            pair[0] -= rate * slopes[0]
            pair[1] -= rate * slopes[1]
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
