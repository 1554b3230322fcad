"""Launching a kernel for jupyter_client: as an ordinary child, or in a sandbox.

The launcher makes the five listening sockets in a private folder and hands the kernel the open
files. A kernel thus cannot touch what its clients connect to, and any Jupyter client works with
it: point a kernel spec's `kernel_provisioner` at `gradlab-sandbox`.
"""

import asyncio
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, List, Unicode

from gradlab.kernel import scratch
from gradlab.kernel.containment import Containment
from gradlab.kernel.identity import STUDENT, is_root, student_namespace
from gradlab.kernel.limits import Limits
from gradlab.kernel.sandbox import Sandbox, filter_program, interpreter, require_bubblewrap

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
OPTIONS = (
    *("--HistoryManager.hist_file=:memory:", "--HistoryManager.enabled=False"),
    "--InteractiveShell.colors=nocolor",  # pages show none, and they take half of an error's time
    "--IPythonKernel._execute_sleep=0",  # it helps clients that do not wait for all of the output
)
BOOTSTRAP = ("-m", "gradlab.kernel.bootstrap")
ADDRESS = "/tmp/kernel"
"""What the kernel believes its sockets are called; there is nothing of that name."""
MAX_COMPLAINT = 2000
OPEN_FILES = 256
KILL_SECONDS = 10.0
DYING_SECONDS = 0.5
"""How long a kernel may take from its last connection's end to its own."""
POLL_SECONDS = 0.005
NPROC_COUNTS_BY_NAMESPACE = (5, 14)
"""The Linux version since which a sandbox's processes are counted apart from the user's others."""


class DirectProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Launches the kernel as an ordinary child: for code that its user trusts."""

    packages = List(Unicode(), help="Distributions the notebook imports.").tag(config=True)
    limits = Dict(help="Fields of gradlab.kernel.limits.Limits that differ.").tag(config=True)
    files = List(Unicode(), help="Files that the notebook may read, in its home.").tag(config=True)

    agent: socket.socket | None = None
    """The trusted end of the socket that `gradlab.kernel.agent` serves."""
    agent_fd: int = -1
    """File number, inside the kernel, of the other end."""

    _folder: Path | None = None
    _complaints: IO[bytes] | None = None

    @property
    def bounds(self) -> Limits:
        """The limits in force."""
        return Limits(**self.limits)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose addresses in a folder that only this user can enter."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(dir=scratch.folder()))
        manager = self.parent
        manager.transport = "ipc"
        manager.ip = str(self._folder / "s")
        manager.connection_file = str(self._folder / "kernel.json")
        changed: dict[str, Any] = await super().pre_launch(**kwargs)
        return changed

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch. The command is this module's own: a kernel spec may have come with a notebook."""
        with ExitStack() as stack:
            self.agent, theirs = socket.socketpair()
            files = [stack.enter_context(theirs)]
            files += [stack.enter_context(self._listen(port)) for port in self._ports()]
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (closed in cleanup)
            return await self._start([file.fileno() for file in files], kwargs)

    async def _start(self, files: list[int], kwargs: dict[str, Any]) -> KernelConnectionInfo:
        """Start the kernel; `files` are the agent's socket and a listening one for each port."""
        with _file_with(self._settings(files)) as settings:
            kwargs |= {"stdin": settings, "stdout": subprocess.DEVNULL, "pass_fds": files}
            kwargs["stderr"] = self._complaints
            return await self._launch(kwargs)

    async def _launch(self, kwargs: dict[str, Any]) -> KernelConnectionInfo:
        kwargs["env"].setdefault("PYTHONHASHSEED", "0")  # as in the sandbox
        return await super().launch_kernel([sys.executable, *BOOTSTRAP], **kwargs)

    def _ports(self) -> list[int]:
        info: dict[str, Any] = dict(self.connection_info)
        return [int(info[name]) for name in PORTS]

    def _listen(self, port: int) -> socket.socket:
        path = Path(f"{self.connection_info['ip']}-{port}")
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        return listener

    def _settings(self, files: list[int]) -> dict[str, Any]:
        """What `bootstrap` is to know; `files` are their numbers inside."""
        key = self.connection_info["key"]
        connection = {**self.connection_info, "ip": ADDRESS}
        self.agent_fd = files[0]
        return {
            "connection": connection | {"key": key.decode() if isinstance(key, bytes) else key},
            "listeners": dict(zip(self._ports(), files[1:], strict=True)),
            "agent": self.agent_fd,
            "limits": self._resource_limits(),
            "argv": OPTIONS,
            **self._manners(),
        }

    def _resource_limits(self) -> dict[str, int]:
        """Limits on the process, by name without `RLIMIT_`. An ordinary child has its user's."""
        return {"CORE": 0}

    def _manners(self) -> dict[str, Any]:
        """`user` to become, if another; `shell`, whether there is one."""
        return {"user": None, "shell": True}

    def complaint(self) -> str:
        """The end of what the kernel's process wrote to stderr: why it did not start."""
        if self._complaints is None:
            return ""
        return complaint_in(self._complaints)

    def reason(self) -> str:
        """How the kernel ended, for a message."""
        return self._ending()

    def _ending(self) -> str:
        return ending(self.process.poll() if self.process else None)

    def running(self) -> bool:
        """Whether the kernel's process is."""
        return bool(self.process) and self.process.poll() is None

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and its processes, and wait until they are gone (at most 10 s)."""
        if self.running():
            self.kill_now()
            await self.ended(KILL_SECONDS)
        if self.running():
            self.process.kill()

    terminate = kill

    async def ended(self, seconds: float) -> None:
        """Wait until the kernel has ended, at most `seconds`."""
        deadline = time.monotonic() + seconds
        while self.running() and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)

    def kill_now(self) -> None:
        """Send what ends the kernel and its processes; from any thread."""
        with suppress(ProcessLookupError):
            os.killpg(self.pgid, signal.SIGKILL)

    async def cleanup(self, restart: bool = False) -> None:
        """Close what is open and remove the private folder."""
        for resource in (self.agent, self._complaints):
            if resource is not None:
                resource.close()
        self.agent = self._complaints = None
        if not restart:
            self.forget_addresses()

    def forget_addresses(self) -> None:
        """Remove the private folder: nobody can connect to the kernel any more."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


