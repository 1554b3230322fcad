"""
base = "stub"
why = "Half done: initialisers, instruments and dropout, one of them with a slip; then no more."
rest = "zero"

[expected]
fans = 2
torch_uniform = 1
predict_layer_factor = 2
glorot = 2.5714
he_normal = 3
update_ratio = 1.5
dropout_forward = 4
dropout_backward = 2

[misconceptions]
predict_zero_start = "the_last_layer"
torch_uniform = "zero_bias"
glorot = "unknown_accepted"
dead_fraction = "sum_is_zero"
update_ratio = "warning_on_zeros"
"""


# %% exercise="predict_zero_start"
def predict_zero_start():
    return (False, False, True, True)


# %% exercise="fans"
def fans(shape):
    if len(shape) < 2:
        raise ValueError("shape " + str(shape) + " has less than two axes")
    kernel = int(np.prod(shape[2:]))
    return shape[1] * kernel, shape[0] * kernel


# %% exercise="torch_uniform"
def torch_uniform(shape, fan_in, fan_out, rng):
    k = 1 / np.sqrt(fan_in)
    w = rng.uniform(-k, k, shape)
    b = np.zeros(shape[0])
    return w, b


# %% exercise="predict_layer_factor"
def predict_layer_factor():
    return 0.4


# %% exercise="glorot"
def glorot(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    if distribution == "normal":
        return gain * rng.normal(0, np.sqrt(2 / (fan_in + fan_out)), shape)
    bound = gain * np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape)


# %% exercise="he_normal"
def he_normal(shape, fan_in, fan_out, rng, *, slope=0.0):
    std = np.sqrt(2 / fan_in) / np.sqrt(1 + slope**2)
    return std * rng.standard_normal(shape)


# %% exercise="dead_fraction"
def dead_fraction(h):
    if h.ndim != 2:
        raise ValueError(f"h: {h.shape}")
    return float((h.sum(axis=0) == 0).mean())


# %% exercise="update_ratio"
def update_ratio(update, param):
    if update.shape != param.shape:
        raise ValueError(f"update: {update.shape}, param: {param.shape}")
    return np.float64(np.sqrt((update**2).sum())) / np.float64(np.sqrt((param**2).sum()))


# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, *, training):
    if not 0 <= p <= 1:
        raise ValueError(f"p = {p}")
    if not training:
        return x.copy(), (None, p)
    keep = rng.random(x.shape) >= p
    return x * keep / (1 - p) if p < 1 else x * keep, (keep, p)


# %% exercise="dropout_backward"
def dropout_backward(dout, cache):
    keep, p = cache
    if keep is None:
        return dout.copy()
    return dout * keep / (1 - p) if p < 1 else dout * keep
