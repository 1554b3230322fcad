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

from gradlab.kernel.limits import Limits
from gradlab.kernel.sandbox import MAX_FILES, SCRATCH

INTERVAL_SECONDS = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20


class Watchdog:
    """Watches a sandbox from `start` to `stop`; calls `kill` once when it takes too much.

    Args:
        first_pid: the sandbox's first process, of which all others descend.
        limits: `memory_mib` and `processes` are watched, and the scratch folders' files.
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
        tasks, memory, pids = 0, 0, []
        for pid in _descendants(self.first_pid):
            threads, resident = _usage(pid)
            tasks, memory = tasks + threads, memory + resident
            pids.append(pid)
            if tasks > self.limits.processes:
                return f"more than {self.limits.processes} processes and threads"
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


def _usage(pid: int) -> tuple[int, int]:
    """Threads, and bytes in memory, of a process; none if it has ended. See proc(5), stat."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(fields[17]), int(fields[21]) * PAGE


def _share(pid: int) -> int:
    """Bytes of memory of a process, pages that several share counted in part."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _usage(pid)[1]


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
