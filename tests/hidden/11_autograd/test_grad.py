"""grad: first, second and third derivatives against torch.autograd.grad with create_graph.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  -----------------
numbers for Scalars, history cut          the second derivative            second
uses overwritten, walked forwards         x x x, the deep diamond          first
passed on too early                       the deep diamond                 first
inputs in another order, one only         three inputs                     first
unreachable input: None, 0.0, an error    an input that is not used        unused
input in between not found                a result in between              between
derivatives stored, added on a 2nd call   called twice                     twice
output with respect to itself             the output among the inputs      between
"""

import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    misconception,
    reference,
    requires,
)

pytestmark = exercise("grad")
rng = case_rng("grad")
VALUES = [float(v) for v in rng.uniform(0.4, 1.4, size=3) * [1.0, -1.0, 1.0]]
EXPRESSIONS = {
    "a cube": "x * x * x",
    "two inputs": "x * y + x * x * y",
    "three inputs": "(x * y + z) * (z * z) + -2.0 * y",
    "tanh": "(x * y).tanh() * z + x.tanh()",
    "the deep diamond": "deep(x * y)",
}
FUNCTION = """
def deep(b):
    c = b * b
    d = c + b
    e = d * c
    return e + b * -0.5

def f(x, y, z):
    return {expression}
"""


def _source(expression):
    return FUNCTION.replace("{expression}", expression)


def _torch_function(expression):
    scope = {}
    exec(compile(_source(expression), "<check>", "exec"), scope)  # the check's own text
    return scope["f"]


@reference
def expected(expression, times, device):
    """The value, and derivatives of each order: by x, y, z, then by x of the previous sum."""
    inputs = [
        torch.tensor(v, dtype=torch.float64, device=device, requires_grad=True) for v in VALUES
    ]
    output, found = _torch_function(expression)(*inputs), []
    for _ in range(times):
        grads = torch.autograd.grad(output, inputs, create_graph=True, allow_unused=True)
        grads = [torch.zeros_like(x) + 0.0 * x if g is None else g for g, x in zip(grads, inputs)]
        found.append([float(g.detach()) for g in grads])
        output = sum(weight * g for weight, g in zip((1.0, -2.0, 0.5), grads))
        if not output.requires_grad:
            output = output + 0.0 * sum(inputs)
    return found


def _leaves(student):
    return [student.Scalar(value) for value in VALUES]


SORT = """
def sorted_by(count):
    def order(root):
        known, waiting = {id(root): root}, [root]
        while waiting:
            for parent in waiting.pop().parents:
                if id(parent) not in known:
                    known[id(parent)] = parent
                    waiting.append(parent)
        levels = dict.fromkeys(known, 0)
        changed = True
        while changed:
            changed = False
            for node in known.values():
                for parent in node.parents:
                    if levels[id(parent)] <= levels[id(node)]:
                        levels[id(parent)] = levels[id(node)] + 1
                        changed = True
        return sorted(known.values(), key=lambda node: -levels[id(node)])
    return order
"""
COMBINE = "def combine(a, b, c):\n    return 1.0 * a + -2.0 * b + 0.5 * c"


def _grad(student, output, inputs):
    found = student.grad(output, inputs, topological_order=student.define(SORT, "sorted_by")(0))
    is_list = isinstance(found, tuple | list) and len(found) == len(inputs)
    expect(is_list, f"a list of {len(inputs)} Scalars is wanted", value=is_list)
    scalars = all(hasattr(one, "gradlab_handle") for one in found)
    expect(scalars, "every derivative is a Scalar", value=scalars)
    return found


def _values(scalars):
    return [fetch(scalar, "value") for scalar in scalars]


def _derivatives(student, expression, times):
    """Values of the derivatives of each order, as `expected` gives them."""
    inputs, found = _leaves(student), []
    output = student.define(_source(expression), "f")(*inputs)
    for _ in range(times):
        scalars = _grad(student, output, inputs)
        found.append(_values(scalars))
        output = student.define(COMBINE, "combine")(*scalars)
    return found


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_first(student, torch_device, name):
    """Gives the first derivatives with respect to each of three inputs."""
    found = _derivatives(student, EXPRESSIONS[name], 1)
    wanted = expected(EXPRESSIONS[name], 1, torch_device)
    assert_close(found, wanted, name="the first derivatives")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_second(student, torch_device, name):
    """Gives derivatives that can be differentiated again, and once more."""
    found = _derivatives(student, EXPRESSIONS[name], 3)
    wanted = expected(EXPRESSIONS[name], 3, torch_device)
    assert_close(found, wanted, name="derivatives of three orders")


@requires("test_first")
def test_unused(student):
    """Gives a Scalar of value 0 for an input that the output does not depend on."""
    inputs = _leaves(student)
    output = student.define(_source("x * z"), "f")(*inputs)
    wanted = [VALUES[2], 0.0, VALUES[0]]
    assert_close(_values(_grad(student, output, inputs)), wanted, name="the derivatives")


BETWEEN = "def f(x, y):\n    b = x * y\n    c = b * b + x\n    return [b, c]"


@requires("test_first")
def test_between(student):
    """Differentiates with respect to a result in between, and to the output itself."""
    x, y, _ = _leaves(student)
    b, c = student.define(BETWEEN, "f")(x, y)
    found = _values(_grad(student, c, [b, c, y, x]))
    product = VALUES[0] * VALUES[1]
    wanted = [2 * product, 1.0, 2 * product * VALUES[0], 2 * product * VALUES[1] + 1.0]
    assert_close(found, wanted, name="the derivatives")


ATTRIBUTES = "def names(scalar):\n    return sorted(vars(scalar))"


