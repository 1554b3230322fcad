"""Of all that a kernel sends, the answers to the request that is running, until the last."""

import json
import time

import pytest
from nbclient.exceptions import DeadKernelError

from gradlab.kernel.inbox import Inbox
from gradlab.kernel.link import TOO_LONG, Link
from gradlab.kernel.pipes import connected, read_exactly, write_all
from gradlab.kernel.protocol import LENGTH

MOST = 10_000


def soon():
    return time.monotonic() + 5


def kinds(link):
    """The kinds of all answers that are left."""
    found = []
    while (message := link.answer(soon())) is not None:
        found.append(message["msg_type"])
    return found


class Kernel:
    """The kernel's end of a link."""

    def __init__(self):
        ours, self.pipes = connected()
        self.link = Link(Inbox(ours, MOST), lambda: True)

    def send(self, *messages):
        for message in messages:
            data = message if isinstance(message, bytes) else json.dumps(message).encode()
            write_all(self.pipes.writing, LENGTH.pack(len(data)) + data)

    def asked(self):
        """Id and content of the request."""
        (length,) = LENGTH.unpack(read_exactly(self.pipes.reading, LENGTH.size))
        _, request, content = json.loads(read_exactly(self.pipes.reading, length))
        return request, content


@pytest.fixture
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.link.close()
    kernel.pipes.close()


def test_answers_end_with_the_reply(kernel):
    kernel.link.execute("x = 1")
    request, content = kernel.asked()
    assert content["code"] == "x = 1"
    kernel.send(["stream", request, {}], ["execute_reply", request, {}], ["stream", request, {}])
    assert kinds(kernel.link) == ["stream", "execute_reply"]
    kernel.link.execute("x = 2")
    kernel.send(["execute_reply", kernel.asked()[0], {"status": "ok"}])
    assert kernel.link.reply(soon())["content"] == {"status": "ok"}


@pytest.mark.parametrize(
    "message",
    [
        *(b"", b"[", b"\xff", b"null", b"[" * 5000, {"a": 1}, [1, 2], ["stream", "another", {}]),
        *([7, "1", {}], ["stream", "1", []], ["stream", ["1"], {}], ["stream", "1", {}, 4]),
    ],
    ids=str,
)
def test_what_is_no_answer_is_dropped(kernel, message):
    kernel.link.execute("pass")
    request, _ = kernel.asked()
    assert request == "1"
    kernel.send(message, ["execute_reply", request, {}])
    assert kinds(kernel.link) == ["execute_reply"]


def test_a_message_too_long_is_told(kernel):
    kernel.link.execute("pass")
    request, _ = kernel.asked()
    kernel.send(["stream", request, {"text": "x" * MOST}], ["execute_reply", request, {}])
    assert kinds(kernel.link) == [TOO_LONG, "execute_reply"]


@pytest.mark.parametrize("late", [["stream", "0", {"text": "x" * MOST}], b"[" * 2 * MOST])
def test_a_message_too_long_for_another_request_is_dropped(kernel, late):
    kernel.link.execute("pass")
    request, _ = kernel.asked()
    kernel.send(late, ["execute_reply", request, {}])
    assert kinds(kernel.link) == ["execute_reply"]


def test_silence_is_told_and_may_end(kernel):
    kernel.link.execute("pass")
    request, _ = kernel.asked()
    with pytest.raises(TimeoutError):
        kernel.link.answer(time.monotonic() + 0.02)
    kernel.send(["execute_reply", request, {}])
    assert kinds(kernel.link) == ["execute_reply"]


def test_chatter_is_silence(kernel):
    """What answers another request does not make the wait any longer."""
    kernel.link.execute("pass")
    kernel.send(*[["stream", "another", {}]] * 100)
    with pytest.raises(TimeoutError):
        kernel.link.answer(time.monotonic() + 0.02)


def test_the_end_is_told_after_what_was_said(kernel):
    kernel.link.execute("pass")
    kernel.send(["stream", kernel.asked()[0], {}])
    kernel.pipes.close()
    assert kernel.link.answer(soon())["msg_type"] == "stream"
    with pytest.raises(DeadKernelError):
        kernel.link.answer(soon())
    assert not kernel.link.alive


def test_nothing_is_waited_for_where_nothing_was_asked(kernel):
    assert kernel.link.answer(soon()) is None


def test_readiness_is_the_first_message(kernel):
    kernel.send(["ready", "", {}])
    kernel.link.wait_until_ready(soon())
    assert kernel.link.answer(soon()) is None
