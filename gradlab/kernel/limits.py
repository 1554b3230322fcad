"""What one submission's kernel may use. Every number has its unit in its name."""

import platform
import re
from dataclasses import dataclass

OPEN_FILES = 128
NPROC_COUNTS_BY_NAMESPACE = (5, 14)
"""The Linux version since which a sandbox's processes are counted apart from the user's others."""


@dataclass(frozen=True)
class Limits:
    """Bounds on one kernel; a lab's `lab.toml` overrides them under `[limits]`.

    Without a sandbox only the wall-clock times, `output_kib` and `frame_mib` hold.

    Attributes:
        cell_seconds: wall-clock time of one cell.
        call_seconds: wall-clock time of one call of a student's function.
        memory_mib: memory of all the kernel's processes together, without its scratch folders.
        processes: processes and threads together. An idle kernel has about a dozen threads.
        cpu_seconds: processor time of all the kernel's processes together.
        file_mib: size of one file, and of each scratch folder (`/tmp`, the home).
        output_kib: outputs kept of one cell; the rest is dropped, with a note.
        frame_mib: one answer of the agent.
    """

    cell_seconds: float = 30
    call_seconds: float = 10
    memory_mib: int = 2048
    processes: int = 64
    cpu_seconds: int = 300
    file_mib: int = 64
    output_kib: int = 512
    frame_mib: int = 64


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


def linux_version() -> tuple[int, ...]:
    """Major and minor number."""
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
