"""
base = "solution"
why = "Follows other books: smooth-L1, no 1/2 in L2, smoothing over the other classes, precision."
rest = "full"

[expected]
recall = 0
l2_penalty = 0
predict_saturated_steps = 1
predict_untrained_loss = 1
huber_loss = 0
smooth_labels = 0

[misconceptions]
recall = "precision"
l2_penalty = "without_half"
predict_saturated_steps = "constant_speed"
predict_untrained_loss = "perfect_costs_nothing"
huber_loss = "smooth_l1"
smooth_labels = "spread_over_the_others"
"""


# %% exercise="huber_loss"
def huber_loss(predictions, targets, delta):
    if delta <= 0:
        raise ValueError("delta must be positive")
    r = predictions - targets
    loss = np.where(np.abs(r) < delta, r**2 / (2 * delta), np.abs(r) - delta / 2)
    return loss.sum() / len(r), np.where(np.abs(r) < delta, r / delta, np.sign(r)) / len(r)


# %% exercise="predict_saturated_steps"
def predict_saturated_steps():
    # 10 / 0.00009 = 110,000
    return 1, 5


# %% exercise="predict_untrained_loss"
def predict_untrained_loss():
    return np.log(10), 0.0


# %% exercise="smooth_labels"
def smooth_labels(labels, classes, smoothing):
    if smoothing < 0 or smoothing > 1:
        raise ValueError("smoothing must be from 0 to 1")
    rows = np.full((len(labels), classes), smoothing / (classes - 1))
    rows[np.arange(len(labels)), labels] = 1 - smoothing
    return rows


# %% exercise="recall"
def recall(matrix):
    with np.errstate(invalid="ignore"):
        return np.diag(matrix) / matrix.sum(axis=0)


# %% exercise="l2_penalty"
def l2_penalty(weights, strength):
    if strength < 0:
        raise ValueError("strength must not be negative")
    penalty = strength * sum(np.sum(np.square(W)) for W in weights)
    return penalty, [2 * strength * W for W in weights]
