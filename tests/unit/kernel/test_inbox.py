"""Messages are taken apart however they arrive, and no more than one of them is held."""

import time

import pytest

from gradlab.kernel.inbox import BEGINNING_BYTES, Beginning, Inbox
from gradlab.kernel.pipes import connected, write_all
from gradlab.kernel.protocol import LENGTH

MOST = 1000


@pytest.fixture
def pair():
    ours, theirs = connected()
    yield ours, theirs
    ours.close()
    theirs.close()


def framed(*payloads):
    return b"".join(LENGTH.pack(len(one)) + one for one in payloads)


def received(inbox, theirs, data, step):
    """All messages of `data`, sent a few bytes at a time; most that was held meanwhile."""
    found, held = [], 0
    for start in range(0, len(data), step):
        write_all(theirs.writing, data[start : start + step])
        found += inbox.read()
        held = max(held, len(inbox._data))
    return found, held


@pytest.mark.parametrize("step", [1, 3, 10_000])
def test_messages_are_whole_however_they_come(pair, step):
    ours, theirs = pair
    data = framed(b"one", b"x", b"three" * 100)
    assert received(Inbox(ours, MOST), theirs, data, step)[0] == [
        b"one",
        b"x",
        b"three" * 100,
    ]


def test_a_message_that_is_too_long_is_skipped(pair):
    ours, theirs = pair
    data = framed(b"before", bytes(50 * MOST), b"after")
    found, held = received(Inbox(ours, MOST), theirs, data, 500)
    assert found == [b"before", Beginning(bytes(BEGINNING_BYTES)), b"after"]
    assert isinstance(found[1], Beginning)
    assert held <= MOST


def test_a_length_alone_holds_nothing(pair):
    ours, theirs = pair
    inbox = Inbox(ours, 2**32)
    write_all(theirs.writing, b"\xff\xff\xff\xff")
    assert list(inbox.read()) == []
    assert len(inbox._data) == 0


def test_the_end_is_seen_after_the_last_message(pair):
    ours, theirs = pair
    inbox = Inbox(ours, MOST)
    write_all(theirs.writing, framed(b"last"))
    theirs.close()
    assert list(inbox.read()) == [b"last"]
    assert not inbox.closed
    assert list(inbox.read()) == []
    assert inbox.closed


def test_nothing_there_is_not_the_end(pair):
    inbox = Inbox(pair[0], MOST)
    assert list(inbox.read()) == []
    assert not inbox.closed


def test_who_does_not_read_is_not_waited_for(pair):
    inbox = Inbox(pair[0], MOST)
    with pytest.raises(TimeoutError):
        inbox.send_bytes(bytes(10**7), time.monotonic() + 0.05)


def test_who_is_gone_is_sent_nothing(pair):
    ours, theirs = pair
    theirs.close()
    Inbox(ours, MOST).send_bytes(bytes(10**7), time.monotonic() + 5)
