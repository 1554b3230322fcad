"""Bounds on all processes of a sandbox together, which resource limits cannot set.

A resource limit holds for one process; memory times processes is more than a machine has. And
root's processes are exempt from the limit on their number. Control groups would do, but who may
use them differs from machine to machine. So a thread looks every 50 ms and ends what is too much.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gradlab.kernel.limits import Limits
from gradlab.kernel.sandbox import MAX_FILES, SCRATCH

INTERVAL_SECONDS = 0.05
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
MIB = 2**20
LARGE = 8 * 2**30
"""An address space whose page tables are worth a look: each of its GiB has 2 MiB of them."""


class Watchdog:
    """Watches a sandbox from `start` to `stop`; calls `kill` once when it takes too much.

    Args:
        first_pid: the sandbox's first process, of which all others descend.
        limits: `memory_mib`, `processes` and `cpu_seconds` are watched, each for all processes
            together, and the scratch folders' files.
        kill: ends the sandbox.

    Attributes:
        reason: what was too much; empty as long as nothing was.
    """

    def __init__(self, first_pid: int, limits: Limits, kill: Callable[[], None]) -> None:
        self.first_pid = first_pid
        self.limits = limits
        self.kill = kill
        self.reason = ""
        self._scratch: list[int] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="gradlab-watchdog")

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and close the folders. Nothing is killed after this returns."""
        self._stopped.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        while self._scratch:
            os.close(self._scratch.pop())

    def _run(self) -> None:
        while not self.reason and not self._stopped.wait(INTERVAL_SECONDS):
            self.reason = self._excess()
        if self.reason:
            self.kill()

    def _excess(self) -> str:
        """What is too much now, or nothing."""
        tasks, memory, seconds, pids = 0, 0, _usage(self.first_pid).seconds, []
        for pid in _descendants(self.first_pid):
            used = _usage(pid)
            tasks, memory = tasks + used.threads, memory + used.memory
            seconds += used.seconds
            pids.append(pid)
            if tasks > self.limits.processes:
                return f"more than {self.limits.processes} processes and threads"
        if seconds > self.limits.cpu_seconds:
            return f"more than {self.limits.cpu_seconds} s of processor time"
        allowed = self.limits.memory_mib * MIB
        if memory > allowed and sum(map(_share, pids)) > allowed:
            return f"more than {self.limits.memory_mib} MiB of memory"
        if not self._scratch and pids:
            self._scratch = _scratch_of(pids[0], self.limits.file_mib * MIB)
        if sum(map(_files, self._scratch)) > MAX_FILES:
            return f"more than {MAX_FILES} files"
        return ""


def _descendants(pid: int) -> Iterator[int]:
    """Process ids of all descendants of `pid`, as far as they still live."""
    tasks: list[Path] = []
    with suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    for task in tasks:
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))


class Usage(NamedTuple):
    """What a process takes; processor time with that of its children that have ended."""

    threads: int = 0
    memory: int = 0
    seconds: float = 0.0


def _usage(pid: int) -> Usage:
    """Threads, bytes in memory and processor time of a process; none if it has ended.

    See proc(5), stat. The tables of a large address space are memory as well, and counted apart.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return Usage()
    memory = int(fields[21]) * PAGE
    if int(fields[20]) > LARGE:
        memory += _page_tables(pid)
    return Usage(int(fields[17]), memory, sum(map(int, fields[11:15])) / TICKS)


def _page_tables(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmPTE:"):
                return int(line.split()[1]) * 1024
    return 0


def _share(pid: int) -> int:
    """Bytes of memory of a process, pages that several share counted in part."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 + _page_tables(pid)
    return _usage(pid).memory


def _scratch_of(pid: int, size: int) -> list[int]:
    """The sandbox's scratch folders, opened by way of the kernel's process; those of `size`.

    Done before the student's code runs, which could make its process unreadable for its user.
    """
    folders: list[int] = []
    for path in SCRATCH:
        with suppress(OSError):
            folder = os.open(f"/proc/{pid}/root{path}", os.O_PATH)
            status = os.fstatvfs(folder)
            if status.f_blocks * status.f_frsize == size:
                folders.append(folder)
            else:
                os.close(folder)
    return folders


def _files(folder: int) -> int:
    """Files in the file system of an open folder."""
    status = os.fstatvfs(folder)
    return status.f_files - status.f_ffree
