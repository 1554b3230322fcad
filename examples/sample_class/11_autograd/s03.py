"""
base = "stub"
why = "Half done: the rules stand, the engine is blank; two slips on the way."
rest = "zero"

[expected]
unbroadcast = 3
elementwise = 3
divide = 2
matmul = 3
transpose = 2
log_softmax = 3
predict_gradients = 1

[misconceptions]
log_softmax = "one_shift_for_all"
"""


# %% exercise="unbroadcast"
def unbroadcast(g, shape):
    try:
        stretched = np.broadcast_to(np.zeros(shape), g.shape).shape == g.shape
    except ValueError:
        stretched = False
    if not stretched:
        raise ValueError(f"shape {shape} does not fit {g.shape}")
    extra = g.ndim - len(shape)
    axes = list(range(extra))
    axes += [extra + i for i in range(len(shape)) if shape[i] == 1]
    return g.sum(axis=tuple(axes)).reshape(shape)


# %% exercise="elementwise"
def elementwise(x, *, name):
    if name == "exp":
        return np.exp(x), lambda g: (g * np.exp(x),)
    elif name == "log":
        return np.log(x), lambda g: (g * (1 / x),)
    elif name == "tanh":
        return np.tanh(x), lambda g: (g / np.cosh(x) ** 2,)
    elif name == "relu":
        mask = (x > 0).astype(float)
        return x * mask, lambda g: (g * mask,)
    else:
        raise ValueError("unknown name " + name)


# %% exercise="divide"
def divide(a, b):
    return a / b, lambda g: (g / b, -(g * a) / (b * b))


# %% exercise="matmul"
def matmul(a, b):
    if a.ndim < 2:
        raise ValueError(f"a should be a matrix, its shape is {a.shape}")
    if b.ndim < 2:
        raise ValueError(f"b should be a matrix, its shape is {b.shape}")

    def pull(g):
        return g @ np.moveaxis(b, -1, -2), np.moveaxis(a, -1, -2) @ g

    return a @ b, pull


# %% exercise="transpose"
def transpose(x, *, axes=None):
    if axes is None:
        axes = list(range(x.ndim))[::-1]
    back = [[a % x.ndim for a in axes].index(i) for i in range(x.ndim)]
    return x.transpose(axes), lambda g: (g.transpose(back),)


# %% exercise="log_softmax"
def log_softmax(x, *, axis=-1):
    x = x - x.max()
    with np.errstate(all="ignore"):
        value = x - np.log(np.exp(x).sum(axis=axis, keepdims=True))

    def pull(g):
        return (g - np.exp(value) * g.sum(axis=axis, keepdims=True),)

    return value, pull


# %% exercise="predict_gradients"
def predict_gradients():
    return 7, 14, 0, 2
