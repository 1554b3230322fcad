"""Launching a kernel for jupyter_client: alone on the machine, or in a sandbox.

The launcher makes the five listening sockets in a private folder and hands the kernel the open
files. A kernel thus cannot touch what its clients connect to, and any Jupyter client works with
it: point a kernel spec's `kernel_provisioner` at `gradlab-sandbox`.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, List, Unicode

from gradlab.kernel.limits import Limits
from gradlab.kernel.sandbox import Sandbox, interpreter

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
KERNEL_ARGUMENTS = ("--HistoryManager.hist_file=:memory:", "--HistoryManager.enabled=False")
MAX_COMPLAINT = 2000
KILL_SECONDS = 10


class DirectProvisioner(LocalProvisioner):
    """Launches the kernel as an ordinary child: for code that its user trusts."""

    packages = List(Unicode(), help="Distributions the notebook imports.").tag(config=True)
    limits = Dict(help="Fields of gradlab.kernel.limits.Limits that differ.").tag(config=True)

    agent: socket.socket | None = None
    agent_fd: int = -1
    run_dir: Path | None = None
    complaints: IO[bytes] | None = None
    in_use: bool = False

    @property
    def bounds(self) -> Limits:
        """The limits in force."""
        return Limits(**self.limits)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose addresses in a folder that only this user can enter."""
        if self.run_dir is None:
            self.run_dir = Path(tempfile.mkdtemp(prefix="gradlab-"))
        manager = self.parent
        manager.transport = "ipc"
        manager.ip = str(self.run_dir / "s")
        manager.connection_file = str(self.run_dir / "kernel.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch; of `cmd` only the options for IPython (`--…`) are used."""
        listeners = {int(self.connection_info[name]): self._listen(name) for name in PORTS}
        self.agent, theirs = socket.socketpair()
        self.agent_fd = theirs.fileno()
        self.complaints = tempfile.TemporaryFile()
        options = [word for word in cmd if word.startswith("--")]
        kwargs |= {"stdout": subprocess.DEVNULL, "stderr": self.complaints}
        kwargs["pass_fds"] = [theirs.fileno(), *(s.fileno() for s in listeners.values())]
        try:
            with self._settings(listeners, options) as kwargs["stdin"]:
                return await self._launch(kwargs)
        finally:
            for ours in (theirs, *listeners.values()):
                ours.close()

    async def _launch(self, kwargs: dict[str, Any]) -> KernelConnectionInfo:
        argv = [sys.executable, "-m", "gradlab.kernel.bootstrap"]
        return await super().launch_kernel(argv, **kwargs)

    def _listen(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{self.connection_info['ip']}-{self.connection_info[name]}")  # type: ignore[literal-required]
        listener.listen()
        return listener

    def _settings(self, listeners: dict[int, socket.socket], options: list[str]) -> IO[bytes]:
        """What `bootstrap` reads; a file, since the key must not show in the process list."""
        key = self.connection_info["key"]
        settings = {
            "connection": {**self.connection_info, "key": _text(key), "ip": "/tmp/kernel"},
            "listeners": {port: listener.fileno() for port, listener in listeners.items()},
            "limits": self._rlimits(),
            "argv": [*KERNEL_ARGUMENTS, *options],
        }
        file = tempfile.TemporaryFile()
        file.write(json.dumps(settings).encode())
        file.seek(0)
        return file

    def _rlimits(self) -> dict[str, int]:
        return {"CORE": 0}

    def complaint(self) -> str:
        """What the kernel's process wrote to stderr so far (its end), for messages."""
        if self.complaints is None:
            return ""
        size = os.fstat(self.complaints.fileno()).st_size
        text = os.pread(self.complaints.fileno(), MAX_COMPLAINT, max(0, size - MAX_COMPLAINT))
        return text.decode("utf-8", "replace").strip()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all its processes, and wait until they are gone."""
        if self.process:
            self._kill_all()
            await asyncio.to_thread(self.process.wait, KILL_SECONDS)

    terminate = kill

    def _kill_all(self) -> None:
        try:
            os.killpg(self.pgid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.kill()

    async def cleanup(self, restart: bool = False) -> None:
        """Close what is open and remove the private folder."""
        for resource in (self.agent, self.complaints):
            if resource is not None:
                resource.close()
        self.agent = self.complaints = None
        if not restart:
            self.forget_addresses()

    def forget_addresses(self) -> None:
        """Remove the private folder: from now on nobody can connect any more."""
        if self.run_dir is not None:
            shutil.rmtree(self.run_dir, ignore_errors=True)
            self.run_dir = None


class SandboxProvisioner(DirectProvisioner):
    """Launches the kernel in a sandbox: for code that nobody has read."""

    first_pid: int | None = None
    """Process id, outside, of the first process of the sandbox; with it all others end."""

    async def _launch(self, kwargs: dict[str, Any]) -> KernelConnectionInfo:
        sandbox = Sandbox(tuple(self.packages), self.bounds)
        reader, writer = os.pipe()
        argv = [str(interpreter()), "-m", "gradlab.kernel.bootstrap"]
        kwargs["pass_fds"] = [*kwargs["pass_fds"], writer]
        kwargs |= {"cwd": "/", "env": {}}
        with open(reader) as report:
            try:
                command = sandbox.command(argv, info_fd=writer)
                info = await LocalProvisioner.launch_kernel(self, command, **kwargs)
            finally:
                os.close(writer)
            self.first_pid = _first_pid(report.read())
        return info

    def _rlimits(self) -> dict[str, int]:
        bounds = self.bounds
        return {
            "CORE": 0,
            "CPU": bounds.cpu_seconds,
            "DATA": bounds.memory_mib * 2**20,
            "FSIZE": bounds.file_mib * 2**20,
            "NOFILE": 256,
            "NPROC": bounds.processes,
        }

    async def send_signal(self, signum: int) -> None:
        """Signal the processes inside; the outer one only watches over them."""
        if self.process and self.first_pid is not None:
            try:
                os.killpg(self.first_pid, signum)
            except ProcessLookupError:
                pass

    def _kill_all(self) -> None:
        try:
            if self.first_pid is not None and self.process.poll() is None:
                os.kill(self.first_pid, signal.SIGKILL)
                self.process.wait(KILL_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self.process.kill()


def _first_pid(report: str) -> int | None:
    """The process id in bwrap's report; None when it ended before it wrote one."""
    try:
        pid = json.loads(report)["child-pid"]
    except (ValueError, KeyError):
        return None
    return int(pid)


def _text(key: bytes | str) -> str:
    return key.decode() if isinstance(key, bytes) else key
