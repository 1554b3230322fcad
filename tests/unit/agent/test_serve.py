"""The loop in the kernel: frames in, frames out, until the other side stops or is gone."""

import os
import struct
import threading
from types import SimpleNamespace

import pytest

from gradlab import wire
from gradlab.kernel import agent
from gradlab.kernel.pipes import connected, read_exactly, write_all

CALL = wire.encode(
    {"id": 1, "op": "call", "target": "f", "method": None, "args": [2], "kwargs": {}}
)


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def receive(ours):
    os.set_blocking(ours.reading, True)
    (length,) = struct.unpack(">I", read_exactly(ours.reading, 4))
    return wire.decode(read_exactly(ours.reading, length))


@pytest.fixture
def served(monkeypatch):
    """Our ends of the pipes that a thread serves, and the thread."""
    shell = SimpleNamespace(user_ns={"f": lambda x: x + 1})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    ours, theirs = connected()
    thread = threading.Thread(target=agent.serve, args=(theirs.reading, theirs.writing))
    thread.start()
    yield ours, thread
    ours.close()
    thread.join(30)
    assert not thread.is_alive()
    theirs.close()


def test_answers_call_after_call(served):
    ours, _ = served
    for _ in range(3):
        write_all(ours.writing, frame(CALL))
        assert receive(ours)["value"] == 3


def test_frames_may_arrive_in_pieces(served):
    ours, _ = served
    for byte in frame(CALL):
        write_all(ours.writing, bytes([byte]))
    assert receive(ours)["value"] == 3


def test_rubbish_is_answered_with_an_error(served):
    ours, _ = served
    write_all(ours.writing, frame(b"\xc1\xc1"))
    assert receive(ours)["error"]["type"] == "WireError"
    write_all(ours.writing, frame(CALL))
    assert receive(ours)["value"] == 3


@pytest.mark.parametrize("end", [frame(b""), struct.pack(">I", wire.MAX_BYTES + 1)])
def test_stops_when_told_or_when_a_frame_is_too_long(served, end):
    ours, thread = served
    write_all(ours.writing, end)
    thread.join(30)
    assert not thread.is_alive()


def test_stops_when_the_other_side_is_gone(served):
    ours, thread = served
    write_all(ours.writing, frame(CALL)[:10])
    ours.close()
    thread.join(30)
    assert not thread.is_alive()


def test_an_interrupt_between_calls_is_ignored(monkeypatch):
    """Each time that it waits for a call, it is interrupted once."""
    data, calls = [frame(CALL)], []

    def read(descriptor, count):
        calls.append(count)
        if len(calls) == 1:
            raise KeyboardInterrupt
        found, data[0] = data[0][:count], data[0][count:]
        return found

    monkeypatch.setattr("gradlab.kernel.pipes.os.read", read)
    assert agent._receive(0) == CALL
    assert agent._receive(0) is None
