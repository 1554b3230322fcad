"""
base = "solution"
why = "Right on ordinary input; large logits, p = 0, bad shapes, empty classes not thought of."
rest = "full"

[expected]
mse = 1.6
bce_from_probabilities = 2
bce_from_logits = 2.5
one_hot = 1.5
softmax_cross_entropy = 2.5
softmax_cross_entropy_gradient = 2.5
exposing_logits = 0
weighted_cross_entropy = 3
recall = 1.5
l2_penalty = 2.4
l1_penalty = 2.4

[misconceptions]
mse = "broadcasting"
bce_from_probabilities = "infinite"
bce_from_logits = "from_probabilities"
one_hot = "nothing_refused"
softmax_cross_entropy = "not_shifted"
softmax_cross_entropy_gradient = "not_shifted"
exposing_logits = "small_logits"
weighted_cross_entropy = "not_shifted"
recall = "warning"
l2_penalty = "negative_accepted"
l1_penalty = "negative_accepted"
"""


# %% exercise="mse"
def mse(predictions, targets):
    return np.sum((predictions - targets) ** 2) / len(predictions)


# %% exercise="bce_from_probabilities"
def bce_from_probabilities(p, y):
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p should be probabilities")
    if p.shape != y.shape:
        raise ValueError("y should have the shape of p")
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% exercise="bce_from_logits"
def bce_from_logits(z, y, *, pos_weight=1.0):
    if z.shape != y.shape:
        raise ValueError("y should have the shape of z")
    p = sigmoid(z)
    return -np.mean(pos_weight * y * np.log(p) + (1 - y) * np.log(1 - p))


# %% exercise="one_hot"
def one_hot(labels, classes):
    return (labels[:, None] == np.arange(classes)).astype(float)


# %% exercise="softmax_cross_entropy"
def softmax_cross_entropy(z, targets):
    if targets.shape not in (z.shape[:1], z.shape):
        raise ValueError(f"targets has the wrong shape {targets.shape}")
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    if targets.ndim == 1:
        return -np.mean(np.log(p[np.arange(len(z)), targets]))
    return -np.mean(np.sum(np.where(targets > 0, targets * np.log(p), 0), axis=1))


# %% exercise="softmax_cross_entropy_gradient"
def softmax_cross_entropy_gradient(z, targets):
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    if targets.ndim == 1:
        targets = np.eye(z.shape[1])[targets]
    return (p - targets) / len(z)


# %% exercise="exposing_logits"
def exposing_logits():
    return (
        np.array([[2.0, -1.0, 0.5, 0.25], [0.0, 3.0, 1.0, -2.0], [-1.5, 0.5, 2.0, 1.0]]),
        np.array([2, 0, 3]),
    )


# %% exercise="weighted_cross_entropy"
def weighted_cross_entropy(z, labels, class_weights):
    if class_weights.shape != (z.shape[1],):
        raise ValueError("class_weights: one for each class, please")
    p = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    w = class_weights[labels] / np.sum(class_weights[labels])
    loss = -np.sum(w * np.log(p[np.arange(len(z)), labels]))
    return loss, w[:, None] * (p - np.eye(z.shape[1])[labels])


# %% exercise="recall"
def recall(matrix):
    return np.diag(matrix) / np.sum(matrix, axis=1)


# %% exercise="l2_penalty"
def l2_penalty(weights, strength):
    return 0.5 * strength * sum((W * W).sum() for W in weights), [strength * W for W in weights]


# %% exercise="l1_penalty"
def l1_penalty(weights, strength):
    gradients = [strength * np.sign(W) for W in weights]
    return strength * sum(np.abs(W).sum() for W in weights), gradients
