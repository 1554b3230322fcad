"""Control groups (version 2), where this user may make them: bounds that the system itself holds.

A group of its own for each sandbox: no burst gets past it, which can get past a watchdog that only
looks from time to time. `systemd-run --user --scope -p Delegate=yes gradlab …` gives a command a
place for them. Where there is none, `gradlab.kernel.watch` and the resource limits hold alone.

A group that has groups in it may have no processes, so this program and what it started move into
one beside those of the sandboxes. See Documentation/admin-guide/cgroup-v2.rst of Linux.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gradlab.kernel.limits import Limits

OURS = "gradlab"
WANTED = ("memory", "pids")
SHARED_OUT = "cpu"
"""Where this controller is, each sandbox gets the same share, however many processes it has."""
DELEGATE = "systemd-run --user --scope -p Delegate=yes gradlab …"
MIB = 2**20


class NoGroups(Exception):
    """No control groups can be made here; says why."""


@dataclass(frozen=True)
class Group:
    """The control group of one sandbox, made with its limits."""

    path: Path
    limits: Limits

    def add(self, pid: int) -> None:
        """Move a process into it; what the process starts from then on is in it, too."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def excess(self) -> str:
        """What was too much; empty as long as nothing was."""
        if self._count("memory.events", "oom_kill"):
            return f"more than {self.limits.memory_mib} MiB of memory"
        return ""

    def close(self) -> None:
        """End what is still in it and remove it."""
        with suppress(OSError):
            (self.path / "cgroup.kill").write_text("1")
        with suppress(OSError):  # not empty yet: it goes with the group around it
            self.path.rmdir()

    def _count(self, name: str, event: str) -> int:
        with suppress(OSError, ValueError):
            words = (self.path / name).read_text().split()
            return int(words[words.index(event) + 1])
        return 0


def contain(pid: int, limits: Limits) -> Group | None:
    """A group with these limits around the process; None where there are none."""
    with suppress(NoGroups, OSError):
        group = _make(place(), limits)
        group.add(pid)
        return group
    return None


def place(proc: Path = Path("/proc")) -> Path:
    """The group in which those of sandboxes are made.

    Raises:
        NoGroups: there is none.
    """
    found = _place(proc)
    if isinstance(found, str):
        raise NoGroups(found)
    return found


@cache
def _place(proc: Path) -> Path | str:
    """Looked for once; a text says why there is none."""
    try:
        own = _own(proc)
        base = own.parent if own.name == OURS else own
        there = (base / "cgroup.controllers").read_text().split()
        missing = set(WANTED) - set(there)
        if missing:
            return f"{base} has no controller for {' and '.join(sorted(missing))}"
        if not os.access(base, os.W_OK) or not os.access(base / "cgroup.procs", os.W_OK):
            return f"{base} is not this user's; start it with: {DELEGATE}"
        if own == base:
            _make_room(base, proc)
        used = [name for name in (*WANTED, SHARED_OUT) if name in there]
        (base / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in used))
    except (OSError, NoGroups) as error:
        return str(error)
    return base


def _own(proc: Path) -> Path:
    """The control group that this process is in."""
    lines = (proc / "self" / "mountinfo").read_text().splitlines()
    mount = next((line.split()[4] for line in lines if " - cgroup2 " in line), None)
    groups = (proc / "self" / "cgroup").read_text().splitlines()
    name = next((line[3:] for line in groups if line.startswith("0::")), None)
    if mount is None or name is None:
        raise NoGroups("this machine has no control groups of version 2")
    return Path(mount, name.lstrip("/"))


def _make_room(base: Path, proc: Path) -> None:
    """Move this program into a group inside `base`, unless others' processes are there."""
    pids = (base / "cgroup.procs").read_text().split()
    if not all(_is_ours(int(pid), proc) for pid in pids):
        raise NoGroups(f"other programs are in {base}; start it with: {DELEGATE}")
    ours = base / OURS
    ours.mkdir(exist_ok=True)
    for pid in pids:
        (ours / "cgroup.procs").write_text(pid)


def _is_ours(pid: int, proc: Path) -> bool:
    """Whether it is this process or one of its descendants."""
    while pid > 1 and pid != os.getpid():
        text = (proc / str(pid) / "stat").read_text()
        pid = int(text.rpartition(")")[2].split()[1])
    return pid == os.getpid()


def _make(base: Path, limits: Limits) -> Group:
    path = base / f"{OURS}-{secrets.token_hex(6)}"
    path.mkdir()
    group = Group(path, limits)
    try:
        bounds = {"memory.max": limits.memory_mib * MIB, "pids.max": limits.processes}
        for name, value in {**bounds, "memory.oom.group": 1}.items():
            (path / name).write_text(str(value))
        with suppress(OSError):  # systems without swap
            (path / "memory.swap.max").write_text("0")
        with suppress(OSError):  # where the processor is shared out by groups, all get the same
            (path / "cpu.weight").write_text("100")
    except OSError:
        group.close()
        raise
    return group
