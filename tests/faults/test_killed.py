"""SIGKILL at random events: the next run gives what an undisturbed one gives."""

import signal

import pytest

from .conftest import assert_goes_on, is_long

KILLS = 60 if is_long() else 4


@pytest.mark.parametrize("number", range(KILLS))
def test_the_command_is_killed(course, undisturbed, chance, number):
    """At any event of it or of its workers, the later ones of the run as likely as the first."""
    share = undisturbed.last - undisturbed.first
    low = undisturbed.first + share * number // KILLS
    event = chance.randint(low, undisturbed.first + share * (number + 1) // KILLS)
    ended = course.autograde(strikes=f"{event} command {signal.SIGKILL:d}")
    assert ended.code == -signal.SIGKILL or len(ended.events) < event, ended.told
    assert not ended.left
    assert_goes_on(course, undisturbed)
