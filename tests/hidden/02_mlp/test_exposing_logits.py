"""exposing_logits: which faults of the softmax catalogue does the student's batch expose?

mistake                          why it hides faults                        check
-------------------------------  -----------------------------------------  --------------------
logits near 0, or of one sign    no overflow, no 0/0                        the_colleagues_fault
one row                          one maximum for all rows is its own        the_colleagues_fault
rows of a like size              the same                                   the_colleagues_fault
no row of mixed sizes            clipping, shifting by a mean are harmless  nearly_all_faults
a square batch, one column       rows and columns alike                     nearly_all_faults
not a tuple, not two axes, NaN   the right function refuses it              both
"""

import numpy as np
import torch
from torch.nn import functional

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception

from . import catalogue_softmax

pytestmark = exercise("exposing_logits")
SHOWN = "one_shift_for_all"
# No valid batch can show that invalid ones are accepted.
FAULTS = {
    name: fault
    for name, fault in faults_in(catalogue_softmax, "softmax").items()
    if name != "any_axes_accepted"
}


def right(z):
    z = np.asarray(z, dtype=float)
    if z.ndim != 2 or z.size == 0 or not np.isfinite(z).all():
        raise ValueError("z should have two axes and finite numbers")
    return functional.softmax(torch.tensor(z), dim=1).numpy()


def _arguments(student):
    """The student's batch as floats, so that whole numbers do not change how faults behave."""
    arguments = student.exposing_logits()
    expect(
        isinstance(arguments, tuple | list) and len(arguments) == 1,
        "return a tuple with one element, the batch of logits",
    )
    z = arguments[0]
    numeric = isinstance(z, np.ndarray | list) and np.asarray(z).dtype.kind in "if"
    expect(numeric, "the batch should be an array of numbers")
    z = np.array(z, dtype=float)
    expect(z.ndim == 2, "the batch should have two axes, (N, C)", value=z.ndim)
    finite = bool(np.isfinite(z).all())
    expect(finite, "the logits should be finite", value=finite)
    return (z,)


def test_the_colleagues_fault(student):
    """Tells the colleague's function from a right one."""
    found = exposed(_arguments(student), right, {SHOWN: FAULTS[SHOWN]})
    expect(SHOWN in found, "his function and a right one agree on your batch", value=len(found))


def test_nearly_all_faults(student):
    """Exposes at least nine in ten of the faults that we have seen in a softmax."""
    found = exposed(_arguments(student), right, FAULTS)
    enough = 10 * len(found) >= 9 * len(FAULTS)
    text = f"your batch exposes {len(found)} of {len(FAULTS)} faults; nine in ten are asked for"
    expect(enough, text, value=sorted(found))


def _hiding(message, z):
    @misconception("exposing_logits", message)
    def variant():
        return (np.array(z, dtype=float),)

    return variant


near_zero = _hiding(
    "All your logits are near 0. Nothing overflows or vanishes there.",
    [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]],
)
zeros = _hiding("All your logits are 0. Nearly any softmax is right there.", np.zeros((3, 4)))
one_row = _hiding(
    "With one row, the largest number of the batch is that of the row.",
    [[1000.0, -1000.0, 999.0, 500.0]],
)
large_everywhere = _hiding(
    "All your rows are about equally large. One shift is then right for all of them.",
    [[1000.0, 1001.0, 998.0], [999.0, 1000.0, 1002.0]],
)
negative_everywhere = _hiding(
    "All your rows are about equally far below 0. One shift is then right for all of them.",
    [[-1000.0, -1001.0, -998.0], [-999.0, -1000.0, -1002.0]],
)
apart_but_not_enough = _hiding(
    "Your rows are apart, but not enough: exp(-100) is small and still far from 0. It takes a "
    "difference of 745.",
    [[100.0, 101.0, 99.0], [0.5, -1.0, 2.0]],
)
one_class = _hiding(
    "With one class, each probability is 1 whatever the logits.", [[1000.0], [-1000.0], [3.0]]
)
ties_only = _hiding(
    "All logits of a row are equal in yours: each class gets the same, however it is computed.",
    [[1000.0] * 3, [-1000.0] * 3],
)
certain_rows = _hiding(
    "Each row of yours has one logit far above the rest: argmax and clipping give the same.",
    [[0.0, 900.0, -900.0], [-900.0, -1800.0, -2700.0]],
)


@misconception("exposing_logits", "Return a tuple: (z,), with the comma.")
def no_tuple():
    return np.array([[1000.0, 1001.0], [-1000.0, -1002.0], [0.5, -0.5]])


@misconception("exposing_logits", "Your batch holds infinity or NaN; a right softmax may fail too.")
def infinite():
    return (np.array([[np.inf, 0.0, 1.0], [-1000.0, -1001.0, -999.0]]),)


@misconception("exposing_logits", "Your batch has one axis. Two are asked for: (N, C).")
def one_axis():
    return (np.array([1000.0, -1000.0, 3.0]),)


@alternative("exposing_logits")
def two_rows_are_enough():
    return (np.array([[800.0, -900.0, -901.0, -902.0], [-900.0, -902.0, -899.0, -901.5]]),)


@alternative("exposing_logits")
def random_rows_of_all_sizes():
    rng = np.random.default_rng(1)
    return [
        rng.normal(size=(6, 4)) * 3 + np.array([[1e4], [-1e4], [0.0], [50.0], [-50.0], [800.0]])
    ]


@alternative("exposing_logits")
def whole_numbers():
    return (np.array([[5000, 5001, 4999], [-5000, -5002, -4999], [30, 40, 39], [2, 0, -1]]),)
