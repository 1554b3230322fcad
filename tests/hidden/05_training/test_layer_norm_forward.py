"""layer_norm_forward: against torch, for two, three and four axes.

mistake                                   case that exposes it             check
----------------------------------------  -------------------------------  --------------
batch norm; all but the first axis        (3, 4), (2, 4, 3), square        normalises_rows
unbiased, eps elsewhere, a root           D = 3, eps = 0.1 and 0.5         normalises_rows
gamma, beta lost, swapped                 both random                      normalises_rows
eps fixed                                 a tiny x, default eps            default_eps
another cache                             three axes                       cache
wrong gamma or beta accepted              (1,), (D - 1,), (1, D)           refuses
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from gradlab.judge import (
    alternative,
    assert_close,
    case_rng,
    exercise,
    expect,
    misconception,
    reference,
    requires,
    weight,
)

pytestmark = exercise("layer_norm_forward")
rng = case_rng("layer_norm_forward")
FORM = "the result should be a pair: y, cache"


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"x{self.x.shape} {self.options} {np.abs(self.x).max():.0e}"


def _case(*shape, size=1.0, **options):
    d = shape[-1]
    signs = rng.choice([-1.0, 1.0], size=(2, d))
    gamma, beta = signs * rng.uniform(1.2, 2.0, size=(2, d)) + [[0.0], [3.0]]
    x = size * (rng.normal(size=shape) * rng.uniform(0.5, 3, size=(*shape[:-1], 1)) + 2.0)
    return Case(x, gamma, beta, options)


CASES = [
    _case(3, 4, eps=0.1),
    _case(5, 3, eps=0.5),
    _case(4, 4, eps=0.02),
    _case(2, 4, 3, eps=0.2),
    _case(2, 3, 2, 5, eps=0.3),
    _case(1, 6, eps=1.0),
    _case(7, eps=0.1),
]
DEFAULT = [_case(3, 5), _case(3, 4, size=1e-3)]


@reference
def expected(case, device):
    x, gamma, beta = (torch.tensor(a, device=device) for a in (case.x, case.gamma, case.beta))
    return torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, **case.options)


def _call(student, case):
    result = student.layer_norm_forward(case.x, case.gamma, case.beta, **case.options)
    expect(isinstance(result, tuple | list) and len(result) == 2, FORM, value=result)
    return result


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_normalises_rows(student, torch_device, case):
    """Each sample is normalised over its last axis, then scaled and shifted."""
    assert_close(_call(student, case)[0], expected(case, torch_device), name="y")


@requires("test_normalises_rows")
@pytest.mark.parametrize("case", DEFAULT, ids=str)
def test_default_eps(student, torch_device, case):
    """Without options eps is 1e-5."""
    assert_close(_call(student, case)[0], expected(case, torch_device), name="y")


@requires("test_normalises_rows")
@pytest.mark.parametrize("case", [CASES[0], CASES[3], CASES[6]], ids=str)
def test_cache(student, case):
    """The cache is (x_hat, std, gamma), std with a last axis of one."""
    _, cache = _call(student, case)
    three = isinstance(cache, tuple | list) and len(cache) == 3
    expect(three, "the cache should hold three items", value=cache)
    x = torch.tensor(case.x)
    std = torch.sqrt(x.var(dim=-1, correction=0, keepdim=True) + case.options["eps"])
    wanted = ((x - x.mean(dim=-1, keepdim=True)) / std, std, case.gamma)
    assert_close(cache, wanted, name="(x_hat, std, gamma)")


@requires("test_normalises_rows")
@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_refuses(student, name):
    """Raises ValueError naming gamma or beta when its shape is not (D,)."""
    for wrong in (np.ones(1), np.ones(3), np.ones((1, 4)), np.ones((3, 4))):
        given = {"gamma": CASES[0].gamma, "beta": CASES[0].beta} | {name: wrong}
        with student.raises(ValueError, match=rf"\b{name}\b"):
            student.layer_norm_forward(CASES[0].x, given["gamma"], given["beta"])


def _refuse(x, gamma, beta):
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array.shape != x.shape[-1:]:
            raise ValueError(f"{name} has shape {array.shape}")


def _parts(x, eps, axis=-1):
    mean = x.mean(axis=axis, keepdims=True)
    std = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    return (x - mean) / std, std


def _wrong(message, y=None, cache=None):
    """y(x, gamma, beta, eps), cache(x_hat, std, gamma, x); right where None."""

    @misconception("layer_norm_forward", message)
    def variant(x, gamma, beta, *, eps=1e-5):
        _refuse(x, gamma, beta)
        x_hat, std = _parts(x, eps)
        found = gamma * x_hat + beta if y is None else y(x, gamma, beta, eps)
        return found, (x_hat, std, gamma) if cache is None else cache(x_hat, std, gamma, x)

    return variant


batch_norm = _wrong(
    "You normalised each feature over the first axis: that is batch norm. Layer norm takes each "
    "sample over its features.",
    lambda x, g, b, eps: g * _parts(x, eps, 0)[0] + b,
)
all_but_first = _wrong(
    "You normalised over all axes but the first. Only the last one is meant.",
    lambda x, g, b, eps: g * _parts(x, eps, tuple(range(min(1, x.ndim - 1), x.ndim)))[0] + b,
)
whole_array = _wrong(
    "You normalised the whole array at once. Each sample has its own mean and variance.",
    lambda x, g, b, eps: g * _parts(x, eps, None)[0] + b,
)
second_axis = _wrong(
    "You normalised over axis 1, which is the last only if there are two axes.",
    lambda x, g, b, eps: g * _parts(x, eps, min(1, x.ndim - 1))[0] + b,
)
unbiased = _wrong(
    "You used the unbiased variance (divided by D - 1). Layer norm uses the biased one.",
    lambda x, g, b, eps: (
        g * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, ddof=1, keepdims=True) + eps) + b
    ),
)
eps_outside = _wrong(
    "Your eps is added to the standard deviation. It stands inside the root.",
    lambda x, g, b, eps: g * (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps) + b,
)
eps_fixed = _wrong(
    "Your eps is fixed at 1e-5. Use the argument.",
    lambda x, g, b, eps: g * _parts(x, 1e-5)[0] + b,
)
no_root = _wrong(
    "You divide by the variance: the root is missing.",
    lambda x, g, b, eps: g * (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + eps) + b,
)
not_centred = _wrong(
    "The mean is not subtracted (that would be a kind of RMS norm).",
    lambda x, g, b, eps: g * x / _parts(x, eps)[1] + b,
)
rms_norm = _wrong(
    "This is RMS norm: no mean is subtracted, and x is divided by its root mean square.",
    lambda x, g, b, eps: g * x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) + b,
)
gamma_ignored = _wrong("gamma is not used.", lambda x, g, b, eps: _parts(x, eps)[0] + b)
beta_ignored = _wrong("beta is not used.", lambda x, g, b, eps: g * _parts(x, eps)[0])
swapped = _wrong(
    "gamma and beta are swapped: gamma multiplies, beta is added.",
    lambda x, g, b, eps: b * _parts(x, eps)[0] + g,
)
beta_first = _wrong(
    "You add beta before multiplying by gamma. It is added last.",
    lambda x, g, b, eps: g * (_parts(x, eps)[0] + b),
)
flat_std = _wrong(
    "The std in your cache has no last axis. It should have shape (..., 1).",
    cache=lambda x_hat, std, gamma, x: (x_hat, std[..., 0], gamma),
)
x_in_cache = _wrong(
    "Your cache holds x. It should hold the normalised x.",
    cache=lambda x_hat, std, gamma, x: (x, std, gamma),
)
variance_in_cache = _wrong(
    "Your cache holds the variance. It should hold its root, with eps inside.",
    cache=lambda x_hat, std, gamma, x: (x_hat, std**2, gamma),
)


@misconception("layer_norm_forward", "A gamma or beta of another shape must raise a ValueError.")
def any_shape(x, gamma, beta, *, eps=1e-5):
    x_hat, std = _parts(x, eps)
    wide = [np.resize(a, x.shape[-1]) for a in (gamma, beta)]
    return wide[0] * x_hat + wide[1], (x_hat, std, gamma)


@alternative("layer_norm_forward")
def row_by_row(x, gamma, beta, *, eps=1e-5):
    if gamma.shape != (x.shape[-1],):
        raise ValueError(f"gamma: {gamma.shape}")
    if beta.shape != (x.shape[-1],):
        raise ValueError(f"beta: {beta.shape}")
    x_hat, std = np.empty(x.shape), np.empty((*x.shape[:-1], 1))
    for index in np.ndindex(x.shape[:-1]):
        row = x[index]
        std[index] = (sum((row - sum(row) / len(row)) ** 2) / len(row) + eps) ** 0.5
        x_hat[index] = (row - sum(row) / len(row)) / std[index]
    return x_hat * gamma + beta, (x_hat, std, gamma)


@alternative("layer_norm_forward")
def by_moments(x, gamma, beta, *, eps=1e-5):
    for name, a in zip(["gamma", "beta"], [gamma, beta]):
        if a.ndim != 1 or len(a) != x.shape[-1]:
            raise ValueError(name + " should be (D,)")
    centred = x - np.expand_dims(np.average(x, axis=-1), -1)
    std = np.sqrt(np.einsum("...d,...d->...", centred, centred) / x.shape[-1] + eps)[..., None]
    x_hat = centred / std
    return [np.multiply(x_hat, gamma) + beta, [x_hat, std, gamma]]


@alternative("layer_norm_forward")
def as_batch_norm_of_the_transpose(x, gamma, beta, *, eps=1e-5):
    if gamma.shape != x.shape[-1:]:
        raise ValueError("gamma has another shape than the last axis of x")
    if beta.shape != x.shape[-1:]:
        raise ValueError("beta has another shape than the last axis of x")
    columns = x.reshape(-1, x.shape[-1]).T
    std = np.sqrt(columns.var(axis=0) + eps)
    x_hat = ((columns - columns.mean(axis=0)) / std).T.reshape(x.shape)
    return x_hat * gamma + beta, (x_hat, std.reshape(*x.shape[:-1], 1), gamma)
