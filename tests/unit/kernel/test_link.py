"""Of all that a kernel sends, the answers to the request that is running, until the last."""

import json
import socket
import time

import pytest
from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError

from gradlab.kernel import link as module
from gradlab.kernel.link import TOO_LONG, ForkedInbox, ForkedLink, JupyterLink
from gradlab.kernel.protocol import LENGTH
from gradlab.kernel.zmtp import Connection, _packed

MOST = 10_000


def soon():
    return time.monotonic() + 5


def kinds(link):
    """The kinds of all answers that are left."""
    found = []
    while (message := link.answer(soon())) is not None:
        found.append(message["msg_type"])
    return found


class Forked:
    """The kernel's end of a forked kernel's link."""

    def __init__(self):
        ours, self.socket = socket.socketpair()
        self.link = ForkedLink(ForkedInbox(ours, MOST), lambda: True)

    def send(self, *messages):
        for message in messages:
            data = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.socket.sendall(LENGTH.pack(len(data)) + data)

    def asked(self):
        """Id and content of the request."""
        (length,) = LENGTH.unpack(self.socket.recv(LENGTH.size, socket.MSG_WAITALL))
        _, request, content = json.loads(self.socket.recv(length, socket.MSG_WAITALL))
        return request, content


@pytest.fixture
def forked():
    kernel = Forked()
    yield kernel
    kernel.link.close()
    kernel.socket.close()


def test_answers_end_with_the_reply(forked):
    forked.link.execute("x = 1")
    request, content = forked.asked()
    assert content["code"] == "x = 1"
    forked.send(["stream", request, {}], ["execute_reply", request, {}], ["stream", request, {}])
    assert kinds(forked.link) == ["stream", "execute_reply"]
    forked.link.execute("x = 2")
    forked.send(["execute_reply", forked.asked()[0], {"status": "ok"}])
    assert forked.link.reply(soon())["content"] == {"status": "ok"}


@pytest.mark.parametrize(
    "message",
    [
        *(b"", b"[", b"\xff", b"null", b"[" * 5000, {"a": 1}, [1, 2], ["stream", "another", {}]),
        *([7, "1", {}], ["stream", "1", []], ["stream", ["1"], {}], ["stream", "1", {}, 4]),
    ],
    ids=str,
)
def test_what_is_no_answer_is_dropped(forked, message):
    forked.link.execute("pass")
    request, _ = forked.asked()
    assert request == "1"
    forked.send(message, ["execute_reply", request, {}])
    assert kinds(forked.link) == ["execute_reply"]


def test_a_message_too_long_is_told(forked):
    forked.link.execute("pass")
    request, _ = forked.asked()
    forked.send(["stream", request, {"text": "x" * MOST}], ["execute_reply", request, {}])
    assert kinds(forked.link) == [TOO_LONG, "execute_reply"]


@pytest.mark.parametrize("late", [["stream", "0", {"text": "x" * MOST}], b"[" * 2 * MOST])
def test_a_message_too_long_for_another_request_is_dropped(forked, late):
    forked.link.execute("pass")
    request, _ = forked.asked()
    forked.send(late, ["execute_reply", request, {}])
    assert kinds(forked.link) == ["execute_reply"]


def test_silence_is_told_and_may_end(forked):
    forked.link.execute("pass")
    request, _ = forked.asked()
    with pytest.raises(TimeoutError):
        forked.link.answer(time.monotonic() + 0.02)
    forked.send(["execute_reply", request, {}])
    assert kinds(forked.link) == ["execute_reply"]


def test_chatter_is_silence(forked):
    """What answers another request does not make the wait any longer."""
    forked.link.execute("pass")
    forked.send(*[["stream", "another", {}]] * 100)
    with pytest.raises(TimeoutError):
        forked.link.answer(time.monotonic() + 0.02)


def test_the_end_is_told_after_what_was_said(forked):
    forked.link.execute("pass")
    forked.send(["stream", forked.asked()[0], {}])
    forked.socket.close()
    assert forked.link.answer(soon())["msg_type"] == "stream"
    with pytest.raises(DeadKernelError):
        forked.link.answer(soon())
    assert not forked.link.alive


def test_nothing_is_waited_for_where_nothing_was_asked(forked):
    assert forked.link.answer(soon()) is None


def test_readiness_is_the_first_message(forked):
    forked.send(["ready", "", {}])
    forked.link.wait_until_ready(soon())
    assert forked.link.answer(soon()) is None


class Started:
    """The kernel's ends of a started kernel's link."""

    def __init__(self):
        shell, self.shell = socket.socketpair()
        iopub, self.iopub = socket.socketpair()
        self.session = Session(key=b"key")
        connections = Connection(shell, MOST), Connection(iopub, MOST)
        self.link = JupyterLink(*connections, self.session.clone(), lambda: True)

    def answer(self, place, kind, content):
        parent = {"msg_id": self.link._request, "msg_type": "", "username": "", "session": ""}
        message = self.session.msg(kind, content, parent={"header": parent})
        place.sendall(_packed(self.session.serialize(message)))

    def close(self):
        self.link.close()
        self.shell.close()
        self.iopub.close()


@pytest.fixture
def started():
    kernel = Started()
    yield kernel
    kernel.close()


@pytest.mark.parametrize("reply_first", [True, False])
def test_answers_end_with_reply_and_idle(started, reply_first):
    started.link.execute("x = 1")
    if reply_first:
        started.answer(started.shell, "execute_reply", {"status": "ok"})
        assert started.link.answer(soon())["msg_type"] == "execute_reply"
    started.answer(started.iopub, "stream", {"text": "x"})
    started.answer(started.iopub, "status", {"execution_state": "idle"})
    if not reply_first:
        assert started.link.answer(soon())["msg_type"] == "stream"
        started.answer(started.shell, "execute_reply", {"status": "ok"})
    expected = {True: ["stream", "status"], False: ["status", "execute_reply"]}[reply_first]
    assert kinds(started.link) == expected


def test_after_the_reply_the_rest_is_not_waited_for_long(started, monkeypatch):
    monkeypatch.setattr(module, "IOPUB_SECONDS", 0.02)
    started.link.execute("x = 1")
    started.answer(started.shell, "execute_reply", {"status": "ok"})
    assert kinds(started.link) == ["execute_reply"]


def test_a_forged_signature_is_dropped(started):
    started.link.execute("x = 1")
    started.session.key = b"another"
    started.answer(started.iopub, "stream", {"text": "x"})
    started.session.key = b"key"
    started.answer(started.iopub, "status", {"execution_state": "idle"})
    started.answer(started.shell, "execute_reply", {"status": "ok"})
    assert sorted(kinds(started.link)) == ["execute_reply", "status"]


def test_a_reply_too_long_is_an_error(started):
    started.link.execute("x = 1")
    started.answer(started.shell, "execute_reply", {"evalue": "x" * 2 * MOST})
    started.answer(started.iopub, "status", {"execution_state": "idle"})
    found = {}
    while (message := started.link.answer(soon())) is not None:
        found[message["msg_type"]] = message["content"]
    assert found["execute_reply"]["evalue"] == "(too long to be read)"
