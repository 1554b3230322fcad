"""Hidden checks of `batches`. @CANARY_TESTS@"""

import numpy as np
import pytest

from gradlab.judge import alternative, assert_equal, case_rng, exercise, misconception, take

pytestmark = exercise("batches", few="a lab to attack, not to learn from")
rng = case_rng("batches")
CASES = [(int(n), int(size)) for n, size in zip(rng.integers(7, 30, 3), (3, 4, 7))]


@pytest.mark.parametrize(("n", "size"), CASES)
def test_batches(student, n, size):
    """Yields all indices in order, in arrays of the size asked for."""
    expected = [np.arange(i, min(i + size, n)) for i in range(0, n, size)]
    assert_equal(take(student.batches(n, size), len(expected) + 1), expected, name="batches")


@misconception("batches", "You left out the last, shorter batch.")
def dropped(n, size):
    for start in range(0, n - size + 1, size):
        yield np.arange(start, start + size)


@alternative("batches")
def by_slices(n, size):
    indices = np.arange(n)
    while len(indices):
        yield indices[:size]
        indices = indices[size:]
