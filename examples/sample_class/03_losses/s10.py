"""
base = "solution"
why = "Odd but right: lambdas, a decorator, a closure, prints, a cell of its own that crashes."
rest = "full"

[expected]
"""

# %%
import functools

calls = []


def logged(function):
    """Keeps a list of what was called, for debugging."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        calls.append(function.__name__)
        print("called", function.__name__, "for the", calls.count(function.__name__), "th time")
        return function(*args, **kwargs)

    return wrapper


# %% exercise="mse_gradient"
def mse_gradient(predictions, targets):
    return (lambda error: error + error)(predictions - targets) / len(predictions)


# %% exercise="bce_from_logits_gradient"
@logged
def bce_from_logits_gradient(z, y, *, pos_weight=1.0):
    return np.where(
        y == 1,
        -pos_weight * sigmoid(-z),
        np.where(y == 0, sigmoid(z), (1 - y) * sigmoid(z) - pos_weight * y * sigmoid(-z)),
    ) / len(z)


# %%
# my own test, which forgets that z must be an array
bce_from_logits_gradient([1.0, 2.0], [0, 1]) + undefined_name


# %% exercise="softmax_cross_entropy"
def log_softmax_rows(z):
    top = np.amax(z, axis=-1)
    return z - (top + np.log(np.exp(z - top[:, None]).sum(axis=-1)))[:, None]


@logged
def softmax_cross_entropy(z, targets):
    if targets.shape == z.shape:
        return -np.vdot(targets, log_softmax_rows(z)) / len(z)
    if targets.shape == (len(z),):
        return -np.trace(log_softmax_rows(z)[:, targets]) / len(z)
    raise ValueError(f"what are targets of shape {targets.shape}?")


# %% exercise="confusion_matrix"
@logged
def confusion_matrix(labels, predictions, classes):
    if len(labels.shape) != len(predictions.shape) or labels.size != predictions.size:
        raise ValueError(f"{predictions.shape} predictions for {labels.shape} labels")
    matrix = [[0] * classes for _ in range(classes)]
    for pair in zip(labels.tolist(), predictions.tolist()):
        matrix[pair[0]][pair[1]] += 1
    return np.array(matrix)


# %% exercise="l2_penalty"
def l2_penalty(weights, strength):
    if strength < 0:
        raise ValueError("strength below 0")
    gradients = [strength * W for W in weights]
    # half of the inner product of weights and gradient: the penalty is quadratic
    return 0.5 * sum(np.vdot(W, g) for W, g in zip(weights, gradients)), gradients
