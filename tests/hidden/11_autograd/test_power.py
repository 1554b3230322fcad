"""power: against torch, for whole, negative and fractional exponents, and for 0.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  -----------------
upstream ignored                          random g                          whole, others
factor p missing, exponent not lowered    3, -2, 0.5                        whole, others
only squares                              3                                 whole
through logarithms: NaN, or |x|           negative x                        whole
NaN or warning for exponent 0             x with exact zeros                zero
exponent 1 broken at 0                    x with exact zeros                whole
arrays as exponents                       (2,), (1,), 0-d, a text, None     refuses_others
"""

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
)

from .rules import Case, assert_rule, by_torch, opened

pytestmark = exercise("power")
rng = case_rng("power")


def _case(x, exponent):
    return Case((x,), rng.normal(size=x.shape), {"exponent": exponent})


def _signed(*shape):
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def _positive(*shape):
    return rng.uniform(0.5, 3.0, size=shape)


WITH_ZEROS = np.array([[0.0, -1.5, 2.0], [0.7, 0.0, -0.2]])
WHOLE = [
    _case(_signed(4), 3), _case(_signed(2, 3), 2), _case(_signed(2, 1, 2), 5),
    _case(_signed(3), 4.0), _case(WITH_ZEROS, 1), _case(np.array(-1.5), 3),
]  # fmt: skip
OTHERS = [
    _case(_positive(4), 0.5), _case(_positive(2, 3), -1.5), _case(_signed(3), -1),
    _case(_signed(2, 2), -2), _case(_positive(5), 2.7), _case(np.array([0.25, 2.0]), -0.5),
]  # fmt: skip
ZERO = [_case(WITH_ZEROS, 0), _case(_signed(3), 0.0), _case(np.array(0.0), 0)]


@reference
def expected(case, device):
    return by_torch(lambda x: x ** case.options["exponent"], case, device)


