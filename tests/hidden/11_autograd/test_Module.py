"""Module: which parameters are found, in which order, and what zero_grad changes.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  -----------------
attributes only, or modules only          two levels, three levels         modules
lists, tuples, dicts passed over          one of each, in each other       containers
constants among the parameters            a tensor without a gradient      constants
other values break the search             texts, arrays, None, functions   other_values
shared tensors twice                      the same in two places           shared
equal tensors once                        equal values                     equal_values
sorted, shuffled, or breadth first        names against the alphabet       order
remembered from the first call            a parameter added later          looks_again
zero_grad with zeros, on data, too few    grads set, constants too         zero_grad
"""

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    assign,
    exercise,
    expect,
    fetch,
    requires,
    weight,
)

from .graphs import PLACES

pytestmark = exercise("Module")
BUILD = """
def build(module, example, needs):
    Module, Tensor = type(module), type(example)
    t = [Tensor(np.full(k + 1, 0.5 + k % 2), requires_grad=n) for k, n in enumerate(needs)]

    class Part(Module):
        def __init__(self, **values):
            for name, value in values.items():
                setattr(self, name, value)

    return [{expression}, *t]
"""
CASES = {
    "modules": [
        ("attributes", "Part(b=t[0], a=t[1])", [0, 1]),
        ("one level", "Part(inner=Part(w=t[0]), b=t[1])", [0, 1]),
        (
            "three levels",
            "Part(z=t[0], m=Part(m=Part(m=Part(w=t[1]), v=t[2])), a=t[3])",
            [0, 1, 2, 3],
        ),
        ("no parameter", "Part()", []),
        ("of another class", "Part(m=type('Own', (Module,), {})(), w=t[0])", [0]),
    ],
    "containers": [
        ("a list", "Part(ts=[t[0], t[1]], w=t[2])", [0, 1, 2]),
        ("a list of modules", "Part(ms=[Part(w=t[0]), Part(w=t[1], b=t[2])])", [0, 1, 2]),
        ("a tuple", "Part(pair=(t[1], Part(w=t[0])))", [1, 0]),
        ("a dict", "Part(table=dict(w=t[1], b=t[0], m=Part(w=t[2])))", [1, 0, 2]),
        (
            "lists in lists",
            "Part(deep=[[t[0], [t[1]]], ([t[2]],)], table=dict(x=[t[3]]))",
            [0, 1, 2, 3],
        ),
        (
            "dicts in dicts",
            "Part(table=dict(a=dict(b=t[0], c=(t[1],)), d=[dict(e=t[2])]))",
            [0, 1, 2],
        ),
    ],
    "shared": [
        ("two attributes", "Part(a=t[0], b=t[0], c=t[1])", [0, 1]),
        ("two layers", "Part(ms=[Part(w=t[1], b=t[0]), Part(w=t[1], b=t[2])])", [1, 0, 2]),
        ("a list", "Part(ts=[t[0], t[1], t[0]], again=t[1])", [0, 1]),
        ("a module twice", "(lambda m: Part(a=m, b=m, c=t[1]))(Part(w=t[0]))", [0, 1]),
    ],
    "order": [
        ("against the alphabet", "Part(z=t[0], y=t[1], x=t[2], w=t[3])", [0, 1, 2, 3]),
        ("depth first", "Part(m=Part(m=Part(w=t[2]), b=t[0]), w=t[1])", [2, 0, 1]),
        (
            "modules and lists",
            "Part(b=[t[3]], m=Part(w=t[1]), a=t[0], l=[Part(w=t[2])])",
            [3, 1, 0, 2],
        ),
        ("many", "Part(ts=[t[i] for i in (5, 2, 7, 0, 6, 1, 4, 3)])", [5, 2, 7, 0, 6, 1, 4, 3]),
    ],
    "other_values": [
        ("texts and numbers", "Part(name='w', size=3, w=t[0], rate=0.1, on=True)", [0]),
        (
            "nothing and arrays",
            "Part(bias=None, x=np.ones((2, 3)), w=t[0], none=np.array(None))",
            [0],
        ),
        ("functions", "Part(f=abs, g=lambda x: x, w=t[0], kind=Tensor, own=Module)", [0]),
        ("empty containers", "Part(a=[], b=(), c={}, w=t[0], d='', e=['abc', ('d',)])", [0]),
    ],
}
ALL = [True] * 8


