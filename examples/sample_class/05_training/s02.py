"""
base = "stub"
why = "Everything right, but each exercise is written in another way than the model solution."
rest = "full"

[expected]
"""


# %% exercise="predict_zero_start"
def predict_zero_start():
    # h = tanh(0) = 0, so W2 gets nothing; W2 = 0, so W1 and b1 get nothing
    return [False] * 3 + [True]


# %% exercise="fans"
def fans(shape):
    if len(shape) < 2:
        raise ValueError(f"a weight's shape has two axes or more, not {shape}")
    per_output = per_input = 1
    for axis, size in enumerate(shape):
        per_output *= 1 if axis == 0 else size
        per_input *= 1 if axis == 1 else size
    return per_output, per_input


# %% exercise="torch_uniform"
def torch_uniform(shape, fan_in, fan_out, rng):
    def draw(size):
        return (rng.random(size) * 2 - 1) / fan_in**0.5

    b = draw(shape[0])
    return draw(shape), b


# %% exercise="predict_layer_factor"
def predict_layer_factor():
    return float(np.sqrt(32 * 0.01 / 2))


# %% exercise="glorot"
def glorot(shape, fan_in, fan_out, rng, *, distribution="normal", gain=1.0):
    mean_fan = (fan_in + fan_out) / 2
    if distribution == "uniform":
        return rng.uniform(-1, 1, shape) * gain * (3 / mean_fan) ** 0.5
    elif distribution == "normal":
        return rng.standard_normal(shape) * gain / mean_fan**0.5
    else:
        raise ValueError("distribution should be normal or uniform, not " + repr(distribution))


# %% exercise="he_normal"
def he_normal(shape, fan_in, fan_out, rng, *, slope=0.0):
    # each half of the inputs adds its own share of the variance
    share = (1 + slope**2) / 2
    return rng.normal(scale=(share * fan_in) ** -0.5, size=shape)


# %% exercise="dead_fraction"
def dead_fraction(h):
    if len(h.shape) != 2:
        raise ValueError(f"h must be (N, H), got shape {h.shape}")
    alive = [unit for unit in h.T if unit.any()]
    return 1 - len(alive) / h.shape[1]


# %% exercise="update_ratio"
def update_ratio(update, param):
    if update.shape != param.shape:
        raise ValueError(f"update {update.shape} and param {param.shape} should agree")
    above = float(np.linalg.norm(update.reshape(-1)))
    below = float(np.linalg.norm(param.reshape(-1)))
    if below:
        return above / below
    return float("inf") if above else 0.0


# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, *, training):
    if p < 0 or p > 1:
        raise ValueError(f"p = {p} is not a probability")
    if training:
        keep = rng.uniform(size=x.shape) < 1 - p
        y = np.zeros_like(x)
        y[keep] = x[keep] / (1 - p)
        return y, (keep, p)
    return x, (None, p)


# %% exercise="dropout_backward"
def dropout_backward(dout, cache):
    keep, p = cache
    if keep is None:
        return dout * 1.0
    dx = np.zeros_like(dout)
    dx[keep] = dout[keep] / (1 - p)
    return dx


# %% exercise="average_of_subnetworks"
def average_of_subnetworks(h, head, p):
    from itertools import product

    if not 0 <= p < 1:
        raise ValueError(f"p is {p}, should be in [0, 1)")
    outputs, weights = [], []
    for mask in product([False, True], repeat=h.shape[1]):
        outputs.append(head(np.where(mask, h / (1 - p), 0.0)))
        weights.append((1 - p) ** sum(mask) * p ** (len(mask) - sum(mask)))
    return np.average(outputs, axis=0, weights=weights)


# %% exercise="batchnorm_forward"
def batchnorm_forward(
    x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5
):
    N, D = x.shape
    if gamma.shape != (D,):
        raise ValueError(f"gamma: {gamma.shape}, expected {(D,)}")
    if beta.shape != (D,):
        raise ValueError(f"beta: {beta.shape}, expected {(D,)}")
    if not training:
        scale = gamma / np.sqrt(running_var + eps)
        y = x * scale + (beta - running_mean * scale)
        cache = (x, running_mean, running_var, gamma, eps, training)
        return (y, running_mean, running_var), cache
    if N < 2:
        raise ValueError(f"x has {N} row, shape {x.shape}: there is no variance")
    mean = x.sum(0) / N
    squares = ((x - mean) ** 2).sum(0)
    new_mean = running_mean + momentum * (mean - running_mean)
    new_var = running_var + momentum * (squares / (N - 1) - running_var)
    y = (x - mean) / np.sqrt(squares / N + eps) * gamma + beta
    return [y, new_mean, new_var], [x, mean, squares / N, gamma, eps, training]


# %% exercise="predict_doubled_weights"
def predict_doubled_weights():
    return [1.0, 1 / 2]


