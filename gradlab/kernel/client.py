"""A kernel client that believes nothing it is told.

`KernelLink` stands where nbclient expects a `jupyter_client.KernelClient`: it sends requests and
hands over only well-formed answers to the request that is running. `BoundedClient` is nbclient's
own executor, with bounds on what one cell may put into the notebook.
"""

import asyncio
import logging
from collections.abc import Callable
from queue import Empty
from typing import Any

from jupyter_client.session import Session
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode, v4

from gradlab.kernel import outputs
from gradlab.kernel.zmtp import Connection

DELIMITER = b"<IDS|MSG>"
TOO_LONG = "too_long"
READY_SECONDS = 0.5
IOPUB_SECONDS = 2
"""How long to wait, after a cell's reply, for the rest of its outputs."""
Message = dict[str, Any]
log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())  # a student's dying kernel is no news on the console


class Channel:
    """Messages of one socket that answer the request now running; all others are dropped."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.connection = connection
        self.session = session
        self.request: str | None = None
        self.closed = False
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue(1)
        self.pump = asyncio.ensure_future(self._pump())

    async def get_msg(self, timeout: float | None = None) -> Message:
        """The next message, waiting at most `timeout` seconds.

        Raises:
            queue.Empty: none came in time.
            DeadKernelError: the kernel is gone.
        """
        try:
            async with asyncio.timeout(timeout):
                while (message := await self.queue.get()) is not None:
                    if self._answers(message):
                        return message
        except TimeoutError:
            raise Empty from None
        self.queue.put_nowait(None)  # for whoever asks next
        raise DeadKernelError("Kernel died")

    def expect(self, request: str | None) -> None:
        """From now on keep only answers to `request`; to None there are none."""
        self.request = request

    def _answers(self, message: Message) -> bool:
        return bool(message["parent_header"].get("msg_id") == self.request)

    async def _pump(self) -> None:
        """Reads all the time, so that a chatty kernel neither blocks nor piles up messages."""
        try:
            while True:
                frames = await self.connection.receive()
                message = self._parse(frames) if frames else self._too_long()
                if message is not None and self._answers(message):
                    await self.queue.put(message)
        except (EOFError, OSError):
            self.closed = True
            await self.queue.put(None)

    def _parse(self, frames: list[bytes]) -> Message | None:
        """A signed, complete message; None for anything else."""
        if self.request is None or DELIMITER not in frames[:2]:
            return None
        try:
            message = self.session.deserialize(frames[frames.index(DELIMITER) + 1 :])
        except Exception:  # whatever damaged JSON, dates or types can raise in there
            return None
        parts = (message.get(name) for name in ("header", "parent_header", "content"))
        shaped = all(isinstance(part, dict) for part in parts)
        message["size"] = sum(map(len, frames))
        return message if shaped and isinstance(message.get("msg_type"), str) else None

    def _too_long(self) -> Message:
        """What stands for a message too long to read; most likely it answered the request."""
        content = {
            "status": "error",
            "ename": "Error",
            "evalue": "(too long to be read)",
        }
        parent = {"msg_id": self.request}
        return {
            "msg_type": TOO_LONG,
            "parent_header": parent,
            "content": content,
            "size": 0,
        }

    def close(self) -> None:
        """Stop reading."""
        self.closed = True
        self.pump.cancel()
        self.connection.close()


class KernelLink:
    """The part of jupyter_client's `KernelClient` that nbclient uses.

    Args:
        shell, iopub: connections to those two sockets; the others are not needed.
        session: signs and checks messages.
        running: whether the kernel's process is.
    """

    allow_stdin = False

    def __init__(
        self,
        shell: Connection,
        iopub: Connection,
        session: Session,
        running: Callable[[], bool],
    ) -> None:
        self.session = session
        self.running = running
        self.shell_channel = Channel(shell, session.clone())
        self.iopub_channel = Channel(iopub, session.clone())

    async def request(self, kind: str, content: dict[str, object]) -> str:
        """Send a request on the shell channel; its id."""
        message = self.session.msg(kind, content)
        self.expect(message["msg_id"])
        await self.shell_channel.connection.send(self.session.serialize(message))
        return str(message["msg_id"])

    def expect(self, request: str | None) -> None:
        """From now on keep only answers to `request`."""
        self.shell_channel.expect(request)
        self.iopub_channel.expect(request)

    async def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        stop_on_error: bool = False,
    ) -> str:
        """Ask the kernel to run `code`; the request's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return await self.request("execute_request", content)

    async def wait_for_ready(self) -> None:
        """Until the kernel answers on both channels.

        Raises:
            DeadKernelError: it ended before that.
        """
        while True:
            await self.request("kernel_info_request", {})
            try:
                await self.iopub_channel.get_msg(READY_SECONDS)
                await self.shell_channel.get_msg(READY_SECONDS)
                return
            except Empty:
                continue

    def is_alive(self) -> bool:
        """Whether the kernel runs and still holds its connection."""
        return not self.shell_channel.closed and self.running()

    def close(self) -> None:
        """Stop reading both channels."""
        self.shell_channel.close()
        self.iopub_channel.close()


class BoundedClient(NotebookClient):  # type: ignore[misc]
    """nbclient's executor for one cell after another, keeping a bounded part of their outputs.

    A display that an earlier cell made cannot be updated by a later one: by then the trusted side
    may have put something of its own in its place.
    """

    def __init__(self, link: KernelLink, output_bytes: int) -> None:
        super().__init__(
            v4.new_notebook(),
            log=log,
            allow_errors=True,
            record_timing=False,
            store_widget_state=False,
            iopub_timeout=IOPUB_SECONDS,
            timeout=None,
            skip_cells_with_tag="(no cell is skipped)",
        )
        self.kc = link
        self.output_bytes = output_bytes
        self.budget = outputs.Budget(output_bytes)

    async def run(self, cell: NotebookNode) -> dict[str, Any]:
        """Execute `cell`; the content of the kernel's reply.

        Raises:
            DeadKernelError: the kernel is gone.
        """
        self.budget = outputs.Budget(self.output_bytes)
        self.reset_execution_trackers()
        self.nb.cells = [cell]
        cell.outputs, cell.execution_count = [], None
        replies: list[dict[str, Any]] = [{"status": "ok"}]
        self.on_cell_executed = lambda execute_reply, **_: replies.append(execute_reply["content"])
        try:
            await self.async_execute_cell(cell, 0)
        finally:
            self.nb.cells = []
            self.kc.expect(None)
        return replies[-1]

    def process_message(
        self, msg: Message, cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """As nbclient does, for messages that are well-formed and within the cell's budget."""
        kind, content = msg["msg_type"], msg["content"]
        self.budget.exceeded |= kind == TOO_LONG
        try:
            if kind in ("status", "execute_input"):
                return super().process_message(msg, cell, cell_index)
            if self.budget.admit(kind, content, msg["size"]) and not self._joins(msg, cell):
                return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # the kernel's code wrote this message; it may hold anything
            self.budget.damaged = True
        return None

    def _joins(self, msg: Message, cell: NotebookNode) -> bool:
        """Add a stream's text to the output before it, if that is the same stream."""
        last = cell.outputs[-1] if cell.outputs and not self.clear_before_next_output else {}
        content = msg["content"]
        same = msg["msg_type"] == last.get("output_type") == "stream"
        if same and content["name"] == last["name"]:
            last["text"] += content["text"]
            return True
        return False

    async def _check_raise_for_error(self, *args: object) -> None:
        """The reply says how the cell ended; an error is no exception here."""
