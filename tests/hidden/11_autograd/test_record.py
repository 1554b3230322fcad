"""record: what the new tensor holds, and when it holds nothing.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  --------------------
options, order or data not handed over    b - a with an option, tensors    calls_the_rule
parents copied, sorted, made unique       identity of each, a twice        keeps_parents
constants left out of the parents         number first, array last         keeps_parents
pull called, wrapped or lost              a pull that tells its name       keeps_pull
all inputs must require a gradient        one of three does, each in turn  needs_a_gradient
always requires a gradient                constants only                   constants
traces of constants kept                  constants only                   constants
the switch ignored, or read too early     off, then on again               recording
inputs changed                            requires_grad, grad, parents     leaves_inputs_alone
"""

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    misconception,
    requires,
    weight,
)

pytestmark = exercise("record")
rng = case_rng("record")
A, B, C = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=3)
RULE = """
def rule(*arrays, scale=1.0, shift=0.0):
    kinds = {type(a) for a in arrays}
    assert kinds <= {np.ndarray, np.float64}, f"a rule is given arrays, not {kinds}"
    value = shift
    for k, array in enumerate(arrays):
        value = value + scale * (k + 1) * array
    return value, lambda g: tuple(scale * (k + 1) * g for k in range(len(arrays)))
"""
IS = "def places(found, known):\n    return [[k is f for k in known].index(True) for f in found]"
SWITCH = """
def switch(example, on):
    before = type(example).recording
    type(example).recording = on
    return before
"""


def _call(student, *inputs, **options):
    """The new tensor; a failure inside says what record handed to the rule."""
    made = student.record(student.define(RULE, "rule"), *inputs, **options)
    is_tensor = hasattr(made, "gradlab_handle")
    expect(is_tensor, "record returns a Tensor", value=is_tensor)
    return made


def _parents(made):
    parents = fetch(made, "parents")
    is_list = isinstance(parents, tuple | list)
    expect(is_list, "parents is a tuple", value=is_list)
    return parents


def _leaves(student, *needs):
    """Tensors of A, B and C; those that require a gradient according to `needs`."""
    return [student.Tensor(x, requires_grad=n) for x, n in zip((A, B, C), needs)]


OPTIONS = [{}, {"scale": 2.5}, {"scale": -1.5, "shift": 3.0}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_calls_the_rule(student, options):
    """Calls the rule with the data of all inputs, in order, and with the options."""
    made = _call(student, *_leaves(student, True, False, True), **options)
    scale, shift = options.get("scale", 1.0), options.get("shift", 0.0)
    assert_close(fetch(made, "data"), shift + scale * (A + 2 * B + 3 * C), name="data")
    assert_equal(fetch(made, "grad"), None, name="grad")


@requires("test_calls_the_rule")
def test_wraps_constants(student):
    """Takes numbers and arrays among the inputs, first and last."""
    (a,) = _leaves(student, True)
    made = _call(student, 4.0, a, B)
    assert_close(fetch(made, "data"), 4.0 + 2 * A + 3 * B, name="data")
    parents = _parents(made)
    assert_equal(len(parents), 3, name="the number of parents")
    needs = [fetch(parent, "requires_grad") for parent in parents]
    assert_equal(needs, [False, True, False], name="requires_grad of the parents")
    assert_close(fetch(parents[2], "data"), B, name="the last parent's data")
    assert_close(fetch(parents[0], "data"), np.array(4.0), name="the first parent's data")


@requires("test_calls_the_rule")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0), (1, 1, 0), (0, 0)], ids=str)
def test_keeps_parents(student, order):
    """Keeps the very tensors it was given as parents, constants too, each as often as it came."""
    tensors = _leaves(student, True, True, False)
    parents = _parents(_call(student, *(tensors[i] for i in order)))
    assert_equal(len(parents), len(order), name="the number of parents")
    try:
        found = student.define(IS, "places")(list(parents), tensors)
    except Exception:
        found = None
    expect(found == list(order), "a parent is not the tensor that was given", value=found)


@requires("test_calls_the_rule")
def test_keeps_pull(student):
    """Keeps the rule's pull, which has not been called."""
    made = _call(student, *_leaves(student, True, False, False), scale=2.0)
    pull = fetch(made, "pull")
    is_function = hasattr(pull, "gradlab_handle")
    text = "pull is not the function that the rule returned"
    expect(is_function, text, value=is_function or pull)
    g = np.abs(C)
    assert_close(pull(g), [2.0 * g, 4.0 * g, 6.0 * g], name="what pull returns")


