"""log_softmax: against torch, along any axis, then far from 0.

mistake                                   case that exposes it            check
----------------------------------------  ------------------------------  ----------------
axis ignored, always the last or first    axis 0 of a square, 1 of three  other_axes
normalised over everything                two rows                        last_axis
sum of g missing, or over all axes        random g                        last_axis
softmax missing or of the wrong thing     random g                        last_axis
diagonal only                             random g                        last_axis
cross-entropy's special case              g with sum other than 1         last_axis
no shift, or one shift for all rows       1e4, rows 2e4 apart             far_from_zero
log(softmax + epsilon)                    differences of 50               far_from_zero
"""

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

from .rules import Case, assert_rule, by_torch

pytestmark = exercise("log_softmax")
rng = case_rng("log_softmax")


def _case(values, **options):
    values = np.asarray(values, dtype=float)
    return Case((values,), rng.normal(size=values.shape), options)


def _normal(*shape):
    return 1.5 * rng.normal(size=shape)


LAST = [_case(_normal(2, 3)), _case(_normal(3, 3)), _case(_normal(4)), _case(_normal(2, 3, 4))]
OTHERS = [
    _case(_normal(2, 3), axis=0), _case(_normal(3, 3), axis=0), _case(_normal(2, 3, 4), axis=1),
    _case(_normal(3, 3, 3), axis=-3), _case(_normal(2, 3), axis=1),
    _case(_normal(2, 4, 3), axis=-2),
]  # fmt: skip
FAR = [
    _case([[1e4, 0.0, -1e4], [3.0, -2.0, 1.0]]),
    _case([[-1e4, -1e4 + 1, -1e4 + 2], [1e4, 1e4 - 3, 1e4 - 1]]),
    _case([[0.0, 50.0, -50.0], [800.0, 799.0, 0.0]]),
    _case(np.array([[-1e4, -1e4 + 1, -1e4 + 2], [1e4, 1e4 - 3, 1e4 - 1]]).T, axis=0),
]


@reference
def expected(case, device):
    axis = case.options.get("axis", -1)
    return by_torch(lambda x: torch.log_softmax(x, dim=axis), case, device)


def _matches(student, device, case):
    assert_rule(student.log_softmax(*case.arrays, **case.options), case, expected(case, device))


@weight(2)
@pytest.mark.parametrize("case", LAST, ids=str)
def test_last_axis(student, torch_device, case):
    """Value and gradient along the last axis."""
    _matches(student, torch_device, case)


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_other_axes(student, torch_device, case):
    """Value and gradient along the axis given, counted from either end."""
    _matches(student, torch_device, case)


@requires("test_last_axis")
@pytest.mark.parametrize("case", FAR, ids=["one row", "two rows", "differences", "two columns"])
def test_far_from_zero(student, torch_device, case):
    """Stays finite for logits of 10,000, and where rows are 20,000 apart, without a warning."""
    result = student.log_softmax(*case.arrays, **case.options)
    told = list(student.last_warnings)
    assert_rule(result, case, expected(case, torch_device))
    expect(not told, "NumPy warned on the way", value=len(told))


# Misconceptions


def _value(x, axis):
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _gradient(y, g, axis):
    return g - np.exp(y) * g.sum(axis=axis, keepdims=True)


def _wrong(message, gradient=_gradient, value=_value):
    @misconception("log_softmax", message)
    def variant(x, *, axis=-1):
        with np.errstate(all="ignore"):
            y = value(x, axis)
        return y, lambda g: (gradient(y, g, axis),)

    return variant


