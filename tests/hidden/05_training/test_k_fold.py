"""k_fold: a partition into folds, its complements, sizes, order, generator.

mistake                                   case that exposes it              check
----------------------------------------  --------------------------------  ----------
rest lost, or all in one fold             n = 11 and k = 3, 4, 7            folds
train overlaps, or lacks, validation      all cases                         folds
train and validation swapped              k > 2                             folds
not shuffled; global or new generator     seeds                             shuffled
k unchecked                               0, 1, n + 1                       refuses
"""

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    assert_equal,
    case_rng,
    exercise,
    expect,
    misconception,
    requires,
    seeded,
    weight,
)

from .draws import require_partition

pytestmark = exercise("k_fold")
SEED = int(case_rng("k_fold").integers(2**31))
CASES = [(11, 3), (12, 4), (11, 4), (20, 7), (5, 5), (9, 2), (2, 2)]


def _pairs(student, n, k, generator):
    pairs = student.k_fold(n, k, generator)
    form = isinstance(pairs, tuple | list) and len(pairs) == k
    expect(form, "the result should be a list of k pairs", value=pairs)
    for pair in pairs:
        two = isinstance(pair, tuple | list) and len(pair) == 2
        expect(two, "each item should be a pair (train, validation)", value=pair)
    return pairs


@weight(2)
@pytest.mark.parametrize(("n", "k"), CASES)
def test_folds(student, n, k):
    """Each index validates once, the fold sizes differ by one at most, train holds the others."""
    pairs = _pairs(student, n, k, seeded(SEED))
    require_partition([validation for _, validation in pairs], n, "the validation sets")
    sizes = sorted(len(validation) for _, validation in pairs)
    expect(sizes[-1] - sizes[0] <= 1, "the folds differ by more than one in size", value=sizes)
    for pair in pairs:
        require_partition(pair, n, "one pair")


@requires("test_folds")
def test_shuffled(student):
    """The order is drawn from rng: one seed, one result; another seed, another."""

    def order(generator):
        return np.concatenate([valid for _, valid in _pairs(student, 40, 4, generator)])

    first, other = order(seeded(5)), order(seeded(6))
    assert_equal(first, order(seeded(5)), name="the folds from the same seed")
    rising = int(np.sum(np.diff(first) > 0))  # of 39, about a half
    expect(rising < 32, "the indices are not shuffled", value=rising)
    differs = bool(np.any(first != other))
    expect(differs, "another generator gives the same folds", value=differs)
    members = [sorted(fold) for fold in np.split(first, 4)]
    mixed = all(int(np.ptp(fold)) > 15 for fold in members)
    expect(mixed, "a fold is a block of neighbours", value=members)
    kept = student.define("rng = np.random.default_rng(5)", "rng")
    again = bool(np.any(order(kept) != order(kept)))
    expect(again, "a second call with the same generator repeats the folds", value=again)


@requires("test_folds")
@pytest.mark.parametrize(("n", "k"), [(11, 1), (11, 0), (11, 12), (4, -2), (1, 1)])
def test_refuses(student, n, k):
    """Raises ValueError naming k unless it is 2 to n."""
    with student.raises(ValueError, match=r"\bk\b"):
        student.k_fold(n, k, seeded(0))


def _complements(folds, n):
    return [(np.setdiff1d(np.arange(n), fold), fold) for fold in folds]


def _wrong(message, split):
    """split(n, k, rng) -> the pairs."""

    @misconception("k_fold", message)
    def variant(n, k, rng):
        if not 2 <= k <= n:
            raise ValueError(f"k is {k}")
        return split(n, k, rng)

    return variant


