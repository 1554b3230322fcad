"""attend_cached: pieces of a sequence against the whole one, by torch.

mistake                                       case that exposes it            check
--------------------------------------------  ------------------------------  ----------------
no mask, mask shifted or from the upper left  several new steps after a past  after_a_past
past ignored, keys or values of it alone      random past                     after_a_past
past behind the new steps                     random past                     after_a_past
root of another number                        N, H, T, D, P unequal           without_a_past
softmax over queries, mask of the whole       T unlike P                      without_a_past
only the new, or old ones, returned           the returned pair               keeps_all
past doubled or changed                       pieces one after the other      piece_by_piece
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradlab.judge import (
    assert_close,
    case_rng,
    exercise,
    expect,
    reference,
    requires,
    weight,
)

EXERCISE = "attend_cached"
pytestmark = exercise(EXERCISE)
rng = case_rng(EXERCISE)


@dataclass(frozen=True, eq=False)
class Case:
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    pieces: tuple

    def __str__(self):
        return f"q{self.q.shape} in pieces of {', '.join(map(str, self.pieces))}"

    def piece(self, first, last):
        return [torch.tensor(a[:, :, first:last]) for a in (self.q, self.k, self.v)]


def _case(n, heads, size, *pieces):
    return Case(*rng.normal(size=(3, n, heads, sum(pieces), size)), pieces)


WHOLE = [_case(2, 3, 4, 5), _case(1, 2, 3, 1), _case(3, 1, 5, 4), _case(3, 3, 3, 3)]
PIECES = [
    _case(2, 3, 4, 3, 2),
    _case(3, 2, 5, 1, 4),
    _case(1, 2, 6, 4, 1),
    _case(2, 1, 3, 2, 2),
    _case(2, 2, 2, 5, 3),
]
MANY = [_case(2, 3, 4, 1, 1, 1, 1), _case(2, 2, 5, 2, 1, 3)]


@reference
def expected(case, device):
    q, k, v = (torch.tensor(a, device=device) for a in (case.q, case.k, case.v))
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_without_a_past(student, torch_device, case):
    """Is causal attention when nothing came before."""
    y, _ = student.attend_cached(*case.piece(0, None))
    assert_close(y, expected(case, torch_device), name="y")


@weight(2)
@pytest.mark.parametrize("case", PIECES, ids=str)
def test_after_a_past(student, torch_device, case):
    """Lets new steps see all steps before them and no step after them."""
    first = case.pieces[0]
    _, *past = case.piece(0, first)
    y, _ = student.attend_cached(*case.piece(first, None), tuple(past))
    assert_close(y, expected(case, torch_device)[:, :, first:], name="y")


@requires("test_after_a_past")
@pytest.mark.parametrize("case", [PIECES[0], PIECES[1], WHOLE[0]], ids=str)
def test_keeps_all(student, case):
    """Returns the keys and values of all steps, old ones first, as a pair."""
    first = case.pieces[0] if len(case.pieces) > 1 else 0
    past = tuple(case.piece(0, first)[1:]) if first else None
    _, pair = student.attend_cached(*case.piece(first, None), past)
    expect(isinstance(pair, tuple | list) and len(pair) == 2, "past should be a pair (k, v)")
    assert_close(pair, (case.k, case.v), name="past")


@requires("test_after_a_past")
@pytest.mark.parametrize("case", MANY, ids=str)
def test_piece_by_piece(student, torch_device, case):
    """Gives the same outputs piece by piece as for the whole, with what it passed on itself."""
    first, past, outputs = 0, None, []
    for size in case.pieces:
        y, past = student.attend_cached(*case.piece(first, first + size), _sent(past))
        outputs.append(y.array if hasattr(y, "array") else y)
        first += size
    assert_close(outputs[-1], expected(case, torch_device)[:, :, -case.pieces[-1] :], name="last y")
    assert_close(np.concatenate(outputs, axis=2), expected(case, torch_device), name="all of y")


def _sent(past):
    """What came back by value, as tensors again."""
    if past is None:
        return None
    return tuple(torch.tensor(one.array if hasattr(one, "array") else one) for one in past)


@requires("test_after_a_past")
def test_called_again(student, torch_device):
    """Keeps nothing by itself: the same call gives the same output."""
    case = PIECES[0]
    past = tuple(case.piece(0, 3)[1:])
    for _ in range(2):
        y, _ = student.attend_cached(*case.piece(3, None), past)
        assert_close(y, expected(case, torch_device)[:, :, 3:], name="y")
    y, _ = student.attend_cached(*case.piece(0, None), None)
    assert_close(y, expected(case, torch_device), name="y")
