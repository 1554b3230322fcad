"""Programs of numbers and their gradients: the right engine, and faulty ones to be exposed."""

import inspect

SLOPES = {
    "+": lambda a, b: (1.0, 1.0),
    "-": lambda a, b: (1.0, -1.0),
    "*": lambda a, b: (b, a),
}
VALUES = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def slots_of(values, program):
    """The value in every slot; ValueError for a program that does not run."""
    if not values or not 1 <= len(program) <= 12:
        raise ValueError(f"{len(values)} inputs, {len(program)} steps: expected some, and 1 to 12")
    slots = [float(value) for value in values]
    for operation, i, j in program:
        if operation not in VALUES or not all(
            type(k) is int and 0 <= k < len(slots) for k in (i, j)
        ):
            raise ValueError(f"step {(operation, i, j)} reads a slot that is not filled")
        slots.append(VALUES[operation](slots[i], slots[j]))
    if not all(abs(slot) < 1e100 for slot in slots):
        raise ValueError("a slot is not finite, or too large to tell anything")
    return slots


class Engine:
    """Gradients by a pass from the last slot to the first, in which one thing may be wrong."""

    def __init__(self, values, program):
        self.slots, self.program, self.inputs = slots_of(values, program), program, len(values)
        self.gradients = [0.0] * len(self.slots)
        self.gradients[-1] = 1.0

    def parents(self, slot):
        return list(self.program[slot - self.inputs][1:]) if slot >= self.inputs else []

    def parts(self, slot):
        """(parent, slope) for each argument of the slot's step."""
        operation, i, j = self.program[slot - self.inputs]
        return list(zip((i, j), SLOPES[operation](self.slots[i], self.slots[j])))

    def order(self):
        """Slots whose turn it is, one after the other."""
        return range(len(self.slots) - 1, self.inputs - 1, -1)

    def add(self, slot, part):
        self.gradients[slot] += part

    def run(self):
        for slot in self.order():
            for parent, slope in self.parts(slot):
                self.add(parent, self.gradients[slot] * slope)
        return self.gradients[: self.inputs]


class BreadthFirst(Engine):
    def order(self):
        waiting = [len(self.slots) - 1]
        for slot in waiting:
            waiting += [p for p in dict.fromkeys(self.parents(slot)) if p not in waiting]
        return [slot for slot in waiting if slot >= self.inputs]


class DepthFirst(Engine):
    def order(self):
        met = []

        def visit(slot):
            if slot >= self.inputs and slot not in met:
                met.append(slot)
                for parent in self.parents(slot):
                    visit(parent)

        visit(len(self.slots) - 1)
        return met


class PassedOnTooOften(Engine):
    def run(self):
        def push(slot):
            for parent, slope in self.parts(slot) if slot >= self.inputs else ():
                self.add(parent, self.gradients[slot] * slope)
                push(parent)

        push(len(self.slots) - 1)
        return self.gradients[: self.inputs]


class Overwritten(Engine):
    def add(self, slot, part):
        self.gradients[slot] = part


class FirstUseOnly(Engine):
    def add(self, slot, part):
        if self.gradients[slot] == 0.0:
            self.gradients[slot] = part


class TwoUsesOnly(Engine):
    """A third use is lost."""

    def run(self):
        self.uses = [0] * len(self.slots)
        return super().run()

    def add(self, slot, part):
        self.uses[slot] += 1
        if self.uses[slot] <= 2:
            self.gradients[slot] += part


class SameParentOnce(Engine):
    def parts(self, slot):
        return list(dict(super().parts(slot)).items())


class ByValue(Engine):
    """Slots of equal value share one gradient: that of the first of them."""

    def add(self, slot, part):
        self.gradients[self.slots.index(self.slots[slot])] += part


class OwnFactor(Engine):
    def parts(self, slot):
        operation, i, j = self.program[slot - self.inputs]
        slopes = SLOPES[operation](self.slots[i], self.slots[j])
        return list(zip((i, j), slopes[::-1] if operation == "*" else slopes))


class MinusAsPlus(Engine):
    def parts(self, slot):
        return [
            (parent, abs(slope) if self.program[slot - self.inputs][0] == "-" else slope)
            for parent, slope in super().parts(slot)
        ]


class DeadStepsToo(Engine):
    """Every slot that nobody uses starts with 1, not only the last one."""

    def run(self):
        used = {p for slot in range(self.inputs, len(self.slots)) for p in self.parents(slot)}
        for slot in range(self.inputs, len(self.slots)):
            self.gradients[slot] = float(slot not in used)
        return super().run()


def gradients(values, program):
    """The right gradient of the last slot with respect to each input."""
    return Engine(values, program).run()


def _faulty(engine):
    return lambda values, program: engine(values, program).run()


FAULTS = {
    name: _faulty(engine)
    for name, engine in list(globals().items())
    if inspect.isclass(engine) and issubclass(engine, Engine) and engine is not Engine
}
