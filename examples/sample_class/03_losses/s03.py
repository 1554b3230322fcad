"""
base = "solution"
why = "Typical slips of the week: a factor, a sign, an axis, the wrong mean, rows for columns."
rest = "full"

[expected]
mse = 0
mse_gradient = 0
predict_best_constants = 0
bce_from_logits = 1.5
bce_from_logits_gradient = 1
one_hot = 0
softmax_cross_entropy = 1
weighted_cross_entropy = 0
confusion_matrix = 0
total_objective = 0

[misconceptions]
mse = "averaged_over_all"
mse_gradient = "factor_two_missing"
predict_best_constants = "swapped"
bce_from_logits = "divided_by_weights"
bce_from_logits_gradient = "weight_on_target_only"
one_hot = "transposed"
softmax_cross_entropy = "columns_picked"
weighted_cross_entropy = "divided_by_samples"
confusion_matrix = "transposed"
total_objective = "biases_penalised"
"""


# %% exercise="mse"
def mse(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError(f"targets {targets.shape} should be {predictions.shape}")
    return ((predictions - targets) ** 2).mean()


# %% exercise="mse_gradient"
def mse_gradient(predictions, targets):
    return (predictions - targets) / len(targets)


# %% exercise="predict_best_constants"
def predict_best_constants():
    return 5.0, 20.0


# %% exercise="bce_from_logits"
def bce_from_logits(z, y, *, pos_weight=1.0):
    if y.shape != z.shape:
        raise ValueError(f"y {y.shape} should be {z.shape}")
    loss = pos_weight * y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    weights = pos_weight * y + (1 - y)
    return loss.sum() / weights.sum()


# %% exercise="bce_from_logits_gradient"
def bce_from_logits_gradient(z, y, *, pos_weight=1.0):
    return (sigmoid(z) - pos_weight * y) / len(z)


# %% exercise="one_hot"
def one_hot(labels, classes):
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError("labels out of range")
    return (np.arange(classes)[:, None] == labels).astype(float)


# %% exercise="softmax_cross_entropy"
def softmax_cross_entropy(z, targets):
    N, C = z.shape
    if targets.shape != (N,) and targets.shape != (N, C):
        raise ValueError(f"targets have shape {targets.shape}")
    s = z - z.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    if targets.ndim == 1:
        return -log_p[:, targets].mean()
    return -(targets * log_p).sum() / N


# %% exercise="weighted_cross_entropy"
def weighted_cross_entropy(z, labels, class_weights):
    N, C = z.shape
    if class_weights.shape != (C,):
        raise ValueError(f"class_weights should have shape ({C},)")
    s = z - z.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    w = class_weights[labels]
    dz = np.exp(log_p)
    dz[np.arange(N), labels] -= 1
    return -np.mean(w * log_p[np.arange(N), labels]), w[:, None] * dz / N


# %% exercise="confusion_matrix"
def confusion_matrix(labels, predictions, classes):
    if labels.shape != predictions.shape:
        raise ValueError("predictions and labels differ in shape")
    matrix = np.zeros((classes, classes), dtype=int)
    for y, p in zip(labels, predictions):
        matrix[p, y] += 1
    return matrix


# %% exercise="total_objective"
def total_objective(loss, gradients, parameters, penalties):
    arrays = [array for layer in parameters for array in layer]
    slopes = [array for layer in gradients for array in layer]
    for penalty, strength in penalties:
        value, extra = penalty(arrays, strength)
        loss += value
        slopes = [a + b for a, b in zip(slopes, extra)]
    return loss, [(slopes[i], slopes[i + 1]) for i in range(0, len(slopes), 2)]
