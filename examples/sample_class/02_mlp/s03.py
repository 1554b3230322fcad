"""
base = "solution"
why = "Averages where sums belong, bends the output, knows one softmax only: several named mistakes."
rest = "full"

[expected]
numerical_gradient = 0
linear_backward = 0
activation_forward = 3
activation_backward = 2.7692
maxout_forward = 0
softmax = 2.1429
exposing_logits = 0
output_layer = 1.6
one_hidden_forward = 0
xor_parameters = 0
mlp_forward = 0
parameter_count = 1.5
mlp_backward = 0
fit_output_layer = 0
predict_pieces = 0.6667
count_linear_pieces = 0.7273
train = 0

[misconceptions]
numerical_gradient = "forward_difference"
linear_backward = "both_averaged"
activation_forward = "elu_alpha_lost"
activation_backward = "tanh_of_tanh"
maxout_forward = "bias_after_maximum"
softmax = "one_shift_for_all"
exposing_logits = "near_zero"
output_layer = "softmax_for_labels"
one_hidden_forward = "activation_at_the_end"
xor_parameters = "inclusive_or"
mlp_forward = "bent_at_the_end"
parameter_count = "pieces_everywhere"
mlp_backward = "slope_after_the_last_layer"
fit_output_layer = "no_bias"
predict_pieces = "depth_is_width"
count_linear_pieces = "first_layer_only"
train = "weights_only"
"""


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, *, h=1e-6):
    if h <= 0:
        raise ValueError("h must be above 0")
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.copy()
        moved[index] += h
        gradient[index] = (f(moved) - f(x)) / h
    return gradient


# %% exercise="linear_backward"
def linear_backward(dout, cache):
    x, w = cache
    n = len(x)
    if dout.shape != (n, len(w)):
        raise ValueError(f"dout has the wrong shape {dout.shape}")
    return dout @ w, dout.T @ x / n, np.mean(dout, axis=0)


# %% exercise="activation_forward"
def activation_forward(kind, z, *, slope=0.1, alpha=1.0):
    functions = {
        "identity": lambda z: z,
        "sigmoid": lambda z: (1 + np.tanh(z / 2)) / 2,
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(0, z),
        "leaky_relu": lambda z: np.where(z > 0, z, slope * z),
        "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    }
    if kind not in functions:
        raise ValueError(f"kind {kind}")
    a = functions[kind](z)
    return a, (kind, z, a, slope, alpha)


# %% exercise="activation_backward"
def activation_backward(da, cache):
    kind, z, a, slope, alpha = cache
    if da.shape != z.shape:
        raise ValueError(f"da has shape {da.shape}")
    if kind == "sigmoid":
        return da * a * (1 - a)
    if kind == "tanh":
        return da * (1 - np.tanh(a) ** 2)
    if kind == "elu":
        return da * np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0)))
    if kind == "identity":
        return da
    return da * np.where(z > 0, 1, slope if kind == "leaky_relu" else 0)


# %% exercise="maxout_forward"
def maxout_forward(x, w, b):
    if w.ndim != 3 or w.shape[2] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}")
    if b.shape != w.shape[:2]:
        raise ValueError(f"b has shape {b.shape}")
    z = np.einsum("ni,koi->kno", x, w)
    return z.max(axis=0) + b[0], (x, w, (z + b[:, None]).argmax(axis=0))


# %% exercise="softmax"
def softmax(z):
    if z.ndim != 2:
        raise ValueError(f"z has shape {z.shape}")
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


# %% exercise="exposing_logits"
def exposing_logits():
    return (np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]),)


# %% exercise="output_layer"
def output_layer(z, task, sigmoid, softmax):
    if task == "regression":
        return z
    if task == "binary":
        if z.shape[1] != 1:
            raise ValueError("z should have one column")
        return sigmoid(z)
    if task == "multiclass" and z.shape[1] == 1:
        raise ValueError("z should have more than one column")
    if task in ("multiclass", "multilabel"):
        return softmax(z)
    raise ValueError("task: " + task)


# %% exercise="one_hidden_forward"
def one_hidden_forward(x, w1, b1, w2, b2, phi):
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(f"w2 has shape {w2.shape}")
    return phi(phi(x @ w1.T + b1) @ w2.T + b2)


# %% exercise="xor_parameters"
def xor_parameters():
    return (
        np.array([[1.0, 1.0], [1.0, 1.0]]),
        np.array([0.0, -1.0]),
        np.array([[1.0, -1.0]]),
        np.array([0.0]),
    )


# %% exercise="mlp_forward"
def mlp_forward(x, params, phi):
    if len(params) == 0:
        raise ValueError("params is empty")
    cache = []
    for w, b in params:
        if w.shape[1] != x.shape[1]:
            raise ValueError(f"params: {w.shape} does not fit {x.shape}")
        z = x @ w.T + b
        cache.append((x, w, z))
        x = phi(z)
    return x, cache


# %% exercise="parameter_count"
def parameter_count(widths, *, pieces=1):
    if len(widths) < 2:
        raise ValueError("widths is too short")
    return pieces * sum((a + 1) * b for a, b in zip(widths, widths[1:]))


# %% exercise="mlp_backward"
def mlp_backward(dout, cache, dphi):
    grads = []
    for a, w, z in reversed(cache):
        dout = dout * dphi(z)
        grads.append((dout.T @ a, dout.sum(axis=0)))
        dout = dout @ w
    return dout, grads[::-1]


# %% exercise="fit_output_layer"
def fit_output_layer(x, y, w1, b1, phi):
    if y.ndim != 2 or len(y) != len(x):
        raise ValueError(f"y has shape {y.shape}")
    h = phi(x @ w1.T + b1)
    w2 = np.linalg.lstsq(h, y, rcond=None)[0].T
    return w2, np.zeros(len(w2))


# %% exercise="predict_pieces"
def predict_pieces():
    return 9, 9


# %% exercise="count_linear_pieces"
def count_linear_pieces(params, x):
    if np.any(np.diff(x) <= 0):
        raise ValueError("x is not increasing")
    if len(params) == 1:
        return 1
    w, b = params[0]
    on = x[:, None] @ w.T + b > 0
    return 1 + int(np.sum(np.any(on[1:] != on[:-1], axis=1)))


# %% exercise="train"
def train(params, loss_and_grads, *, rate, steps):
    if rate <= 0:
        raise ValueError("rate must be above 0")
    losses = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        params = [(w - rate * dw, b) for (w, b), (dw, db) in zip(params, grads)]
    return params, losses
