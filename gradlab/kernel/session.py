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
from pathlib import Path
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
        files: the course's own files, shown read-only in the home of the sandbox.
        modules: if given, the kernel is forked from a warm parent that has imported these.

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
        files: tuple[Path, ...] = (),
        modules: tuple[str, ...] | None = None,
    ) -> None:
        self.packages = tuple(packages)
        self.limits = limits or Limits()
        self.sandbox = sandbox
        self.cwd = cwd
        self.files = files
        self.modules = modules
        self._thread = _LoopThread()
        self._kernel: RunningKernel | None = None
        self._client: BoundedClient | None = None

    def __enter__(self) -> Self:
        self._thread = _LoopThread()
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
            end=lambda: self._await(self._end_of(kernel)),
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
        if self._thread.is_alive():
            try:
                self._await(self._end())
            finally:
                self._thread.stop()

    def _living(self) -> RunningKernel:
        if self._kernel is None or not self.alive:
            raise KernelDied("the kernel has ended; restart() gives a fresh one")
        return self._kernel

    async def _start(self) -> None:
        self._kernel = await launch(
            self.packages, self.limits, self.sandbox, self.cwd, self.files, self.modules
        )
        self._client = BoundedClient(self._kernel.link, self.limits.output_kib * 1024)

    async def _end(self) -> None:
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            await kernel.end()

    async def _end_of(self, kernel: RunningKernel) -> str:
        """End the kernel after it misbehaved; how it ended, by itself if it did."""
        reason = await kernel.post_mortem()
        await self._end()
        return reason

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
            *outcome,
            time.monotonic() - started,
            client.budget.exceeded or client.budget.damaged,
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
            return "died", "", f"the kernel {await self._end_of(kernel)}"
        if reply.get("status") == "ok":
            return "ok", "", ""
        return "error", str(reply.get("ename"))[:200], str(reply.get("evalue"))[:2000]

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._thread.run_coroutine(coroutine)


class _LoopThread(threading.Thread):
    """A thread that does nothing but run an event loop.

    The kernel is started from here, too: the sandbox ends with the thread that started it.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True, name="gradlab-kernel")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()

    def run(self) -> None:
        with asyncio.Runner() as runner:  # at its end, it cancels what still runs
            self._loop = runner.get_loop()
            # A task nobody awaits any more ends with the kernel; its error is no news.
            self._loop.set_exception_handler(lambda loop, context: None)
            self._finish = asyncio.Event()
            self._ready.set()
            runner.run(self._finish.wait())

    def run_coroutine(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` there; its result here."""
        self._ready.wait()
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def stop(self) -> None:
        """End the thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._finish.set)
        self.join()
