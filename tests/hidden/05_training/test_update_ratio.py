"""update_ratio: norms over all entries, any shape; zeros, and what is refused.

mistake                                  case that exposes it               check
---------------------------------------  ---------------------------------  -------
another norm, spreads, mean of ratios    matrices, signs, values far from 0  ratio
upside down, squared                     ratios far from 1                  ratio
0/0 and x/0                              param of zeros                     zeros
another shape accepted, broadcast        (3,) for (2, 3), (1, 3) for (2, 3)  refuses
"""

from dataclasses import dataclass

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

pytestmark = exercise("update_ratio")
rng = case_rng("update_ratio")


@dataclass(frozen=True, eq=False)
class Case:
    update: np.ndarray
    param: np.ndarray

    def __str__(self):
        size = np.abs(self.update).max() / np.abs(self.param).max()
        return f"{self.param.shape}, about {size:.0e}"


def _case(shape, size, centre=0.0):
    """A random update of about `size` times the parameter, whose values lie around `centre`."""
    return Case(size * rng.normal(size=shape), centre + rng.normal(size=shape))


CASES = [
    _case((4, 3), 1e-3),
    _case((7,), 0.2, centre=3.0),
    _case((2, 3, 2, 4), 30.0),
    _case((1, 5), 1e-5),
    Case(np.array([[0.3, -0.4], [0.0, 1.2]]), np.array([[12.0, 0.0], [-4.0, 3.0]])),
    Case(np.array([2.0]), np.array([-0.5])),
    Case(np.zeros((2, 3)), rng.normal(size=(2, 3))),
    Case(np.full((3, 2), 0.1), np.full((3, 2), -2.0)),
]


@reference
def expected(case):
    norms = [torch.linalg.vector_norm(torch.tensor(a)) for a in (case.update, case.param)]
    return float(norms[0] / norms[1])


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_ratio(student, case):
    """The norm of the update over the norm of the parameter, over all entries."""
    assert_close(student.update_ratio(case.update, case.param), expected(case), name="the ratio")


@requires("test_ratio")
@pytest.mark.parametrize(("step", "ratio"), [(0.0, 0.0), (1e-8, np.inf), (-3.0, np.inf)])
def test_zeros(student, step, ratio):
    """A parameter of zeros gives infinity, or 0 where the update is zero too; no warning."""
    found = student.update_ratio(np.array([[step, 0.0, 0.0]]), np.zeros((1, 3)))
    warned = len(student.last_warnings)
    assert_close(found, ratio, name="the ratio")
    expect(not warned, "NumPy warned on the way: treat a parameter of zeros first", value=warned)


@requires("test_ratio")
@pytest.mark.parametrize(
    "shapes", [((3,), (2, 3)), ((1, 3), (2, 3)), ((3, 2), (2, 3)), ((6,), (2, 3))]
)
def test_refuses(student, shapes):
    """Raises ValueError naming update unless both have the same shape."""
    update, param = (np.ones(shape) for shape in shapes)
    with student.raises(ValueError, match=r"\bupdate\b"):
        student.update_ratio(update, param)


def _norm(a):
    return np.sqrt(np.sum(a**2))


def _wrong(message, compute, *, zeros=None):
    """compute(update, param); zeros(update): what a parameter of zeros gives, right where None."""

    @misconception("update_ratio", message)
    def variant(update, param):
        if update.shape != param.shape:
            raise ValueError(f"update has shape {update.shape}")
        if not param.any():
            right = float("inf") if update.any() else 0.0
            return right if zeros is None else zeros(update)
        with np.errstate(all="ignore"):
            return float(compute(update, param))

    return variant


