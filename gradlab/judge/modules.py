"""A student's `nn.Module`, which stays in the kernel: its weights, outputs and gradients by value.

Names of layers and parameters are the student's own, so everything goes by order. A module may
weigh what an answer may: 64 MiB of parameters.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradlab.judge.failures import Mismatch
from gradlab.judge.record import note
from gradlab.judge.subject import Remote, Student

SOURCE = Path(__file__).with_name("inside_module.py").read_text(encoding="utf-8")
Array = np.ndarray[Any, Any]


class Modules:
    """Asks about modules in the kernel of `student`.

    A `module` below is what `student.Net(…)` or another call returned. Inputs and upstream
    gradients are arrays; outputs come back as arrays, tuples where the module returns tuples.
    """

    def __init__(self, student: Student) -> None:
        self._inside = student.define(SOURCE, "Modules")

    def parameters(self, module: object) -> list[Array]:
        """All parameters, in order."""
        return _arrays(self._inside.parameters(_module(module)), "parameters")

    def buffers(self, module: object) -> list[Array]:
        """All buffers, in order: running statistics, for instance."""
        return _arrays(self._inside.buffers(_module(module)), "buffers")

    def count(self, module: object) -> int:
        """How many numbers its parameters hold."""
        return sum(array.size for array in self.parameters(module))

    def shapes(self, module: object) -> list[tuple[int, ...]]:
        """The shapes of its parameters, in order."""
        return [array.shape for array in self.parameters(module)]

    def gradients(self, module: object) -> list[Array | None]:
        """`.grad` of each parameter, in order; None where there is none."""
        found = _list(self._inside.gradients(_module(module)), "gradients")
        return [None if one is None else _array(one, "a gradient") for one in found]

    def trainable(self, module: object) -> list[bool]:
        """`requires_grad` of each parameter, in order."""
        return _bools(self._inside.trainable(_module(module)), "requires_grad")

    def modes(self, module: object) -> list[bool]:
        """`training` of the module and of each module inside it."""
        return _bools(self._inside.modes(_module(module)), "training")

    def load(
        self,
        module: object,
        parameters: Sequence[Array],
        *,
        buffers: Sequence[Array] | None = None,
        training: bool = True,
    ) -> None:
        """Make it float64 and give it these values, in order; then set its mode.

        Raises:
            Mismatch: it has other parameters. Nothing has been changed then.
        """
        require_shapes(self.shapes(module), [array.shape for array in parameters])
        given = None if buffers is None else list(buffers)
        if given is not None:
            found = [array.shape for array in self.buffers(module)]
            require_shapes(found, [array.shape for array in given], "buffer")
        self._inside.load(module, list(parameters), given, training)

    def output(self, module: object, *inputs: object, **kwargs: object) -> Any:
        """`module(*inputs)` without gradients."""
        return self._inside.output(module, list(inputs), kwargs)

    def backward(
        self, module: object, *inputs: object, upstream: object, **kwargs: object
    ) -> tuple[Any, list[Array | None], list[Array | None]]:
        """Output, gradients of the inputs, gradients of the parameters, for these upstream ones.

        Integer inputs have no gradient and are left out; None stands where none arrived.
        """
        answer = self._inside.backward(_module(module), list(inputs), upstream, kwargs)
        output, into, own = _list(answer, "the answer", 3)
        return output, _list(into, "gradients"), _list(own, "gradients")

    def generator(self, seed: int) -> Remote:
        """A `torch.Generator` with that seed, to pass as an argument."""
        found = self._inside.generator(seed)
        return _module(found)


def require_shapes(
    found: Sequence[tuple[int, ...]], wanted: Sequence[tuple[int, ...]], what: str = "parameter"
) -> None:
    """Raise Mismatch, naming the first that differs, unless the shapes are these, in order."""
    note([list(shape) for shape in found])
    for number, (one, other) in enumerate(zip(found, wanted, strict=False), start=1):
        if one != other:
            text = f"{what} number {number} has shape {one}, expected {other}"
            raise Mismatch(text, kind="shape")
    if len(found) != len(wanted):
        text = f"the module has {len(found)} {what}s, expected {len(wanted)}"
        raise Mismatch(text, kind="structure")


def _module(value: object) -> Remote:
    if not isinstance(value, Remote):
        raise Mismatch("should be an nn.Module", kind="type")
    return value


def _list(value: object, what: str, length: int | None = None) -> list[Any]:
    if not isinstance(value, list | tuple) or length not in (None, len(value)):
        raise Mismatch(f"its {what} cannot be read", kind="structure")
    return list(value)


def _array(value: object, what: str) -> Array:
    if type(value) is not np.ndarray:
        raise Mismatch(f"{what} cannot be read", kind="type")
    return value


def _arrays(value: object, what: str) -> list[Array]:
    return [_array(one, what) for one in _list(value, what)]


def _bools(value: object, what: str) -> list[bool]:
    found = _list(value, what)
    if not all(type(one) is bool for one in found):
        raise Mismatch(f"its {what} cannot be read", kind="type")
    return found
