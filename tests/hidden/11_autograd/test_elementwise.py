"""elementwise: each of the four functions against torch, apart from one another.

mistake                                   case that exposes it            check
----------------------------------------  ------------------------------  ---------------
upstream ignored                          random g                        each function's
slope of the value for that of x          every case                      each function's
tanh and exp of the value once more       every case                      exp, tanh
1 + tanh², or not squared                 every case                      tanh
leaky, shifted or clipped relu            from -30 to 30                  relu
slope 1 or a half at 0                    exact zeros                     relu
log of another base, log1p                from 0.01 to 30                 log
a state between two calls of pull         pull is called twice            each function's
any name accepted                         "sin", "", "Exp", "log2"        refuses_other_names
"""

import numpy as np
import pytest
import torch

from gradlab.judge import alternative, case_rng, exercise, misconception, reference, requires

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("elementwise")
rng = case_rng("elementwise")
SHAPES = [(5,), (2, 3), (2, 1, 4), ()]


def _cases(name, draw, *fixed):
    arrays = [draw(shape) for shape in SHAPES] + [np.array(values) for values in fixed]
    cases = [Case((x,), rng.normal(size=x.shape), {"name": name}) for x in arrays]
    ids = [f"{x.shape} {number}" for number, x in enumerate(arrays)]
    return pytest.mark.parametrize("case", cases, ids=ids)


def _positive(shape):
    return np.exp(rng.normal(size=shape))


@reference
def expected(case, device):
    return by_torch(getattr(torch, case.options["name"]), case, device)


def _matches(student, device, case):
    result = student.elementwise(case.arrays[0], **case.options)
    assert_rule(result, case, expected(case, device))


@_cases("exp", lambda shape: rng.normal(size=shape), [-30.0, 2.5, 0.0])
def test_exp(student, torch_device, case):
    """exp: value and gradient, of arrays of any shape."""
    _matches(student, torch_device, case)


@_cases("log", _positive, [0.01, 1.0, 30.0])
def test_log(student, torch_device, case):
    """log: value and gradient, of arrays of any shape."""
    _matches(student, torch_device, case)


@_cases("tanh", lambda shape: rng.normal(size=shape), [-30.0, 1.2, 0.4])
def test_tanh(student, torch_device, case):
    """tanh: value and gradient, of arrays of any shape."""
    _matches(student, torch_device, case)


@_cases("relu", lambda shape: 3 * rng.normal(size=shape), [-30.0, -0.4, 0.3, 30.0], [0.0, 2.0])
def test_relu(student, torch_device, case):
    """relu: value and gradient, of arrays of any shape, with slope 0 at 0."""
    _matches(student, torch_device, case)


@requires("test_exp")
@pytest.mark.parametrize("name", ["sin", "", "Exp", "log2"])
def test_refuses_other_names(student, name):
    """Raises ValueError naming name when it is none of the four."""
    with student.raises(ValueError, match=r"\bname\b"):
        student.elementwise(np.array([0.5, 1.0]), name=name)


# Misconceptions

RIGHT = {
    "exp": (np.exp, lambda x, y, g: g * y),
    "log": (np.log, lambda x, y, g: g / x),
    "tanh": (np.tanh, lambda x, y, g: g * (1 - y * y)),
    "relu": (lambda x: np.maximum(x, 0.0), lambda x, y, g: g * (x > 0)),
}


def _rules(returned=lambda gradient: (gradient,), **changes):
    table = {**RIGHT, **changes}

    def rule(x, *, name):
        if name not in table:
            raise ValueError(f"name is {name!r}")
        function, slope = table[name]
        y = function(x)
        return y, lambda g: returned(slope(x, y, g))

    return rule


def _wrong(message, **changes):
    return misconception("elementwise", message)(_rules(**changes))