NEEDS = [(True, False, False), (False, True, False), (False, False, True), (True, True, True)]


@weight(2)
@requires("test_calls_the_rule")
@pytest.mark.parametrize("needs", NEEDS, ids=str)
def test_needs_a_gradient(student, needs):
    """Requires a gradient as soon as one input does."""
    made = _call(student, *_leaves(student, *needs))
    assert_equal(fetch(made, "requires_grad"), True, name="requires_grad")
    assert_equal(len(_parents(made)), 3, name="the number of parents")


@requires("test_calls_the_rule")
@pytest.mark.parametrize("count", [1, 3])
def test_constants(student, count):
    """Leaves no trace where no input requires a gradient."""
    _assert_no_trace(_call(student, *_leaves(student, *[False] * count)))


def _assert_no_trace(made):
    assert_equal(fetch(made, "requires_grad"), False, name="requires_grad")
    assert_equal(len(_parents(made)), 0, name="the number of parents")
    assert_equal(fetch(made, "pull"), None, name="pull")


@requires("test_needs_a_gradient")
def test_recording(student):
    """Leaves no trace while Tensor.recording is off, and does again when it is on."""
    tensors = _leaves(student, True, False, True)
    switch = student.define(SWITCH, "switch")
    before = switch(tensors[0], False)
    try:
        off = _call(student, *tensors)
    finally:
        switch(tensors[0], before)
    assert_close(fetch(off, "data"), A + 2 * B + 3 * C, name="data")
    _assert_no_trace(off)
    assert_equal(fetch(_call(student, *tensors), "requires_grad"), True, name="requires_grad")


@requires("test_needs_a_gradient")
def test_leaves_inputs_alone(student):
    """Changes nothing about its inputs."""
    tensors = _leaves(student, True, False)
    _call(student, *tensors)
    for tensor, data, needs in zip(tensors, (A, B), (True, False)):
        assert_close(fetch(tensor, "data"), data, name="an input's data")
        assert_equal(fetch(tensor, "requires_grad"), needs, name="an input's requires_grad")
        assert_equal(fetch(tensor, "grad"), None, name="an input's grad")
        assert_equal(len(_parents(tensor)), 0, name="the number of an input's parents")


# Misconceptions


def _kind(inputs):
    """The class Tensor, which stays in the notebook: at least one input is of it."""
    return next(type(item) for item in inputs if hasattr(item, "requires_grad"))


def _wrapped(inputs):
    kind = _kind(inputs)
    return kind, [item if isinstance(item, kind) else kind(item) for item in inputs]


def _apply(rule, tensors, options):
    return rule(*[tensor.data for tensor in tensors], **options)


def _wrong(message, finish):
    """A record that ends with finish(kind, tensors, value, pull, needs)."""

    @misconception("record", message)
    def variant(rule, *inputs, **options):
        kind, tensors = _wrapped(inputs)
        value, pull = _apply(rule, tensors, options)
        needs = kind.recording and any(tensor.requires_grad for tensor in tensors)
        return finish(kind, tensors, value, pull, needs)

    return variant


def _made(kind, value, needs, parents, pull):
    return kind(
        value,
        requires_grad=needs,
        parents=parents if needs else (),
        pull=pull if needs else None,
    )


