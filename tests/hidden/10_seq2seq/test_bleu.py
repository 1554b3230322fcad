"""bleu: against a second implementation, of sorted lists, and against numbers worked out by hand.

mistake                                     case that exposes it                check
------------------------------------------  ----------------------------------  -----------------
hits not clipped                            repeated tokens                     by_hand
clipped by 1, sets for counts               tokens that occur twice             corpus
candidate and reference swapped             unequal lengths                     corpus
mean of sentence scores                     sentences of unequal quality        corpus
arithmetic mean of precisions, a sum        n up to 4                           corpus
penalty missing, reversed, per sentence     shorter and longer candidates       corpus, penalty
max_n fixed, one off                        max_n 1 to 4                        max_n
smoothed, -inf or an error for no hit       no 4-gram right; short candidates   nothing_right
another number of references accepted       one more, one less                  refuses
"""

import math
from dataclasses import dataclass

import pytest

from gradlab.judge import assert_close, case_rng, exercise, requires, weight

pytestmark = exercise("bleu")
rng = case_rng("bleu")


@dataclass(frozen=True, eq=False)
class Case:
    candidates: list
    references: list
    max_n: int = 4

    def __str__(self):
        lengths = [len(c) for c in self.candidates], [len(r) for r in self.references]
        return f"lengths {lengths[0]} for {lengths[1]}, max_n {self.max_n}"


def _drawn(lengths, changes, max_n=4):
    """References over few tokens, and candidates with changes, cuts and repetitions."""
    references = [rng.integers(3, 8, size=n).tolist() for n in lengths]
    candidates = []
    for reference, (changed, cut, added) in zip(references, changes):
        tokens = list(reference)
        for _ in range(changed):
            tokens[int(rng.integers(6, len(tokens)))] = 99
        candidates.append(tokens[: len(tokens) - cut] + tokens[3 : 3 + added])
    return Case(candidates, references, max_n)


SHORTER = [
    _drawn((12, 9, 15), [(1, 2, 0), (1, 0, 0), (2, 3, 1)]),
    _drawn((10, 14), [(1, 3, 0), (2, 0, 1)]),
]
LONGER = [
    _drawn((12, 9, 11), [(1, 0, 4), (1, 1, 3), (2, 0, 0)]),
    _drawn((9, 13), [(1, 0, 2), (2, 2, 3)]),
]
CANDIDATES = "the cat the cat on the old mat", "he sat and he sat on it all day"
REFERENCES = "the cat sat on the old mat today", "he sat and sat on it all of the day"
BY_WORDS = Case(*([text.split() for text in texts] for texts in (CANDIDATES, REFERENCES)))


def _runs(tokens, n):
    return sorted(tuple(tokens[i : i + n]) for i in range(max(len(tokens) - n + 1, 0)))


def _hits(candidate, reference, n):
    """By striking out each n-gram of the reference that has been used."""
    left, hits = _runs(reference, n), 0
    for run in _runs(candidate, n):
        if run in left:
            left.remove(run)
            hits += 1
    return hits


def _expected(case):
    pairs = list(zip(case.candidates, case.references))
    product = 1.0
    for n in range(1, case.max_n + 1):
        total = sum(len(_runs(candidate, n)) for candidate in case.candidates)
        product *= sum(_hits(c, r, n) for c, r in pairs) / total if total else 0.0
    if product == 0.0:
        return 0.0
    short, long = (sum(map(len, texts)) for texts in (case.candidates, case.references))
    penalty = 1.0 if short >= long else math.exp(1 - long / short)
    return penalty * product ** (1 / case.max_n)


def _check(student, case, **options):
    found = student.bleu(case.candidates, case.references, **options)
    assert_close(found, _expected(case), name="BLEU")


@pytest.mark.parametrize(
    ("case", "value"),
    [
        (Case([["the"] * 7], [["the", "cat", "sits", "on", "the", "old", "mat"]], 1), 2 / 7),
        (Case([["a", "b", "c"]], [["a", "b", "c"]], 3), 1.0),
        (Case([["a", "b", "c", "d"]], [["a", "b", "x", "d"]], 2), (3 / 4 * 1 / 3) ** 0.5),
        (Case([[5, 6]], [[5, 6, 7, 8]], 1), math.exp(-1)),
        (Case([[5, 5, 6], [7, 8]], [[5, 6, 6], [7, 9]], 1), 3 / 5),
    ],
    ids=lambda value: str(value)[:60],
)
def test_by_hand(student, case, value):
    """Numbers that can be worked out on paper."""
    found = student.bleu(case.candidates, case.references, max_n=case.max_n)
    assert_close(found, value, name="BLEU")


@weight(2)
@pytest.mark.parametrize("case", [*SHORTER, *LONGER, BY_WORDS], ids=str)
def test_corpus(student, case):
    """Several pairs: hits are clipped and pooled before dividing; n-grams up to four."""
    _check(student, case)


@requires("test_corpus")
def test_penalty(student):
    """Only what is shorter as a whole is punished: lengths are those of all pairs together."""
    long, short = LONGER[0], SHORTER[0]
    mixed = Case([*long.candidates, short.candidates[0]], [*long.references, short.references[0]])
    same = Case([["a", "b", "c", "d", "e"]], [["a", "b", "c", "d", "f"]])
    for case in (mixed, same):
        _check(student, case)


@requires("test_corpus")
@pytest.mark.parametrize("max_n", [1, 2, 3, 5])
def test_max_n(student, max_n):
    """max_n says up to which length n-grams count, all with the same weight."""
    case = SHORTER[0]
    _check(student, Case(case.candidates, case.references, max_n), max_n=max_n)


@requires("test_corpus")
@pytest.mark.parametrize(
    "case",
    [
        Case([["a", "b", "c", "x", "d"]], [["a", "b", "c", "d", "e"]]),
        Case([["a", "b"]], [["a", "b"]]),
        Case([["x", "y", "z", "w"]], [["a", "b", "c", "d"]]),
        Case([[]], [["a", "b", "c", "d"]]),
    ],
    ids=str,
)
def test_nothing_right(student, case):
    """0 when no n-gram of some length is right, or there is none."""
    _check(student, case)


@requires("test_corpus")
@pytest.mark.parametrize("count", [0, 1, 3])
def test_refuses(student, count):
    """Raises ValueError naming candidates when there are not as many as references."""
    with student.raises(ValueError, match=r"\bcandidates\b"):
        student.bleu([["a", "b", "c", "d"]] * count, [["a", "b", "c", "d"]] * 2)
