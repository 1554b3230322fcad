"""What the checks and catalogues of normalisation share: a batch norm that can be falsified."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass
class Call:
    """A right call of batchnorm_forward; `y(eps=0)` is its output had eps been 0."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    running_mean: np.ndarray
    running_var: np.ndarray
    training: bool
    momentum: float = 0.1
    eps: float = 1e-5

    def mean(self):
        return self.x.mean(axis=0) if self.training else self.running_mean

    def var(self):
        """The variance that normalises: biased in training."""
        return self.x.var(axis=0) if self.training else self.running_var

    def unbiased(self):
        return self.x.var(axis=0, ddof=1)

    def y(self, **changes):
        call = replace(self, **changes)
        return call.gamma * call.x_hat() + call.beta

    def x_hat(self):
        return (self.x - self.mean()) / np.sqrt(self.var() + self.eps)

    def new_mean(self, **changes):
        call = replace(self, **changes)
        if not call.training:
            return call.running_mean.copy()
        return (1 - call.momentum) * call.running_mean + call.momentum * call.x.mean(axis=0)

    def new_var(self, **changes):
        call = replace(self, **changes)
        if not call.training:
            return call.running_var.copy()
        return (1 - call.momentum) * call.running_var + call.momentum * call.unbiased()

    def cache(self):
        return (self.x, self.mean(), self.var(), self.gamma, self.eps, self.training)


def refuse(x, gamma, beta, training):
    """What the exercise asks to be refused."""
    if gamma.shape != x.shape[1:]:
        raise ValueError(f"gamma has shape {gamma.shape}, expected {x.shape[1:]}")
    if beta.shape != x.shape[1:]:
        raise ValueError(f"beta has shape {beta.shape}, expected {x.shape[1:]}")
    if training and len(x) < 2:
        raise ValueError(f"x has shape {x.shape}")


def right(x, gamma, beta, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    """batchnorm_forward as it should be."""
    refuse(x, gamma, beta, training)
    call = Call(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    return (call.y(), call.new_mean(), call.new_var()), call.cache()


def train_then_evaluate(forward):
    """`forward` as the notebook's `suspect` calls it: one training step, then other data."""

    def run(x, x_new, gamma, beta, momentum, eps):
        x, x_new, gamma, beta = (np.asarray(a, dtype=float) for a in (x, x_new, gamma, beta))
        if x.ndim != 2 or x_new.ndim != 2:
            raise ValueError("x and x_new should have two axes")
        if not (0 <= momentum <= 1 and eps >= 0):
            raise ValueError("momentum should lie between 0 and 1, and eps not below 0")
        start = np.zeros(x.shape[1]), np.ones(x.shape[1])
        options = {"momentum": momentum, "eps": eps}
        (y, mean, var), _ = forward(x, gamma, beta, *start, training=True, **options)
        (y_new, *_), _ = forward(x_new, gamma, beta, mean, var, training=False, **options)
        return y, y_new, mean, var

    return run
