"""Kernels that are started: in a sandbox of their own, or as ordinary children.

They speak as forked ones do (`gradlab.kernel.link`), and take a second longer to begin.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Literal

from nbclient.exceptions import DeadKernelError

from gradlab.errors import KernelDied
from gradlab.kernel.complaints import Complaints
from gradlab.kernel.containment import Containment
from gradlab.kernel.ending import DYING_SECONDS, KILL_SECONDS, ending
from gradlab.kernel.identity import STUDENT, is_root, student_namespace
from gradlab.kernel.inbox import Inbox
from gradlab.kernel.limits import Limits, resource_limits
from gradlab.kernel.link import Link, message_bytes
from gradlab.kernel.pipes import connected
from gradlab.kernel.sandbox import Sandbox, filter_program, interpreter, require_bubblewrap

SandboxKind = Literal["bubblewrap", "none"]
BOOTSTRAP = ("-m", "gradlab.kernel.bootstrap")
Process = subprocess.Popen[bytes]


class StartedKernel:
    """A kernel launched from a thread of its own, with which a sandbox would end.

    Its process is bubblewrap's, or the kernel itself where there is no sandbox. See
    `gradlab.kernel.launch.RunningKernel`.
    """

    def __init__(
        self, packages: tuple[str, ...], limits: Limits, kind: SandboxKind, files: tuple[Path, ...]
    ) -> None:
        self.limits, self.kind = limits, kind
        self._sandbox = Sandbox(packages, limits, files)
        self._complaints = Complaints()
        self.agent, self._agent = connected()
        connection, self._connection = connected()
        self.link = Link(Inbox(connection, message_bytes(limits)), self._running)
        self.agent_files = (self._agent.reading, self._agent.writing)
        self._process: Process | None = None
        self._containment: Containment | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gradlab-kernel")

    def start(self, cwd: str | None, seconds: float) -> None:
        """Start it and wait until it answers; see `launch`."""
        deadline = time.monotonic() + seconds
        launch = self._launch_inside if self.kind == "bubblewrap" else self._launch_directly
        self._thread.submit(launch, cwd).result()
        for end in (self._agent, self._connection):
            end.close()
        self._complaints.close_theirs()
        try:
            self.link.wait_until_ready(deadline)
        except (DeadKernelError, TimeoutError) as error:
            why = self._complaints.text() or self.post_mortem()
            raise KernelDied(f"the kernel did not start: {why}") from error

    def interrupt(self) -> None:
        """See `RunningKernel`."""
        if self._containment is not None:
            self._containment.interrupt()
        elif self._running() and self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGINT)

    def end(self) -> None:
        """See `RunningKernel`."""
        with ExitStack() as stack:
            stack.callback(self._thread.shutdown)
            for end in (self.agent, self._agent, self._connection, self._complaints):
                stack.callback(end.close)
            stack.callback(self.link.close)
            containment, self._containment = self._containment, None
            if containment is not None:
                stack.callback(containment.close)
                containment.kill()
            self._kill()

    def post_mortem(self) -> str:
        """See `RunningKernel`."""
        self._wait(DYING_SECONDS)
        excess = self._containment.excess() if self._containment else ""
        code = self._process.poll() if self._process else None
        return f"used {excess}" if excess else ending(code)

    def _kill(self) -> None:
        """End the kernel's processes and wait until they are gone."""
        if self._process is None or not self._running():
            return
        if self.kind == "none":
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._wait(KILL_SECONDS)
        self._process.kill()
        self._wait(KILL_SECONDS)

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _wait(self, seconds: float) -> None:
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def _launch_directly(self, cwd: str | None) -> None:
        """As an ordinary child: for code that its user trusts."""
        with ExitStack() as stack:
            settings = stack.enter_context(self._settings({"CORE": 0}, user=None, shell=True))
            environment = {"PYTHONHASHSEED": "0", **os.environ}  # as in the sandbox
            self._process = self._start(
                [sys.executable, *BOOTSTRAP], settings, [], cwd=cwd, env=environment
            )

    def _launch_inside(self, _: str | None) -> None:
        """In a sandbox: for code that nobody has read."""
        require_bubblewrap()
        with ExitStack() as stack:
            report, told = _pipe(stack)
            gate, _shut_until_the_stack_ends = _pipe(stack)
            fds: dict[str, Any] = {
                "info_fd": told.fileno(),
                "block_fd": gate.fileno(),
                "filter_fd": _filled_pipe(stack, filter_program()),
                "user_fd": stack.enter_context(student_namespace()),
            }
            command = self._sandbox.command([str(interpreter()), *BOOTSTRAP], **fds)
            user = STUDENT if is_root() else None
            limits = resource_limits(self.limits)
            settings = stack.enter_context(self._settings(limits, user=user, shell=False))
            passed = [fd for fd in fds.values() if fd is not None]
            self._process = self._start(command, settings, passed, cwd="/", env={})
            told.close()
            self._watch(_first_pid(report.read()))

    def _start(
        self, command: list[str], settings: IO[bytes], passed: list[int], **how: Any
    ) -> Process:
        ends = (self._agent, self._connection)
        pipes = [number for end in ends for number in (end.reading, end.writing)]
        return subprocess.Popen(
            command,
            stdin=settings,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints.theirs,
            pass_fds=[*pipes, *passed],
            start_new_session=True,
            **how,
        )

    def _settings(self, limits: dict[str, int], *, user: int | None, shell: bool) -> IO[bytes]:
        """An open file with what `gradlab.kernel.bootstrap` is to know."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        settings = {
            "agent": self.agent_files,
            "connection": (self._connection.reading, self._connection.writing),
            "limits": limits,
            "user": user,
            "shell": shell,
        }
        file.write(json.dumps(settings).encode())
        file.seek(0)
        return file

    def _watch(self, first: int | None) -> None:
        """Begin to watch over the sandbox, if there is one still."""
        with suppress(ProcessLookupError):
            if first is not None:
                self._containment = Containment(first, self.limits)


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
