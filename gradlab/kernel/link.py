"""Requests to a kernel, and the answers that are worth reading.

A kernel writes what it likes, when it likes. A link hands over only well-formed messages that
answer the request that is running, until the last of them; all others are dropped. There are two
kinds: one speaks Jupyter's protocol over ZeroMQ's sockets, with kernels that are started; the
other speaks over one socket with those that are forked (`gradlab.kernel.prepared`).
"""

import itertools
import json
import re
import select
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError

from gradlab.kernel.inbox import Inbox
from gradlab.kernel.limits import Limits
from gradlab.kernel.protocol import EXECUTE, LENGTH, NO_REQUEST, REPLY, SERVE
from gradlab.kernel.zmtp import Connection

Message = dict[str, Any]
MESSAGE_BYTES = 16 * 2**20
"""Longest message read, unless a cell may put even more than that into the notebook."""
TOO_LONG = "too_long"
BEGINNING_BYTES = 64
BEGINNING = re.compile(rb'\["\w+", ?"(\d*)"')
DELIMITER = b"<IDS|MSG>"
READY_SECONDS = 0.5
IOPUB_SECONDS = 2
"""How long to wait, after a cell's reply, for the rest of its outputs."""
SEND_SECONDS = 5.0
SERVING = "__import__('gradlab.kernel.agent', fromlist=['serve']).serve({fd})"


class Link(ABC):
    """One request at a time, and its answers.

    Args:
        inboxes: what can be read from the kernel.
        running: whether the kernel's process is.
    """

    def __init__(self, inboxes: Iterable[Inbox[Any]], running: Callable[[], bool]) -> None:
        self.running = running
        self._inboxes = {inbox.fileno(): inbox for inbox in inboxes}
        self._poll = select.poll()
        for number in self._inboxes:
            self._poll.register(number, select.POLLIN)
        self._request: str | None = None
        self._answers: deque[Message] = deque()

    @property
    def alive(self) -> bool:
        """Whether the kernel runs and still holds its connection."""
        return not self._closed and self.running()

    def execute(self, code: str) -> None:
        """Ask the kernel to run a cell.

        Raises:
            TimeoutError: it takes no requests.
        """
        self._ask(EXECUTE, {**_EXECUTE, "code": code})

    @abstractmethod
    def wait_until_ready(self, deadline: float) -> None:
        """Until the kernel has said something; raises as `answer` does."""

    @abstractmethod
    def serve(self, descriptor: int) -> None:
        """Ask the kernel to serve calls at its open file `descriptor`, until told to stop."""

    def answer(self, deadline: float) -> Message | None:
        """The next answer, or None when there are no more.

        Raises:
            TimeoutError: none came before `deadline`.
            DeadKernelError: the kernel is gone.
        """
        while not self._answers:
            if self._request is None:
                return None
            if self._closed and not self._poll.poll(0):
                raise DeadKernelError("Kernel died")
            self._read(deadline)
        message = self._answers.popleft()
        self._note(message)
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
        for inbox in self._inboxes.values():
            inbox.close()
        self._inboxes.clear()

    @property
    def _closed(self) -> bool:
        return not self._inboxes or any(inbox.closed for inbox in self._inboxes.values())

    def _read(self, deadline: float) -> None:
        """Take in what there is, waiting for something if there is nothing."""
        ready = self._poll.poll(max(0.0, 1000 * (deadline - time.monotonic())))
        if not ready or time.monotonic() > deadline:
            raise TimeoutError("the kernel does not answer")
        for number, _ in ready:
            inbox = self._inboxes[number]
            found = [self._parse(raw, inbox) for raw in inbox.read()]
            self._answers.extend(one for one in found if one is not None)
            if inbox.closed:
                self._poll.unregister(number)

    @abstractmethod
    def _ask(self, kind: str, content: Message) -> None: ...

    @abstractmethod
    def _parse(self, raw: Any, inbox: Inbox[Any]) -> Message | None:
        """A well-formed answer to the request; None for anything else."""

    @abstractmethod
    def _note(self, message: Message) -> None:
        """After the last answer to a request, expect no more."""


class Beginning(bytes):
    """Of a message that is too long: enough to tell what it answers."""


