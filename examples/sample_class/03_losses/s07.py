"""
base = "stub"
why = "Half done: stopped at softmax, one function unfinished, one guess of two right."
rest = "zero"

[expected]
mse = 2
mse_gradient = 2
predict_best_constants = 1
bce_from_probabilities = 3
bce_from_logits = 4
one_hot = 2

[misconceptions]
predict_best_constants = "both_mean"
"""


# %% exercise="mse"
def mse(predictions, targets):
    if predictions.shape != targets.shape:
        raise ValueError("targets has shape " + str(targets.shape))
    return np.sum((predictions - targets) ** 2, axis=1).mean()


# %% exercise="mse_gradient"
def mse_gradient(predictions, targets):
    return 2 / len(predictions) * (predictions - targets)


# %% exercise="predict_best_constants"
def predict_best_constants():
    return 20, 20


# %% exercise="bce_from_probabilities"
def bce_from_probabilities(p, y):
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p must be between 0 and 1")
    if p.shape != y.shape:
        raise ValueError("y must have the same shape as p")
    with np.errstate(divide="ignore"):
        a = np.clip(np.log(p), -100, 0)
        b = np.clip(np.log(1 - p), -100, 0)
    return -(y * a + (1 - y) * b).mean()


# %% exercise="bce_from_logits"
def bce_from_logits(z, y, *, pos_weight=1.0):
    if z.shape != y.shape:
        raise ValueError("y must have the same shape as z")
    return (np.logaddexp(0, -z) * y * pos_weight + np.logaddexp(0, z) * (1 - y)).mean()


# %% exercise="bce_from_logits_gradient"
def bce_from_logits_gradient(z, y, *, pos_weight=1.0):
    p = sigmoid(z)
    # TODO: derivative


# %% exercise="one_hot"
def one_hot(labels, classes):
    if np.any(labels < 0) or np.any(labels > classes - 1):
        raise ValueError("labels must be between 0 and classes - 1")
    return np.eye(classes)[labels]


# %% exercise="softmax_cross_entropy"
def softmax_cross_entropy(z, targets):
    shifted = z - z.max(axis=1, keepdims=True)
    p = np.exp(shifted)
    raise NotImplementedError("to be continued")