def _blocks(order, k):
    """Folds of n // k, the last one with the rest."""
    return np.split(order, np.arange(1, k) * (len(order) // k))


rest_in_the_last = _wrong(
    "The last fold takes all that is left over. Spread it: sizes differ by one at most.",
    lambda n, k, rng: _complements(_blocks(rng.permutation(n), k), n),
)
rest_lost = _wrong(
    "What is left over after n // k a fold is in no fold.",
    lambda n, k, rng: _complements(_blocks(rng.permutation(n)[: n // k * k], k), n),
)
not_shuffled = _wrong(
    "The folds are blocks in the given order. Shuffle first.",
    lambda n, k, rng: _complements(np.array_split(np.arange(n), k), n),
)
shuffled_within = _wrong(
    "The folds are shuffled blocks of neighbours. Shuffle before you cut.",
    lambda n, k, rng: _complements(
        [rng.permutation(fold) for fold in np.array_split(np.arange(n), k)], n
    ),
)
sorted_folds = _wrong(
    "Each validation set is sorted. Its order should be random.",
    lambda n, k, rng: _complements(
        [np.sort(fold) for fold in np.array_split(rng.permutation(n), k)], n
    ),
)
swapped = _wrong(
    "train and validation are swapped: one fold validates, the others train.",
    lambda n, k, rng: [
        pair[::-1] for pair in _complements(np.array_split(rng.permutation(n), k), n)
    ],
)
everything_trains = _wrong(
    "train holds all samples, the validation set included. What is trained on cannot judge.",
    lambda n, k, rng: [(np.arange(n), fold) for fold in np.array_split(rng.permutation(n), k)],
)
drawn_anew = _wrong(
    "Each fold is drawn anew, so that some samples validate twice and others never.",
    lambda n, k, rng: _complements([np.array_split(rng.permutation(n), k)[i] for i in range(k)], n),
)
next_fold_trains = _wrong(
    "Only the next fold is used for training. All the others are.",
    lambda n, k, rng: [
        (folds[(i + 1) % k], folds[i])
        for folds in [np.array_split(rng.permutation(n), k)]
        for i in range(k)
    ],
)
earlier_folds_train = _wrong(
    "Only earlier folds are used for training (that is for time series). All the others are.",
    lambda n, k, rng: [
        (np.concatenate([*folds[:i], np.zeros(0, dtype=int)]), folds[i])
        for folds in [np.array_split(rng.permutation(n), k)]
        for i in range(k)
    ],
)
fold_size_k = _wrong(
    "Your folds have k samples. There should be k folds.",
    lambda n, k, rng: _complements(np.array_split(rng.permutation(n), range(k, n, k)), n),
)
one_pair = _wrong(
    "One pair came back. There are k: each fold validates once.",
    lambda n, k, rng: _complements(np.array_split(rng.permutation(n), k), n)[:1],
)
folds_alone = _wrong(
    "The folds came back. Return pairs (train, validation).",
    lambda n, k, rng: np.array_split(rng.permutation(n), k),
)
from_one = _wrong(
    "Your indices run from 1 to n. They run from 0.",
    lambda n, k, rng: [
        (t + 1, v + 1) for t, v in _complements(np.array_split(rng.permutation(n), k), n)
    ],
)
global_generator = _wrong(
    "The order comes from np.random, not from rng: no seed can repeat it.",
    lambda n, k, rng: _complements(np.array_split(np.random.permutation(n), k), n),
)
reseeded = _wrong(
    "You make a new generator with a fixed seed: the folds are always the same.",
    lambda n, k, rng: _complements(np.array_split(np.random.default_rng(0).permutation(n), k), n),
)
masks = _wrong(
    "You return masks of True and False. Return arrays of indices.",
    lambda n, k, rng: [
        (~np.isin(np.arange(n), fold), np.isin(np.arange(n), fold))
        for fold in np.array_split(rng.permutation(n), k)
    ],
)


@misconception("k_fold", "A k outside 2 to n must raise a ValueError that names k.")
def any_k(n, k, rng):
    return _complements(np.array_split(rng.permutation(n), max(k, 1)), n)


@misconception("k_fold", "k = 1 is accepted. With one fold nothing is left to train on.")
def one_accepted(n, k, rng):
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}")
    return any_k(n, k, rng)


@misconception("k_fold", "A k above n is accepted: some folds are empty.")
def more_than_samples(n, k, rng):
    if k < 2:
        raise ValueError(f"k is {k}")
    return any_k(n, k, rng)


@alternative("k_fold")
def by_remainders(n, k, rng):
    if k < 2 or k > n:
        raise ValueError(f"k = {k} should lie between 2 and {n}")
    fold_of = rng.permutation(n) % k
    order = rng.permutation(n)
    return [(order[fold_of[order] != i], order[fold_of[order] == i]) for i in range(k)]


@alternative("k_fold")
def by_strides(n, k, rng):
    if k not in range(2, n + 1):
        raise ValueError("k: " + str(k))
    order = np.arange(n)
    rng.shuffle(order)
    return tuple([np.delete(order, np.s_[i::k]), order[i::k]] for i in range(k))


@alternative("k_fold")
def by_lists(n, k, rng):
    if not (k >= 2 and k <= n):
        raise ValueError(f"cannot make k = {k} folds of {n} samples")
    order, pairs, start = list(rng.permutation(n)), [], 0
    for i in range(k):
        size = n // k + (1 if i < n % k else 0)
        fold = order[start : start + size]
        pairs.append((np.array(order[:start] + order[start + size :]), np.array(fold)))
        start += size
    return pairs