def _model(student, expression, needs=ALL):
    """A model and its tensors, in the kernel."""
    source = BUILD.replace("{expression}", expression)
    model, *tensors = student.define(source, "build")(student.Module(), student.Tensor(0.0), needs)
    return model, tensors


def _found(student, model, tensors):
    """Which tensors parameters() returned, by number."""
    found = model.parameters()
    is_list = isinstance(found, list)
    expect(is_list, "parameters() returns a list", value=is_list)
    return student.define(PLACES, "places")(found, tensors)


def _matches(student, case):
    _, expression, wanted = case
    model, tensors = _model(student, expression)
    assert_equal(_found(student, model, tensors), wanted, name="the parameters, by number")


def _cases(name):
    return pytest.mark.parametrize("case", CASES[name], ids=[case[0] for case in CASES[name]])


@_cases("modules")
def test_modules(student, case):
    """Finds tensors among the attributes, and in modules within modules."""
    _matches(student, case)


@weight(2)
@_cases("containers")
def test_containers(student, case):
    """Finds tensors and modules in lists, tuples and dicts, in each other too."""
    _matches(student, case)


@requires("test_modules")
@_cases("order")
def test_order(student, case):
    """Lists the parameters in the order in which the search comes to them."""
    _matches(student, case)


@requires("test_modules")
@_cases("shared")
def test_shared(student, case):
    """Lists a tensor once that is in several places."""
    _matches(student, case)


@requires("test_modules")
@_cases("other_values")
def test_other_values(student, case):
    """Passes over everything else."""
    _matches(student, case)


@requires("test_modules")
def test_constants(student):
    """Passes over tensors that require no gradient."""
    needs = [True, False, True, False]
    model, tensors = _model(student, "Part(a=t[1], ts=[t[0], t[3]], b=t[2])", needs)
    assert_equal(_found(student, model, tensors), [0, 2], name="the parameters, by number")


SAME = """
def build(module, example):
    class Pair(type(module)):
        pass
    pair = Pair()
    pair.a, pair.b = (type(example)([1.0, 2.0], requires_grad=True) for _ in range(2))
    return [pair, pair.a, pair.b]
"""


@requires("test_modules")
def test_equal_values(student):
    """Takes two parameters of equal values for two."""
    pair, *tensors = student.define(SAME, "build")(student.Module(), student.Tensor(0.0))
    assert_equal(_found(student, pair, tensors), [0, 1], name="the parameters, by number")


@requires("test_modules")
def test_looks_again(student):
    """Looks again at each call, so that what was added or replaced later is found."""
    model, tensors = _model(student, "Part(a=t[0], b=t[1])")
    assert_equal(_found(student, model, tensors), [0, 1], name="the parameters at first")
    assign(model, "c", tensors[2])
    assign(model, "a", tensors[3])
    assert_equal(_found(student, model, tensors), [3, 1, 2], name="the parameters later")


@weight(2)
@requires("test_modules")
def test_zero_grad(student):
    """zero_grad sets the grad of every parameter to None and touches nothing else."""
    needs = [True, True, True, False]
    model, tensors = _model(student, "Part(a=t[0], ms=[Part(w=t[1])], c=t[3])", needs)
    for k, tensor in enumerate(tensors):
        assign(tensor, "grad", np.full(k + 1, 2.0 + k))
    model.zero_grad()
    for k, tensor in enumerate(tensors):
        kept = np.full(k + 1, 2.0 + k)
        wanted = None if k < 2 else kept  # t[2] is not in the model, t[3] is a constant
        assert_close(fetch(tensor, "grad"), wanted, name="grad")
        assert_close(fetch(tensor, "data"), np.full(k + 1, 0.5 + k % 2), name="data")
        assert_equal(fetch(tensor, "requires_grad"), needs[k], name="requires_grad")


@requires("test_zero_grad")
def test_zero_grad_twice(student):
    """zero_grad may be called where there is no grad."""
    model, tensors = _model(student, "Part(a=t[0], b=t[1])")
    assign(tensors[1], "grad", np.ones(2))
    for _ in range(2):
        model.zero_grad()
        assert_equal(fetch(tensors[1], "grad"), None, name="grad")