all_must_need_it = _wrong(
    "Your result requires a gradient only when all inputs do. One is enough.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, kind.recording and all(t.requires_grad for t in tensors), tensors, pull
    ),
)
first_decides = _wrong(
    "The first input alone decides whether a gradient is required. Any of them may.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, kind.recording and tensors[0].requires_grad, tensors, pull
    ),
)
always_needs_it = _wrong(
    "Your result always requires a gradient. With constants alone, or recording off, it does not.",
    lambda kind, tensors, value, pull, needs: _made(kind, value, True, tensors, pull),
)
never_needs_it = _wrong(
    "Your result never requires a gradient: nothing is recorded.",
    lambda kind, tensors, value, pull, needs: kind(value),
)
traces_of_constants = _wrong(
    "Parents and pull are kept also when no gradient is required. That holds on to memory.",
    lambda kind, tensors, value, pull, needs: kind(
        value, requires_grad=needs, parents=tensors, pull=pull
    ),
)
pull_of_constants_kept = _wrong(
    "pull is kept also when no gradient is required.",
    lambda kind, tensors, value, pull, needs: kind(
        value, requires_grad=needs, parents=tensors if needs else (), pull=pull
    ),
)
constants_dropped = _wrong(
    "Constants are missing among the parents. pull's gradients then go to the wrong ones.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, needs, [t for t in tensors if t.requires_grad], pull
    ),
)
parents_made_unique = _wrong(
    "A tensor that comes twice is among the parents once. pull returns two gradients for it.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, needs, list(dict.fromkeys(tensors)), pull
    ),
)
parents_reversed = _wrong(
    "The parents are in another order than the rule's arguments.",
    lambda kind, tensors, value, pull, needs: _made(kind, value, needs, tensors[::-1], pull),
)
parents_copied = _wrong(
    "The parents are copies. Gradients must reach the tensors that were given.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, needs, [kind(t.data, requires_grad=t.requires_grad) for t in tensors], pull
    ),
)
pull_missing = _wrong(
    "The rule's pull is not kept.",
    lambda kind, tensors, value, pull, needs: _made(kind, value, needs, tensors, None),
)
pull_called = _wrong(
    "pull was called with ones at once. Keep the function; the engine calls it later.",
    lambda kind, tensors, value, pull, needs: _made(
        kind, value, needs, tensors, pull(np.ones_like(value)) if needs else None
    ),
)
pair_as_data = _wrong(
    "grad is set already. Only the backward pass sets it.",
    lambda kind, tensors, value, pull, needs: _with_grad(_made(kind, value, needs, tensors, pull)),
)


def _with_grad(tensor):
    tensor.grad = np.zeros_like(tensor.data)
    return tensor


@misconception("record", "The switch Tensor.recording is not read.")
def switch_ignored(rule, *inputs, **options):
    kind, tensors = _wrapped(inputs)
    value, pull = _apply(rule, tensors, options)
    return _made(kind, value, any(t.requires_grad for t in tensors), tensors, pull)


@misconception("record", "The options do not reach the rule.")
def options_dropped(rule, *inputs, **options):
    kind, tensors = _wrapped(inputs)
    value, pull = _apply(rule, tensors, {})
    needs = kind.recording and any(t.requires_grad for t in tensors)
    return _made(kind, value, needs, tensors, pull)


@misconception("record", "Your result is the value, an array. A Tensor is wanted.")
def array_returned(rule, *inputs, **options):
    return _apply(rule, _wrapped(inputs)[1], options)[0]


@misconception("record", "Constants require a gradient. Those that you made from numbers do not.")
def constants_need_gradients(rule, *inputs, **options):
    kind = _kind(inputs)
    tensors = [i if isinstance(i, kind) else kind(i, requires_grad=True) for i in inputs]
    value, pull = _apply(rule, tensors, options)
    needs = kind.recording and any(t.requires_grad for t in tensors)
    return _made(kind, value, needs, tensors, pull)


@misconception("record", "The inputs themselves were changed: they all require a gradient now.")
def inputs_changed(rule, *inputs, **options):
    kind, tensors = _wrapped(inputs)
    value, pull = _apply(rule, tensors, options)
    needs = kind.recording and any(t.requires_grad for t in tensors)
    if needs:
        for item in inputs:
            if isinstance(item, kind):
                item.requires_grad = True
    return _made(kind, value, needs, tensors, pull)


# Alternatives


@alternative("record")
def step_by_step(rule, *inputs, **options):
    kind = _kind(inputs)
    tensors = []
    for item in inputs:
        if not hasattr(item, "data") or isinstance(item, np.ndarray):
            item = kind(np.asarray(item, dtype=float))
        tensors.append(item)
    value, pull = rule(*map(lambda tensor: tensor.data, tensors), **options)
    result = kind(value)
    if type(tensors[0]).recording:
        for tensor in tensors:
            if tensor.requires_grad:
                result.requires_grad = True
                result.parents, result.pull = tensors, pull
    return result


@alternative("record")
def early_return(rule, *inputs, **options):
    kind, tensors = _wrapped(inputs)
    value, pull = _apply(rule, tensors, options)
    if not kind.recording or not sum(t.requires_grad for t in tensors):
        return kind(value)
    return kind(value, requires_grad=True, parents=tuple(tensors), pull=pull)


@alternative("record")
def pull_wrapped(rule, *inputs, **options):
    kind, tensors = _wrapped(inputs)
    value, pull = _apply(rule, tensors, options)
    needs = any(t.requires_grad for t in tensors) and kind.recording
    return _made(kind, np.array(value), needs, tensors, lambda g: list(pull(g)))