class SandboxProvisioner(DirectProvisioner):
    """Launches the kernel in a sandbox: for code that nobody has read."""

    _containment: Containment | None = None

    async def _launch(self, kwargs: dict[str, Any]) -> KernelConnectionInfo:
        require_bubblewrap()
        sandbox = Sandbox(tuple(self.packages), self.bounds, tuple(map(Path, self.files)))
        with ExitStack() as stack:
            report, info_fd = _pipe(stack)
            gate, _ = _pipe(stack)  # shut until the stack ends
            fds: dict[str, Any] = {
                "info_fd": info_fd.fileno(),
                "block_fd": gate.fileno(),
                "filter_fd": _filled_pipe(stack, filter_program()),
                "user_fd": stack.enter_context(student_namespace()),
            }
            command = sandbox.command([str(interpreter()), *BOOTSTRAP], **fds)
            passed = [*kwargs["pass_fds"], *(fd for fd in fds.values() if fd is not None)]
            kwargs |= {"cwd": "/", "env": {}, "pass_fds": passed}
            info = await LocalProvisioner.launch_kernel(self, command, **kwargs)
            info_fd.close()
            self._watch(_first_pid(report.read()))
        return info

    def _watch(self, first: int | None) -> None:
        """Begin to watch over the sandbox, if there is one still."""
        with suppress(ProcessLookupError):
            if first is not None:
                self._containment = Containment(first, self.bounds)

    def _resource_limits(self) -> dict[str, int]:
        return resource_limits(self.bounds)

    def _manners(self) -> dict[str, Any]:
        return {"user": STUDENT if is_root() else None, "shell": False}

    def reason(self) -> str:
        """How the kernel ended, or what it took too much of."""
        excess = self._containment.excess() if self._containment else ""
        return f"used {excess}" if excess else super().reason()

    async def send_signal(self, signum: int) -> None:
        """Signal the processes inside; the one outside only watches over them."""
        if self._containment is not None:
            self._containment.signal_group(signum)

    def kill_now(self) -> None:
        """End the sandbox: its first process takes all others along."""
        if self._containment is not None:
            self._containment.kill()

    async def cleanup(self, restart: bool = False) -> None:
        """Stop watching, close what is open and remove the private folder."""
        if self._containment is not None:
            self._containment.close()
        self._containment = None
        await super().cleanup(restart)


def resource_limits(bounds: Limits) -> dict[str, int]:
    """By name without `RLIMIT_`. Each is for one process; `watch` bounds all of them together.

    Memory by RLIMIT_DATA: it counts what a process can write and nobody else sees. The address
    space (RLIMIT_AS) would count libraries and reservations that cost nothing.
    """
    limits = {
        "CORE": 0,
        "CPU": bounds.cpu_seconds,
        "DATA": bounds.memory_mib * 2**20,
        "FSIZE": bounds.file_mib * 2**20,
        "NOFILE": OPEN_FILES,
    }
    if linux_version() >= NPROC_COUNTS_BY_NAMESPACE:
        limits["NPROC"] = bounds.processes
    return limits


def complaint_in(file: IO[bytes]) -> str:
    """The end of a file that a kernel's process had for stderr."""
    number = file.fileno()
    start = max(0, os.fstat(number).st_size - MAX_COMPLAINT)
    return os.pread(number, MAX_COMPLAINT, start).decode("utf-8", "replace").strip()


def linux_version() -> tuple[int, ...]:
    """Major and minor number."""
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2]))


def _file_with(settings: dict[str, Any]) -> IO[bytes]:
    """An open file with `settings`: they hold the key, which must not show in the process list."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.write(json.dumps(settings).encode())
    file.seek(0)
    return file


def _pipe(stack: ExitStack) -> tuple[IO[str], IO[str]]:
    """The two ends of a pipe; the stack closes them."""
    reader, writer = os.pipe()
    return stack.enter_context(open(reader)), stack.enter_context(open(writer, "w"))


def _filled_pipe(stack: ExitStack, content: bytes | None) -> int | None:
    """An open file from which `content`, of some kilobytes, can be read; None without content."""
    if content is None:
        return None
    reader, writer = _pipe(stack)
    os.write(writer.fileno(), content)
    writer.close()
    return reader.fileno()


def _first_pid(report: str) -> int | None:
    """The process id in bwrap's report; None when bwrap ended before it wrote one."""
    try:
        return int(json.loads(report)["child-pid"])
    except (ValueError, KeyError):
        return None


def ending(code: int | None) -> str:
    """What an exit status means; both 128 + n and -n stand for signal n."""
    if code is None:
        return "stopped answering"
    number = -code if code < 0 else code - 128
    try:
        return f"was ended by signal {signal.Signals(number).name}"
    except ValueError:
        return f"exited with status {code}"
