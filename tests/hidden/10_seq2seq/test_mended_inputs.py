"""mended_inputs: BOS, then the targets without their last column.

mistake                                 case that exposes it             check
--------------------------------------  -------------------------------  ---------
rolled round, or by rows                last column EOS, PAD and tokens  inputs
not shifted, shifted left               unequal neighbours               inputs
PAD, EOS or a token in front            every case                       inputs
BOS in front and nothing cut            T columns                        inputs
EOS of the targets lost, PAD kept out   short rows                       inputs
a row of one                            T = 1                            one_step
"""

import numpy as np
import pytest

from gradlab.judge import assert_equal, case_rng, exercise, requires, weight

pytestmark = exercise("mended_inputs")
rng = case_rng("mended_inputs")
CASES = [
    np.array([[5, 3, 4, 2], [7, 2, 0, 0], [2, 0, 0, 0]]),
    np.array([[9, 8, 7, 6, 2]]),
    np.array([[4, 5, 6], [7, 8, 9], [6, 2, 0], [5, 5, 2]]),
    rng.integers(3, 60, size=(4, 7)),
]


def _torch(array):
    import torch

    return torch.tensor(array)


@weight(2)
@pytest.mark.parametrize("targets", CASES, ids=lambda a: f"targets {a.shape}")
def test_inputs(student, targets):
    """BOS first, then at each step the target before it, padding included."""
    expected = np.full_like(targets, 1)
    expected[:, 1:] = targets[:, :-1]
    assert_equal(student.mended_inputs(_torch(targets)), expected, name="inputs")


@requires("test_inputs")
def test_one_step(student):
    """Targets of one column give a column of BOS."""
    found = student.mended_inputs(_torch(np.array([[2], [7], [2]])))
    assert_equal(found, np.ones((3, 1), dtype=np.int64), name="inputs")
