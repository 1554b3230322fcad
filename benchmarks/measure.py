"""One command, measured with all its descendants: wall clock, CPU seconds, peak memory.

Run as a script, so that it needs nothing of the environment it measures:
`measure.py RESULT COMMAND…`. It adopts orphans (Linux's child subreaper), so that the CPU time of
a process that outlived its parent counts too. Memory is the proportional set size: pages that
forked processes share are counted once. The command's own process, without its children, is also
asked for its high-water mark of resident memory.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

EVERY_SECONDS = 1.0
OWN_EVERY_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36


def measure(result: Path, command: list[str]) -> int:
    """Run the command to its end and write what it took; returns its exit code."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peaks, stop = {"peak_mib": 0.0, "own_peak_mib": 0.0}, threading.Event()
    started = time.perf_counter()
    process = subprocess.Popen(command)
    watchers = [threading.Thread(target=_watch, args=(peaks, stop)),
                threading.Thread(target=_watch_own, args=(process.pid, peaks, stop))]  # fmt: skip
    for watcher in watchers:
        watcher.start()
    code = process.wait()
    wall = time.perf_counter() - started
    _reap_orphans()
    stop.set()
    for watcher in watchers:
        watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, **peaks}
    result.write_text(json.dumps(taken), encoding="utf-8")
    return code


def _reap_orphans() -> None:
    """Wait for every descendant that is left."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _watch(peaks: dict[str, float], stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        found = psutil.Process().children(recursive=True)
        peaks["peak_mib"] = max(peaks["peak_mib"], sum(map(_mebibytes, found)))


def _watch_own(pid: int, peaks: dict[str, float], stop: threading.Event) -> None:
    """Often, since the mark is gone with the process, and the end is when it is highest."""
    while not stop.wait(OWN_EVERY_SECONDS):
        peaks["own_peak_mib"] = max(peaks["own_peak_mib"], _high_water(pid))


def _high_water(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    marks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return sum(marks) / 2**10


def _mebibytes(process: psutil.Process) -> float:
    try:
        info = process.memory_full_info()
    except (psutil.Error, OSError):
        return 0.0
    return float(info.pss) / 2**20


if __name__ == "__main__":
    sys.exit(measure(Path(sys.argv[1]), sys.argv[2:]))
