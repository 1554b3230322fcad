"""A case of the two checks of binary cross-entropy from logits."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    z: np.ndarray
    y: np.ndarray
    pos_weight: float = 1.0

    def __str__(self):
        return self.name
