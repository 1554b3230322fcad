"""One kernel, owned by a `with` block: cells and calls, in bounded time, and nothing left behind.

    with KernelSession(packages=("numpy",)) as session:
        outcome = session.run(cell)
        with session.channel() as channel:
            reply = channel.request(payload)

The interface is synchronous, so it works in a plain script and inside a running event loop
(Formgrader's) alike.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from gradlab.errors import KernelDied
from gradlab.kernel import outputs
from gradlab.kernel.channel import STOP, CallChannel
from gradlab.kernel.client import BoundedClient
from gradlab.kernel.launch import RunningKernel, launch
from gradlab.kernel.limits import Limits
from gradlab.kernel.started import SandboxKind

Status = Literal["ok", "error", "timeout", "died"]
GRACE_SECONDS = 2.0


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
        self._kernel: RunningKernel | None = None
        self._client: BoundedClient | None = None

    def __enter__(self) -> Self:
        self._start()
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
        return self._kernel is not None and self._kernel.link.alive

    def run(self, cell: NotebookNode) -> CellOutcome:
        """Execute a code cell; fills its `outputs` and `execution_count`."""
        kernel, client = self._living(), self._client
        assert client is not None
        started = time.monotonic()
        outcome = self._run(kernel, client, cell)
        outputs.tidy(cell, client.budget)
        truncated = client.budget.exceeded or client.budget.damaged
        return CellOutcome(*outcome, time.monotonic() - started, truncated)

    @contextmanager
    def channel(self) -> Iterator[CallChannel]:
        """Calls of what the notebook defined, while no cell runs.

        Raises:
            KernelDied: the kernel is gone.
        """
        kernel = self._living()
        with suppress(TimeoutError):  # then it answers no calls either
            kernel.link.serve(kernel.agent_files)
        channel = CallChannel(
            kernel.agent,
            max_bytes=self.limits.frame_mib * 2**20,
            grace=GRACE_SECONDS,
            interrupt=kernel.interrupt,
            end=lambda: self._end_of(kernel),
        )
        try:
            yield channel
        finally:
            self._stop_serving(kernel)

    def restart(self) -> None:
        """A fresh kernel in place of this one, whatever state it is in."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the kernel and everything that belongs to it. May be called twice."""
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.end()

    def _living(self) -> RunningKernel:
        if self._kernel is None or not self.alive:
            raise KernelDied("the kernel has ended; restart() gives a fresh one")
        return self._kernel

    def _start(self) -> None:
        self._kernel = launch(
            self.packages, self.limits, self.sandbox, self.cwd, self.files, self.modules
        )
        self._client = BoundedClient(self._kernel.link, self.limits.output_kib * 1024)

    def _end_of(self, kernel: RunningKernel) -> str:
        """End the kernel after it misbehaved; how it ended, by itself if it did."""
        reason = kernel.post_mortem()
        self.close()
        return reason

    def _stop_serving(self, kernel: RunningKernel) -> None:
        """Ask the agent to return, and make sure that it did."""
        if kernel is not self._kernel or not self.alive:
            return
        try:
            kernel.agent.send(STOP)
            kernel.link.reply(time.monotonic() + GRACE_SECONDS)
        except (DeadKernelError, OSError):  # no room, or a timeout: it does not obey
            self.close()

    def _run(
        self, kernel: RunningKernel, client: BoundedClient, cell: NotebookNode
    ) -> tuple[Status, str, str]:
        """Interrupt, then end the kernel, when the cell takes too long."""
        late = f"the cell ran longer than {self.limits.cell_seconds:g} s"
        try:
            reply = _finished(client, cell, self.limits.cell_seconds)
            if reply is None:
                self._interrupt(kernel, client)
                return "timeout", "", late
        except DeadKernelError:
            return "died", "", f"the kernel {self._end_of(kernel)}"
        if reply.get("status") == "ok":
            return "ok", "", ""
        return "error", str(reply.get("ename"))[:200], str(reply.get("evalue"))[:2000]

    def _interrupt(self, kernel: RunningKernel, client: BoundedClient) -> None:
        """A cell that ends now leaves the kernel as it is; another takes it along."""
        kernel.interrupt()
        try:
            client.finish(time.monotonic() + GRACE_SECONDS)
        except (DeadKernelError, TimeoutError):
            self.close()


def _finished(client: BoundedClient, cell: NotebookNode, seconds: float) -> dict[str, Any] | None:
    """The kernel's reply; None if there is none in time."""
    deadline = time.monotonic() + seconds
    try:
        client.begin(cell)
        return client.finish(deadline)
    except TimeoutError:
        return None
