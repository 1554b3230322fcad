"""greedy_decode: an automaton whose rows end at different steps, and one that never ends.

mistake                                    case that exposes it                check
-----------------------------------------  ----------------------------------  -----------------
BOS missing as input, or in the output     every case                          written
PAD not written after EOS, or EOS lost     rows that end at steps 0, 1, ...    written
all rows end with the first, or the last   one row never ends                  written
own token or state not fed back            next token depends on both          written
memory or mask not handed on               next token depends on both          written
sampled, least likely, along the batch     noise on the logits; N = V          written
cut short, or too many steps               max_length 1, 4, 9; all ended       written, steps
gradients recorded                         what the decoder notes              without_gradients
max_length of 0 accepted                   0, -1                               refuses
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gradlab.judge import assert_equal, case_rng, exercise, expect, requires, weight

from .arrays import mask_of
from .toys import toys

pytestmark = exercise("greedy_decode")
rng = case_rng("greedy_decode")


@dataclass(frozen=True, eq=False)
class Case:
    table: np.ndarray  # (N, T, V): the next token of a row at a step, after a token
    memory: np.ndarray
    mask: torch.Tensor
    max_length: int

    def __str__(self):
        return f"N, V = {self.table.shape[0]}, {self.table.shape[2]}, max_length {self.max_length}"


def _case(ends, vocab, max_length, source_lengths):
    """Row n writes EOS at step ends[n], whatever came before, and not earlier; then goes on."""
    table = rng.integers(3, vocab, size=(len(ends), max_length + 2, vocab))
    for row, end in zip(table, ends):
        if end < len(row):
            row[end] = 2
            row[end + 1 :: 2] = rng.integers(1, vocab, size=row[end + 1 :: 2].shape)
    memory = rng.integers(0, 3, size=(len(ends), max(source_lengths), 2)).astype(float)
    return Case(table, memory, mask_of(source_lengths), max_length)


CASES = [
    _case([2, 0, 9, 4, 1], 8, 6, (2, 3, 1, 3, 2)),
    _case([9, 9, 9], 5, 4, (4, 2, 3)),
    _case([1, 0, 2, 1], 6, 9, (1, 2, 2, 3)),  # all have ended long before max_length
    _case([3, 9, 0, 2, 1, 5], 6, 5, (2, 2, 1, 3, 1, 2)),  # N = V
    _case([0, 9], 7, 1, (2, 1)),
    _case([9], 30, 7, (3,)),
    _case([4, 3, 9], 50, 5, (3, 1, 2)),  # one ends in the last column
]


def _expected(case):
    """The rows one by one, as lists."""
    size = case.table.shape[2]
    rows = []
    for n, table in enumerate(case.table):
        turn = int(case.memory[n, case.mask[n].numpy(), 0].sum())
        row, token = [], 1
        while len(row) < case.max_length and (not row or row[-1] != 2):
            token = int(table[len(row), (token + turn) % size])
            row.append(token)
        rows.append(row + [0] * (case.max_length - len(row)))
    return np.array(rows)


def _written(student, case, tools=None):
    tools = toys(student) if tools is None else tools
    noise = np.random.default_rng(1).normal(size=case.table.shape)
    decoder = tools.automaton(case.table, noise - 5)  # all negative but for the likeliest
    state = torch.zeros(len(case.table), 2, dtype=torch.float64)
    memory = torch.tensor(case.memory)
    found = student.greedy_decode(decoder, state, memory, case.mask, max_length=case.max_length)
    return found, decoder


@weight(3)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_written(student, case):
    """The likeliest token at each step, fed back; EOS where a row ends, PAD after it."""
    assert_equal(_written(student, case)[0], _expected(case), name="tokens")


@requires("test_written")
def test_without_gradients(student):
    """The decoder is run without recording gradients."""
    tools = toys(student)
    _, decoder = _written(student, CASES[0], tools)
    recorded = tools.calls(decoder)[1]
    expect(recorded and not any(recorded), "gradients are recorded while it writes", value=recorded)


@requires("test_written")
def test_steps(student):
    """The decoder reads BOS first, and is not asked more often than max_length."""
    tools = toys(student)
    _, decoder = _written(student, CASES[0], tools)
    read = tools.calls(decoder)[0]
    assert_equal(read[0], [1] * len(CASES[0].table), name="the first input")
    expect(len(read) <= CASES[0].max_length, "the decoder is asked too often", value=len(read))


@requires("test_written")
def test_refuses(student):
    """Raises ValueError naming max_length when it is below 1."""
    for max_length in (0, -1):
        case = CASES[0]
        with student.raises(ValueError, match=r"\bmax_length\b"):
            _written(student, Case(case.table, case.memory, case.mask, max_length))
