"""Requests to a kernel, and the answers that are worth reading.

A kernel writes what it likes, when it likes. A link hands over only well-formed messages that
answer the request that is running, until its reply, which is the last; all others are dropped.
How they are written, `gradlab.kernel.protocol` says; the other end is `gradlab.kernel.prepared`.
"""

import itertools
import json
import re
import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from nbclient.exceptions import DeadKernelError

from gradlab.kernel.inbox import Beginning, Inbox
from gradlab.kernel.limits import Limits
from gradlab.kernel.protocol import EXECUTE, LENGTH, NO_REQUEST, REPLY, SERVE

Message = dict[str, Any]
MESSAGE_BYTES = 16 * 2**20
"""Longest message read, unless a cell may put even more than that into the notebook."""
TOO_LONG = "too_long"
BEGINNING = re.compile(rb'\["\w+", ?"(\d*)"')
SEND_SECONDS = 5.0


class Link:
    """One request at a time, and its answers.

    Args:
        inbox: what the kernel writes.
        running: whether the kernel's process is.
    """

    def __init__(self, inbox: Inbox, running: Callable[[], bool]) -> None:
        self.running = running
        self._inbox = inbox
        self._poll = select.poll()
        self._poll.register(inbox.fileno(), select.POLLIN)
        self._numbers = itertools.count(1)
        self._request: str | None = None
        self._answers: deque[Message] = deque()

    @property
    def alive(self) -> bool:
        """Whether the kernel runs and still holds its connection."""
        return not self._inbox.closed and self.running()

    def execute(self, code: str) -> None:
        """Ask the kernel to run a cell.

        Raises:
            TimeoutError: it takes no requests.
        """
        self._ask(EXECUTE, {**_EXECUTE, "code": code})

    def serve(self, files: tuple[int, int]) -> None:
        """Ask the kernel to serve calls at its open files, until told to stop; raises likewise."""
        self._ask(SERVE, {"files": files})

    def wait_until_ready(self, deadline: float) -> None:
        """Wait for the message that it sends when it starts; raises as `answer` does."""
        self.expect(NO_REQUEST)
        self.answer(deadline)
        self.expect(None)

    def answer(self, deadline: float) -> Message | None:
        """The next answer, or None when there are no more.

        Raises:
            TimeoutError: none came before `deadline`.
            DeadKernelError: the kernel is gone.
        """
        while not self._answers:
            if self._request is None:
                return None
            if self._inbox.closed:
                raise DeadKernelError("Kernel died")
            self._read(deadline)
        message = self._answers.popleft()
        if message["msg_type"].endswith(REPLY):
            self.expect(None)
        return message

    def reply(self, deadline: float) -> Message:
        """Drop all answers but the last; raises as `answer` does."""
        found: Message = {}
        while (message := self.answer(deadline)) is not None:
            found = message
        return found

    def expect(self, request: str | None) -> None:
        """From now on keep only answers to `request`; to None there are none."""
        self._request = request
        self._answers.clear()

    def close(self) -> None:
        """Stop reading."""
        self._inbox.close()

    def _read(self, deadline: float) -> None:
        """Take in what there is, waiting for something if there is nothing."""
        ready = self._poll.poll(max(0.0, 1000 * (deadline - time.monotonic())))
        if not ready or time.monotonic() > deadline:
            raise TimeoutError("the kernel does not answer")
        found = map(self._parse, self._inbox.read())
        self._answers.extend(one for one in found if one is not None)

    def _ask(self, kind: str, content: Message) -> None:
        request = str(next(self._numbers))
        self.expect(request)
        payload = json.dumps([kind, request, content]).encode()
        frame = LENGTH.pack(len(payload)) + payload
        self._inbox.send_bytes(frame, time.monotonic() + SEND_SECONDS)

    def _parse(self, raw: bytes) -> Message | None:
        """A well-formed answer to the request; None for anything else."""
        if isinstance(raw, Beginning):
            found = BEGINNING.match(raw)
            request = found[1].decode() if found else None
            return _message(TOO_LONG, request, {}) if request and request == self._request else None
        try:
            kind, request, content = json.loads(raw)
        except (ValueError, TypeError, RecursionError):
            return None
        if not isinstance(kind, str) or request != self._request or not isinstance(content, dict):
            return None
        return _message(kind, request, content, len(raw))


def message_bytes(limits: Limits) -> int:
    """The longest message that is read from a kernel with these limits."""
    return max(MESSAGE_BYTES, 2 * 1024 * limits.output_kib)


_EXECUTE = {
    "silent": False,
    "store_history": True,
    "user_expressions": {},
    "allow_stdin": False,
    "stop_on_error": False,
}


def _message(kind: str, request: str, content: Message, size: int = 0) -> Message:
    """In the form that nbclient knows."""
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": request},
        "metadata": {},
        "content": content,
        "size": size,
    }
