"""predict_exact_share: ten characters that must all be right.

mistake                                        check
---------------------------------------------  ---------
the share of characters; ten errors added up   the_share
a mean, a half, one error, the complement      the_share
a percentage, a wild guess                     the_share
"""

import numpy as np
import pytest

from gradlab.judge import alternative, assert_close, exercise, misconception

pytestmark = exercise("predict_exact_share")


@pytest.mark.parametrize("characters", [10])
def test_the_share(student, characters):
    """The share of dates of which every character is right."""
    # two digits of the student's own reckoning are enough
    wanted = float(np.prod(np.full(characters, 0.95)))
    assert_close(student.predict_exact_share(), wanted, rtol=0.011, name="the share")


def _belief(value, message):
    @misconception("predict_exact_share", message)
    def believed():
        return value

    return believed


as_characters = _belief(
    0.95,
    "That is the share of right *characters*. A date is right only if all ten are.",
)
errors_added = _belief(
    0.5,
    "You added up ten times 5 %. Errors overlap: a date with two of them is wrong only once.",
)
one_wrong = _belief(0.05, "That is the share of wrong characters.")
complement = _belief(1 - 0.95**10, "That is the share of *wrong* dates. Take the right ones.")
nearly_all = _belief(1 - 0.05**10, "That is the share of dates with at least one right character.")
nine = _belief(0.95**9, "You multiplied nine times. A date has ten characters, hyphens included.")
eleven = _belief(0.95**11, "You multiplied eleven times. It always stops in the right place.")
eight = _belief(0.95**8, "You left out the hyphens. They are characters too and must be right.")
percentage = _belief(59.87, "That is a percentage. A share from 0 to 1 was asked for.")
tenth = _belief(0.095, "You divided by ten. All ten must be right *together*: multiply ten times.")
none_right = _belief(0.0, "Some dates are right: each with the chance of ten successes in a row.")


@alternative("predict_exact_share")
def by_logarithms():
    return float(np.exp(10 * np.log(0.95)))


@alternative("predict_exact_share")
def rounded():
    return 0.6


@alternative("predict_exact_share")
def by_counting():
    share = 1.0
    for _ in range(10):
        share -= share * 0.05
    return share
