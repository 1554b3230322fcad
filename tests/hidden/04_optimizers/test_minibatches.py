"""Shuffled minibatches: what must hold for every order that a generator may give.

No draw is compared with a known one: right answers may use the generator in different ways.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from gradlab.judge import (
    alternative,
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
    misconception,
    requires,
    seeded,
    take,
    weight,
)

pytestmark = exercise("minibatches")
rng = case_rng("minibatches")


@dataclass(frozen=True, eq=False)
class Case:
    """N samples whose target is their own row number."""

    samples: int
    batch_size: int
    sizes: list

    def __str__(self):
        return f"{self.samples} samples in batches of {self.batch_size}"

    @property
    def X(self):
        return ROWS[: self.samples]

    @property
    def y(self):
        return np.arange(self.samples)


ROWS = rng.normal(size=(80, 3, 2))
CASES = [
    Case(23, 5, [5, 5, 5, 5, 3]),
    Case(24, 6, [6, 6, 6, 6]),
    Case(7, 10, [7]),
    Case(9, 1, [1] * 9),
    Case(13, 12, [12, 1]),
]
SEEDS = [int(seed) for seed in rng.integers(1, 10_000, size=60)]


def epoch(student, X, y, batch_size, generator):
    """The batches of one epoch; a list of pairs serves as well as a generator."""
    X, y = student.keep(X), student.keep(y)  # whether they were modified is a check of its own
    made = student.minibatches(X, y, batch_size, generator)
    batches = made if isinstance(made, list) else take(made, len(ROWS) + 5)
    return [(X_batch, y_batch) for X_batch, y_batch in batches]


def order(batches):
    """The row numbers in the order met."""
    return [int(i) for _, y_batch in batches for i in y_batch]


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_sample_once(student, case):
    """Every sample appears exactly once, in batches of the right sizes, beside its own target."""
    batches = epoch(student, case.X, case.y, case.batch_size, seeded(SEEDS[0]))
    met = order(batches)
    assert_equal([len(y_batch) for _, y_batch in batches], case.sizes, name="the batch sizes")
    assert_equal([len(met), len(set(met))], [case.samples] * 2, name="samples, distinct samples")
    shapes = [list(np.shape(X_batch)[1:]) for X_batch, _ in batches]
    assert_equal(shapes, [[3, 2]] * len(batches), name="the shapes of a sample in each batch")
    together = all(
        X_batch.shape == case.X[y_batch].shape and np.array_equal(X_batch, case.X[y_batch])
        for X_batch, y_batch in batches
    )
    expect(together, "a batch holds samples beside targets that are not theirs")


@requires("test_every_sample_once")
def test_shuffled(student):
    """The order is random: batches mix samples from everywhere."""
    batches = epoch(student, ROWS[:60], np.arange(60), 6, seeded(SEEDS[1]))
    met = order(batches)
    expect(met != sorted(met), "the samples come in their original order")
    spans = [int(np.ptp(y_batch)) for _, y_batch in batches]
    cyclic = all((b - a) % 60 == 1 for a, b in pairwise(met))
    hint = "a batch is a run of neighbours; shuffle the samples, not the batches"
    expect(5 not in spans, hint, value=cyclic)


@requires("test_every_sample_once")
def test_any_sample_in_any_batch(student):
    """Over many epochs every sample meets every batch."""
    met = np.zeros((12, 4), dtype=int)
    generator = student.keep(seeded(SEEDS[2]))
    for _ in range(120):
        batches = epoch(student, ROWS[:12], np.arange(12), 3, generator)
        for number, (_, y_batch) in enumerate(batches):
            met[y_batch, number] += 1
    expect(np.all(met > 0), "some samples never come in some batches: the order is not random")


@requires("test_every_sample_once")
def test_uses_the_given_generator(student):
    """One seed gives one order; another seed, or the next epoch, another."""
    X, y = ROWS[:40], np.arange(40)
    first = order(epoch(student, X, y, 7, seeded(SEEDS[3])))
    again = order(epoch(student, X, y, 7, seeded(SEEDS[3])))
    expect(first == again, "the same seed gives another order: only rng may be used")
    other = order(epoch(student, X, y, 7, seeded(SEEDS[3] + 1)))
    expect(first != other, "another seed gives the same order: shuffle with rng")
    generator = student.keep(seeded(SEEDS[4]))
    epochs = [order(epoch(student, X, y, 7, generator)) for _ in range(2)]
    expect(epochs[0] != epochs[1], "the next epoch has the same order as the one before it")


@requires("test_shuffled")
def test_inputs_unmodified(student):
    """X and y are as they were, during the epoch and after it."""
    X, y = student.keep(ROWS[:20]), student.keep(np.arange(20))
    made = student.minibatches(X, y, 6, seeded(SEEDS[5]))
    expect(isinstance(made, list) or len(take(made, 9)) == 4, "there should be four batches")
    assert_close(fetch(X), ROWS[:20], name="X after the epoch")
    assert_equal(fetch(y), np.arange(20), name="y after the epoch")


@requires("test_every_sample_once")
def test_rejects_bad_input(student):
    """Raises ValueError naming y when lengths differ, and batch_size when it is below 1."""
    with student.raises(ValueError, match=r"\by\b"):
        epoch(student, ROWS[:9], np.arange(8), 4, seeded(1))
    with student.raises(ValueError, match=r"\by\b"):
        epoch(student, ROWS[:8], np.arange(9), 4, seeded(1))
    for size in (0, -2):
        with student.raises(ValueError, match="batch_size"):
            epoch(student, ROWS[:9], np.arange(9), size, seeded(1))


def checked(X, y, batch_size):
    if len(X) != len(y):
        raise ValueError(f"y has {len(y)} rows; expected {len(X)}")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")


def batches_of(indices):
    """An implementation: `indices(N, batch_size, rng)` gives the list of each batch's rows."""

    def minibatches(X, y, batch_size, rng):
        checked(X, y, batch_size)
        for rows in indices(len(X), batch_size, rng):
            yield X[rows], y[rows]

    return minibatches


