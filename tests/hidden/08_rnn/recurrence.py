"""What this lab's check files share: batches of sequences, and a recurrent network in NumPy."""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences with the parameters of a network that reads them."""

    x: np.ndarray
    h0: np.ndarray
    w_x: np.ndarray
    w_h: np.ndarray
    b: np.ndarray

    def __str__(self):
        samples, steps, inputs = self.x.shape
        return f"N={samples} T={steps} D={inputs} H={len(self.b)}"

    @property
    def arguments(self):
        return self.x, self.h0, self.w_x, self.w_h, self.b

    @property
    def cache(self):
        return *self.arguments[:4], states(*self.arguments)


def draw(rng, samples, steps, inputs, units, *, gain=0.6):
    """A random batch; `gain` sets the size of the recurrent weights."""
    return Batch(
        x=rng.normal(size=(samples, steps, inputs)),
        h0=rng.uniform(-0.9, 0.9, size=(samples, units)),
        w_x=rng.normal(size=(units, inputs)) * 0.5,
        w_h=rng.normal(size=(units, units)) * gain,
        b=rng.normal(size=units) * 0.5,
    )


def states(x, h0, w_x, w_h, b):
    """The (N, T, H) states of a tanh network."""
    h = [h0]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ w_x.T + h[-1] @ w_h.T + b))
    return np.stack(h[1:], axis=1)


def torch_states(x, h0, w_x, w_h, b):
    """The same as a torch.nn.RNN, differentiable in all five arguments."""
    zeros = torch.zeros_like(b)
    h, _ = torch.rnn_tanh(x, h0[None], [w_x, w_h, b, zeros], True, 1, 0.0, False, False, True)
    return h


def as_tensors(arrays, device, *, grad=False):
    """Double tensors with these values, on this device."""
    return [torch.tensor(a, device=device, requires_grad=grad) for a in arrays]
