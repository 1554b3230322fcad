"""Hidden checks of `RunningMean`. @CANARY_TESTS@"""

import numpy as np

from gradlab.judge import alternative, assert_close, case_rng, exercise, misconception

pytestmark = exercise("RunningMean", few="a lab to attack, not to learn from")
rng = case_rng("RunningMean")
NUMBERS = rng.normal(size=7)


def test_mean_so_far(student):
    """Is the mean of all numbers so far, after each of them."""
    one = student.RunningMean()
    for count, number in enumerate(NUMBERS, start=1):
        one.update(float(number))
        assert_close(one.mean(), float(np.mean(NUMBERS[:count])), name="mean()")


def test_two_objects(student):
    """Keeps the numbers of two objects apart."""
    one, other = student.RunningMean(), student.RunningMean()
    one.update(float(NUMBERS[0]))
    other.update(float(NUMBERS[1]))
    assert_close(one.mean(), float(NUMBERS[0]), name="mean()")


class Base:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, x):
        self.sum, self.count = self.sum + x, self.count + 1


@misconception("RunningMean", "You returned the sum.")
class Sum(Base):
    def mean(self):
        return self.sum


@alternative("RunningMean")
class Division(Base):
    def mean(self):
        return self.sum * (1 / self.count)
