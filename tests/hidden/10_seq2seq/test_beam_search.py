"""beam_search: tables of log-probabilities, against an exhaustive search and against known beams.

mistake                                     case that exposes it               check
------------------------------------------  ---------------------------------  -----------------
greedy whatever the width                   a first token that tempts          known_beams
finished ones extended, dropped, kept out   EOS likely early, or of low score  known_beams
of the competition, or end the search       as above                           known_beams
last step's score only, a mean, a product   every case                         known_beams
width per beginning, not in all             width 2, 3                         known_beams
best of all is not found with a wide beam   width above V ** max_length        exhaustive
unfinished ones thrown away, or preferred   max_length reached                 known_beams
anything but greedy with width 1            width 1                            known_beams
asked about finished or wrong prefixes      a table that notes its questions   questions
width of 0 accepted                         0, -3                              refuses
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import assert_close, exercise, expect, requires, weight

pytestmark = exercise("beam_search")
rng = np.random.default_rng(6)  # not the secret: whether a table tells beams apart is luck

SOURCE = '''
import torch


class Table:
    """Log-probabilities by what has been written; notes what it was asked."""

    def __init__(self, rows, otherwise):
        self.rows = {tuple(prefix): row for prefix, row in rows}
        self.otherwise, self.asked = otherwise, []

    def __call__(self, tokens):
        if not isinstance(tokens, list):
            raise TypeError("the argument of log_probabilities should be a list")
        self.asked.append([int(token) for token in tokens])
        return torch.tensor(self.rows.get(tuple(self.asked[-1]), self.otherwise))

    def questions(self):
        return self.asked


def make(rows, otherwise):
    return Table(rows, otherwise)
'''
NEVER = float(np.log(1e-12))


@dataclass(frozen=True, eq=False)
class Case:
    rows: dict
    otherwise: list
    width: int
    max_length: int

    def __str__(self):
        return f"{len(self.rows)} rows, V = {len(self.otherwise)}, {self.width} x {self.max_length}"

    def after(self, prefix):
        return self.rows.get(tuple(prefix), self.otherwise)


def _logs(*probabilities):
    return [float(np.log(p)) if p > 0 else NEVER for p in probabilities]


def _known(width, max_length, otherwise, **rows):
    """Rows by name: a345 is the row after the tokens 3, 4, 5."""
    table = {tuple(map(int, name[1:])): _logs(*row) for name, row in rows.items()}
    return Case(table, _logs(*otherwise), width, max_length)


def _drawn(vocab, width, max_length, end=1.0):
    """Random tables; the larger `end`, the earlier sequences are likely to end."""
    rows = {}
    for length in range(max_length):
        for prefix in itertools.product([i for i in range(vocab) if i != 2], repeat=length):
            logits = 1.5 * rng.normal(size=vocab) + end * (np.arange(vocab) == 2)
            rows[prefix] = (logits - np.log(np.exp(logits).sum())).tolist()
    return Case(rows, _logs(*[1 / vocab] * vocab), width, max_length)


TEMPTING = {
    "a": (0, 0, 0.1, 0.5, 0.4),
    "a3": (0, 0, 0.2, 0.45, 0.35),
    "a4": (0, 0, 0.9, 0.1, 0),
}
KNOWN = [
    _known(2, 4, (0, 0, 0.55, 0.45, 0), **TEMPTING),
    _known(1, 4, (0, 0, 0.55, 0.45, 0), **TEMPTING),
    # a finished one of middling score stays, and wins in the end
    _known(2, 4, (0, 0, 0.4, 0.3, 0.3), a=(0, 0, 0.3, 0.7, 0), a3=(0, 0, 0.1, 0.6, 0.3)),
    # an early end is in the beam, but what goes on is better
    _known(2, 5, (0, 0, 0.95, 0.05, 0), a=(0, 0, 0.3, 0.6, 0.1), a3=(0, 0, 0.05, 0.05, 0.9)),
    # the end is the likeliest at once
    _known(3, 4, (0, 0, 0.2, 0.45, 0.35), a=(0, 0, 0.6, 0.22, 0.18)),
    # nothing ends in time
    _known(2, 3, (0, 0, 0.02, 0.5, 0.48)),
    # the unfinished one is better than the finished one when time is up
    _known(2, 2, (0, 0, 0.01, 0.98, 0.01), a=(0, 0, 0.2, 0.7, 0.1)),
    # two finished ones crowd out what a wider beam would find
    _known(2, 5, (0, 0, 0.9, 0.05, 0.05), a=(0, 0, 0.35, 0.33, 0.32), a3=(0, 0, 0.97, 0.02, 0.01)),
    _known(3, 2, (0, 0, 0.9, 0.05, 0.05), a=(0.01, 0.01, 0.18, 0.42, 0.38)),
]
DRAWN = [
    _drawn(5, 2, 4),
    _drawn(4, 3, 5, -1.0),
    _drawn(6, 2, 3, 0.0),
    _drawn(5, 4, 4, -1.0),
    _drawn(4, 2, 5, 0.0),
    _drawn(5, 3, 4, -1.0),
    _drawn(6, 3, 4, 0.0),
    _drawn(4, 2, 5, -1.0),
]
WIDE = [_drawn(4, 300, 4), _drawn(5, 200, 3)]


def _expected(case):
    """The beam, as arrays of scores; finished beginnings hold their place."""
    beam = [((), 0.0)]
    for _ in range(case.max_length):
        grown = [one for one in beam if one[0][-1:] == (2,)]
        for prefix, score in beam:
            if prefix[-1:] != (2,):
                grown += [((*prefix, i), score + p) for i, p in enumerate(case.after(prefix))]
        order = np.argsort([-score for _, score in grown], kind="stable")
        beam = [grown[i] for i in order[: case.width]]
    return list(beam[0][0]), float(beam[0][1])


def _best_of_all(case):
    """The likeliest of all sequences that end, or have max_length tokens."""
    best = ([], -np.inf)
    frontier = [((), 0.0)]
    while frontier:
        prefix, score = frontier.pop()
        if prefix[-1:] == (2,) or len(prefix) == case.max_length:
            best = max(best, (list(prefix), score), key=lambda pair: pair[1])
        else:
            frontier += [((*prefix, i), score + p) for i, p in enumerate(case.after(prefix))]
    return best


def _search(student, case, width=None):
    rows = [[list(prefix), row] for prefix, row in case.rows.items()]
    table = student.define(SOURCE, "make")(rows, case.otherwise)
    found = student.beam_search(table, width=width or case.width, max_length=case.max_length)
    expect(isinstance(found, tuple | list) and len(found) == 2, "return tokens and score")
    return found, table


# The table's rows are float32, as a network's are.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@weight(2)
@pytest.mark.parametrize("case", KNOWN + DRAWN, ids=lambda c: f"{(KNOWN + DRAWN).index(c)}: {c}")
def test_known_beams(student, case):
    """Finds what a beam of this width finds, with its summed log-probability."""
    assert_close(_search(student, case)[0], _expected(case), name="tokens, score", **CLOSE)


@requires("test_known_beams")
@pytest.mark.parametrize("case", WIDE, ids=str)
def test_exhaustive(student, case):
    """A beam wider than all there is finds the likeliest sequence of all."""
    assert_close(_search(student, case)[0], _best_of_all(case), name="tokens, score", **CLOSE)


@requires("test_known_beams")
def test_questions(student):
    """Asks about beginnings without BOS and without EOS, the empty list first."""
    _, table = _search(student, DRAWN[0])
    asked = table.questions()
    expect(asked[:1] == [[]], "the first question should be about an empty list", value=asked[:1])
    wrong = [prefix for prefix in asked if 2 in prefix]
    expect(not wrong, "it asks how a finished sequence goes on", value=wrong)
    lengths = max(map(len, asked))
    expect(lengths < DRAWN[0].max_length, "it asks about sequences too long", value=lengths)


@requires("test_known_beams")
@pytest.mark.parametrize("width", [0, -3])
def test_refuses(student, width):
    """Raises ValueError naming width when it is below 1."""
    table = student.define(SOURCE, "make")([], KNOWN[0].otherwise)
    with student.raises(ValueError, match=r"\bwidth\b"):
        student.beam_search(table, width=width, max_length=3)
