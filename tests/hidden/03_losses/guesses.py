"""The form of an answer to "predict, then run": a pair of numbers."""

import numpy as np

from gradlab.judge import expect


def two_numbers(guess):
    """The pair that a student returned, as floats."""
    expect(
        isinstance(guess, tuple | list) and len(guess) == 2, "return two numbers, as a tuple (a, b)"
    )
    numbers = all(isinstance(g, int | float | np.integer | np.floating) for g in guess)
    expect(numbers, "both values should be numbers")
    return float(guess[0]), float(guess[1])