def cut(rows, size):
    return [rows[i : i + size] for i in range(0, len(rows), size)]


short_batch_dropped = misconception(
    "minibatches", "The last batch is dropped when it is short: its samples are never trained on."
)(batches_of(lambda n, b, rng: [r for r in cut(rng.permutation(n), b) if len(r) == b]))

not_shuffled = misconception(
    "minibatches", "The samples come in their original order; shuffle them with rng first."
)(batches_of(lambda n, b, rng: cut(np.arange(n), b)))

with_replacement = misconception(
    "minibatches",
    "Each batch is drawn afresh, so samples repeat and others are missed in an epoch.",
)(batches_of(lambda n, b, rng: [rng.choice(n, len(r)) for r in cut(np.arange(n), b)]))

global_generator = misconception(
    "minibatches", "The order comes from np.random, not from rng: the seed does not repeat it."
)(batches_of(lambda n, b, rng: cut(np.random.permutation(n), b)))

own_seed = misconception(
    "minibatches",
    "A new generator is made in each epoch, so all epochs have the same order; use rng.",
)(batches_of(lambda n, b, rng: cut(np.random.default_rng(0).permutation(n), b)))

shuffled_batches = misconception(
    "minibatches", "Only the order of the batches is random; the same neighbours stay together."
)(batches_of(lambda n, b, rng: [np.arange(n)[i : i + b] for i in _starts(n, b, rng)]))

shuffled_within = misconception(
    "minibatches",
    "Samples are shuffled within their batch only; each must be able to meet any batch.",
)(batches_of(lambda n, b, rng: [rng.permutation(rows) for rows in cut(np.arange(n), b)]))

rotated = misconception(
    "minibatches", "The samples are only rotated to a random start; neighbours stay together."
)(batches_of(lambda n, b, rng: cut(np.roll(np.arange(n), rng.integers(1, n)), b)))

filled_up = misconception(
    "minibatches", "A short last batch is filled up with samples that the epoch has already had."
)(batches_of(lambda n, b, rng: [np.resize(r, b) for r in cut(rng.permutation(n), b)]))