diagonal_only = _wrong(
    "Each entry is treated as if it depended on its own logit alone: g (1 - softmax). Every output "
    "depends on every logit of its row.",
    lambda y, g, axis: g * (1 - np.exp(y)),
)
sum_missing = _wrong(
    "The sum of g along the axis is missing: g - softmax · (sum of g).",
    lambda y, g, axis: g - np.exp(y),
)
softmax_missing = _wrong(
    "The softmax is missing in front of the sum of g.",
    lambda y, g, axis: g - g.sum(axis=axis, keepdims=True),
)
mean_for_sum = _wrong(
    "You took the mean of g along the axis. It is its sum.",
    lambda y, g, axis: g - np.exp(y) * g.mean(axis=axis, keepdims=True),
)
sum_over_everything = _wrong(
    "g is summed over all axes. The sum runs along `axis` only.",
    lambda y, g, axis: g - np.exp(y) * g.sum(),
)
sum_along_another_axis = _wrong(
    "g is summed along another axis than `axis`.",
    lambda y, g, axis: (
        g - np.exp(y) * g.sum(axis=0 if axis in (-1, y.ndim - 1) else -1, keepdims=True)
    ),
)
gradient_of_softmax = _wrong(
    "That is the gradient of the softmax. Of its logarithm it is g - softmax · (sum of g).",
    lambda y, g, axis: np.exp(y) * (g - (np.exp(y) * g).sum(axis=axis, keepdims=True)),
)
g_weighted_twice = _wrong(
    "The sum contains softmax · g. It is the sum of g alone.",
    lambda y, g, axis: g - np.exp(y) * (np.exp(y) * g).sum(axis=axis, keepdims=True),
)
value_for_softmax = _wrong(
    "You multiplied by the value, which is a logarithm. exp(value) is the softmax.",
    lambda y, g, axis: g - y * g.sum(axis=axis, keepdims=True),
)
wrong_sign = _wrong("The sign of the gradient is wrong.", lambda y, g, axis: -_gradient(y, g, axis))
upstream_ignored = _wrong(
    "The upstream gradient g is ignored.", lambda y, g, axis: _gradient(y, np.ones_like(g), axis)
)
passed_through = _wrong(
    "g is passed on as it is: the logarithm of the sum depends on the logits, too.",
    lambda y, g, axis: 1.0 * g,
)


def _not_shifted(x, axis):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


def _with_epsilon(x, axis):
    return np.log(np.exp(_value(x, axis)) + 1e-12)


not_shifted = _wrong(
    "exp overflows for large logits: subtract each row's maximum first.", value=_not_shifted
)
one_shift_for_all = _wrong(
    "One maximum was subtracted from all rows. Rows far below it underflow: each needs its own.",
    value=lambda x, axis: x - x.max() - np.log(np.exp(x - x.max()).sum(axis=axis, keepdims=True)),
)
epsilon_in_the_logarithm = _wrong(
    "A small number stands in the logarithm, or the softmax was taken first: values below about "
    "-27 are lost.",
    value=_with_epsilon,
)
softmax_itself = _wrong(
    "Your value is the softmax. Its logarithm is wanted.",
    value=lambda x, axis: np.exp(_value(x, axis)),
)
sign_of_the_value = _wrong(
    "Your value has the other sign. Logarithms of probabilities are negative.",
    value=lambda x, axis: -_value(x, axis),
)
over_everything = _wrong(
    "All entries together are normalised. Each row has a sum of its own.",
    lambda y, g, axis: _gradient(y, g, None), lambda x, axis: _value(x, None),
)  # fmt: skip
always_the_last_axis = _wrong(
    "`axis` is not used: it is always the last one.",
    lambda y, g, axis: _gradient(y, g, -1), lambda x, axis: _value(x, -1),
)  # fmt: skip
first_axis_by_default = _wrong(
    "Without `axis`, the last axis is meant.",
    lambda y, g, axis: _gradient(y, g, 0 if axis == -1 else axis),
    lambda x, axis: _value(x, 0 if axis == -1 else axis),
)


@misconception("log_softmax", "pull returns the bare gradient. It is a tuple, (gradient,).")
def bare_gradient(x, *, axis=-1):
    y = _value(x, axis)
    return y, lambda g: _gradient(y, g, axis)


# Alternatives


@alternative("log_softmax")
def by_logaddexp(x, *, axis=-1):
    y = x - np.expand_dims(np.logaddexp.reduce(x, axis=axis), axis)

    def pull(g):
        return [g - np.exp(y) * np.expand_dims(g.sum(axis), axis)]

    return y, pull


@alternative("log_softmax")
def by_the_jacobian(x, *, axis=-1):
    rows = np.moveaxis(x, axis, -1)
    y = _value(rows, -1)

    def pull(g):
        g = np.moveaxis(g, axis, -1)
        jacobian = np.eye(y.shape[-1]) - np.exp(y)[..., None, :]
        return (np.moveaxis(np.einsum("...j,...ji->...i", g, jacobian), -1, axis),)

    return np.moveaxis(y, -1, axis), pull


@alternative("log_softmax")
def row_by_row(x, *, axis=-1):
    rows = np.moveaxis(x, axis, -1)
    y = np.zeros(rows.shape)
    for index in np.ndindex(rows.shape[:-1]):
        m = max(rows[index])
        y[index] = rows[index] - m - np.log(sum(np.exp(v - m) for v in rows[index]))

    def pull(g):
        g = np.moveaxis(g, axis, -1)
        gradient = np.zeros(rows.shape)
        for index in np.ndindex(rows.shape[:-1]):
            s = np.exp(y[index])
            for i in range(len(s)):
                gradient[index][i] = g[index][i] - s[i] * sum(g[index])
        return (np.moveaxis(gradient, -1, axis),)

    return np.moveaxis(y, -1, axis), pull
