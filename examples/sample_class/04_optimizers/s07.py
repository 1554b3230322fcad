"""
base = "stub"
why = "Half done: the first optimisers and the easy schedules, one class unfinished, then blank."
rest = "zero"

[expected]
minibatches = 4
SGD = 1.8
Momentum = 3
AdaGrad = 0
step_schedule = 2
exponential_schedule = 1

[misconceptions]
SGD = "sgd_unchecked"
"""


# %% exercise="minibatches"
def minibatches(X, y, batch_size, rng):
    if len(X) != len(y):
        raise ValueError("X and y must have the same length")
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    indices = rng.permutation(len(X))
    batches = []
    for i in range(0, len(X), batch_size):
        part = indices[i : i + batch_size]
        batches.append((X[part], y[part]))
    return batches


# %% exercise="SGD"
class SGD:
    def __init__(self, lr):
        self.lr = lr

    def step(self, params, grads):
        for key in params:
            params[key] -= self.lr * grads[key]


# %% exercise="Momentum"
class Momentum:
    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}

    def step(self, params, grads):
        for key in params:
            if key not in self.state:
                self.state[key] = grads[key].copy()
            else:
                self.state[key] = self.momentum * self.state[key] + grads[key]
            params[key] -= self.lr * self.state[key]


# %% exercise="AdaGrad"
class AdaGrad:
    def __init__(self, lr, eps=1e-10):
        self.lr = lr
        self.eps = eps

    def step(self, params, grads):
        for key in params:
            self.state[key] += grads[key] ** 2
            params[key] -= self.lr * grads[key] / (np.sqrt(self.state[key]) + self.eps)


# %% exercise="step_schedule"
def step_schedule(lr, epoch, milestones, gamma=0.1):
    passed = 0
    for m in milestones:
        if m <= epoch:
            passed += 1
    return lr * gamma**passed


# %% exercise="exponential_schedule"
def exponential_schedule(lr, epoch, gamma):
    return lr * gamma**epoch