empty_last_batch = misconception(
    "minibatches", "When the batch size divides N there is an empty batch at the end."
)(batches_of(lambda n, b, rng: np.split(rng.permutation(n), range(b, n + 1, b))))

evenly_split = misconception(
    "minibatches", "The samples are split evenly; every batch but the last has batch_size rows."
)(batches_of(lambda n, b, rng: np.array_split(rng.permutation(n), -(-n // b))))

one_sample_short = misconception(
    "minibatches", "Slices stop one row too early: the end of a slice is exclusive."
)(batches_of(lambda n, b, rng: [r[:-1] if len(r) > 1 else r for r in cut(rng.permutation(n), b)]))


def _starts(n, size, rng):
    """Starts of the blocks in random order, the short one last."""
    starts = np.arange(0, n, size)
    full = n // size
    return [*rng.permutation(starts[:full]), *starts[full:]]


@misconception("minibatches", "Only the first batch comes: the loop returns instead of yielding.")
def first_batch_only(X, y, batch_size, rng):
    checked(X, y, batch_size)
    rows = rng.permutation(len(X))[:batch_size]
    return [(X[rows], y[rows])]


@misconception("minibatches", "X and y are shuffled by two permutations: the pairs are torn apart.")
def separate_permutations(X, y, batch_size, rng):
    checked(X, y, batch_size)
    X, y = X[rng.permutation(len(X))], y[rng.permutation(len(y))]
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@misconception(
    "minibatches", "Every sample of X was made a flat row; a batch keeps its other axes."
)
def flattened(X, y, batch_size, rng):
    checked(X, y, batch_size)
    for rows in cut(rng.permutation(len(X)), batch_size):
        yield X[rows].reshape(len(rows), -1), y[rows]


@misconception("minibatches", "X and y themselves were shuffled; work on an index array instead.")
def shuffled_in_place(X, y, batch_size, rng):
    checked(X, y, batch_size)
    rows = rng.permutation(len(X))
    X[:], y[:] = X[rows], y[rows]
    for start in range(0, len(X), batch_size):
        yield X[start : start + batch_size], y[start : start + batch_size]


@misconception(
    "minibatches",
    "X and y of unequal length must raise a ValueError that names y, and a batch size "
    "below 1 one that names batch_size.",
)
def unchecked(X, y, batch_size, rng):
    rows = rng.permutation(min(len(X), len(y)))
    for start in range(0, len(rows), max(batch_size, 1)):
        yield X[rows[start : start + batch_size]], y[rows[start : start + batch_size]]


@alternative("minibatches")
def shuffle_a_list(X, y, batch_size, rng):
    """Shuffles a Python list, returns a list of pairs that is made at once."""
    checked(X, y, batch_size)
    rows = list(range(len(X)))
    rng.shuffle(rows)
    return [(X[r], y[r]) for r in cut(rows, batch_size)]


@alternative("minibatches")
def sort_random_keys(X, y, batch_size, rng):
    """Checks at once, and hands out a generator of lists."""
    checked(X, y, batch_size)
    rows = np.argsort(rng.random(len(X)))
    X, y = X[rows], y[rows]
    pieces = range(0, len(X), batch_size)
    return ([X[i : i + batch_size], y[i : i + batch_size]] for i in pieces)


@alternative("minibatches")
def draw_one_by_one(X, y, batch_size, rng):
    """Fisher and Yates by hand; copies each batch with take."""
    checked(X, y, batch_size)
    rows = np.arange(len(X))
    for last in range(len(X) - 1, 0, -1):
        other = rng.integers(0, last + 1)
        rows[[last, other]] = rows[[other, last]]
    for start in range(0, len(X), batch_size):
        chosen = rows[start : start + batch_size]
        yield np.take(X, chosen, axis=0), np.take(y, chosen, axis=0)


@alternative("minibatches")
def zip_two_lists(X, y, batch_size, rng):
    """An iterator that is no generator, over views of two permuted copies."""
    checked(X, y, batch_size)
    rows = rng.choice(len(X), len(X), replace=False)
    X, y = np.take(X, rows, axis=0), np.take(y, rows, axis=0)
    return zip(cut(X, batch_size), cut(y, batch_size), strict=True)
