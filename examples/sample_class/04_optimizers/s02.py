"""
base = "stub"
why = "Everything right in another way: own state, in-place arithmetic, unrolled recursions."
rest = "full"

[expected]
"""


# %% exercise="minibatches"
def minibatches(X, y, batch_size, rng):
    if len(y) != len(X):
        raise ValueError(f"y has {len(y)} rows and X has {len(X)}")
    if not batch_size >= 1:
        raise ValueError(f"batch_size should be 1 or more, not {batch_size}")
    left = np.arange(len(X))
    rng.shuffle(left)
    while left.size:
        now, left = left[:batch_size], left[batch_size:]
        yield X[now], y[now]


# %% exercise="SGD"
class SGD:
    def __init__(self, lr):
        self.lr = lr

    def step(self, params, grads):
        for name, g in grads.items():
            if np.shape(g) != np.shape(params[name]):
                wanted = np.shape(params[name])
                raise ValueError(f'grads["{name}"] is {np.shape(g)} and should be {wanted}')
        for name, g in grads.items():
            np.subtract(params[name], self.lr * g, out=params[name])


# %% exercise="Momentum"
class Momentum:
    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.velocity = {}

    def step(self, params, grads):
        for name, p in params.items():
            v = self.velocity.setdefault(name, np.zeros_like(p))
            v *= self.momentum
            v += grads[name]
            p -= self.lr * v


# %% exercise="Nesterov"
class Nesterov:
    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}

    def step(self, params, grads):
        mu = self.momentum
        for name, p in params.items():
            if name not in self.state:
                self.state[name] = np.zeros(p.shape)
            old = self.state[name]
            # g + mu (mu v + g), multiplied out
            p -= self.lr * ((1 + mu) * grads[name] + mu**2 * old)
            self.state[name] = mu * old + grads[name]


# %% exercise="AdaGrad"
class AdaGrad:
    def __init__(self, lr, eps=1e-10):
        self.lr, self.eps = lr, eps
        self.total = {}

    def step(self, params, grads):
        for name, g in grads.items():
            if name not in self.total:
                self.total[name] = np.zeros_like(g)
            self.total[name] += g * g
            params[name] -= self.lr / (self.total[name] ** 0.5 + self.eps) * g


# %% exercise="RMSProp"
class RMSProp:
    def __init__(self, lr, alpha=0.99, eps=1e-8):
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.average = {}

    def step(self, params, grads):
        for name in grads:
            g = grads[name]
            a = self.average.get(name, np.zeros(g.shape))
            a = a + (1 - self.alpha) * (g * g - a)  # the same recursion, as a correction
            self.average[name] = a
            params[name] -= self.lr * g / (np.sqrt(a) + self.eps)


# %% exercise="Adadelta"
class Adadelta:
    def __init__(self, lr=1.0, rho=0.9, eps=1e-6):
        self.lr, self.rho, self.eps = lr, rho, eps
        self.squares, self.moves = {}, {}

    def step(self, params, grads):
        for name, g in grads.items():
            s = self.squares.setdefault(name, np.zeros(g.shape))
            u = self.moves.setdefault(name, np.zeros(g.shape))
            s[...] = self.rho * s + (1 - self.rho) * g**2
            move = g * np.sqrt((u + self.eps) / (s + self.eps))
            u[...] = self.rho * u + (1 - self.rho) * move**2
            params[name] -= self.lr * move


# %% exercise="Adam"
class Adam:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps = lr, betas, eps
        self.t = 0
        self.m, self.v = {}, {}

    def step(self, params, grads):
        self.t += 1
        b1, b2 = self.betas
        root = np.sqrt(1 - b2**self.t)
        rate = self.lr * root / (1 - b1**self.t)
        for name, p in params.items():
            g = grads[name]
            self.m[name] = b1 * self.m.get(name, np.zeros_like(p)) + (1 - b1) * g
            self.v[name] = b2 * self.v.get(name, np.zeros_like(p)) + (1 - b2) * g * g
            # both corrections in the rate; eps grows with them
            p -= rate * self.m[name] / (np.sqrt(self.v[name]) + self.eps * root)


# %% exercise="AdamW"
class AdamW:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.lr, self.betas, self.eps, self.decay = lr, betas, eps, weight_decay
        self.seen = {}

    def step(self, params, grads):
        for name in params:
            t, m, v = self.seen.get(name, (0, 0.0, 0.0))
            g = grads[name]
            t = t + 1
            m = m + (g - m) * (1 - self.betas[0])
            v = v + (g**2 - v) * (1 - self.betas[1])
            self.seen[name] = t, m, v
            m, v = m / (1 - self.betas[0] ** t), v / (1 - self.betas[1] ** t)
            shrunk = params[name] - self.lr * self.decay * params[name]
            params[name][...] = shrunk - self.lr * m / (np.sqrt(v) + self.eps)


# %% exercise="step_schedule"
def step_schedule(lr, epoch, milestones, gamma=0.1):
    for milestone in milestones:
        if epoch >= milestone:
            lr = lr * gamma
    return lr


# %% exercise="exponential_schedule"
def exponential_schedule(lr, epoch, gamma):
    for _ in range(epoch):
        lr *= gamma
    return lr


# %% exercise="cosine_schedule"
def cosine_schedule(lr, epoch, total, lr_min=0.0):
    # (1 + cos a) / 2 is the square of cos(a / 2)
    return lr_min + (lr - lr_min) * np.cos(np.pi * epoch / (2 * total)) ** 2


# %% exercise="warmup_schedule"
def warmup_schedule(lr, epoch, warmup):
    if epoch >= warmup - 1:
        return lr
    return lr / warmup * (epoch + 1)


# %% exercise="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError(f"max_norm has to be positive, got {max_norm}")
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return float(norm)


# %% exercise="train"
def train(params, loss_and_grads, optimiser, batches, *, epochs, schedule=None, clip=None):
    def run_epoch():
        for X, y in batches():
            loss, grads = loss_and_grads(params, X, y)
            if clip:
                clip(grads)
            optimiser.step(params, grads)
            yield loss, len(y)

    history = []
    for epoch in range(epochs):
        if schedule:
            optimiser.lr = schedule(epoch)
        losses, sizes = zip(*run_epoch())
        history.append(float(np.average(losses, weights=sizes)))
    return history


# %% exercise="valley_slope"
def valley_slope(w, c):
    a, b = w[0], w[1]
    return np.array([2 * a - 2 + 4 * c * a**3 - 4 * c * a * b, 2 * c * b - 2 * c * a**2])


# %% exercise="predict_step_factors"
def predict_step_factors():
    return [1e2, 1e2, 1.0]


# %% exercise="exposing_rates"
def exposing_rates():
    return [0.5, 13, 8, 0.125]
