"""encode_text: ids in the order of the text, then EOS.

mistake                              case that exposes it              check
-----------------------------------  --------------------------------  -------------
EOS missing, or BOS instead          every case                        ids
repeated characters merged           repeated letters, unsorted        ids
ids by position, not by vocabulary   vocabulary in no order, gaps      ids
case or spaces changed               "A" beside "a"; blanks at ends    exact_text
an empty text without its end        ""                                exact_text
unknown characters dropped, or PAD   one that is missing, at each end  refuses_unknown
"""

import string

import pytest

from gradlab.judge import assert_equal, case_rng, exercise, requires, weight

pytestmark = exercise("encode_text")
rng = case_rng("encode_text")
LETTERS = string.ascii_letters + " -'é"
IDS = rng.permutation(200)[: len(LETTERS)] + 3
VOCABULARY = {character: int(number) for character, number in zip(LETTERS, IDS)}
FIXED = {"b": 3, "a": 9, " ": 40, "A": 7, "\n": 12}
DRAWN = ["".join(rng.choice(list(LETTERS), size=n)) for n in (1, 7, 30)]


def _expected(text, vocabulary):
    return [*(vocabulary[character] for character in text), 2]


@weight(2)
@pytest.mark.parametrize("text", ["ba", "aab", "abba bab", "b a"])
def test_ids(student, text):
    """The ids of the characters in their order, then EOS."""
    assert_equal(student.encode_text(text, FIXED), _expected(text, FIXED), name="the ids")


@requires("test_ids")
def test_exact_text(student):
    """Takes the text as it is: long, empty, with capitals and with blanks at its ends."""
    for text, vocabulary in [("", FIXED), ("  Aa b\n", FIXED), *((t, VOCABULARY) for t in DRAWN)]:
        found = student.encode_text(text, vocabulary)
        assert_equal(found, _expected(text, vocabulary), name="the ids")


@requires("test_ids")
@pytest.mark.parametrize("text", ["c", "abc", "cab", "acb", "B"])
def test_refuses_unknown(student, text):
    """Raises ValueError naming text for a character that has no id, wherever it stands."""
    with student.raises(ValueError, match=r"\btext\b"):
        student.encode_text(text, FIXED)
