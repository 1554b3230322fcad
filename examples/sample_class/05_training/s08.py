"""
base = "solution"
why = "An odd one: prints everywhere, helpers of its own, answers as other types, a wrong guess."
rest = "full"

[expected]
predict_doubled_weights = 0
exposing_batchnorm = 2

[misconceptions]
predict_doubled_weights = "gradient_doubled"
exposing_batchnorm = "usual_everything"
k_fold = "not_shuffled"
"""

# %%
SEEN = {}


def debug(name, *values):
    """Counts calls and prints; the marks must not care."""
    SEEN[name] = SEEN.get(name, 0) + 1
    print("DEBUG", name, SEEN[name], *values)


debug("score", "66 of 66")


# %% exercise="predict_zero_start"
def predict_zero_start():
    return np.array([False, False, False, True]).tolist()


# %% exercise="predict_layer_factor"
def predict_layer_factor():
    debug("factor")
    return np.float64(0.39)


# %% exercise="dropout_forward"
def dropout_forward(x, p, rng, *, training):
    debug("dropout", x.shape, p, training)
    if p < 0 or p > 1:
        raise ValueError("the probability p has to lie between 0 and 1")
    keep = np.ones(x.shape, dtype=bool)
    if training:
        for index in np.ndindex(x.shape):
            keep[index] = rng.random() >= p
        return np.where(keep, x / max(1 - p, 1e-300), 0.0), [keep, p]
    return x, [None, p]


# %% exercise="predict_doubled_weights"
def predict_doubled_weights():
    debug("doubled")
    return 1.0, 2.0


# %% exercise="exposing_batchnorm"
def exposing_batchnorm():
    x = np.arange(12.0).reshape(4, 3)
    return x, x, np.ones(3), np.zeros(3), 0.1, 1e-5


# %% exercise="early_stopping"
def early_stopping(params, train, validate, *, max_epochs, patience, min_delta=0.0):
    class Stopper:
        def __init__(self):
            self.best, self.when, self.waited = float("inf"), None, 0
            self.snapshot()

        def snapshot(self):
            self.saved = {k: v.tolist() for k, v in params.items()}

        def look(self, epoch, loss):
            debug("look", epoch, loss)
            self.waited += 1
            if loss < self.best - min_delta:
                self.best, self.when, self.waited = loss, epoch, 0
                self.snapshot()
            return self.waited >= patience

    if patience <= 0:
        raise ValueError(f"patience={patience} would stop before it starts")
    stopper, losses = Stopper(), []
    for epoch in range(max_epochs):
        train(params)
        losses.append(validate(params))
        if stopper.look(epoch, losses[-1]):
            break
    for k, v in stopper.saved.items():
        params[k][...] = v
    return losses, stopper.when


# %% exercise="k_fold"
def k_fold(n, k, rng):
    if not 2 <= k <= n:
        raise ValueError(f"k: {k}")
    pairs = []
    for fold in np.array_split(np.arange(n), k):
        pairs.append((np.setdiff1d(np.arange(n), fold), fold))
    debug("folds", pairs)
    return pairs
