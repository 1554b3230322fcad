"""bidirectional_last: against the last states that a torch.nn.RNN returns for packed sequences.

mistake                                     case that exposes it          check
------------------------------------------  ----------------------------  -------------
backward half read at the last step         lengths above 1               matches_torch
forward half read at T - 1 or at step 0     lengths below T               matches_torch
halves exchanged, added, one missing        random states                 matches_torch
axes of batch and time exchanged            N = T, N != T                 matches_torch
odd last axis accepted                      3 and 1 numbers               refuses_odd
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import rnn

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    reference,
    requires,
    weight,
)

pytestmark = exercise("bidirectional_last")
rng = case_rng("bidirectional_last")


@dataclass(frozen=True, eq=False)
class Case:
    x: np.ndarray
    lengths: np.ndarray
    parameters: tuple

    def __str__(self):
        samples, steps, inputs = self.x.shape
        units = len(self.parameters[1])
        return f"N={samples} T={steps} D={inputs} H={units} lengths {self.lengths}"


def _case(steps, inputs, units, lengths):
    shapes = 2 * [(units, inputs), (units, units), (units,), (units,)]
    return Case(
        rng.normal(size=(len(lengths), steps, inputs)),
        np.array(lengths),
        tuple(rng.uniform(-1.0, 1.0, size=shape) for shape in shapes),
    )


CASES = [
    _case(5, 3, 2, [3, 1, 5]),
    _case(4, 2, 3, [4, 2, 1, 3]),
    _case(6, 2, 4, [4]),
    _case(7, 3, 3, [6, 4, 7, 2, 5]),
]


@reference
def both(case, device):
    """All states of both directions, and the last ones, as torch gives them."""
    units, inputs = case.parameters[0].shape
    network = nn.RNN(inputs, units, batch_first=True, bidirectional=True).double().to(device)
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), case.parameters):
            parameter.copy_(torch.tensor(value))
        packed = rnn.pack_padded_sequence(
            torch.tensor(case.x, device=device),
            torch.tensor(case.lengths),
            batch_first=True,
            enforce_sorted=False,
        )
        h, last = network(packed)
    padded = rnn.pad_packed_sequence(h, batch_first=True, total_length=case.x.shape[1])[0]
    return padded, torch.cat([last[0], last[1]], dim=1)


@weight(2)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_torch(student, torch_device, case):
    """Both halves are the states after the whole sequence has been read, as torch's."""
    h, last = both(case, torch_device)
    assert_close(student.bidirectional_last(h, case.lengths), last, name="the last states")


@requires("test_matches_torch")
def test_refuses_odd(student):
    """Raises ValueError naming h when its last axis is odd."""
    for units in (3, 1):
        with student.raises(ValueError, match=r"\bh\b"):
            student.bidirectional_last(np.ones((2, 4, units)), np.array([3, 4]))
