"""exposing_features: a table that tells faulty versions of largest_stable_rate from the right one.

mistake                                case that exposes it    check
-------------------------------------  ----------------------  ------------------
features that are not correlated       the version shown       the_version_shown
one feature, one row                   the catalogue           nine_in_ten
proportional features, equal rows      the catalogue           nine_in_ten
"""

import numpy as np

from gradlab.judge import alternative, exercise, expect, exposed, faults_in, misconception

from . import catalogue_largest_stable_rate as catalogue

pytestmark = exercise("exposing_features")

# Only special tables expose these, and such a table hides others.
BEYOND_REACH = {
    "first_of_eig",
    "last_of_eig",
    "power_iteration_cut_short",
    "power_iteration_from_ones",
}
VERSIONS = {
    name: version
    for name, version in faults_in(catalogue, "largest_stable_rate").items()
    if name not in BEYOND_REACH
}
SHOWN = "largest_feature"


def _arguments(student):
    X = student.exposing_features()
    table = isinstance(X, np.ndarray) and X.ndim == 2 and 0 < X.size <= 100 and X.dtype.kind in "if"
    expect(table, "return an array of N rows and D columns, of at most 100 numbers")
    expect(bool(np.isfinite(X).all()), "the entries should be finite numbers")
    return (X,)


def test_the_version_shown(student):
    """The version shown gives another rate than the right one."""
    found = exposed(_arguments(student), catalogue.by_singular_values, {SHOWN: VERSIONS[SHOWN]})
    expect(found, "on this table the version shown is right", value=found)


def test_nine_in_ten(student):
    """At least nine in ten of the known faulty versions give another rate."""
    found = exposed(_arguments(student), catalogue.by_singular_values, VERSIONS)
    text = f"your table exposes {len(found)} of {len(VERSIONS)} versions; nine in ten are asked for"
    expect(len(found) >= 0.9 * len(VERSIONS), text, value=found)


def _table(message, X):
    return misconception("exposing_features", message)(lambda: np.array(X))


not_correlated = _table(
    "Your features are at right angles, so the steepest direction is a feature: exactly the case "
    "in which the version shown is right. Let them vary together.",
    [[3.0, 0.0], [0.0, 1.0], [0.0, -1.0]],
)
one_feature = _table(
    "With one feature there is one direction only, and every version finds it.",
    [[1.0], [2.5], [-0.5]],
)
one_sample = _table(
    "A single row has a single curvature, and its sum, mean and maximum are the same.",
    [[1.0, 2.5, -0.5]],
)
equal_rows = _table(
    "Your rows are all alike, so there is a single curvature and nothing to average.",
    [[1.0, 2.5, -0.5], [1.0, 2.5, -0.5], [1.0, 2.5, -0.5], [1.0, 2.5, -0.5]],
)
not_finite = _table(
    "An entry that is not a number makes every rate one that is not, the right one too.",
    [[1.0, 2.5], [np.nan, 3.0], [2.0, 1.5]],
)
proportional = _table(
    "Your features are multiples of each other, so there is only one curvature: its trace and its "
    "norm are the largest eigenvalue.",
    [[1.0, 2.0], [2.0, 4.0], [-0.5, -1.0]],
)
all_ones = _table(
    "With entries that are all 1 many versions agree by chance. Use uneven numbers.",
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]],
)
identity = _table(
    "The identity has equal curvatures in all directions. Use features that vary together.",
    [[1.0, 0.0], [0.0, 1.0]],
)


@misconception("exposing_features", "Return the table alone, an array of two dimensions.")
def a_list():
    return [[1.0, 2.5], [0.5, 3.0], [2.0, 1.5]]


@alternative("exposing_features")
def drawn():
    rng = np.random.default_rng(3)
    return rng.normal(size=(7, 3)) @ rng.normal(size=(3, 3)) + np.array([1.0, 3.0, -2.0])


@alternative("exposing_features")
def two_features():
    return np.array([[1.0, 2.5], [0.5, 3.0], [2.0, 1.5], [-0.5, 2.25], [1.0, 4.0]])


@alternative("exposing_features")
def wide():
    return np.array([[3.0, -2.0, 5.0, 1.0], [1.0, 4.0, 2.0, -1.0], [2.0, 3.0, 7.0, 0.5]])