class ForkedInbox(Inbox[bytes]):
    """Length-prefixed messages; of one that exceeds `max_bytes` the beginning is kept."""

    def _messages(self) -> Generator[bytes | None, None, None]:
        while True:
            (length,) = LENGTH.unpack((yield from self.take(LENGTH.size)))
            if length <= self.max_bytes:
                yield (yield from self.take(length))
            else:
                beginning = yield from self.take(BEGINNING_BYTES)
                yield from self.skip(length - BEGINNING_BYTES)
                yield Beginning(beginning)


class ForkedLink(Link):
    """To a forked kernel. All comes in order over one socket, so a request's reply is the last."""

    def __init__(self, inbox: ForkedInbox, running: Callable[[], bool]) -> None:
        super().__init__([inbox], running)
        self._inbox = inbox
        self._numbers = itertools.count(1)

    def serve(self, descriptor: int) -> None:
        """By a request of its own."""
        self._ask(SERVE, {"fd": descriptor})

    def wait_until_ready(self, deadline: float) -> None:
        """Wait for the message that it sends when it starts; raises as `answer` does."""
        self.expect(NO_REQUEST)
        self.answer(deadline)
        self.expect(None)

    def _ask(self, kind: str, content: Message) -> None:
        request = str(next(self._numbers))
        self.expect(request)
        payload = json.dumps([kind, request, content]).encode()
        frame = LENGTH.pack(len(payload)) + payload
        self._inbox.send_bytes(frame, time.monotonic() + SEND_SECONDS)

    def _parse(self, raw: bytes, inbox: Inbox[Any]) -> Message | None:
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

    def _note(self, message: Message) -> None:
        if message["msg_type"].endswith(REPLY):
            self.expect(None)


class JupyterLink(Link):
    """To a started kernel, by its shell and iopub sockets; the others are not needed.

    What comes on the one may overtake the other: there are no more answers after the reply and
    the status "idle", or some time after the reply.
    """

    def __init__(
        self,
        shell: Connection,
        iopub: Connection,
        session: Session,
        running: Callable[[], bool],
    ) -> None:
        super().__init__([shell, iopub], running)
        self.session = session
        self._shell = shell
        self._missing: set[str] = set()
        self._patience = float("inf")

    def serve(self, descriptor: int) -> None:
        """As a cell that nobody sees."""
        quiet = {"code": SERVING.format(fd=descriptor), "silent": True}
        self._ask(EXECUTE, {**_EXECUTE, **quiet})

    def wait_until_ready(self, deadline: float) -> None:
        """Until the kernel answers on both channels; raises as `answer` does."""
        while True:
            self._ask("kernel_info_request", {})
            try:
                self.reply(min(deadline, time.monotonic() + READY_SECONDS))
                return
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise

    def answer(self, deadline: float) -> Message | None:
        """As for any link; after the reply it does not wait long for the rest."""
        try:
            return super().answer(min(deadline, self._patience))
        except TimeoutError:
            if time.monotonic() <= self._patience:
                raise
            self._request = None
            return None

    def _ask(self, kind: str, content: Message) -> None:
        message = self.session.msg(kind, content)
        self.expect(message["msg_id"])
        self._missing, self._patience = {"reply", "idle"}, float("inf")
        self._shell.send(self.session.serialize(message), time.monotonic() + SEND_SECONDS)

    def _parse(self, raw: list[bytes], inbox: Inbox[Any]) -> Message | None:
        if self._request is None:
            return None
        if not raw:
            if inbox is self._shell:
                return _message(f"execute{REPLY}", self._request, _UNREADABLE)
            return _message(TOO_LONG, self._request, {})
        try:
            message: Message = self.session.deserialize(raw[raw.index(DELIMITER) + 1 :])
        except Exception:  # whatever damaged JSON, dates or types can raise in there
            return None
        parts = (message.get(name) for name in ("header", "parent_header", "content"))
        if not all(isinstance(part, dict) for part in parts):
            return None
        answers = message["parent_header"].get("msg_id") == self._request
        if not answers or not isinstance(message.get("msg_type"), str):
            return None
        return {**message, "size": sum(map(len, raw))}

    def _note(self, message: Message) -> None:
        if message["msg_type"].endswith(REPLY):
            self._missing.discard("reply")
            self._patience = time.monotonic() + IOPUB_SECONDS
        elif message["content"].get("execution_state") == "idle":
            self._missing.discard("idle")
        if not self._missing:
            self.expect(None)


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


_UNREADABLE = {"status": "error", "ename": "Error", "evalue": "(too long to be read)"}


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
