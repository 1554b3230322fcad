"""
base = "stub"
why = "Everything right in another way: loops, einsum, identities and torch's own formulas."
rest = "full"

[expected]
"""


# %% exercise="mse"
def mse(predictions, targets):
    if not predictions.shape == targets.shape:
        raise ValueError(f"shape of targets is {targets.shape}; it should be {predictions.shape}")
    per_sample = [np.dot(p - t, p - t) for p, t in zip(predictions, targets)]
    return sum(per_sample) / len(per_sample)


# %% exercise="mse_gradient"
def mse_gradient(predictions, targets):
    n = predictions.shape[0]
    return predictions * (2 / n) - targets * (2 / n)


# %% exercise="predict_best_constants"
def predict_best_constants():
    # mean: (2 + 3 + 5 + 7 + 83) / 5; median: the third of five
    return 100 / 5, 5


# %% exercise="huber_loss"
def huber_loss(predictions, targets, delta):
    if delta <= 0 or np.isnan(delta):
        raise ValueError(f"delta = {delta} is not positive")
    r = predictions - targets
    size = np.abs(r)
    near = np.minimum(size, delta)  # the part of the error that is charged quadratically
    loss = 0.5 * near**2 + delta * (size - near)
    return float(loss.sum() / len(r)), np.sign(r) * near / len(r)


# %% exercise="bce_from_probabilities"
def bce_from_probabilities(p, y):
    if not (np.min(p) >= 0 and np.max(p) <= 1):
        raise ValueError("p should hold probabilities, from 0 to 1")
    if np.shape(y) != np.shape(p):
        raise ValueError(f"y and p should have one shape: {np.shape(y)}, {np.shape(p)}")

    def log(values):
        safe = np.where(values > 0, values, 1)
        return np.where(values > 0, np.log(safe), -np.inf).clip(-100)

    return np.mean(-y * log(p) - (1 - y) * log(1 - p))


# %% exercise="bce_from_logits"
def bce_from_logits(z, y, *, pos_weight=1.0):
    if len(y.shape) != 1 or y.shape[0] != z.shape[0]:
        raise ValueError(f"y: expected shape {z.shape}, got {y.shape}")
    # the form of torch: (1 - y) z + (1 + (w - 1) y) log(1 + exp(-z))
    factor = 1 + (pos_weight - 1) * y
    log_part = np.log1p(np.exp(-abs(z))) + np.where(z < 0, -z, 0)
    return np.add.reduce((1 - y) * z + factor * log_part) / len(z)


# %% exercise="bce_from_logits_gradient"
def bce_from_logits_gradient(z, y, *, pos_weight=1.0):
    p = np.empty_like(z)
    up = z >= 0
    p[up] = 1 / (1 + np.exp(-z[up]))
    p[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
    return (p * (1 - y + pos_weight * y) - pos_weight * y) / z.size


# %% exercise="predict_saturated_steps"
def predict_saturated_steps():
    counts = []
    for power in (0, 1):
        z, steps = -10.0, 0
        while z < 0:
            p = 1 / (1 + np.exp(-z))
            z += (1 - p) * (2 * p * (1 - p)) ** power
            steps += 1
        counts.append(int(np.round(np.log10(steps))))
    return tuple(counts)


# %% exercise="one_hot"
def one_hot(labels, classes):
    table = np.zeros((len(labels), classes))
    for row, label in zip(table, labels):
        if not 0 <= label < classes:
            raise ValueError(f"labels: {label} is none of the {classes} classes")
        row[label] = 1
    return table


# %% exercise="softmax_cross_entropy"
def softmax_cross_entropy(z, targets):
    n, c = z.shape
    if targets.ndim not in (1, 2) or len(targets) != n or targets.shape[1:] not in ((), (c,)):
        raise ValueError(f"targets: {targets.shape} is neither {(n,)} nor {(n, c)}")
    # a reduction of logaddexp is a log-sum-exp that cannot overflow
    log_sum = np.logaddexp.reduce(z, axis=1)
    if targets.ndim == 1:
        chosen = np.take_along_axis(z, targets.reshape(-1, 1), axis=1).ravel()
    else:
        chosen = np.einsum("nc,nc->n", z, targets)
    return (log_sum - chosen).mean()


# %% exercise="softmax_cross_entropy_gradient"
def softmax_cross_entropy_gradient(z, targets):
    p = np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])
    if targets.ndim == 1:
        targets = np.equal.outer(targets, np.arange(z.shape[1])).astype(float)
    return (p - targets) / z.shape[0]


# %% exercise="predict_untrained_loss"
def predict_untrained_loss():
    return 2.303, 1.461


# %% exercise="exposing_logits"
def exposing_logits():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(6, 4)) * np.array([1, 3, 30, 100, 1000, 1000])[:, None]
    z[4] += 5000
    return z, np.argmin(z, axis=1)


# %% exercise="smooth_labels"
def smooth_labels(labels, classes, smoothing):
    if smoothing < 0 or smoothing > 1:
        raise ValueError(f"smoothing = {smoothing} is no share")
    sure = np.identity(classes)[labels]
    even = np.ones_like(sure) / classes
    return sure + smoothing * (even - sure)


# %% exercise="weighted_cross_entropy"
def weighted_cross_entropy(z, labels, class_weights):
    if class_weights.shape != (z.shape[1],):
        raise ValueError(f"class_weights: {class_weights.shape}, but {z.shape[1]} classes")
    rows = np.identity(z.shape[1])[labels]
    w = rows @ class_weights
    log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
    loss = -np.average((rows * log_p).sum(axis=1), weights=w)
    return loss, (w / w.sum()).reshape(-1, 1) * (np.exp(log_p) - rows)


# %% exercise="confusion_matrix"
def confusion_matrix(labels, predictions, classes):
    if np.shape(labels) != np.shape(predictions):
        raise ValueError(f"predictions: {np.shape(predictions)}, labels: {np.shape(labels)}")
    counts = np.histogram2d(labels, predictions, bins=np.arange(classes + 1) - 0.5)[0]
    return counts.astype(int)


# %% exercise="recall"
def recall(matrix):
    return np.array(
        [row[i] / sum(row) if sum(row) else float("nan") for i, row in enumerate(matrix)]
    )


# %% exercise="l2_penalty"
def l2_penalty(weights, strength):
    if not strength >= 0:
        raise ValueError(f"strength = {strength}")
    flat = np.concatenate([W.ravel() for W in weights])
    return strength * (flat @ flat) / 2, [W * strength for W in weights]


# %% exercise="l1_penalty"
def l1_penalty(weights, strength):
    if not strength >= 0:
        raise ValueError(f"strength = {strength}")
    flat = np.concatenate([W.ravel() for W in weights])
    gradients = [strength * ((W > 0) * 1.0 - (W < 0) * 1.0) for W in weights]
    return strength * np.linalg.norm(flat, 1), gradients


# %% exercise="total_objective"
def total_objective(loss, gradients, parameters, penalties):
    results = [penalty([W for W, b in parameters], s) for penalty, s in penalties]
    total = loss + sum(value for value, _ in results)
    slopes = []
    for layer, (dW, db) in enumerate(gradients):
        slopes.append((dW + sum(extra[layer] for _, extra in results), db))
    return total, slopes
