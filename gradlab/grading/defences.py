"""Each defence of the sandbox, measured: a kernel is started as for a submission and looks around.

What is configured is not what is there. So nothing here asks the command line or the filter's
source: the probe says what holds inside, and a second kernel takes more memory than it may.
"""

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell

from gradlab.errors import GradLabError
from gradlab.kernel import cgroup
from gradlab.kernel.limits import NPROC_COUNTS_BY_NAMESPACE, OPEN_FILES, Limits, linux_version
from gradlab.kernel.sandbox import SCRATCH
from gradlab.kernel.session import KernelSession

HIDDEN = ("/etc/passwd", "/usr/bin/env", "/sys/kernel", "/var/log", "/run")
LIMITS = Limits(cell_seconds=20, memory_mib=320, file_mib=16)
NAMESPACES = ("user", "pid", "net", "ipc", "uts", "mnt")
WAYS: dict[str, tuple[str, ...] | None] = {"started": None, "forked": ()}
"""How kernels come to be: started one by one, or forked from a warm parent."""
PROBE = """
import fcntl, json, os, resource, socket, stat
def links(folder):
    return {name: os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}
def tried(action, *args):
    try:
        action(*args)
    except OSError as error:
        return error.errno
    return 0
def writable():
    places = ("/", "/dev", "/etc", "/opt", "/usr", "/proc/sys/kernel", os.__file__)
    return [place for place in places if os.access(place, os.W_OK)]
def connect():
    with socket.socket() as there:
        there.settimeout(1)
        there.connect(("192.0.2.1", 9))
def lease():
    with open(os.__file__) as file:
        fcntl.fcntl(file, 1024, fcntl.F_WRLCK)  # F_SETLEASE
def grown():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            flags = fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE
            if stat.S_ISREG(os.fstat(int(name)).st_mode) and flags != os.O_RDONLY:
                found.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return found
with open("/proc/net/dev") as file:
    devices = [line.split(":")[0].strip() for line in file if ":" in line]
with open("/proc/self/status") as file:
    status = dict(line.rstrip("\\n").split(":\\t", 1) for line in file if ":\\t" in line)
with open("/proc/self/uid_map") as file:
    users = file.read().split()
print(json.dumps({
    "status": status, "users": users, "namespaces": links("/proc/self/ns"),
    "devices": devices, "connect": tried(connect), "lease": tried(lease), "grown": grown(),
    "session": tried(os.setsid),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "writable": writable(), "seen": [path for path in HIDDEN if os.path.exists(path)],
    "limits": {n: resource.getrlimit(getattr(resource, f"RLIMIT_{n}"))[1] for n in LIMITED},
}))
"""
TAKE_MEMORY = """
import mmap
taken = mmap.mmap(-1, 2**30)
for place in range(0, len(taken), 4096):
    taken[place] = 1
"""
"""Memory that no limit of a single process counts."""

Seen = dict[str, Any]


@dataclass(frozen=True)
class Defence:
    """One defence: whether it holds, what was seen, and what to do where it is missing."""

    name: str
    holds: bool
    seen: str
    remedy: str = ""


def defences() -> list[Defence]:
    """All of them, where a sandbox can be started at all.

    Raises:
        GradLabError: none can be started.
    """
    probes = {way: _probe(modules) for way, modules in WAYS.items()}
    measured = [_both(name, test, probes) for name, test in TESTS.items()]
    return [*measured, _memory()]


def _both(name: str, test: "Test", probes: dict[str, Seen]) -> Defence:
    """A defence must hold in every kernel, however it came to be."""
    said = {way: test(seen) for way, seen in probes.items()}
    for way, (holds, text) in said.items():
        if not holds:
            return Defence(
                name, False, f"missing in a {way} kernel: {text}", REMEDIES.get(name, BUG)
            )
    return Defence(name, True, said["started"][1])


def _probe(modules: tuple[str, ...] | None) -> Seen:
    hidden = [*map(str, _some_files(Path.cwd(), Path.home())), *HIDDEN]
    cell = new_code_cell(f"HIDDEN, LIMITED = {hidden!r}, {tuple(_limits())!r}\n{PROBE}")
    with KernelSession(limits=LIMITS, modules=modules) as session:
        outcome = session.run(cell)
    if outcome.status != "ok":
        raise GradLabError(f"the probe failed inside: {outcome.error_name} {outcome.error_message}")
    found: Seen = json.loads("".join(output["text"] for output in cell.outputs))
    return found


def _some_files(*folders: Path) -> Iterator[Path]:
    """Files that are surely not the interpreter's."""
    for folder in folders:
        yield from islice((path for path in sorted(folder.iterdir()) if path.is_file()), 10)


