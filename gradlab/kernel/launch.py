"""Ways to get a running kernel. The session knows no more of them than `RunningKernel` says."""

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from traitlets import Dict, List, Unicode

from gradlab.errors import KernelDied
from gradlab.kernel.client import KernelLink
from gradlab.kernel.limits import Limits
from gradlab.kernel.provisioner import DirectProvisioner, SandboxProvisioner
from gradlab.kernel.sandbox import require_bubblewrap
from gradlab.kernel.zmtp import Connection, ProtocolError

SandboxKind = Literal["bubblewrap", "none"]
PROVISIONERS = {"bubblewrap": SandboxProvisioner, "none": DirectProvisioner}
MAX_MESSAGE_BYTES = 8 * 2**20


class SandboxKernelSpecManager(KernelSpecManager):  # type: ignore[misc]
    """Answers every kernel name with the sandboxed Python kernel of this environment.

    A notebook may name any kernel it likes; what runs is decided here.
    """

    packages = List(Unicode(), help="Distributions the notebook may import.").tag(config=True)
    limits = Dict(help="Fields of gradlab.kernel.limits.Limits that differ.").tag(config=True)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The one kernel spec there is."""
        config = {"packages": self.packages, "limits": self.limits}
        stanza = {"provisioner_name": "gradlab-sandbox", "config": config}
        return KernelSpec(
            argv=["python", "-m", "gradlab.kernel.bootstrap", "-f", "{connection_file}"],
            display_name="Python (GradLab sandbox)",
            language="python",
            metadata={"kernel_provisioner": stanza},
        )


class _Manager(AsyncKernelManager):  # type: ignore[misc]
    """Never opens a ZeroMQ socket to the kernel: see `gradlab.kernel.zmtp`."""

    def _connect_control_socket(self) -> None:
        pass


@dataclass
class RunningKernel:
    """A kernel that answers.

    Attributes:
        link: its shell and iopub channels.
        agent: the trusted end of the socket that `gradlab.kernel.agent` serves.
        agent_fd: file number of the other end, inside the kernel.
    """

    link: KernelLink
    agent: socket.socket
    agent_fd: int
    manager: AsyncKernelManager
    provisioner: DirectProvisioner

    async def interrupt(self) -> None:
        """Send SIGINT to what runs in it."""
        await self.provisioner.send_signal(2)

    async def end(self) -> None:
        """Kill it with all its processes and remove every trace."""
        self.link.close()
        await _dispose(self.manager, self.provisioner)

    def reason(self) -> str:
        """Why it is gone, for a message."""
        return "the kernel died"


async def launch(
    packages: tuple[str, ...], limits: Limits, kind: SandboxKind, cwd: str | None, seconds: float
) -> RunningKernel:
    """Start a kernel and wait at most `seconds` until it answers.

    Raises:
        SandboxUnavailable: bubblewrap is missing or not allowed to work.
        KernelDied: it did not start.
    """
    if kind == "bubblewrap":
        require_bubblewrap()
    specs = SandboxKernelSpecManager(packages=list(packages))
    manager = _Manager(kernel_spec_manager=specs, kernel_name="gradlab")
    provisioner = PROVISIONERS[kind](
        parent=manager,
        kernel_spec=manager.kernel_spec,
        packages=list(packages),
        limits=vars(limits),
    )
    manager.provisioner = provisioner
    try:
        return await asyncio.wait_for(_started(manager, provisioner, cwd), seconds)
    except (DeadKernelError, ProtocolError, EOFError, OSError) as error:
        complaint = provisioner.complaint() or repr(error)
        raise KernelDied(f"the kernel did not start: {complaint}") from error
    finally:
        if not provisioner.in_use:
            await _dispose(manager, provisioner)


async def _started(
    manager: AsyncKernelManager, provisioner: DirectProvisioner, cwd: str | None
) -> RunningKernel:
    await manager.start_kernel(cwd=cwd)
    info = manager.get_connection_info()
    link = KernelLink(
        await _connect(info, "shell", "DEALER"),
        await _connect(info, "iopub", "SUB"),
        manager.session,
    )
    await link.wait_for_ready()
    assert provisioner.agent is not None
    provisioner.in_use = True
    provisioner.forget_addresses()
    return RunningKernel(link, provisioner.agent, provisioner.agent_fd, manager, provisioner)


async def _connect(info: dict[str, Any], channel: str, socket_type: str) -> Connection:
    path = Path(f"{info['ip']}-{info[f'{channel}_port']}")
    return await Connection.open(path, socket_type, MAX_MESSAGE_BYTES)


async def _dispose(manager: AsyncKernelManager, provisioner: DirectProvisioner) -> None:
    try:
        await provisioner.kill()
    finally:
        await provisioner.cleanup()
