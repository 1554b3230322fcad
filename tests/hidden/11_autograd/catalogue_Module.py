"""Module: known wrong implementations, by where they go wrong, and right ones."""

from gradlab.judge import alternative, misconception


def _is_tensor(value):
    return type(value).__name__ == "Tensor"


class _Right:
    """A search in which one thing may be done another way."""

    containers = (list, tuple, dict)
    deep = True

    def parameters(self):
        found = []
        self._search(vars(self), found)
        return found

    def _search(self, value, found, depth=0):
        if _is_tensor(value):
            self._meet(value, found)
        elif isinstance(value, _Right):
            self._enter(value, found, depth)
        elif isinstance(value, dict) and (dict in self.containers or depth == 0):
            for item in self._values(value):
                self._search(item, found, depth + 1)
        elif isinstance(value, (list, tuple)) and isinstance(value, self.containers):
            for item in value:
                self._search(item, found, depth + 1)

    def _values(self, table):
        return list(table.values())

    def _enter(self, module, found, depth):
        self._search(vars(module), found, 0)

    def _meet(self, tensor, found):
        if tensor.requires_grad and all(tensor is not other for other in found):
            found.append(tensor)

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None


# Misconceptions: where it looks


@misconception(
    "Module", "Modules among the attributes are not searched: their parameters are lost."
)
class NotInModules(_Right):
    def _enter(self, module, found, depth):
        pass


@misconception("Module", "Only the modules right below are searched, not theirs.")
class OneLevel(_Right):
    def _enter(self, module, found, depth):
        for value in vars(module).values():
            if not isinstance(value, _Right):
                self._search(value, found, 1)


@misconception("Module", "Lists and tuples are not searched: layers in a list have no parameters.")
class NotInLists(_Right):
    containers = (dict,)


@misconception("Module", "Tuples are not searched.")
class NotInTuples(_Right):
    containers = (list, dict)


@misconception("Module", "Dicts are not searched.")
class NotInDicts(_Right):
    containers = (list, tuple)


@misconception("Module", "Lists within lists are not searched.")
class OneListDeep(_Right):
    def _search(self, value, found, depth=0):
        if depth < 3 or not isinstance(value, (list, tuple, dict)):
            super()._search(value, found, depth)


@misconception("Module", "Dicts within dicts are not searched.")
class OneDictDeep(_Right):
    def _search(self, value, found, depth=0):
        if depth < 2 or not isinstance(value, dict):
            super()._search(value, found, depth)


# Misconceptions: what it lists


@misconception("Module", "Tensors that require no gradient are listed. They are constants.")
class ConstantsToo(_Right):
    def _meet(self, tensor, found):
        if all(tensor is not other for other in found):
            found.append(tensor)


@misconception(
    "Module", "A tensor in several places is listed several times: it would be moved twice."
)
class Repeated(_Right):
    def _meet(self, tensor, found):
        if tensor.requires_grad:
            found.append(tensor)


@misconception("Module", "Parameters of equal values are taken for one. Compare with `is`.")
class EqualOnce(_Right):
    def _meet(self, tensor, found):
        known = {(other.data.shape, other.data.tobytes()) for other in found}
        if tensor.requires_grad and (tensor.data.shape, tensor.data.tobytes()) not in known:
            found.append(tensor)


@misconception("Module", "A shared tensor stands at its last place. It belongs to its first.")
class LastPlace(_Right):
    def _meet(self, tensor, found):
        if tensor.requires_grad:
            found[:] = [other for other in found if other is not tensor] + [tensor]


@misconception("Module", "The arrays are listed. An optimiser needs the tensors, with their grad.")
class ArraysListed(_Right):
    def parameters(self):
        return [parameter.data for parameter in super().parameters()]


@misconception("Module", "A dict from names to tensors came back. A list is wanted.")
class AsADict(_Right):
    def parameters(self):
        return {str(k): parameter for k, parameter in enumerate(super().parameters())}


@misconception("Module", "The attributes are searched in alphabetical order, not as they were set.")
class Alphabetical(_Right):
    def _values(self, table):
        return [table[name] for name in sorted(table)]


@misconception("Module", "A module's own tensors come before those of its parts: go depth first.")
class OwnTensorsFirst(_Right):
    def _values(self, table):
        return sorted(table.values(), key=lambda value: not _is_tensor(value))


@misconception("Module", "The order is turned round.")
class TurnedRound(_Right):
    def parameters(self):
        return super().parameters()[::-1]


@misconception("Module", "The list of the first call is kept: what is added later is not found.")
class Remembered(_Right):
    def parameters(self):
        if "_known" not in vars(self):
            self._known = super().parameters()
        return list(self._known)


# Misconceptions: zero_grad


@misconception("Module", "zero_grad sets grad to zeros. It is to be None.")
class ZerosForNone(_Right):
    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = 0.0 * parameter.data


@misconception("Module", "zero_grad clears the data: the network has forgotten what it learnt.")
class DataCleared(_Right):
    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None
            parameter.data = 0.0 * parameter.data


@misconception("Module", "zero_grad clears the module's own tensors, not those of its parts.")
class OwnGradsOnly(_Right):
    def zero_grad(self):
        for value in vars(self).values():
            if _is_tensor(value) and value.requires_grad:
                value.grad = None


@misconception("Module", "zero_grad does nothing to the tensors themselves.")
class NothingCleared(_Right):
    def zero_grad(self):
        self.parameters().clear()


@misconception("Module", "zero_grad makes the parameters constants. They still require a gradient.")
class MadeConstants(_Right):
    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad, parameter.requires_grad = None, False


@misconception("Module", "zero_grad fails where a parameter has no grad yet.")
class FillsWithZeros(_Right):
    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad.fill(0.0)
            parameter.grad = None


# Alternatives


@alternative("Module")
class WithAGenerator:
    def parameters(self):
        return list({id(t): t for t in self._walk(self) if t.requires_grad}.values())

    def _walk(self, value):
        if _is_tensor(value):
            yield value
        inside = ()
        if isinstance(value, WithAGenerator):
            inside = value.__dict__.values()
        elif isinstance(value, dict):
            inside = value.values()
        elif isinstance(value, (list, tuple)):
            inside = value
        for item in inside:
            yield from self._walk(item)

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None


@alternative("Module")
class WithAStack:
    def parameters(self):
        found, stack = [], [self]
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                stack.extend(reversed(list(value.values())))
            elif isinstance(value, (list, tuple)):
                stack.extend(reversed(value))
            elif hasattr(value, "parameters") and not isinstance(value, type):
                stack.append(vars(value))
            elif _is_tensor(value) and value.requires_grad and id(value) not in map(id, found):
                found.append(value)
        return found

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None


@alternative("Module")
class EachAsksItsParts:
    def parameters(self):
        unique = []
        for tensor in self._of(list(vars(self).values())):
            if not any(tensor is other for other in unique):
                unique.append(tensor)
        return unique

    def _of(self, value):
        if _is_tensor(value):
            return [value] if value.requires_grad else []
        if isinstance(value, EachAsksItsParts):
            return value.parameters()
        if isinstance(value, dict):
            return self._of(list(value.values()))
        if isinstance(value, (list, tuple)):
            return [tensor for item in value for tensor in self._of(item)]
        return []

    def zero_grad(self):
        for parameter in self.parameters():
            setattr(parameter, "grad", None)  # noqa: B010
