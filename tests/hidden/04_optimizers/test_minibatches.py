"""minibatches: what must hold for every order that a generator may give.

No draw is compared with a known one: right answers may use the generator in different ways.

mistake                            case that exposes it          check
---------------------------------  ----------------------------  ------------------------
samples lost, repeated, mispaired  N and B of all kinds          every_sample_once
a batch of none                    B divides N                   every_sample_once
not shuffled, or batches only      60 samples                    shuffled
a rotation, one fixed order        120 epochs                    any_sample_in_any_batch
the same batches, shuffled         pairs over 120 epochs         any_sample_in_any_batch
another generator                  one seed twice                uses_the_given_generator
np.random seeded from rng          its next number               leaves_np_random_alone
X changed                          X and y kept                  leaves_samples_alone
one shape only                     X (11,), y (11, 3, 2); N = 0  any_shape
bad input accepted                 len(y) = 6, B = 0             rejects_bad_input
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    fetch,
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


STATE = """
def seed():
    np.random.seed(7)


def draw():
    return float(np.random.random())
"""


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
    """Over many epochs every sample meets every batch, and every other sample."""
    met, pairs = np.zeros((12, 4), dtype=int), np.zeros((12, 12), dtype=int)
    generator = student.keep(seeded(SEEDS[2]))
    for _ in range(120):
        batches = epoch(student, ROWS[:12], np.arange(12), 3, generator)
        for number, (_, y_batch) in enumerate(batches):
            met[y_batch, number] += 1
            pairs[np.ix_(y_batch, y_batch)] += 1
    expect(np.all(met > 0), "some samples never come in some batches: the order is not random")
    hint = "some samples never come together: the batches are fixed, only their order is random"
    expect(np.all(pairs > 0), hint, value=int((pairs == 0).sum() > 0))


@requires("test_every_sample_once")
def test_uses_the_given_generator(student):
    """One seed gives one order; another seed, or the next epoch, another."""
    X, y = ROWS[:40], np.arange(40)
    first = order(epoch(student, X, y, 7, seeded(SEEDS[3])))
    again = order(epoch(student, X, y, 7, seeded(SEEDS[3])))
    expect(first == again, "the same seed gives another order: only rng may be used")
    others = [order(epoch(student, X, y, 7, seeded(SEEDS[3] + k))) for k in (1, 2, 3)]
    expect(others != [first] * 3, "another seed gives the same order: shuffle with rng")
    generator = student.keep(seeded(SEEDS[4]))
    epochs = [order(epoch(student, X, y, 7, generator)) for _ in range(4)]
    expect(epochs != [epochs[0]] * 4, "the next epoch has the same order as the one before it")


@requires("test_shuffled")
def test_leaves_samples_alone(student):
    """X and y are as they were, during the epoch and after it."""
    X, y = student.keep(ROWS[:20]), student.keep(np.arange(20))
    made = student.minibatches(X, y, 6, seeded(SEEDS[5]))
    expect(isinstance(made, list) or len(take(made, 9)) == 4, "there should be four batches")
    assert_close(fetch(X), ROWS[:20], name="X after the epoch")
    assert_equal(fetch(y), np.arange(20), name="y after the epoch")


@requires("test_every_sample_once")
def test_any_shape(student):
    """Takes vectors and tables, as samples and as targets, and yields nothing for none."""
    X, y = np.arange(11.0), ROWS[:11]
    batches = epoch(student, X, y, 4, seeded(SEEDS[6]))
    met = [int(i) for X_batch, _ in batches for i in X_batch]
    assert_equal(sorted(met), list(range(11)), name="the samples, sorted")
    assert_close([y_batch for _, y_batch in batches], [y[met[i : i + 4]] for i in (0, 4, 8)])
    none = epoch(student, np.ones((0, 3)), np.ones(0), 4, seeded(SEEDS[6]))
    assert_equal(len(none), 0, name="batches of no samples")


@requires("test_uses_the_given_generator")
def test_leaves_np_random_alone(student):
    """NumPy's global generator, which others may use, is neither seeded nor drawn from."""
    seed, draw = (student.define(STATE, name) for name in ("seed", "draw"))
    seed()
    wanted = draw()
    seed()
    epoch(student, ROWS[:20], np.arange(20), 6, seeded(SEEDS[7]))
    expect(draw() == wanted, "np.random gives another number than it would have given")


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
