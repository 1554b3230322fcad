"""Ways to get a running kernel. The session knows no more of them than `RunningKernel` says."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from traitlets import Dict, List, Unicode

from gradlab.errors import KernelDied
from gradlab.kernel.forked import fork_kernel
from gradlab.kernel.limits import Limits
from gradlab.kernel.link import JupyterLink, Link, message_bytes
from gradlab.kernel.provisioner import DYING_SECONDS, DirectProvisioner, SandboxProvisioner
from gradlab.kernel.warm import CannotFork, Warmth
from gradlab.kernel.zmtp import Connection, ProtocolError

T = TypeVar("T")
SandboxKind = Literal["bubblewrap", "none"]
PROVISIONERS = {"bubblewrap": SandboxProvisioner, "none": DirectProvisioner}
START_SECONDS = 60.0
log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


class RunningKernel(Protocol):
    """A kernel that answers, however it was launched.

    Attributes:
        link: its shell and iopub channels.
        agent: the trusted end of the socket that `gradlab.kernel.agent` serves.
        agent_fd: file number, inside the kernel, of the other end.
    """

    link: Link
    agent: socket.socket
    agent_fd: int

    def interrupt(self) -> None:
        """Send SIGINT to what runs in it."""

    def end(self) -> None:
        """End it with all its processes and leave no trace. May be called twice."""

    def post_mortem(self) -> str:
        """After its connection broke: how it ended ("was ended by signal SIGSEGV")."""


class SandboxKernelSpecManager(KernelSpecManager):  # type: ignore[misc]
    """Answers every kernel name with the sandboxed Python kernel of this environment.

    A notebook may name any kernel it likes; what runs is decided here.
    """

    packages = List(Unicode(), help="Distributions the notebook may import.").tag(config=True)
    limits = Dict(help="Fields of gradlab.kernel.limits.Limits that differ.").tag(config=True)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The one kernel spec there is."""
        config = {"packages": list(self.packages), "limits": dict(self.limits)}
        stanza = {"provisioner_name": "gradlab-sandbox", "config": config}
        return KernelSpec(
            argv=[
                "python",
                "-m",
                "gradlab.kernel.bootstrap",
                "-f",
                "{connection_file}",
            ],
            display_name="Python (GradLab sandbox)",
            language="python",
            metadata={"kernel_provisioner": stanza},
        )


def launch(
    packages: tuple[str, ...],
    limits: Limits,
    kind: SandboxKind,
    cwd: str | None = None,
    files: tuple[Path, ...] = (),
    modules: tuple[str, ...] | None = None,
    seconds: float = START_SECONDS,
) -> RunningKernel:
    """Launch a kernel and wait until it answers.

    Args:
        packages, limits, files: see `gradlab.kernel.sandbox.Sandbox`.
        kind: "bubblewrap", or "none" for code that its user trusts.
        cwd: folder to run in, for "none" only.
        modules: if given, what a warm parent has imported before the kernel is forked from it.
            Where that is not possible the kernel is started as if this were not given.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        CourseError: one of `packages` is not installed.
        KernelDied: the kernel did not start.
    """
    if modules is not None and kind == "bubblewrap":
        with suppress(CannotFork):
            return fork_kernel(Warmth(packages, files, modules, limits), seconds)
    kernel = StartedKernel(packages, limits, kind, files)
    try:
        kernel.start(cwd, seconds)
    except BaseException:
        kernel.end()
        raise
    return kernel


class _Manager(AsyncKernelManager):  # type: ignore[misc]
    """Keeps the connection's data, but opens no ZeroMQ socket: see `gradlab.kernel.zmtp`."""

    def _connect_control_socket(self) -> None:
        pass


class StartedKernel:
    """A kernel launched by one of jupyter_client's provisioners, from a thread of its own.

    The sandbox ends with the thread that started it. And the provisioners' methods are coroutines,
    which wait nowhere for long; a running event loop may belong to somebody else.
    """

    link: Link
    agent: socket.socket
    agent_fd: int

    def __init__(
        self, packages: tuple[str, ...], limits: Limits, kind: SandboxKind, files: tuple[Path, ...]
    ) -> None:
        specs = SandboxKernelSpecManager(packages=list(packages), limits=vars(limits))
        self.manager = _Manager(kernel_spec_manager=specs, kernel_name="gradlab", log=log)
        # Set here and not found by its entry point, which needs gradlab to be installed.
        self.provisioner: DirectProvisioner = PROVISIONERS[kind](
            parent=self.manager,
            kernel_spec=self.manager.kernel_spec,
            packages=list(packages),
            limits=vars(limits),
            files=[str(path) for path in files],
        )
        self.manager.provisioner = self.provisioner
        self.max_bytes = message_bytes(limits)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gradlab-kernel")

    def start(self, cwd: str | None, seconds: float) -> None:
        """Start it and wait until it answers; see `launch`."""
        deadline = time.monotonic() + seconds
        try:
            self._await(self.manager.start_kernel(cwd=cwd))
            self._connect(deadline)
        except (DeadKernelError, ProtocolError, EOFError, OSError) as error:
            why = self.provisioner.complaint() or self.provisioner.reason()
            raise KernelDied(f"the kernel did not start: {why}") from error
        self.provisioner.forget_addresses()
        assert self.provisioner.agent is not None
        self.agent, self.agent_fd = self.provisioner.agent, self.provisioner.agent_fd

    def interrupt(self) -> None:
        """See `RunningKernel`."""
        self._await(self.provisioner.send_signal(signal.SIGINT))

    def end(self) -> None:
        """See `RunningKernel`."""
        try:
            if hasattr(self, "link"):
                self.link.close()
            self._await(self.provisioner.kill())
        finally:
            self._await(self.provisioner.cleanup())
            self._thread.shutdown()

    def post_mortem(self) -> str:
        """See `RunningKernel`."""
        self._await(self.provisioner.ended(DYING_SECONDS))
        return self.provisioner.reason()

    def _connect(self, deadline: float) -> None:
        info = self.manager.get_connection_info()
        left = max(0.0, deadline - time.monotonic())
        shell = _connect(info, "shell", "DEALER", self.max_bytes, left)
        iopub = _connect(info, "iopub", "SUB", self.max_bytes, left)
        self.link = JupyterLink(shell, iopub, self.manager.session, self.provisioner.running)
        self.link.wait_until_ready(deadline)

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(asyncio.run, coroutine).result()


def _connect(
    info: dict[str, Any], channel: str, socket_type: str, max_bytes: int, seconds: float
) -> Connection:
    path = Path(f"{info['ip']}-{info[f'{channel}_port']}")
    return Connection.open(path, socket_type, max_bytes, seconds)
