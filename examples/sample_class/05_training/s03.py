"""
base = "solution"
why = "Factors, variances and modes mixed up nearly everywhere, as in many first drafts: few marks."
rest = "full"

[expected]
predict_zero_start = 0
fans = 1
torch_uniform = 0
predict_layer_factor = 0
glorot = 0
he_normal = 2.25
dead_fraction = 0
update_ratio = 0
dropout_forward = 0
dropout_backward = 0
batchnorm_forward = 3
predict_doubled_weights = 0
batchnorm_backward = 2.5714
add_penalty = 0
early_stopping = 3.5
random_search = 3.2

[misconceptions]
predict_zero_start = "everything"
fans = "no_kernel"
torch_uniform = "lecun"
predict_layer_factor = "relu_forgotten"
glorot = "without_the_two"
he_normal = "slope_ignored"
dead_fraction = "zeros_counted"
update_ratio = "spreads"
dropout_forward = "original_paper"
dropout_backward = "not_scaled"
batchnorm_forward = "momentum_of_the_old"
predict_doubled_weights = "y_doubled"
batchnorm_backward = "as_in_evaluation"
add_penalty = "biases_too"
early_stopping = "best_aliased"
random_search = "log_as_even"
"""


# %% exercise="predict_zero_start"
def predict_zero_start():
    return (True, True, True, True)


# %% exercise="fans"
def fans(shape):
    if len(shape) < 2:
        raise ValueError(f"shape {shape} needs two axes")
    return shape[1], shape[0]


# %% exercise="torch_uniform"
def torch_uniform(shape, fan_in, fan_out, rng):
    bound = np.sqrt(3 / fan_in)
    return rng.uniform(-bound, bound, size=shape), rng.uniform(-bound, bound, size=shape[0])


# %% exercise="predict_layer_factor"
def predict_layer_factor():
    return 0.1 * np.sqrt(32)


# %% exercise="glorot"
def glorot(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    std = gain * np.sqrt(1 / (fan_in + fan_out))
    if distribution == "normal":
        return rng.normal(0, std, size=shape)
    if distribution == "uniform":
        return rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, size=shape)
    raise ValueError(f"distribution {distribution} is unknown")


# %% exercise="he_normal"
def he_normal(shape, fan_in, fan_out, rng, *, slope=0.0):
    return rng.normal(0, np.sqrt(2 / fan_in), size=shape)


# %% exercise="dead_fraction"
def dead_fraction(h):
    if h.ndim != 2:
        raise ValueError(f"h has shape {h.shape}")
    return float(np.mean(h == 0))


# %% exercise="update_ratio"
def update_ratio(update, param):
    if update.shape != param.shape:
        raise ValueError(f"update has shape {update.shape}")
    if not param.any():
        return float("inf") if update.any() else 0.0
    return float(update.std() / max(param.std(), 1e-300))


# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, *, training):
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}")
    if not training:
        return (1 - p) * x, (None, p)
    keep = rng.random(x.shape) >= p
    return x * keep, (keep, p)


# %% exercise="dropout_backward"
def dropout_backward(dout, cache):
    keep, p = cache
    if keep is None:
        return dout.copy()
    return dout * keep


# %% exercise="batchnorm_forward"
def batchnorm_forward(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array.shape != x.shape[1:]:
            raise ValueError(f"{name} has shape {array.shape}")
    if training and len(x) < 2:
        raise ValueError(f"x has shape {x.shape}")
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)
    y = gamma * (x - mean) / np.sqrt(var + eps) + beta
    return (y, running_mean, running_var), (x, mean, var, gamma, eps, training)


# %% exercise="predict_doubled_weights"
def predict_doubled_weights():
    return 2.0, 1.0


# %% exercise="batchnorm_backward"
def batchnorm_backward(dout, cache):
    x, mean, var, gamma, eps, training = cache
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * dout / std, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


# %% exercise="add_penalty"
def add_penalty(loss, grads, params, *, l1=0.0, l2=0.0):
    new = {}
    for name, w in params.items():
        new[name] = grads[name] + l1 * np.sign(w) + l2 * w
        loss += l1 * np.abs(w).sum() + l2 / 2 * np.sum(w**2)
    return float(loss), new


# %% exercise="early_stopping"
def early_stopping(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    if patience < 1:
        raise ValueError(f"patience is {patience}")
    best, lowest, best_epoch, bad, losses = params.copy(), float("inf"), None, 0, []
    for epoch in range(max_epochs):
        train(params)
        losses.append(validate(params))
        if losses[-1] < lowest - min_delta:
            best, lowest, best_epoch, bad = params.copy(), losses[-1], epoch, 0
        else:
            bad += 1
            if bad >= patience:
                break
    for name in params:
        params[name][...] = best[name]
    return losses, best_epoch


# %% exercise="random_search"
def random_search(objective, space, n, rng):
    for name, entry in space.items():
        if isinstance(entry, tuple) and entry[0] > entry[1]:
            raise ValueError(f"space: {name} is {entry}")
    best, lowest, trials = None, float("inf"), []
    for _ in range(n):
        setting = {
            name: entry[int(rng.integers(len(entry)))]
            if isinstance(entry, list)
            else float(rng.uniform(entry[0], entry[1]))
            for name, entry in space.items()
        }
        value = objective(dict(setting))
        trials.append((setting, value))
        if value < lowest:
            best, lowest = setting, value
    return best, trials
