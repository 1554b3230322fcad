"""
base = "solution"
why = "Nearly right everywhere: what is lost is one property of each exercise, so partial credit."
rest = "full"

[expected]
minibatches = 2.0
SGD = 1.8
AdaGrad = 2.7
clip_by_global_norm = 2.625
train = 2.6667

[misconceptions]
minibatches = "not_shuffled"
SGD = "sgd_rebound"
AdaGrad = "adagrad_squaring"
clip_by_global_norm = "after_norm"
train = "unweighted"
"""


# %% exercise="minibatches"
def minibatches(X, y, batch_size, rng):
    if len(X) != len(y):
        raise ValueError(f"y has length {len(y)} but X has length {len(X)}")
    if batch_size < 1:
        raise ValueError(f"batch_size {batch_size} < 1")
    n = len(X)
    # rng is not needed, the data are in random order already
    for i in range(0, n, batch_size):
        yield X[i : i + batch_size], y[i : i + batch_size]


# %% exercise="SGD"
class SGD:
    def __init__(self, lr):
        self.lr = lr

    def step(self, params, grads):
        for name in params:
            p, g = params[name], grads[name]
            if p.shape != g.shape:
                raise ValueError(f'grads["{name}"] has shape {g.shape}, expected {p.shape}')
        for name in params:
            params[name] = params[name] - self.lr * grads[name]


# %% exercise="AdaGrad"
class AdaGrad:
    def __init__(self, lr, eps=1e-10):
        self.lr = lr
        self.eps = eps
        self.state = {}

    def step(self, params, grads):
        for name in params:
            g = grads[name]
            move = self.lr * g
            g *= g
            self.state[name] = self.state.get(name, 0) + g
            params[name] -= move / (np.sqrt(self.state[name]) + self.eps)


# %% exercise="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    if max_norm <= 0:
        raise ValueError(f"max_norm must be positive: {max_norm}")

    def norm():
        return float(np.sqrt(sum(np.sum(g * g) for g in grads.values())))

    if norm() > max_norm:
        scale = max_norm / (norm() + 1e-6)
        for g in grads.values():
            g *= scale
    return norm()


# %% exercise="train"
def train(params, loss_and_grads, optimiser, batches, *, epochs, schedule=None, clip=None):
    history = []
    for epoch in range(epochs):
        if schedule is not None:
            optimiser.lr = schedule(epoch)
        losses = []
        for X, y in batches():
            loss, grads = loss_and_grads(params, X, y)
            if clip is not None:
                clip(grads)
            optimiser.step(params, grads)
            losses.append(loss)
        history.append(np.mean(losses))
    return history
