"""Tensors that stay in the kernel, so that a check can ask for the gradient of a result.

A plain tensor crosses by value and loses its graph. One of a subclass stays behind a handle, and
so does whatever torch computes from it.
"""

from gradlab.judge.failures import Mismatch
from gradlab.judge.subject import Remote

SOURCE = '''
import torch


class Held(torch.Tensor):
    """A tensor that does not cross."""


class Kept:
    """One name for all that follows."""

    @staticmethod
    def leaf(array):
        return torch.tensor(array).as_subclass(Held).requires_grad_()

    @staticmethod
    def value(held):
        return held.detach().as_subclass(torch.Tensor)

    @staticmethod
    def gradients(results, upstream, leaves):
        given = [torch.tensor(one).as_subclass(Held) for one in upstream]
        found = torch.autograd.grad(list(results), list(leaves), given, allow_unused=True)
        return [None if one is None else Kept.value(one) for one in found]
'''


class Kept:
    """Leaves, and the gradients of what a student's function makes of them."""

    def __init__(self, student):
        self._inside = student.define(SOURCE, "Kept")

    def leaf(self, array):
        """A tensor in the kernel that requires a gradient."""
        return self._inside.leaf(array)

    def gradients(self, results, upstream, leaves):
        """Gradients of these results with respect to the leaves, for these upstream ones."""
        if not all(isinstance(one, Remote) for one in results):
            raise Mismatch("no gradient flows through the result: its graph is cut", kind="graph")
        return self._inside.gradients(list(results), list(upstream), list(leaves))