upside_down = _wrong(
    "Your ratio is upside down: the update stands above, the parameter below.",
    lambda u, p: _norm(p) / max(_norm(u), 1e-300),
)
squared = _wrong(
    "You divided sums of squares. The norm is the root of that sum.",
    lambda u, p: np.sum(u**2) / np.sum(p**2),
)
spreads = _wrong(
    "You divided standard deviations. They subtract the mean first; the norm does not.",
    lambda u, p: np.std(u) / max(np.std(p), 1e-300),
)
mean_of_ratios = _wrong(
    "You averaged the ratios of the entries. One parameter near 0 then decides; divide the norms.",
    lambda u, p: np.mean(np.abs(u / np.where(p == 0, 1e-12, p))),
)
sum_of_absolutes = _wrong(
    "You divided sums of absolute values. The Euclidean norm is asked for.",
    lambda u, p: np.sum(np.abs(u)) / np.sum(np.abs(p)),
)
largest_entries = _wrong(
    "You divided the largest entries. The norm takes all entries together.",
    lambda u, p: np.abs(u).max() / np.abs(p).max(),
)
signed_sums = _wrong(
    "You divided plain sums: positive and negative entries cancel in them.",
    lambda u, p: abs(np.sum(u) / np.sum(p)),
)
with_sign = _wrong(
    "Your ratio can be negative. Norms have no sign.",
    lambda u, p: np.sign(np.sum(u) * np.sum(p)) * _norm(u) / _norm(p),
)
spectral = _wrong(
    "You took the spectral norm of a matrix (np.linalg.norm with ord=2). The root of the sum of "
    "all squares is asked for.",
    lambda u, p: (
        np.linalg.norm(u.reshape(len(u), -1), 2) / np.linalg.norm(p.reshape(len(p), -1), 2)
    ),
)
after_the_step = _wrong(
    "You divided by the parameter after the step. The one before it is asked for.",
    lambda u, p: _norm(u) / max(_norm(p + u), 1e-300),
)
new_minus_old = _wrong(
    "You took the first argument for the new parameter and subtracted the old one. It is the "
    "update itself.",
    lambda u, p: _norm(u - p) / _norm(p),
)
mean_of_rows = _wrong(
    "You averaged the ratios of the rows. All entries go into one norm.",
    lambda u, p: np.mean(
        np.linalg.norm(u.reshape(len(u), -1), axis=1)
        / np.linalg.norm(p.reshape(len(p), -1), axis=1)
    ),
)
with_epsilon = _wrong(
    "You added a small number below. It is not negligible for small parameters, and a parameter "
    "of zeros must give infinity.",
    lambda u, p: _norm(u) / (_norm(p) + 1e-3),
    zeros=lambda u: float(_norm(u) / 1e-3),
)
logarithm = _wrong(
    "You returned the logarithm of the ratio.",
    lambda u, p: np.log10(max(_norm(u), 1e-300) / _norm(p)),
)
root_mean_square_of_update = _wrong(
    "You divided the update's norm by the root mean square of the parameter. Take both alike.",
    lambda u, p: _norm(u) / np.sqrt(np.mean(p**2)),
)
zero_for_zeros = _wrong(
    "A parameter of zeros gives 0. Against zeros, any step is infinitely large.",
    lambda u, p: _norm(u) / _norm(p),
    zeros=lambda u: 0.0,
)
infinite_for_no_step = _wrong(
    "Without a step your ratio is infinite where the parameter is zero. No step gives 0.",
    lambda u, p: _norm(u) / _norm(p),
    zeros=lambda u: float("inf"),
)
nan_for_zeros = _wrong(
    "A parameter of zeros gives NaN. It should give infinity, or 0 where the update is zero too.",
    lambda u, p: _norm(u) / _norm(p),
    zeros=lambda u: float("nan"),
)


@misconception(
    "update_ratio", "0/0 and 1/0 warn, and 0/0 is NaN: treat a parameter of zeros first."
)
def warning_on_zeros(update, param):
    if update.shape != param.shape:
        raise ValueError(f"update has shape {update.shape}")
    return np.float64(_norm(update)) / np.float64(_norm(param))


@misconception("update_ratio", "An update of another shape must raise a ValueError naming update.")
def any_shape(update, param):
    if not param.any():
        return float("inf") if update.any() else 0.0
    return float(_norm(update) / _norm(param))


@misconception("update_ratio", "An update of as many entries but another shape is accepted.")
def any_shape_of_that_size(update, param):
    if update.size != param.size:
        raise ValueError(f"update has shape {update.shape}")
    return any_shape(update, param)


@alternative("update_ratio")
def by_linalg(update, param):
    if np.shape(update) != np.shape(param):
        raise ValueError(f"update: {update.shape}, param: {param.shape}")
    below = np.linalg.norm(param.ravel())
    above = np.linalg.norm(update.ravel())
    if below > 0:
        return above / below
    return np.inf if above > 0 else 0.0


@alternative("update_ratio")
def by_a_loop(update, param):
    if update.shape != param.shape:
        raise ValueError("update and param differ in shape")
    u = p = 0.0
    for a, b in zip(update.flat, param.flat):
        u, p = u + a * a, p + b * b
    if p == 0.0:
        return 0.0 if u == 0.0 else float("inf")
    return float((u / p) ** 0.5)


@alternative("update_ratio")
def by_dot_products(update, param):
    if not update.shape == param.shape:
        raise ValueError(f"update has shape {update.shape}, not {param.shape}")
    u, p = np.vdot(update, update), np.vdot(param, param)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(u / p)
    return 0.0 if np.isnan(ratio) else float(ratio)
