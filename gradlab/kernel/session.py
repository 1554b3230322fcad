"""One kernel, owned by a `with` block: cells and calls, in bounded time, and nothing left behind.

    with KernelSession(packages=("numpy",)) as session:
        outcome = session.run(cell)
        with session.channel() as channel:
            reply = channel.request(payload)

The interface is synchronous. A thread of the session's own runs the event loop, so it works in a
plain script and inside a running loop (Formgrader's) alike.
"""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from gradlab.errors import KernelDied
from gradlab.kernel import outputs
from gradlab.kernel.channel import STOP, CallChannel
from gradlab.kernel.client import BoundedClient
from gradlab.kernel.launch import RunningKernel, SandboxKind, launch
from gradlab.kernel.limits import Limits

Status = Literal["ok", "error", "timeout", "died"]
T = TypeVar("T")
GRACE_SECONDS = 2.0
SERVE = "__import__('gradlab.kernel.agent', fromlist=['serve']).serve({fd})"


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended. Its outputs are in the cell.

    Attributes:
        status: "ok"; "error": it raised; "timeout": it ran longer than `cell_seconds` (the
            session is alive if it stopped when interrupted); "died": the kernel is gone.
        error_name: type of the exception, as the kernel tells it; untrusted text.
        error_message: its message, likewise, or why the kernel is gone.
        seconds: wall-clock time.
        truncated: some output was left out.
    """

    status: Status
    error_name: str = ""
    error_message: str = ""
    seconds: float = 0.0
    truncated: bool = False


class KernelSession:
    """Owns one kernel from `__enter__` to `__exit__`; see the module's docstring.

    Args:
        packages: distributions that the notebook may import, beside the standard library.
        limits: bounds on time, memory and output.
        sandbox: "bubblewrap", or "none" for code that its user trusts.
        cwd: folder to run in, for "none" only.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work (on `__enter__`).
        KernelDied: the kernel did not start (on `__enter__` and `restart`).
    """

    def __init__(
        self,
        *,
        packages: tuple[str, ...] = (),
        limits: Limits | None = None,
        sandbox: SandboxKind = "bubblewrap",
        cwd: str | None = None,
    ) -> None:
        self.packages = tuple(packages)
        self.limits = limits or Limits()
        self.sandbox = sandbox
        self.cwd = cwd
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, daemon=True, name="gradlab-kernel")
        self._kernel: RunningKernel | None = None
        self._client: BoundedClient | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._await(self._start())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the kernel can take another cell or call."""
        return self._kernel is not None and self._kernel.link.is_alive()

    def run(self, cell: NotebookNode) -> CellOutcome:
        """Execute a code cell; fills its `outputs` and `execution_count`."""
        return self._await(self._run(cell))

    @contextmanager
    def channel(self) -> Iterator[CallChannel]:
        """Calls of what the notebook defined, while no cell runs.

        Raises:
            KernelDied: the kernel is gone.
        """
        kernel = self._living()
        self._await(kernel.link.execute(SERVE.format(fd=kernel.agent_fd), silent=True))
        channel = CallChannel(
            kernel.agent,
            max_bytes=self.limits.frame_mib * 2**20,
            grace=GRACE_SECONDS,
            interrupt=lambda: self._await(kernel.interrupt()),
            kill=lambda: self._await(self._end()),
        )
        try:
            yield channel
        finally:
            self._await(self._stop_serving(kernel))

    def restart(self) -> None:
        """A fresh kernel in place of this one, whatever state it is in."""
        self._await(self._end())
        self._await(self._start())

    def close(self) -> None:
        """End the kernel and everything that belongs to it. May be called twice."""
        if self._loop.is_closed():
            return
        try:
            self._await(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _living(self) -> RunningKernel:
        if self._kernel is None or not self.alive:
            raise KernelDied("the kernel has ended; restart() gives a fresh one")
        return self._kernel

    async def _start(self) -> None:
        self._kernel = await launch(self.packages, self.limits, self.sandbox, self.cwd)
        self._client = BoundedClient(self._kernel.link, self.limits.output_kib * 1024)

    async def _end(self) -> None:
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            await kernel.end()

    async def _stop_serving(self, kernel: RunningKernel) -> None:
        """Ask the agent to return, and make sure that it did."""
        if kernel is not self._kernel or not self.alive:
            return
        try:
            kernel.agent.settimeout(GRACE_SECONDS)
            kernel.agent.sendall(STOP)
            await kernel.link.shell_channel.get_msg(timeout=GRACE_SECONDS)
        except Exception:  # queue.Empty, DeadKernelError, OSError: it does not obey
            await self._end()

    async def _run(self, cell: NotebookNode) -> CellOutcome:
        kernel, client = self._living(), self._client
        assert client is not None
        started = time.monotonic()
        task = asyncio.ensure_future(client.run(cell))
        in_time = await self._watch(kernel, task)
        outcome = await self._outcome(kernel, task, in_time)
        outputs.tidy(cell, client.budget)
        return CellOutcome(
            *outcome, time.monotonic() - started, client.budget.exceeded or client.budget.damaged
        )

    async def _watch(self, kernel: RunningKernel, task: "asyncio.Future[Any]") -> bool:
        """Wait for `task`; interrupt, then kill, when it takes too long. Whether it was in time."""
        await asyncio.wait({task}, timeout=self.limits.cell_seconds)
        if task.done():
            return True
        await kernel.interrupt()
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
        if not task.done():
            await self._end()
            task.cancel()
            await asyncio.wait({task})
        return False

    async def _outcome(
        self, kernel: RunningKernel, task: "asyncio.Future[Any]", in_time: bool
    ) -> tuple[Status, str, str]:
        if not in_time:
            return "timeout", "", f"the cell ran longer than {self.limits.cell_seconds:g} s"
        try:
            reply = task.result()
        except DeadKernelError:
            await self._end()
            return "died", "", f"the kernel {kernel.reason()}"
        if reply.get("status") == "ok":
            return "ok", "", ""
        return "error", str(reply.get("ename"))[:200], str(reply.get("evalue"))[:2000]

    def _run_loop(self) -> None:
        """The thread: run what the synchronous methods hand over, until `close`."""
        asyncio.set_event_loop(self._loop)
        # A task nobody awaits any more ends with the kernel; its error is no news.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._loop.run_forever()
        self._loop.run_until_complete(_cancel_others())

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


async def _cancel_others() -> None:
    """End every other task of the running loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
