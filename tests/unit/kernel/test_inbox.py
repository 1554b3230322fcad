"""Messages are taken apart however they arrive, and no more than one of them is held."""

import socket
import struct
import time

import pytest

from gradlab.kernel.link import BEGINNING_BYTES, Beginning, ForkedInbox
from gradlab.kernel.protocol import LENGTH
from gradlab.kernel.zmtp import COMMAND, LONG, MAX_FRAMES, MORE, Connection

MOST = 1000


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def framed(*payloads):
    return b"".join(LENGTH.pack(len(one)) + one for one in payloads)


def frame(data, flags=0):
    return struct.pack(">BQ", flags | LONG, len(data)) + data


def received(inbox, theirs, data, step):
    """All messages of `data`, sent a few bytes at a time; most that was held meanwhile."""
    found, held = [], 0
    for start in range(0, len(data), step):
        theirs.sendall(data[start : start + step])
        found += inbox.read()
        held = max(held, len(inbox._data))
    return found, held


@pytest.mark.parametrize("step", [1, 3, 10_000])
def test_messages_are_whole_however_they_come(pair, step):
    ours, theirs = pair
    data = framed(b"one", b"x", b"three" * 100)
    assert received(ForkedInbox(ours, MOST), theirs, data, step)[0] == [
        b"one",
        b"x",
        b"three" * 100,
    ]


def test_a_message_that_is_too_long_is_skipped(pair):
    ours, theirs = pair
    data = framed(b"before", bytes(50 * MOST), b"after")
    found, held = received(ForkedInbox(ours, MOST), theirs, data, 500)
    assert found == [b"before", Beginning(bytes(BEGINNING_BYTES)), b"after"]
    assert isinstance(found[1], Beginning)
    assert held <= MOST


def test_a_length_alone_holds_nothing(pair):
    ours, theirs = pair
    inbox = ForkedInbox(ours, 2**32)
    theirs.sendall(b"\xff\xff\xff\xff")
    assert list(inbox.read()) == []
    assert len(inbox._data) == 0


def test_the_end_is_seen_after_the_last_message(pair):
    ours, theirs = pair
    inbox = ForkedInbox(ours, MOST)
    theirs.sendall(framed(b"last"))
    theirs.close()
    assert list(inbox.read()) == [b"last"]
    assert not inbox.closed
    assert list(inbox.read()) == []
    assert inbox.closed


def test_nothing_there_is_not_the_end(pair):
    inbox = ForkedInbox(pair[0], MOST)
    assert list(inbox.read()) == []
    assert not inbox.closed


def test_who_does_not_read_is_not_waited_for(pair):
    inbox = ForkedInbox(pair[0], MOST)
    with pytest.raises(TimeoutError):
        inbox.send_bytes(bytes(10**7), time.monotonic() + 0.05)


def test_who_is_gone_is_sent_nothing(pair):
    ours, theirs = pair
    theirs.close()
    ForkedInbox(ours, MOST).send_bytes(bytes(10**7), time.monotonic() + 5)


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_frames_make_a_message(pair, step):
    ours, theirs = pair
    short = bytes([MORE, 3]) + b"one" + bytes([0, 3]) + b"two"
    data = frame(b"ping", COMMAND) + frame(b"a", MORE) + frame(b"") + short
    found, _ = received(Connection(ours, MOST), theirs, data, step)
    assert found == [[b"a", b""], [b"one", b"two"]]


@pytest.mark.parametrize(
    "data",
    [
        frame(bytes(600), MORE) + frame(bytes(600)),
        frame(bytes(10 * MOST)),
        frame(b"", MORE) * MAX_FRAMES + frame(b""),
    ],
    ids=["together", "one frame", "many frames"],
)
def test_frames_that_are_too_much_are_skipped(pair, data):
    ours, theirs = pair
    found, held = received(Connection(ours, MOST), theirs, data + frame(b"next"), 100)
    assert found == [[], [b"next"]]
    assert held <= MOST
