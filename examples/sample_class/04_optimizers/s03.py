"""
base = "solution"
why = "Learnt from other lecture notes: averages, no correction, the other convention each time."
rest = "full"

[expected]
Momentum = 0
Nesterov = 0
RMSProp = 0
Adam = 0
AdamW = 0
step_schedule = 0
cosine_schedule = 0
warmup_schedule = 0

[misconceptions]
Momentum = "momentum_average"
Nesterov = "nesterov_is_momentum"
RMSProp = "rmsprop_swapped"
Adam = "uncorrected_adam"
AdamW = "l2_decay"
step_schedule = "step_one_late"
cosine_schedule = "cosine_clamped"
warmup_schedule = "warmup_from_zero"
"""


# %% exercise="Momentum"
class Momentum:
    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}

    def step(self, params, grads):
        mu = self.momentum
        for k in params:
            v = self.state.get(k, np.zeros_like(params[k]))
            self.state[k] = mu * v + (1 - mu) * grads[k]
            params[k] -= self.lr * self.state[k]


# %% exercise="Nesterov"
class Nesterov:
    def __init__(self, lr, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.state = {}

    def step(self, params, grads):
        for k in params:
            v = self.state.get(k, np.zeros_like(params[k]))
            v = self.momentum * v + grads[k]
            self.state[k] = v
            params[k] -= self.lr * v


# %% exercise="RMSProp"
class RMSProp:
    def __init__(self, lr, alpha=0.99, eps=1e-8):
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.state = {}

    def step(self, params, grads):
        for k in params:
            s = self.state.get(k, np.zeros_like(params[k]))
            s = (1 - self.alpha) * s + self.alpha * grads[k] ** 2
            self.state[k] = s
            params[k] -= self.lr * grads[k] / (np.sqrt(s) + self.eps)


# %% exercise="Adam"
class Adam:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8):
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.m, self.v = {}, {}

    def step(self, params, grads):
        for k in params:
            if k not in self.m:
                self.m[k], self.v[k] = np.zeros_like(params[k]), np.zeros_like(params[k])
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * grads[k]
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * grads[k] ** 2
            params[k] -= self.lr * self.m[k] / (np.sqrt(self.v[k]) + self.eps)


# %% exercise="AdamW"
class AdamW:
    def __init__(self, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.m, self.v, self.t = {}, {}, 0

    def step(self, params, grads):
        self.t += 1
        for k in params:
            # weight decay is the gradient of an L2 penalty
            g = grads[k] + self.weight_decay * params[k]
            m = self.beta1 * self.m.get(k, 0) + (1 - self.beta1) * g
            v = self.beta2 * self.v.get(k, 0) + (1 - self.beta2) * g**2
            self.m[k], self.v[k] = m, v
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            params[k] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


# %% exercise="step_schedule"
def step_schedule(lr, epoch, milestones, gamma=0.1):
    drops = len([m for m in milestones if m < epoch])
    return lr * gamma**drops


# %% exercise="cosine_schedule"
def cosine_schedule(lr, epoch, total, lr_min=0.0):
    progress = min(epoch / total, 1.0)
    return lr_min + 0.5 * (lr - lr_min) * (1 + np.cos(np.pi * progress))


# %% exercise="warmup_schedule"
def warmup_schedule(lr, epoch, warmup):
    return lr * min(1.0, epoch / warmup)
