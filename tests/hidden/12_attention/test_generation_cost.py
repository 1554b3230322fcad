"""generation_cost: against the products that torch counts while it calculates them.

mistake                                     case that exposes it           check
------------------------------------------  -----------------------------  ---------------
one pass counted, not all                   several steps                  without, with
12 E E for one token only, or for all       with and without a cache       without, with
keys of the end, or new ones, at each step  several steps                  with_the_cache
a term or a factor missing                  E, T, L unequal                without, with
layers ignored, or multiplied into a part   2 and 3 layers                 without, with
floats; 0 steps                             type; 0                        no_steps
"""

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from gradlab.judge import (
    assert_equal,
    exercise,
    reference,
    requires,
    weight,
)

EXERCISE = "generation_cost"
pytestmark = exercise(EXERCISE)
SIZES = [(1, 4, 1), (2, 3, 1), (5, 6, 2), (7, 2, 3), (9, 5, 1), (4, 10, 3)]


@reference
def counted(steps, width, layers, cached):
    """Half the operations that torch's counter sees, in passes over tensors without data."""
    with FlopCounterMode(display=False) as counter:
        for known in range(1, steps + 1):
            for _ in range(layers):
                _block(1 if cached else known, known, width)
    return counter.get_total_flops() // 2


def _block(new, known, width):
    x, kept = (torch.empty(length, width, device="meta") for length in (new, known))
    for out, size in ((3 * width, width), (width, width), (4 * width, width)):
        functional.linear(x, torch.empty(out, size, device="meta"))
    wide = torch.empty(new, 4 * width, device="meta")
    functional.linear(wide, torch.empty(width, 4 * width, device="meta"))
    torch.mm(torch.mm(x, kept.T), kept)


@weight(2)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_without_the_cache(student, sizes):
    """Counts all known tokens anew at each step when nothing is kept."""
    assert_equal(
        student.generation_cost(*sizes, cached=False), counted(*sizes, False), name="count"
    )


@weight(2)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_with_the_cache(student, sizes):
    """Counts one new token at each step when keys and values are kept."""
    assert_equal(student.generation_cost(*sizes, cached=True), counted(*sizes, True), name="count")


@requires("test_with_the_cache")
@pytest.mark.parametrize("cached", [True, False])
def test_no_steps_and_many(student, cached):
    """Needs nothing for no tokens, and counts exactly for many."""
    assert_equal(student.generation_cost(0, 4, 2, cached=cached), 0, name="count")
    found = student.generation_cost(30, 7, 2, cached=cached)
    assert_equal(found, counted(30, 7, 2, cached), name="count")
