"""The loop in the kernel: frames in, frames out, until the other side stops or is gone."""

import socket
import struct
import threading
from types import SimpleNamespace

import pytest

from gradlab import wire
from gradlab.kernel import agent

CALL = wire.encode(
    {"id": 1, "op": "call", "target": "f", "method": None, "args": [2], "kwargs": {}}
)


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def receive(ours):
    (length,) = struct.unpack(">I", ours.recv(4, socket.MSG_WAITALL))
    return wire.decode(ours.recv(length, socket.MSG_WAITALL))


@pytest.fixture
def served(monkeypatch):
    """Our end of a socket that a thread serves, and the thread."""
    shell = SimpleNamespace(user_ns={"f": lambda x: x + 1})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=agent.serve, args=(theirs.fileno(),))
    thread.start()
    with ours, theirs:
        ours.settimeout(30)
        yield ours, thread
        ours.close()
        thread.join(30)
        assert not thread.is_alive()


def test_answers_call_after_call(served):
    ours, _ = served
    for _ in range(3):
        ours.sendall(frame(CALL))
        assert receive(ours)["value"] == 3


def test_frames_may_arrive_in_pieces(served):
    ours, _ = served
    for byte in frame(CALL):
        ours.sendall(bytes([byte]))
    assert receive(ours)["value"] == 3


def test_rubbish_is_answered_with_an_error(served):
    ours, _ = served
    ours.sendall(frame(b"\xc1\xc1"))
    assert receive(ours)["error"]["type"] == "WireError"
    ours.sendall(frame(CALL))
    assert receive(ours)["value"] == 3


@pytest.mark.parametrize("end", [frame(b""), struct.pack(">I", wire.MAX_BYTES + 1)])
def test_stops_when_told_or_when_a_frame_is_too_long(served, end):
    ours, thread = served
    ours.sendall(end)
    thread.join(30)
    assert not thread.is_alive()


def test_stops_when_the_other_side_is_gone(served):
    ours, thread = served
    ours.sendall(frame(CALL)[:10])
    ours.close()
    thread.join(30)
    assert not thread.is_alive()


def test_an_interrupt_between_calls_is_ignored():
    class Interrupted:
        """A socket on which each read is interrupted once."""

        def __init__(self, data):
            self.data, self.calls = data, 0

        def recv(self, count):
            self.calls += 1
            if self.calls % 2:
                raise KeyboardInterrupt
            found, self.data = self.data[:count], self.data[count:]
            return found

    channel = Interrupted(frame(CALL))
    assert agent._receive(channel) == CALL
    assert agent._receive(channel) is None
