"""last_valid: against what torch's packed sequences return as the last state.

mistake                                case that exposes it        check
-------------------------------------  --------------------------  ---------------
the last padded state, off by one      lengths 1 ... T, unequal    matches
axes of batch and time exchanged       N = T, N != T               matches
one length for all                     lengths unequal             matches
lengths of 0 or above T accepted       0, -1, T + 1                refuses_lengths
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn.utils import rnn

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("last_valid")
rng = case_rng("last_valid")


@dataclass(frozen=True, eq=False)
class Case:
    h: np.ndarray
    lengths: np.ndarray

    def __str__(self):
        samples, steps, units = self.h.shape
        return f"N={samples} T={steps} H={units} lengths {self.lengths}"


def _case(steps, units, lengths):
    return Case(rng.normal(size=(len(lengths), steps, units)), np.array(lengths))


CASES = [
    _case(5, 2, [3, 1, 5]),
    _case(4, 3, [4, 2, 1, 3]),
    _case(6, 4, [2]),
    _case(3, 3, [3, 3, 3]),
    _case(7, 2, [6, 4, 7, 2, 1]),
]


@reference
def expected(case, device):
    h = torch.tensor(case.h, device=device)
    packed = rnn.pack_padded_sequence(
        h, torch.tensor(case.lengths), batch_first=True, enforce_sorted=False
    )
    padded, lengths = rnn.pad_packed_sequence(packed, batch_first=True)
    index = (lengths.to(device) - 1)[:, None, None].expand(-1, 1, h.shape[2])
    return padded.gather(1, index)[:, 0]


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches(student, torch_device, case):
    """Reads each sequence's state after its last real step."""
    assert_close(student.last_valid(case.h, case.lengths), expected(case, torch_device), name="h")


@requires("test_matches")
@pytest.mark.parametrize("lengths", [(3, 0, 5), (3, 1, 6), (-1, 1, 5), (0, 0, 0)], ids=str)
def test_refuses_lengths(student, lengths):
    """Raises ValueError naming lengths when one of them is not from 1 to T."""
    with student.raises(ValueError, match=r"\blengths\b"):
        student.last_valid(CASES[0].h, np.array(lengths))