def _memory() -> Defence:
    """Bounded for all processes together; by whom is told."""
    try:
        by = f"a control group in {cgroup.place()}, and the watchdog"
    except cgroup.NoGroups as why:
        by = f"the watchdog, which looks every 50 ms (no control groups: {why})"
    with KernelSession(limits=LIMITS) as session:
        outcome = session.run(new_code_cell(TAKE_MEMORY))
    told = outcome.error_message or outcome.status
    holds = outcome.status == "died" and "memory" in told
    return Defence("memory of all processes", holds, by if holds else f"not held: {told}", BUG)


def _limits() -> dict[str, int]:
    """Hard limits of a process that are asked for."""
    bounds = LIMITS
    limits = {"CORE": 0, "CPU": bounds.cpu_seconds + 2, "DATA": bounds.memory_mib * 2**20}
    limits |= {"FSIZE": bounds.file_mib * 2**20, "NOFILE": OPEN_FILES}
    counted = linux_version() >= NPROC_COUNTS_BY_NAMESPACE
    return limits | ({"NPROC": bounds.processes} if counted else {})


Test = Callable[[Seen], tuple[bool, str]]


def _namespaces(seen: Seen) -> tuple[bool, str]:
    own = {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES}
    shared = [name for name in NAMESPACES if seen["namespaces"].get(name) in (None, own[name])]
    return not shared, f"shared: {' '.join(shared)}" if shared else " ".join(NAMESPACES)


def _network(seen: Seen) -> tuple[bool, str]:
    alone = seen["devices"] == ["lo"] and seen["connect"] != 0
    return alone, "a loopback device alone" if alone else f"devices {' '.join(seen['devices'])}"


def _user(seen: Seen) -> tuple[bool, str]:
    inside, outside = seen["status"]["Uid"].split()[0], _outside(seen)
    holds = inside != "0" and outside not in (None, 0)
    return holds, f"{inside} inside, {outside} outside"


def _outside(seen: Seen) -> int | None:
    """The number outside of the user who runs inside."""
    inside = int(seen["status"]["Uid"].split()[0])
    numbers = list(map(int, seen["users"]))
    for first, outer, count in zip(numbers[::3], numbers[1::3], numbers[2::3]):
        if first <= inside < first + count:
            return outer + inside - first
    return None


def _capabilities(seen: Seen) -> tuple[bool, str]:
    """Those it has. Others it could get only from a program's file, which no_new_privs forbids."""
    held = [kind for kind in ("CapEff", "CapPrm", "CapAmb") if int(seen["status"][kind], 16)]
    return not held, f"some are left: {' '.join(held)}" if held else "all dropped"


def _no_new_privs(seen: Seen) -> tuple[bool, str]:
    holds = seen["status"]["NoNewPrivs"] == "1"
    return holds, "set" if holds else "not set"


def _filter(seen: Seen) -> tuple[bool, str]:
    holds = seen["status"]["Seccomp"] == "2"
    return holds, f"installed, for {platform.machine()}" if holds else "not installed"


def _leases(seen: Seen) -> tuple[bool, str]:
    """Whoever opens a leased file waits: a neighbour, the judge, any program of the machine."""
    holds = seen["lease"] != 0
    return holds, "refused" if holds else "a lease on a package's file was granted"


def _open_files(seen: Seen) -> tuple[bool, str]:
    return not seen["grown"], f"writable: {' '.join(seen['grown'])}" if seen["grown"] else "pipes"


def _sessions(seen: Seen) -> tuple[bool, str]:
    """The processor is shared out by sessions; who makes dozens takes that of the others."""
    holds = seen["session"] != 0
    return holds, "one" if holds else "as many as it likes"


def _files(seen: Seen) -> tuple[bool, str]:
    wrong = [*seen["seen"], *(f"{path} (writable)" for path in seen["writable"])]
    return not wrong, f"there are {' '.join(wrong)}" if wrong else f"writable: {' '.join(SCRATCH)}"


def _processes(seen: Seen) -> tuple[bool, str]:
    return seen["processes"] <= 2, f"{seen['processes']} to be seen"


def _each_limit(seen: Seen) -> tuple[bool, str]:
    wanted, found = _limits(), seen["limits"]
    missing = [name for name, most in wanted.items() if not 0 <= found[name] <= most]
    return not missing, f"not held: {' '.join(missing)}" if missing else " ".join(wanted)


TESTS: dict[str, Test] = {
    "namespaces": _namespaces,
    "network": _network,
    "processes": _processes,
    "files": _files,
    "user": _user,
    "capabilities": _capabilities,
    "no_new_privs": _no_new_privs,
    "system call filter": _filter,
    "leases": _leases,
    "open files": _open_files,
    "sessions": _sessions,
    "limits of a process": _each_limit,
}
BUG = (
    "do not grade others' code here; this is a fault of GradLab or of bubblewrap, please report it"
)
REMEDIES = {
    "system call filter": "grade on x86-64 or aarch64: for other processors there is no filter",
    "namespaces": "do not grade others' code here; update bubblewrap (0.8 or newer)",
}
