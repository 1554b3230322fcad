"""dead_fraction: units that are zero for the whole batch, counted in batches built by hand.

mistake                                  case that exposes it                   check
---------------------------------------  -------------------------------------  ------------
zeros counted, or units with any zero    units that are zero for some samples   counts_units
samples in place of units                N != H, a sample of zeros only         counts_units
sum or mean compared with 0              a column of -1 and 1                   counts_units
negative, or tiny, taken for dead        columns of -1, of 1e-9                 counts_units
a count, a percentage, the living        several shares                         counts_units
wrong number of axes accepted            (4,), (2, 3, 4)                        refuses
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
    misconception,
    reference,
    requires,
)

pytestmark = exercise("dead_fraction")
rng = case_rng("dead_fraction")


@dataclass(frozen=True, eq=False)
class Case:
    title: str
    h: np.ndarray

    def __str__(self):
        return self.title


def _relu_batch(n, units, dead):
    """Outputs with many zeros, of which the columns `dead` are zero throughout."""
    h = rng.uniform(0.1, 2.0, size=(n, units)) * (rng.random((n, units)) < 0.5)
    h[rng.integers(n), :] = 1.0  # no other column is dead by chance
    h[:, dead] = 0.0
    return h


def _signed():
    """Columns that add up to zero, that are negative, tiny, and one that is dead."""
    columns = [
        [-1.0, 1.0, 0.0, 0.0],
        [-1.0, 0.0, -2.0, 0.0],
        [0.0, -1.0, 0.0, 0.0],
        [-2.0, -1.0, -3.0, -0.5],
        [1e-9, 0.0, 0.0, 0.0],
        [0.0] * 4,
    ]
    return np.array([*columns, [0.0, 0.0, 0.0, -1e-9]]).T


COUNTED = [
    Case("two of seven", _relu_batch(5, 7, [1, 4])),
    Case("three of four, a long batch", _relu_batch(30, 4, [0, 2, 3])),
    Case("none", _relu_batch(6, 5, [])),
    Case("all", np.zeros((3, 4))),
    Case("as many units as samples", _relu_batch(5, 5, [2])),
    Case("signed outputs", _signed()),
    Case("a sample of zeros", np.vstack([_relu_batch(4, 6, [5]), np.zeros((2, 6))])),
    Case("one sample", np.array([[0.0, 2.0, 0.0, 1.0, -1.0]])),
    Case("one unit", np.array([[0.0], [0.0], [3.0]])),
]


@reference
def expected(case):
    return float((torch.tensor(case.h).abs().amax(dim=0) == 0).double().mean())


@pytest.mark.parametrize("case", COUNTED, ids=str)
def test_counts_units(student, case):
    """The share of the units that are zero for every sample."""
    assert_close(student.dead_fraction(case.h), expected(case), name="the dead fraction")


@requires("test_counts_units")
@pytest.mark.parametrize("shape", [(4,), (2, 3, 4), ()], ids=str)
def test_refuses(student, shape):
    """Raises ValueError naming h unless it has two axes."""
    with student.raises(ValueError, match=r"\bh\b"):
        student.dead_fraction(np.zeros(shape))


def _wrong(message, compute):
    @misconception("dead_fraction", message)
    def variant(h):
        if h.ndim != 2:
            raise ValueError(f"h has shape {h.shape}")
        return float(compute(h))

    return variant


zeros_counted = _wrong(
    "You counted zeros. Half of all entries are zero behind a ReLU; dead is a unit that is zero "
    "for every sample.",
    lambda h: np.mean(h == 0),
)
any_zero = _wrong(
    "A unit counts as dead in your result if it is zero for any sample. It must be so for all.",
    lambda h: np.mean(np.any(h == 0, axis=0)),
)
samples = _wrong(
    "You counted samples for which all units are zero. Ask the other way: units, for all samples.",
    lambda h: np.mean(np.all(h == 0, axis=1)),
)
divided_by_samples = _wrong(
    "You divided by the number of samples. It is a share of the units.",
    lambda h: np.sum(np.all(h == 0, axis=0)) / len(h),
)
sum_is_zero = _wrong(
    "You compared the sum of a column with 0. Values of both signs add up to 0 too.",
    lambda h: np.mean(h.sum(axis=0) == 0),
)
not_positive = _wrong(
    "You counted units that are never positive. Other activations give negative values, and those "
    "units live.",
    lambda h: np.mean(np.all(h <= 0, axis=0)),
)
largest_is_zero = _wrong(
    "You looked at each unit's largest value only. It is 0 for a unit that is negative elsewhere.",
    lambda h: np.mean(h.max(axis=0) == 0),
)
smallest_is_zero = _wrong(
    "You looked at each unit's smallest value only: it is 0 for a living unit behind a ReLU too.",
    lambda h: np.mean(h.min(axis=0) == 0),
)
negligible = _wrong(
    "You took very small values for zero. A dead unit gives exactly 0.",
    lambda h: np.mean(np.all(np.abs(h) < 1e-6, axis=0)),
)
no_variation = _wrong(
    "You counted units that do not vary. With one sample no unit varies.",
    lambda h: np.mean(h.std(axis=0) == 0),
)
counted = _wrong(
    "You returned the number of dead units. Their share is asked for.",
    lambda h: np.sum(np.all(h == 0, axis=0)),
)
percentage = _wrong(
    "You returned a percentage. A share lies between 0 and 1.",
    lambda h: 100 * np.mean(np.all(h == 0, axis=0)),
)
living = _wrong(
    "You returned the share of the living units.", lambda h: 1 - np.mean(np.all(h == 0, axis=0))
)
everything_or_nothing = _wrong(
    "You asked whether the whole array is zero. Ask for each unit by itself.",
    lambda h: np.all(h == 0),
)
first_sample = _wrong(
    "You looked at the first sample only. All of them must be zero.", lambda h: np.mean(h[0] == 0)
)
mostly = _wrong(
    "A unit counts as dead in your result if it is zero for more than half of the batch. It must "
    "be zero for all of it.",
    lambda h: np.mean(np.mean(h == 0, axis=0) > 0.5),
)


@misconception("dead_fraction", "An h without exactly two axes must raise a ValueError naming h.")
def any_shape(h):
    return float(np.mean(np.all(h.reshape(-1, h.shape[-1] if h.ndim else 1) == 0, axis=0)))


@misconception(
    "dead_fraction", "An h with three axes is accepted. Exactly two axes, (N, H), are expected."
)
def three_axes(h):
    if h.ndim < 2:
        raise ValueError(f"h has shape {h.shape}")
    return float(np.mean(np.all(h == 0, axis=0)))


@alternative("dead_fraction")
def by_a_loop(h):
    if len(h.shape) != 2:
        raise ValueError(f"h should be (N, H), its shape is {h.shape}")
    dead = 0
    for unit in range(h.shape[1]):
        dead += not any(h[:, unit])
    return dead / h.shape[1]


@alternative("dead_fraction")
def by_counting(h):
    if h.ndim - 2:
        raise ValueError(f"h: {h.ndim} axes")
    return 1.0 - np.count_nonzero(np.count_nonzero(h, axis=0)) / h.shape[1]


@alternative("dead_fraction")
def by_the_largest(h):
    if h.ndim != 2:
        raise ValueError("h must be two-dimensional")
    return (np.abs(h).max(0) == 0).mean()
