"""Ways to get a running kernel. The session knows no more of them than `RunningKernel` says."""

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gradlab.kernel.forked import fork_kernel
from gradlab.kernel.limits import Limits
from gradlab.kernel.link import Link
from gradlab.kernel.pipes import Pipes
from gradlab.kernel.started import SandboxKind, StartedKernel
from gradlab.kernel.warm import CannotFork, Warmth

START_SECONDS = 60.0


class RunningKernel(Protocol):
    """A kernel that answers, however it was launched.

    Attributes:
        link: for cells.
        agent: the trusted ends of the pipes that `gradlab.kernel.agent` serves.
        agent_files: file numbers, inside the kernel, of its ends: to read from, to write to.
    """

    link: Link
    agent: Pipes
    agent_files: tuple[int, int]

    def interrupt(self) -> None:
        """Send SIGINT to what runs in it."""

    def end(self) -> None:
        """End it with all its processes and leave no trace. May be called twice."""

    def post_mortem(self) -> str:
        """After its connection broke: how it ended ("was ended by signal SIGSEGV")."""


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
