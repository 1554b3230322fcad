"""standardise: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception

NAME = "standardise"


def checked(train, test):
    if test.shape[1] != train.shape[1]:
        raise ValueError(f"test has shape {test.shape}, expected (M, {train.shape[1]})")


def divided(train, test, mean, deviation):
    """Both sets, transformed; the deviation of a constant feature becomes 1."""
    checked(train, test)
    constant = (np.ptp(train, axis=0) == 0) | (deviation == 0)
    deviation = np.where(constant, 1.0, deviation)
    return (train - mean) / deviation, (test - mean) / deviation


def unguarded(train, test, deviation):
    """Both sets, transformed with this deviation as it is."""
    checked(train, test)
    mean = train.mean(axis=0)
    return (train - mean) / deviation, (test - mean) / deviation


def right(train, test):
    return divided(train, test, train.mean(axis=0), train.std(axis=0))


@misconception(
    NAME, "You measured the test set with its own mean and deviation: use the training set's."
)
def by_its_own_ruler(train, test):
    checked(train, test)
    return right(train, train)[0], right(test, test)[0]


@misconception(NAME, "You used the test set's mean with the training set's deviation.")
def mean_of_test(train, test):
    shifted = test - test.mean(axis=0) + train.mean(axis=0)
    return right(train, shifted)


@misconception(NAME, "You used the training set's mean with the test set's deviation.")
def deviation_of_test(train, test):
    checked(train, test)
    deviation = np.where(test.std(axis=0) == 0, 1.0, test.std(axis=0))
    return right(train, train)[0], (test - train.mean(axis=0)) / deviation


@misconception(
    NAME, "You used the statistics of both sets together: the test set must not be looked at."
)
def of_both_sets(train, test):
    checked(train, test)
    both = np.vstack([train, test])
    return divided(train, test, both.mean(axis=0), both.std(axis=0))


@misconception(NAME, "You used the test set's statistics for both sets: use the training set's.")
def of_the_test_set(train, test):
    return divided(train, test, test.mean(axis=0), test.std(axis=0))


@misconception(NAME, "You took one mean over all features: each column has its own.")
def one_ruler_for_all(train, test):
    return divided(train, test, train.mean(), train.std())


@misconception(NAME, "You took one deviation over all features: each column has its own.")
def one_deviation_for_all(train, test):
    return divided(train, test, train.mean(axis=0), train.std())


@misconception(NAME, "You standardised each row: a ruler belongs to a column, a feature.")
def by_rows(train, test):
    checked(train, test)
    one, other = right(train.T, train.T)[0].T, right(test.T, test.T)[0].T
    return one, other


@misconception(NAME, "You divided by the variance: divide by its square root.")
def by_variance(train, test):
    return divided(train, test, train.mean(axis=0), train.var(axis=0))


@misconception(NAME, "Your deviation divides by N - 1: here it divides by N.")
def over_n_minus_one(train, test):
    return divided(train, test, train.mean(axis=0), train.std(axis=0, ddof=1))


@misconception(NAME, "Your deviation lacks the division by N: it is a root of a mean.")
def by_length(train, test):
    mean = train.mean(axis=0)
    return divided(train, test, mean, np.linalg.norm(train - mean, axis=0))


@misconception(NAME, "A constant feature was divided by 0: divide it by 1.")
def constant_divided_by_zero(train, test):
    return unguarded(train, test, train.std(axis=0))


@misconception(NAME, "You replaced NaN afterwards: divide a constant feature by 1 instead.")
def nan_replaced(train, test):
    with np.errstate(all="ignore"):
        sets = constant_divided_by_zero(train, test)
    return tuple(np.nan_to_num(one) for one in sets)


@misconception(NAME, "You set a constant feature to 0 in the test set: it is shifted only.")
def constant_dropped_in_test(train, test):
    one, other = right(train, test)
    return one, other * (np.ptp(train, axis=0) > 0)


@misconception(NAME, "You left a constant feature as it was: its mean is still subtracted.")
def constant_left_alone(train, test):
    moving = np.ptp(train, axis=0) > 0
    return divided(train, test, train.mean(axis=0) * moving, train.std(axis=0))


@misconception(NAME, "You removed constant features: both sets keep their shapes.")
def constant_removed(train, test):
    moving = np.ptp(train, axis=0) > 0
    one, other = right(train, test)
    return one[:, moving], other[:, moving]


def make_epsilon(eps):
    def epsilon_added(train, test):
        return unguarded(train, test, train.std(axis=0) + eps)

    return epsilon_added


epsilon_8 = misconception(
    NAME, "You added a small number to the deviation: it spoils small features; only 0 becomes 1."
)(make_epsilon(1e-8))
epsilon_12 = misconception(
    NAME,
    "You divided a constant feature by a tiny number: it explodes in the test set; divide by 1.",
)(make_epsilon(1e-12))


@misconception(NAME, "A constant feature is divided by 1, not by a tiny floor such as 1e-8.")
def tiny_floor(train, test):
    return unguarded(train, test, np.maximum(train.std(axis=0), 1e-8))


@misconception(
    NAME, "You took a small deviation for 0: only a feature that is constant is divided by 1."
)
def small_taken_for_constant(train, test):
    checked(train, test)
    deviation = np.where(train.std(axis=0) < 1e-8, 1.0, train.std(axis=0))
    return divided(train, test, train.mean(axis=0), deviation)


@misconception(NAME, "The test set may have more or fewer samples: compare the columns only.")
def same_shape_demanded(train, test):
    if test.shape != train.shape:
        raise ValueError(f"test has shape {test.shape}, expected {train.shape}")
    return right(train, test)


@misconception(NAME, "You added 1 to every deviation: only a deviation of 0 becomes 1.")
def one_added(train, test):
    return divided(train, test, train.mean(axis=0), train.std(axis=0) + 1)


@misconception(NAME, "Every deviation below 1 became 1: only a deviation of 0 does.")
def at_least_one(train, test):
    return divided(train, test, train.mean(axis=0), np.maximum(train.std(axis=0), 1))


@misconception(NAME, "You scaled to the range from 0 to 1: use mean and deviation.")
def by_range(train, test):
    low, high = train.min(axis=0), train.max(axis=0)
    return divided(train, test, low, high - low)


@misconception(NAME, "You subtracted the mean but did not divide by the deviation.")
def shifted_only(train, test):
    return divided(train, test, train.mean(axis=0), np.ones(train.shape[1]))


@misconception(NAME, "You divided by the deviation but did not subtract the mean.")
def scaled_only(train, test):
    return divided(train, test, np.zeros(train.shape[1]), train.std(axis=0))


@misconception(NAME, "You divided before subtracting the mean: subtract first.")
def divided_first(train, test):
    mean = train.mean(axis=0)
    one, other = scaled_only(train, test)
    return one - mean, other - mean


@misconception(NAME, "You divided by the root mean square: the deviation is taken from the mean.")
def by_root_mean_square(train, test):
    return divided(train, test, train.mean(axis=0), np.sqrt(np.mean(train**2, axis=0)))


@misconception(NAME, "You subtracted the median: subtract the mean.")
def from_the_median(train, test):
    return divided(train, test, np.median(train, axis=0), train.std(axis=0))


@misconception(NAME, "The test set came back as it was: transform it as well.")
def other_set_untouched(train, test):
    return right(train, test)[0], test.copy()


@misconception(NAME, "The order is (train, test).")
def exchanged(train, test):
    return right(train, test)[::-1]


@misconception(NAME, "You returned the training set only.")
def train_only(train, test):
    return right(train, test)[0]


@misconception(NAME, "You changed the caller's arrays: return new ones.")
def in_place(train, test):
    one, other = right(train, test)
    train[:], test[:] = one, other
    return train, test


@misconception(
    NAME, "All is right, but a test set with other columns must raise a ValueError that names test."
)
def unchecked(train, test):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation[np.ptp(train, axis=0) == 0] = 1.0
    return (train - mean) / deviation, (test - mean) / deviation


@misconception(
    NAME,
    "You compared the deviation with 0: rounding makes that of a column of 0.1s about 1e-17. "
    "Compare the column's values, its largest with its smallest.",
)
def deviation_compared_with_zero(train, test):
    deviation = train.std(axis=0)
    return unguarded(train, test, np.where(deviation == 0, 1.0, deviation))


@alternative(NAME)
def by_definition(train, test):
    if train.shape[1] != test.shape[1]:
        raise ValueError(f"test: got {test.shape}, expected {train.shape[1]} columns")
    mean = train.sum(axis=0) / len(train)
    deviation = np.sqrt(np.sum((train - mean) ** 2, axis=0) / len(train))
    deviation[np.all(train == train[0], axis=0)] = 1
    return (train - mean) / deviation, (test - mean) / deviation


@alternative(NAME)
def by_columns(train, test):
    checked(train, test)
    one, other = np.zeros_like(train), np.zeros_like(test)
    for d in range(train.shape[1]):
        spread = train[:, d].std() if len(set(train[:, d])) > 1 else 1.0
        one[:, d] = (train[:, d] - train[:, d].mean()) / spread
        other[:, d] = (test[:, d] - train[:, d].mean()) / spread
    return one, other


@alternative(NAME)
def guarded_by_range(train, test):
    checked(train, test)
    mean = np.mean(train, axis=0, keepdims=True)
    deviation = np.where(np.ptp(train, axis=0) == 0, 1.0, train.std(axis=0))
    return (train - mean) / deviation, (test - mean) / deviation


@alternative(NAME)
def guarded_by_tolerance(train, test):
    checked(train, test)
    mean, deviation = train.mean(0), np.sqrt(train.var(0))
    deviation = np.where(deviation < 1e-12, 1.0, deviation)
    return [(train - mean) / deviation, (test - mean) / deviation]
