"""Lists of weight arrays for the checks of both penalties, and of what is made of them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    weights: list
    strength: float

    def __str__(self):
        return self.name


def penalty_cases(rng):
    """Arrays of unlike shapes and signs, with zeros, and strengths far from 1 and 2."""
    fixed = [np.array([[1.5, -2.0, 0.0], [0.25, -0.0, 3.0]]), np.array([[-4.0], [0.5]])]
    drawn = [rng.normal(scale=2.0, size=shape) for shape in [(3, 4), (2, 3), (1, 2)]]
    return [
        Case("two arrays with zeros", fixed, 0.3),
        Case("three arrays", drawn, 5.0),
        Case("one array", [rng.normal(size=(4, 2))], 0.7),
        Case(
            "a filter bank and a vector", [rng.normal(size=(2, 3, 2, 2)), rng.normal(size=5)], 3.0
        ),
        Case("strength 0", fixed, 0.0),
    ]
