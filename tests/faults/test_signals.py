"""Ctrl-C once and twice, SIGTERM: what is half done is finished or undone, and told."""

import signal

import pytest

from .conftest import assert_goes_on, is_long

EACH = 8 if is_long() else 1
INTERRUPTED = 130
ASKED = {
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C twice": [signal.SIGINT, signal.SIGINT],
    "SIGTERM": [signal.SIGTERM],
}


@pytest.mark.parametrize("number", range(EACH))
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_asked_to_end(course, undisturbed, chance, asked, number):
    """The second time a few events later: while the first is being obeyed."""
    begun = undisturbed.begun
    event = chance.randint(begun, undisturbed.number_of("command os.rename", last=True))
    events = [event + index * chance.randint(1, 9) for index in range(len(asked))]
    strikes = ",".join(f"{at} command {one:d}" for at, one in zip(events, asked))
    ended = course.autograde(strikes=strikes)
    assert ended.code == INTERRUPTED, ended.told
    assert "The same command goes on with the rest" in ended.told
    assert "Traceback" not in ended.told
    assert not ended.left
    assert course.temporary() == []
    if len(asked) == 1:
        assert course.half_done() == []
    assert_goes_on(course, undisturbed)
