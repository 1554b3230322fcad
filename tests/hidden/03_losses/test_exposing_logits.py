"""exposing_logits: an input that tells wrong versions of softmax_cross_entropy from the right one.

mistake                                       case that exposes it      check
--------------------------------------------  ------------------------  ------------------
small logits: an epsilon stays invisible      the version shown         the_version_shown
one sample, as many samples as classes        the catalogue             nine_in_ten
no large logits, or the same in each row      the catalogue             nine_in_ten
labels out of range, of a wrong shape         the right function        both
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception

from . import catalogue_softmax_cross_entropy as catalogue

pytestmark = exercise("exposing_logits")

# What only target rows, other shapes or a warning can tell is beyond the reach of (z, labels).
BEYOND_REACH = {
    "any_shape_accepted",
    "columns_accepted",
    "lengths_compared",
    "rows_as_indices",
    "rows_rounded",
    "told_apart_by_dtype",
    "warning",
    "zero_times_infinity",
}
VERSIONS = {
    name: version
    for name, version in faults_in(catalogue, "softmax_cross_entropy").items()
    if name not in BEYOND_REACH
}
SHOWN = "added_12"


def _arguments(student):
    arguments = student.exposing_logits()
    form = isinstance(arguments, tuple | list) and len(arguments) == 2
    expect(form, "return a pair (z, labels)")
    z, labels = arguments
    arrays = isinstance(z, np.ndarray) and isinstance(labels, np.ndarray)
    expect(arrays, "z and labels should be arrays")
    a_label_a_row = z.ndim == 2 and labels.shape == z.shape[:1]
    expect(a_label_a_row, "there should be one label for each row of z", value=list(labels.shape))
    expect(np.isfinite(z).all(), "the logits should be finite")
    whole = labels.dtype.kind in "iu" and np.all((labels >= 0) & (labels < z.shape[1]))
    expect(whole, "the labels should be integers from 0 to C - 1")
    return z, labels


def test_the_version_shown(student):
    """The version shown gives another result than the right one."""
    found = exposed(_arguments(student), catalogue.cross_entropy, {SHOWN: VERSIONS[SHOWN]})
    expect(found, "on this input the version shown is right", value=found)


def test_nine_in_ten(student):
    """At least nine in ten of the known faulty versions give another result."""
    found = exposed(_arguments(student), catalogue.cross_entropy, VERSIONS)
    text = f"your input exposes {len(found)} of {len(VERSIONS)} versions; nine in ten are asked for"
    expect(len(found) >= 0.9 * len(VERSIONS), text, value=found)


def _input(message, z, labels):
    return misconception("exposing_logits", message)(lambda: (np.array(z), np.array(labels)))


small_logits = _input(
    "All your logits are small, so nothing overflows and no probability comes near 1e-12. Use "
    "logits of hundreds, with the label at a low one.",
    [[2.0, -1.0, 0.5, 0.25], [0.0, 3.0, 1.0, -2.0], [-1.5, 0.5, 2.0, 1.0]],
    [2, 0, 3],
)
large_and_right = _input(
    "Your labels stand where the largest logits are: the loss is 0 for nearly every version. Put "
    "them at low logits.",
    [[900.0, -3.0, 0.5, 2.0], [0.3, 40.0, 1.1, -0.7], [-900.0, -990.0, -800.0, -2000.0]],
    [0, 1, 2],
)
all_zero = _input(
    "Equal logits hide nearly everything: each class has the probability 1/C in most versions.",
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
    [2, 0, 1],
)
one_sample = _input(
    "With a single sample the mean and the sum are the same, and so are many ways to shift and to "
    "pick. Use several rows.",
    [[900.0, -3.0, 0.5, 2.0]],
    [1],
)
moderately_wrong = _input(
    "Your input exposes the version shown, but nothing overflows in it. Use a logit of 1000, and "
    "rows of different size.",
    [[30.0, -3.0, 0.5, 2.0], [0.3, -0.7, 1.1, -0.2], [-3.0, -4.5, -2.0, 1.0]],
    [1, 3, 0],
)
same_size_of_rows = _input(
    "All rows have the same large logits, so one shift fits all, and no logit is far below 0.",
    [[40.0, 1.0, 0.5, 2.0], [40.0, 1.0, 0.5, 2.0], [40.0, 1.0, 0.5, 2.0]],
    [1, 1, 1],
)
label_out_of_range = _input(
    "A label of C is no class: the right function refuses it. Classes are counted from 0.",
    [[900.0, -3.0, 0.5], [0.3, -0.7, 1.1]],
    [3, 1],
)
rows_for_labels = _input(
    "Return integer labels, one for each row of z, not target rows.",
    [[900.0, -3.0, 0.5], [0.3, -0.7, 1.1]],
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
)
one_label_too_few = _input(
    "There should be one label for each row of z.",
    [[900.0, -3.0, 0.5], [0.3, -0.7, 1.1]],
    [1],
)
infinite = _input(
    "Infinite logits give NaN in the right function as well. Use large finite ones.",
    [[np.inf, -3.0, 0.5], [0.3, -0.7, 1.1]],
    [1, 0],
)


@misconception("exposing_logits", "Return both: the logits and the labels, as a pair.")
def logits_only():
    return np.array([[900.0, -3.0, 0.5], [0.3, -0.7, 1.1], [-900.0, -901.5, -899.0]])


@alternative("exposing_logits")
def drawn():
    rng = np.random.default_rng(5)
    z = rng.normal(scale=2.0, size=(5, 3)) + np.array([[-3000.0], [-50.0], [0.0], [2.0], [3000.0]])
    z[3] *= 400
    return z, z.argmin(axis=1)


@alternative("exposing_logits")
def three_rows():
    z = [[900.0, -3.0, 0.5, 2.0], [0.3, -0.7, 1.1, -40.0], [-900.0, -901.5, -899.0, -2e3]]
    return np.array(z), np.array([2, 3, 1])


@alternative("exposing_logits")
def two_rows():
    return np.array([[1500.0, 0.25, -1500.0], [-2.0, 0.5, 1.0]]), np.array([2, 0])


@alternative("exposing_logits")
def many_classes():
    z = np.array(
        [[1e4, 0.0, 3.0, -1e4, 7.0], [2.0, 0.5, -80.0, 1.0, 0.0], [-1e4, -1e4 - 3, 0, 4, 9]]
    )
    return [z, np.array([3, 2, 0], dtype=np.int32)]
