"""
base = "stub"
why = "Half done: up to the hidden layer, errors not raised in two places, then time was up."
rest = "zero"

[expected]
linear_forward = 1.6
numerical_gradient = 3
linear_backward = 3.2
activation_forward = 3.5
activation_backward = 1.2308
softmax = 3
exposing_logits = 1.5
one_hidden_forward = 2

[misconceptions]
linear_backward = "any_upstream_accepted"
linear_forward = "any_bias_accepted"
"""


# %% exercise="linear_forward"
def linear_forward(x, w, b):
    if w.shape[1] != x.shape[1]:
        raise ValueError("w does not fit x: " + str(w.shape))
    y = x @ w.T + b.sum() if b.shape != (len(w),) else x @ w.T + b
    return y, (x, w)


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, *, h=1e-6):
    if h <= 0:
        raise ValueError("h is not above 0")
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        g[i] = (f(x + e) - f(x - e)) / (2 * h)
    return g


# %% exercise="linear_backward"
def linear_backward(dout, cache):
    x, w = cache
    return dout @ w, dout.T @ x, dout.sum(axis=0)


# %% exercise="activation_forward"
def activation_forward(kind, z, *, slope=0.1, alpha=1.0):
    if kind == "identity":
        a = z
    elif kind == "sigmoid":
        a = 1 / (1 + np.exp(-z))
    elif kind == "tanh":
        a = np.tanh(z)
    elif kind == "relu":
        a = np.where(z > 0, z, 0.0)
    elif kind == "leaky_relu":
        a = np.where(z > 0, z, slope * z)
    elif kind == "elu":
        a = np.where(z > 0, z, alpha * (np.exp(z) - 1))
    else:
        raise ValueError("unknown kind " + kind)
    return a, (kind, z, a, slope, alpha)


# %% exercise="activation_backward"
def activation_backward(da, cache):
    kind, z, a, slope, alpha = cache
    if kind == "sigmoid":
        return da * a * (1 - a)
    if kind == "tanh":
        return da * (1 - a**2)
    if kind == "relu":
        return da * (z > 0)


# %% exercise="softmax"
def softmax(z):
    if z.ndim != 2:
        raise ValueError("z needs two axes")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# %% exercise="exposing_logits"
def exposing_logits():
    return (np.array([[1000.0, 1001.0, 1002.0], [-1.0, 0.0, 1.0]]),)


# %% exercise="one_hidden_forward"
def one_hidden_forward(x, w1, b1, w2, b2, phi):
    if w2.shape[1] != len(w1):
        raise ValueError("w2 has the wrong shape")
    hidden = phi(linear_forward(x, w1, b1)[0])
    return linear_forward(hidden, w2, b2)[0]