def _matches(student, device, case):
    assert_rule(student.power(*case.arrays, **case.options), case, expected(case, device))


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_whole(student, torch_device, case):
    """Value and gradient for exponents 1, 2, 3, 4 and 5, of negative numbers too."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_others(student, torch_device, case):
    """Value and gradient for negative exponents and fractions."""
    _matches(student, torch_device, case)


@requires("test_whole")
@pytest.mark.parametrize("case", ZERO, ids=str)
def test_zero(student, torch_device, case):
    """For exponent 0 the value is 1 and the gradient 0, at 0 too, without a warning."""
    _, pull = opened(student.power(*case.arrays, **case.options))
    told = list(student.last_warnings)
    pull(case.upstream)
    told += student.last_warnings
    _matches(student, torch_device, case)
    expect(not told, "NumPy warned: 0 to a negative power was calculated", value=len(told))


OTHER_OBJECTS = [np.array([2.0, 3.0]), np.array([2.0]), np.array(2.0), "2", None]


@requires("test_whole")
@pytest.mark.parametrize("exponent", OTHER_OBJECTS, ids=repr)
def test_refuses_others(student, exponent):
    """Raises ValueError naming exponent when it is not a number."""
    with student.raises(ValueError, match=r"\bexponent\b"):
        student.power(np.array([0.5, 2.0]), exponent=exponent)


# Misconceptions


def _refuse(exponent):
    if type(exponent) not in (int, float):
        raise ValueError(f"exponent should be an int or a float, not {exponent!r}")


def _wrong(message, slope, value=None):
    """A rule with this slope (x, p) -> array, right for exponent 0."""

    @misconception("power", message)
    def variant(x, *, exponent):
        _refuse(exponent)
        if exponent == 0:
            return np.ones_like(x), lambda g: (np.zeros_like(g),)
        y = x**exponent if value is None else value(x, exponent)
        return y, lambda g: (g * slope(x, exponent),)

    return variant


factor_missing = _wrong(
    "The factor p is missing in front: the slope of x^p is p x^(p-1).", lambda x, p: x ** (p - 1.0)
)
not_lowered = _wrong("The exponent is not lowered by 1 in the slope.", lambda x, p: p * x**p)
raised = _wrong("The exponent grows in your slope. It is p - 1.", lambda x, p: p * x ** (p + 1))
always_a_square = _wrong("The slope 2x belongs to the square alone.", lambda x, p: 2.0 * x)
factor_lowered = _wrong(
    "The factor in front is p, not p - 1.", lambda x, p: (p - 1) * x ** (p - 1.0)
)
as_an_exponential = _wrong(
    "x^p log x is the slope with respect to the exponent. x is what varies here.",
    lambda x, p: x**p * np.log(np.abs(x) + (x == 0)),
)
absolute_values = _wrong(
    "The sign of x is lost: (-2)³ is -8.",
    lambda x, p: p * np.abs(x) ** (p - 1.0), lambda x, p: np.abs(x) ** p,
)  # fmt: skip
whole_exponents_only = _wrong(
    "The exponent was rounded to a whole number.",
    lambda x, p: int(p) * x ** float(int(p) - 1), lambda x, p: x ** float(int(p)),
)  # fmt: skip
positive_exponents_only = _wrong(
    "The sign of the exponent is lost.",
    lambda x, p: abs(p) * x ** (abs(p) - 1.0), lambda x, p: x ** abs(p),
)  # fmt: skip


@misconception("power", "The upstream gradient g is ignored: pull returns slopes, not g * slopes.")
def upstream_ignored(x, *, exponent):
    _refuse(exponent)
    if exponent == 0:
        return np.ones_like(x), lambda g: (np.zeros_like(g),)
    return x**exponent, lambda g: (exponent * x ** (exponent - 1.0),)


@misconception("power", "Your result comes through a logarithm: negative x give NaN.")
def through_a_logarithm(x, *, exponent):
    _refuse(exponent)
    if exponent == 0:
        return np.ones_like(x), lambda g: (np.zeros_like(g),)
    with np.errstate(all="ignore"):
        value = np.exp(exponent * np.log(x))
    return value, lambda g: (g * exponent * value / x,)


@misconception("power", "pull returns the bare gradient. It is a tuple, (gradient,).")
def bare_gradient(x, *, exponent):
    _refuse(exponent)
    return x**exponent, lambda g: g * exponent * x ** (exponent - 1.0)


@misconception("power", "For exponent 0 you get 0 * 0^-1, which is NaN. Treat it apart.")
def zero_not_apart(x, *, exponent):
    _refuse(exponent)
    return x**exponent, lambda g: (g * exponent * x ** (exponent - 1.0),)


@misconception("power", "For exponent 0 the value is 1 everywhere, at 0 too, and the gradient 0.")
def zero_to_the_zero(x, *, exponent):
    _refuse(exponent)
    if exponent == 0:
        return np.where(x == 0, 0.0, 1.0), lambda g: (np.zeros_like(g),)
    return x**exponent, lambda g: (g * exponent * x ** (exponent - 1),)


@misconception("power", "For exponent 0 your result is right, but NumPy warned of 0 to the -1.")
def zero_with_a_warning(x, *, exponent):
    _refuse(exponent)
    slope = x ** (exponent - 1.0)
    return x**exponent, lambda g: (g * exponent * np.where(exponent == 0, 0.0, slope),)


@misconception("power", "For exponent 0 the value is a constant: its gradient is 0, not g.")
def zero_passes_on(x, *, exponent):
    _refuse(exponent)
    if exponent == 0:
        return np.ones_like(x), lambda g: (g,)
    return x**exponent, lambda g: (g * exponent * x ** (exponent - 1),)


@misconception("power", "An exponent that is not a number must raise a ValueError naming it.")
def any_exponent_accepted(x, *, exponent):
    p = float(np.asarray(exponent, dtype=float).ravel()[0])
    if p == 0:
        return np.ones_like(x), lambda g: (np.zeros_like(g),)
    return x**p, lambda g: (g * p * x ** (p - 1),)


# Alternatives


@alternative("power")
def by_masks(x, *, exponent):
    _refuse(exponent)
    slope = np.zeros_like(x)
    if exponent:
        slope = exponent * np.power(x, exponent - 1)
    return np.power(x, exponent), lambda g: [g * slope]


@alternative("power")
def entry_by_entry(x, *, exponent):
    _refuse(exponent)

    def pull(g):
        gradient = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            if exponent != 0:
                gradient[index] = g[index] * exponent * float(x[index]) ** (exponent - 1)
        return (gradient,)

    value = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value[index] = float(x[index]) ** exponent
    return value, pull


@alternative("power")
def zero_by_hand(x, *, exponent):
    if not np.isscalar(exponent) or isinstance(exponent, str):
        raise ValueError(f"the exponent is {exponent!r}: give a number")
    p = float(exponent)
    value = np.full(x.shape, 1.0) if p == 0.0 else x**p
    return [value, lambda g: [0.0 * g if p == 0.0 else p * g * x ** (p - 1.0)]]