# %% exercise="exposing_batchnorm"
def exposing_batchnorm():
    # columns of unlike centre and spread, three rows, and no number that is its own inverse
    x = [[1.0, -7.0], [4.0, 2.0], [5.0, 30.0]]
    x_new = [[2.5, 11.0], [-3.0, 4.0]]
    return x, x_new, [-1.5, 4.0], [0.3, 2.0], 0.25, 0.7


# %% exercise="batchnorm_backward"
def batchnorm_backward(dout, cache):
    x, mean, var, gamma, eps, training = cache
    root = np.sqrt(var + eps)
    normal = (x - mean) / root
    dnormal = dout * gamma
    if training:
        # remove what a constant shift and a common stretch of the column would do
        dnormal = dnormal - dnormal.mean(0) - normal * (dnormal * normal).mean(0)
    return dnormal / root, np.einsum("nd,nd->d", dout, normal), np.einsum("nd->d", dout)


# %% exercise="add_penalty"
def add_penalty(loss, grads, params, *, l1=0.0, l2=0.0):
    new = {name: np.array(g) for name, g in grads.items()}
    for name in params:
        w = params[name]
        if len(w.shape) < 2:
            continue
        loss = loss + l1 * np.linalg.norm(w.ravel(), 1) + l2 * np.vdot(w, w) / 2
        new[name] = new[name] + l2 * w + l1 * np.where(w > 0, 1, np.where(w < 0, -1, 0))
    return float(loss), new


# %% exercise="early_stopping"
def early_stopping(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    if patience < 1:
        raise ValueError(f"patience must be at least 1, not {patience}")
    losses, best_epoch, best_loss = [], None, np.inf
    best = {k: np.copy(v) for k, v in params.items()}
    while len(losses) < max_epochs:
        train(params)
        loss = validate(params)
        losses.append(loss)
        if best_loss - loss > min_delta:
            best_loss, best_epoch = loss, len(losses) - 1
            best = {k: np.copy(v) for k, v in params.items()}
        since = len(losses) - (0 if best_epoch is None else best_epoch + 1)
        if since >= patience:
            break
    for k, v in params.items():
        v[:] = best[k]
    return losses, best_epoch


# %% exercise="stratified_split"
def stratified_split(y, shares, rng):
    if min(shares) < 0 or not np.isclose(sum(shares), 1, rtol=0, atol=1e-9):
        raise ValueError(f"shares should be >= 0 and sum to 1, got {shares}")
    order = rng.permutation(len(y))
    edges = np.cumsum(shares)
    parts = [[] for _ in shares]
    seen = {}
    totals = {label: int(np.sum(y == label)) for label in set(y.tolist())}
    for i in order:
        label = int(y[i])
        seen[label] = seen.get(label, 0) + 1
        where = np.searchsorted(edges, (seen[label] - 0.5) / totals[label])
        parts[min(int(where), len(parts) - 1)].append(i)
    return [np.array(part, dtype=int) for part in parts]


# %% exercise="random_search"
def random_search(objective, space, n, rng):
    for name, entry in space.items():
        if isinstance(entry, tuple) and entry[1] < entry[0]:
            raise ValueError(f"space[{name!r}]: low is above high in {entry}")

    def draw(entry):
        if isinstance(entry, list):
            return entry[int(rng.random() * len(entry))]
        if entry[-1] == "log":
            return float(entry[0] * (entry[1] / entry[0]) ** rng.random())
        return float(rng.uniform(*entry))

    trials = []
    for _ in range(n):
        setting = {name: draw(entry) for name, entry in space.items()}
        trials.append((setting, objective(setting.copy())))
    good = [trial for trial in trials if trial[1] < np.inf]
    return (min(good, key=lambda trial: trial[1])[0] if good else None), trials


# %% exercise="batchnorm_backward_compact"
def batchnorm_backward_compact(dout, x_hat, gamma, std):
    N = len(dout)
    dgamma = np.diag(dout.T @ x_hat).copy()
    dbeta = np.ones(N) @ dout
    return (N * dout - dbeta - x_hat * dgamma) * gamma / (N * std), dgamma, dbeta


# %% exercise="layer_norm_forward"
def layer_norm_forward(x, gamma, beta, *, eps=1e-5):
    D = x.shape[-1]
    if gamma.shape != (D,):
        raise ValueError(f"gamma has shape {gamma.shape}")
    if beta.shape != (D,):
        raise ValueError(f"beta has shape {beta.shape}")
    centred = x - x.mean(axis=-1)[..., None]
    std = ((centred**2).mean(axis=-1)[..., None] + eps) ** 0.5
    return centred / std * gamma + beta, (centred / std, std, gamma)


# %% exercise="k_fold"
def k_fold(n, k, rng):
    if k < 2 or k > n:
        raise ValueError(f"k = {k} is not between 2 and {n}")
    order = rng.permutation(n)
    return [(np.delete(order, slice(i, None, k)), order[i::k]) for i in range(k)]