@requires("test_first")
def test_twice(student):
    """Gives the same when called again, and stores nothing in the inputs."""
    inputs = _leaves(student)
    output = student.define(_source(EXPRESSIONS["two inputs"]), "f")(*inputs)
    first, second = (_values(_grad(student, output, inputs)) for _ in range(2))
    assert_close(second, [float(value) for value in first], name="the second call's derivatives")
    names = student.define(ATTRIBUTES, "names")(inputs[0])
    assert_equal(names, ["parents", "pull", "value"], name="the attributes of an input")


# Misconceptions


def _sums(output, order, add=lambda old, new: old + new, part=lambda p: p, turn=lambda o: o[::-1]):
    kind = type(output)
    sums = {id(output): kind(1.0)}
    for scalar in turn(list(order(output))):
        if scalar.pull is None or id(scalar) not in sums:
            continue
        for parent, one in zip(scalar.parents, scalar.pull(sums[id(scalar)])):
            one = part(one)
            sums[id(parent)] = add(sums[id(parent)], one) if id(parent) in sums else one
    return sums


def _wrong(message, finish=lambda found, kind: found, **changes):
    @misconception("grad", message)
    def variant(output, inputs, *, topological_order):
        kind = type(output)
        sums = _sums(output, topological_order, **changes)
        return finish([sums.get(id(scalar), kind(0.0)) for scalar in inputs], kind)

    return variant


history_cut = _wrong(
    "The derivatives are Scalars without a history: differentiated again, they give 0.",
    finish=lambda found, kind: [kind(one.value) for one in found],
)
numbers = _wrong(
    "The derivatives are numbers. They are to be Scalars.",
    finish=lambda found, kind: [one.value for one in found],
)
last_use_only = _wrong(
    "A Scalar that is used several times keeps one use only. They add up.", add=lambda old, new: new
)
from_the_inputs = _wrong(
    "The order is walked from its start. The output is at its end.", turn=lambda order: order
)
reversed_inputs = _wrong(
    "The derivatives come in another order than the inputs.",
    finish=lambda found, kind: found[::-1],
)
first_input_only = _wrong(
    "Only the derivative for the first input came back.", finish=lambda found, kind: found[:1]
)
starts_with_two = _wrong(
    "The derivative of the output with respect to itself is 1.",
    finish=lambda found, kind: [2.0 * one for one in found],
)


@misconception(
    "grad", "An input that the output does not depend on has the derivative 0, a Scalar."
)
def none_for_unused(output, inputs, *, topological_order):
    sums = _sums(output, topological_order)
    return [sums.get(id(scalar)) for scalar in inputs]


@misconception("grad", "Results in between have derivatives too. Yours knows those of leaves only.")
def leaves_only(output, inputs, *, topological_order):
    sums, kind = _sums(output, topological_order), type(output)
    return [sums.get(id(x), kind(0.0)) if x.pull is None else kind(0.0) for x in inputs]


@misconception(
    "grad", "Derivatives are stored in the Scalars, and a second call adds to the first."
)
def stored(output, inputs, *, topological_order):
    sums, kind = _sums(output, topological_order), type(output)
    for x in inputs:
        x.grad = sums.get(id(x), kind(0.0)) + getattr(x, "grad", 0.0)
    return [x.grad for x in inputs]


@misconception("grad", "The derivative so far is passed on at every arrival. Wait for the sum.")
def passed_on_too_often(output, inputs, *, topological_order):
    kind = type(output)
    sums, left = {id(output): kind(1.0)}, [300]  # ways grow with every order: not all are walked

    def push(scalar):
        left[0] -= 1
        if left[0] < 0:
            return
        for parent, one in zip(
            scalar.parents, scalar.pull(sums[id(scalar)]) if scalar.pull else ()
        ):
            sums[id(parent)] = sums[id(parent)] + one if id(parent) in sums else one
            push(parent)

    push(output)
    return [sums.get(id(x), kind(0.0)) for x in inputs]


# Alternatives


@alternative("grad")
def collected_in_lists(output, inputs, *, topological_order):
    kind = type(output)
    arrived = {}
    arrived[output] = [kind(1.0)]
    for scalar in reversed(topological_order(output)):
        if scalar.parents:
            g = sum(arrived[scalar])
            for parent, one in zip(scalar.parents, scalar.pull(g)):
                arrived.setdefault(parent, []).append(one)
    return tuple(sum(arrived.get(x, [kind(0.0)])) + 0.0 for x in inputs)


@alternative("grad")
def zeros_first(output, inputs, *, topological_order):
    order = topological_order(output)
    sums = {id(x): type(output)(0.0) for x in [*inputs, *order]}
    sums[id(output)] = sums[id(output)] + 1.0
    for scalar in order[::-1]:
        if scalar.pull is not None:
            for parent, one in zip(scalar.parents, scalar.pull(sums[id(scalar)])):
                sums[id(parent)] = sums[id(parent)] + one
    return [sums[id(x)] for x in inputs]


@alternative("grad")
def from_the_uses(output, inputs, *, topological_order):
    kind, uses, known, parts = type(output), {}, {}, {}
    for scalar in topological_order(output):
        for k, parent in enumerate(scalar.parents):
            uses.setdefault(id(parent), []).append((scalar, k))

    def derivative(scalar):
        if id(scalar) not in known:
            found = kind(1.0) if scalar is output else kind(0.0)
            for user, k in uses.get(id(scalar), []):
                if id(user) not in parts:
                    parts[id(user)] = user.pull(derivative(user))
                found = found + parts[id(user)][k]
            known[id(scalar)] = found
        return known[id(scalar)]

    return [derivative(scalar) for scalar in inputs]
