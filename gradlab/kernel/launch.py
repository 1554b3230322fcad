"""Ways to get a running kernel. The session knows no more of them than `RunningKernel` says."""

import asyncio
import logging
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from traitlets import Dict, List, Unicode

from gradlab.errors import KernelDied
from gradlab.kernel.client import KernelLink
from gradlab.kernel.limits import Limits
from gradlab.kernel.provisioner import DirectProvisioner, SandboxProvisioner
from gradlab.kernel.warm import CannotFork, ForkedProvisioner, WarmParent, Warmth, warm_parent
from gradlab.kernel.zmtp import Connection, ProtocolError

SandboxKind = Literal["bubblewrap", "none"]
PROVISIONERS = {"bubblewrap": SandboxProvisioner, "none": DirectProvisioner}
START_SECONDS = 60.0
DYING_SECONDS = 0.5
"""How long a kernel may take from its last connection's end to its own."""
MESSAGE_BYTES = 16 * 2**20
"""Longest message read, unless a cell may put even more than that into the notebook."""
log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


class RunningKernel(Protocol):
    """A kernel that answers, however it was launched.

    Attributes:
        link: its shell and iopub channels.
        agent: the trusted end of the socket that `gradlab.kernel.agent` serves.
        agent_fd: file number, inside the kernel, of the other end.
    """

    link: KernelLink
    agent: socket.socket
    agent_fd: int

    async def interrupt(self) -> None:
        """Send SIGINT to what runs in it."""

    async def end(self) -> None:
        """End it with all its processes and leave no trace. May be called twice."""

    async def post_mortem(self) -> str:
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


async def launch(
    packages: tuple[str, ...],
    limits: Limits,
    kind: SandboxKind,
    cwd: str | None = None,
    files: tuple[Path, ...] = (),
    modules: tuple[str, ...] | None = None,
    seconds: float = START_SECONDS,
) -> RunningKernel:
    """Start a kernel, or have it forked, and wait at most `seconds` until it answers.

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
            parent = warm_parent(Warmth(packages, files, modules, limits))
            return await _started(_Launched(packages, limits, kind, files, parent), cwd, seconds)
    return await _started(_Launched(packages, limits, kind, files), cwd, seconds)


async def _started(kernel: "_Launched", cwd: str | None, seconds: float) -> RunningKernel:
    """The kernel when it answers; if it does not, nothing of it is left."""
    try:
        await asyncio.wait_for(kernel.start(cwd), seconds)
    except (
        DeadKernelError,
        ProtocolError,
        EOFError,
        OSError,
    ) as error:  # OSError: and timeouts
        why = kernel.complaint() or kernel.provisioner.reason()
        await kernel.end()
        raise KernelDied(f"the kernel did not start: {why}") from error
    except BaseException:
        await kernel.end()
        raise
    return kernel


class _Manager(AsyncKernelManager):  # type: ignore[misc]
    """Keeps the connection's data, but opens no ZeroMQ socket: see `gradlab.kernel.zmtp`."""

    def _connect_control_socket(self) -> None:
        pass


class _Launched:
    """A kernel launched by one of jupyter_client's provisioners."""

    link: KernelLink
    agent: socket.socket
    agent_fd: int

    def __init__(
        self,
        packages: tuple[str, ...],
        limits: Limits,
        kind: SandboxKind,
        files: tuple[Path, ...],
        parent: WarmParent | None = None,
    ) -> None:
        specs = SandboxKernelSpecManager(packages=list(packages), limits=vars(limits))
        self.manager = _Manager(kernel_spec_manager=specs, kernel_name="gradlab", log=log)
        # Set here and not found by its entry point, which needs gradlab to be installed.
        make = PROVISIONERS[kind] if parent is None else ForkedProvisioner
        self.provisioner: DirectProvisioner = make(
            parent=self.manager,
            kernel_spec=self.manager.kernel_spec,
            packages=list(packages),
            limits=vars(limits),
            files=[str(path) for path in files],
        )
        if isinstance(self.provisioner, ForkedProvisioner):
            self.provisioner.warm = parent
        self.manager.provisioner = self.provisioner
        self.max_bytes = max(MESSAGE_BYTES, 2 * 1024 * limits.output_kib)

    async def start(self, cwd: str | None) -> None:
        await self.manager.start_kernel(cwd=cwd)
        info = self.manager.get_connection_info()
        shell = await _connect(info, "shell", "DEALER", self.max_bytes)
        iopub = await _connect(info, "iopub", "SUB", self.max_bytes)
        self.link = KernelLink(shell, iopub, self.manager.session, self.provisioner.running)
        await self.link.wait_for_ready()
        self.provisioner.forget_addresses()
        assert self.provisioner.agent is not None
        self.agent, self.agent_fd = self.provisioner.agent, self.provisioner.agent_fd

    async def interrupt(self) -> None:
        await self.provisioner.send_signal(signal.SIGINT)

    async def end(self) -> None:
        try:
            if hasattr(self, "link"):
                self.link.close()
            await self.provisioner.kill()
        finally:
            await self.provisioner.cleanup()

    async def post_mortem(self) -> str:
        await self.provisioner.ended(DYING_SECONDS)
        return self.provisioner.reason()

    def complaint(self) -> str:
        """What it wrote to stderr."""
        return self.provisioner.complaint()


async def _connect(
    info: dict[str, Any], channel: str, socket_type: str, max_bytes: int
) -> Connection:
    path = Path(f"{info['ip']}-{info[f'{channel}_port']}")
    return await Connection.open(path, socket_type, max_bytes)
