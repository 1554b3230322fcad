"""sample_sequence: steps that leave no choice, then frequencies of draws, then seeds.

No draw is compared with another implementation's draw: only what is certain, and frequencies of
1,500 tokens. They may miss by 0.065, five standard deviations.

mistake                                    case that exposes it           check
-----------------------------------------  -----------------------------  ----------------
token or state not fed back                a walk that depends on both    no_choice
start or end among the tokens, end missed  walks that end early and late  no_choice
limit off by one, or ignored               longest below the walk's end   longest
exp of huge scores                         scores of 1e4                  no_choice
temperature ignored, inverse, a power      temperatures 0.5 and 2         frequencies
the likeliest token, uniform draws         three unequal probabilities    frequencies
another source of chance than rng          one seed twice, two seeds      seeds
the first token taken, not drawn           one token, 40 seeds            first_token
"""

from dataclasses import dataclass

import numpy as np
import pytest

from gradlab.judge import (
    assert_close,
    assert_equal,
    exercise,
    expect,
    reference,
    requires,
    seeded,
    weight,
)

pytestmark = exercise("sample_sequence")
WALK = """
def walking_step(token, h):
    scores = np.full(13, -1e4)
    scores[(2 * token + int(h[0])) % 13] = 1e4
    return scores, h + np.array([3, 0])
"""
DRAW = """
def drawing_step(token, h):
    return np.array([0.0, np.log(3.0), np.log(6.0), -np.inf]), h
"""
CHAIN = """
def chaining_step(token, h):
    odds = np.array([[1.0, 8.0, 1.0], [1.0, 1.0, 8.0], [6.0, 2.0, 2.0]])
    return np.append(np.log(odds[token % 3]), -1e9), h
"""


@dataclass(frozen=True)
class Walk:
    first: int
    start: int
    end: int
    longest: int

    def __str__(self):
        return f"h0={self.first} start={self.start} end={self.end} longest={self.longest}"

    @property
    def tokens(self):
        token, state, found = self.start, self.first, []
        while len(found) < self.longest:
            token, state = (2 * token + state) % 13, state + 3
            if token == self.end:
                break
            found.append(token)
        return found


def _ending_after(first, start, steps):
    """A walk whose end is what it reaches for the first time after this many steps."""
    tokens = Walk(first, start, 99, 40).tokens
    return Walk(first, start, tokens[steps], 40)


WALKS = [_ending_after(1, 0, 3), _ending_after(4, 2, 5), _ending_after(2, 1, 0), Walk(5, 3, 3, 40)]
LIMITED = [Walk(1, 0, 99, 4), Walk(4, 2, 99, 1), Walk(2, 5, 99, 17)]


@reference
def odds(temperature):
    """Probabilities of the three tokens that can be drawn."""
    powers = np.array([1.0, 3.0, 6.0]) ** (1.0 / temperature)
    return powers / powers.sum()


def _tokens(result):
    is_list = isinstance(result, tuple | list)
    expect(is_list, "return a list of the tokens", value=type(result).__name__)
    return list(result)


def _walk(student, walk):
    step = student.define(WALK, "walking_step")
    options = {"temperature": 1.5, "rng": seeded(11), "longest": walk.longest}
    h0 = np.array([walk.first, 7])
    assert_equal(
        _tokens(student.sample_sequence(step, h0, walk.start, walk.end, **options)),
        walk.tokens,
        name="tokens",
    )


@weight(2)
@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_no_choice(student, walk):
    """Where a step leaves no choice, the tokens follow from the last token and the state."""
    _walk(student, walk)


@requires("test_no_choice")
@pytest.mark.parametrize("walk", LIMITED, ids=str)
def test_longest(student, walk):
    """The sequence has at most `longest` tokens, 50 if nothing is said."""
    _walk(student, walk)
    step = student.define(DRAW, "drawing_step")
    many = _tokens(student.sample_sequence(step, 0, 0, 3, temperature=1.0, rng=seeded(2)))
    assert_equal(len(many), 50, name="tokens without a limit of yours")


@weight(2)
@requires("test_no_choice")
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_frequencies(student, temperature):
    """Tokens come as often as the scores, divided by the temperature, say."""
    step = student.define(DRAW, "drawing_step")
    options = {"temperature": temperature, "rng": seeded(5), "longest": 1500}
    tokens = _tokens(student.sample_sequence(step, 0, 0, 3, **options))
    expect(len(tokens) == 1500, "end has probability 0 here", value=len(tokens))
    shares = np.array([tokens.count(k) for k in range(3)]) / 1500
    assert_close(shares, odds(temperature), atol=0.065, name="shares of the tokens")


@requires("test_no_choice")
def test_depends_on_the_last_token(student):
    """Pairs of tokens come as often as the probabilities given the last token say."""
    step = student.define(CHAIN, "chaining_step")
    options = {"temperature": 1.0, "rng": seeded(6), "longest": 1500}
    tokens = _tokens(student.sample_sequence(step, 0, 0, 3, **options))
    expect(len(tokens) == 1500, "end has probability 0 here", value=len(tokens))
    pairs = np.zeros((3, 3))
    np.add.at(pairs, (np.array(tokens[:-1]), np.array(tokens[1:])), 1.0)
    wanted = np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]])
    shares = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1.0)
    assert_close(shares, wanted, atol=0.1, name="shares of the pairs")


@requires("test_frequencies")
def test_seeds(student):
    """Chance comes from rng alone: one seed, one sequence; another seed, another."""
    step = student.define(DRAW, "drawing_step")
    options = {"temperature": 1.0, "longest": 40}
    first, again, other = (
        _tokens(student.sample_sequence(step, 0, 0, 3, rng=seeded(seed), **options))
        for seed in (7, 7, 8)
    )
    expect(first == again, "the same seed gives another sequence", value=first == again)
    expect(first != other, "another seed gives the same sequence", value=first != other)


@requires("test_frequencies")
def test_first_token(student):
    """The first token is drawn as well: over 40 seeds it is not always the same."""
    step = student.define(DRAW, "drawing_step")
    options = {"temperature": 1.0, "longest": 1}
    firsts = [
        tuple(_tokens(student.sample_sequence(step, 0, 0, 3, rng=seeded(seed), **options)))
        for seed in range(20, 60)
    ]
    expect(len(set(firsts)) > 1, "40 seeds give the same first token", value=len(set(firsts)))


@requires("test_no_choice")
@pytest.mark.parametrize("temperature", [0, 0.0, -1.0])
def test_refuses_temperature(student, temperature):
    """Raises ValueError naming temperature when it is not above 0."""
    step = student.define(DRAW, "drawing_step")
    with student.raises(ValueError, match=r"\btemperature\b"):
        student.sample_sequence(step, 0, 0, 3, temperature=temperature, rng=seeded(1))