upstream_ignored = _wrong(
    "The upstream gradient g is ignored: pull returns the slopes, not g times the slopes.",
    **{name: (f, lambda x, y, g, s=s: s(x, y, np.ones_like(g))) for name, (f, s) in RIGHT.items()},
)
bare_gradient = _wrong(
    "pull returns the bare gradient. It is a tuple, (gradient,), also with one input.",
    returned=lambda gradient: gradient,
)
exp_by_x = _wrong("exp: its slope is exp(x), not x.", exp=(np.exp, lambda x, y, g: g * x))
exp_twice = _wrong(
    "exp: the exponential is taken once more in the slope, exp(exp(x)). It is the value itself.",
    exp=(np.exp, lambda x, y, g: g * np.exp(y)),
)
exp_slope_one = _wrong("exp: its slope is missing.", exp=(np.exp, lambda x, y, g: g * 1.0))
log_by_the_value = _wrong(
    "log: you divided by the value log(x). The slope is 1/x.",
    log=(np.log, lambda x, y, g: g / np.where(y == 0, 1.0, y)),
)
log_times_x = _wrong("log: its slope is 1/x, not x.", log=(np.log, lambda x, y, g: g * x))
log_plus_epsilon = _wrong(
    "log: a small number was added to x. For log(x) itself nothing is added.",
    log=(lambda x: np.log(x + 1e-4), lambda x, y, g: g / (x + 1e-4)),
)
tanh_of_the_value = _wrong(
    "tanh: it is taken once more in the slope. 1 - value² is enough.",
    tanh=(np.tanh, lambda x, y, g: g * (1 - np.tanh(y) ** 2)),
)
tanh_not_squared = _wrong(
    "tanh: the square is missing in 1 - tanh².", tanh=(np.tanh, lambda x, y, g: g * (1 - y))
)
tanh_of_x_squared = _wrong(
    "tanh: the slope is 1 - tanh(x)², not 1 - x².", tanh=(np.tanh, lambda x, y, g: g * (1 - x * x))
)
tanh_as_sigmoid = _wrong(
    "tanh: value (1 - value) is the slope of the sigmoid.",
    tanh=(np.tanh, lambda x, y, g: g * y * (1 - y)),
)
relu_slope_at_zero = _wrong(
    "relu: the slope at 0 is 0 here, as in PyTorch; yours is 1.",
    relu=(RIGHT["relu"][0], lambda x, y, g: g * (x >= 0)),
)
relu_by_sign = _wrong(
    "relu: your slope is the sign of x. It is 0 for negative x, not -1.",
    relu=(RIGHT["relu"][0], lambda x, y, g: g * np.sign(x)),
)
relu_by_upstream = _wrong(
    "relu: the mask is taken from g. Where x is positive, g passes whatever its sign.",
    relu=(RIGHT["relu"][0], lambda x, y, g: np.maximum(g, 0.0)),
)
relu_not_masked = _wrong(
    "relu: g passes everywhere. Where x is negative, nothing may pass.",
    relu=(RIGHT["relu"][0], lambda x, y, g: g * 1.0),
)
relu_leaky = _wrong(
    "relu: negative x has a small slope. That is a leaky ReLU.",
    relu=(lambda x: np.where(x > 0, x, 0.1 * x), lambda x, y, g: g * np.where(x > 0, 1.0, 0.1)),
)
relu_times_value = _wrong(
    "relu: you multiplied by the value. The slope is 1 where x is positive.",
    relu=(RIGHT["relu"][0], lambda x, y, g: g * y),
)


@misconception("elementwise", "A name that is none of the four must raise a ValueError naming it.")
def any_name_accepted(x, *, name):
    return _rules()(x, name=name if name in RIGHT else "relu")


# Alternatives


@alternative("elementwise")
def by_numpy_where(x, *, name):
    if name not in ("exp", "log", "tanh", "relu"):
        raise ValueError(f"the name {name} is unknown")
    value = np.where(x > 0, x, 0.0) if name == "relu" else getattr(np, name)(x)

    def pull(g):
        if name == "relu":
            return [np.where(x > 0, g, 0.0)]
        slope = {"exp": value, "log": np.reciprocal(x + (x == 0)), "tanh": 1 / np.cosh(x) ** 2}
        return [np.multiply(g, slope[name])]

    return [value, pull]


@alternative("elementwise")
def by_loops(x, *, name):
    if name not in RIGHT:
        raise ValueError(f'name="{name}"')
    value = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        value[index] = RIGHT[name][0](x[index])

    def pull(g):
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            gradient[index] = RIGHT[name][1](x[index], value[index], g[index])
        return (gradient,)

    return value, pull


by_a_table = alternative("elementwise")(_rules())


@alternative("elementwise")
def relu_from_the_value(x, *, name):
    if name != "relu":
        return _rules()(x, name=name)
    value = x * (x > 0)
    return value, lambda g: (g * (value > 0),)
