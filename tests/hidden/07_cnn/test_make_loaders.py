"""make_loaders: what an epoch holds, in which order, and who decides the order.

mistake                                      case that exposes it              check
-------------------------------------------  --------------------------------  ----------------
samples lost or repeated, short batch lost   12 samples in batches of 5        every_sample
pairs torn apart, X and y swapped            rows that carry their index       every_sample
validation shuffled, in other batches        the validation loader             validation
not shuffled, shuffled once                  three epochs                      order
seed not used, seeded anew in each epoch     two seeds, three epochs           order
global generator seeded or used              the global seed set before        own_generator
loaders swapped                              other rows in the two sets        every_sample
"""

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    case_rng,
    exercise,
    expect,
    requires,
    weight,
)

from .loops import SOURCE
from .networks import kernel_of

pytestmark = exercise("make_loaders")
rng = case_rng("make_loaders")


class Data:
    """Rows that carry their index, labels likewise; validation rows are other ones."""

    def __init__(self, training, validation, batch_size, shape=(2,)):
        self.batch_size = batch_size
        self.X = [rng.normal(size=(n, *shape)) for n in (training, validation)]
        self.y = [np.arange(training), 100 + np.arange(validation)]

    def __str__(self):
        return f"{len(self.y[0])} and {len(self.y[1])} samples in batches of {self.batch_size}"


SETS = [Data(12, 7, 5), Data(6, 4, 3, (1, 2, 3)), Data(5, 9, 8), Data(7, 3, 1)]
MANY = Data(40, 6, 16)


def _loaders(student, data, seed=3):
    kernel = kernel_of(student, SOURCE, "Loops")
    pairs = [kernel.pairs(X, y) for X, y in zip(data.X, data.y)]
    answer = student.make_loaders(*pairs, batch_size=data.batch_size, seed=seed)
    two = isinstance(answer, tuple | list) and len(answer) == 2
    expect(two, "return two loaders", value=str(type(answer)))
    return kernel, *answer


def _sizes(n, batch_size):
    return [min(batch_size, n - start) for start in range(0, n, batch_size)]


def _labels(kernel, loader):
    return [int(label) for _, y in kernel.epoch(loader) for label in y]


@weight(2)
@pytest.mark.parametrize("data", SETS, ids=str)
def test_every_sample(student, data):
    """In each epoch every training sample comes once, with its own label."""
    kernel, training, _ = _loaders(student, data)
    for _ in range(2):
        batches = kernel.epoch(training)
        sizes = [len(y) for _, y in batches]
        assert_equal(sizes, _sizes(len(data.y[0]), data.batch_size), name="the batches' sizes")
        labels = np.concatenate([y for _, y in batches])
        assert_equal(np.sort(labels), data.y[0], name="the labels, sorted")
        rows = np.concatenate([x for x, _ in batches])
        assert_close(rows, data.X[0][labels], name="the rows of these labels")


@pytest.mark.parametrize("data", SETS, ids=str)
def test_validation(student, data):
    """The validation samples come in their order."""
    kernel, _, validation = _loaders(student, data)
    for _ in range(2):
        batches = kernel.epoch(validation)
        labels = np.concatenate([y for _, y in batches])
        assert_equal(labels, data.y[1], name="the labels")
        rows = np.concatenate([x for x, _ in batches])
        assert_close(rows, data.X[1], name="the rows")
        largest = max(len(y) for _, y in batches)
        expect(largest <= data.batch_size, "a batch is too large", value=largest)


@weight(2)
@requires("test_every_sample")
def test_order(student):
    """Each epoch has its own order; one seed repeats them all, another gives others."""
    orders = {}
    for run, seed in (("first", 3), ("again", 3), ("other", 4)):
        kernel, training, _ = _loaders(student, MANY, seed)
        kernel.seed(11)
        orders[run] = [_labels(kernel, training) for _ in range(3)]
    first = orders["first"]
    expect(
        sorted(first[0]) != first[0],
        "the samples are not shuffled",
        value=first[0][:9] == [*range(9)],
    )
    distinct = len({tuple(order) for order in first})
    expect(distinct == 3, "the epochs have the same order", value=distinct)
    expect(first == orders["again"], "the same seed gives other orders", value=distinct)
    expect(first != orders["other"], "another seed gives the same orders", value=distinct)


@weight(2)
@requires("test_every_sample")
def test_own_generator(student):
    """torch's global generator is neither seeded nor used for the order."""
    orders, draws = [], []
    for number in (1, 2):
        kernel = kernel_of(student, SOURCE, "Loops")
        kernel.seed(number)
        kernel, training, _ = _loaders(student, MANY)
        draws.append(kernel.draw())
        orders.append([_labels(kernel, training) for _ in range(2)])
    expect(draws[0] != draws[1], "the global generator is seeded anew", value=draws[0])
    kernel.seed(1)
    expect(draws[0] == kernel.draw(), "the global generator has moved on", value=draws[0])
    expect(orders[0] == orders[1], "the global generator decides the order", value=len(orders))
