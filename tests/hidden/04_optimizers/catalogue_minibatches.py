"""minibatches: known wrong implementations, then right ones."""

import numpy as np

from gradlab.judge import alternative, misconception


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


@misconception(
    "minibatches",
    "np.random was seeded from rng: that disturbs whoever else draws from it; use rng itself.",
)
def global_seeded(X, y, batch_size, rng):
    checked(X, y, batch_size)
    np.random.seed(int(rng.integers(2**31)))
    for rows in cut(np.random.permutation(len(X)), batch_size):
        yield X[rows], y[rows]


@misconception(
    "minibatches",
    "The batches are always the same ones, only their order changes: shuffle the samples.",
)
def fixed_batches(X, y, batch_size, rng):
    checked(X, y, batch_size)
    batches = cut(np.random.default_rng(0).permutation(len(X)), batch_size)
    short = [rows for rows in batches if len(rows) < batch_size]
    full = batches[: len(batches) - len(short)]
    for rows in [*(full[i] for i in rng.permutation(len(full))), *short]:
        yield X[rows], y[rows]


@misconception(
    "minibatches", "Targets are flattened: a row of y may be an array, so shuffle along axis 0."
)
def ravelled_targets(X, y, batch_size, rng):
    checked(X, y, batch_size)
    for rows in cut(rng.permutation(len(X)), batch_size):
        yield X[rows], y.ravel()[rows]


@misconception("minibatches", "Only samples with columns are accepted: X may be a vector.")
def needs_columns(X, y, batch_size, rng):
    checked(X, y, batch_size)
    for rows in cut(rng.permutation(X.shape[0]), batch_size):
        yield X[rows, :], y[rows]


@misconception("minibatches", "No samples make no batch; you yield an empty one.")
def empty_batch(X, y, batch_size, rng):
    checked(X, y, batch_size)
    for rows in cut(rng.permutation(len(X)), batch_size) or [np.arange(0)]:
        yield X[rows], y[rows]


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
