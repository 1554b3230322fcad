"""One command, measured with all its descendants: wall clock, CPU seconds, peak memory.

Run as a script, so that it needs nothing of the environment it measures:
`measure.py RESULT COMMAND…`. It adopts orphans (Linux's child subreaper), so that the CPU time of
a process that outlived its parent counts too. Memory is the proportional set size: pages that
forked processes share are counted once.
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

EVERY_SECONDS = 0.2
PR_SET_CHILD_SUBREAPER = 36


def measure(result: Path, command: list[str]) -> int:
    """Run the command to its end and write what it took; returns its exit code."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    peak, stop = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(peak, stop))
    watcher.start()
    started = time.perf_counter()
    code = subprocess.Popen(command).wait()
    wall = time.perf_counter() - started
    _reap_orphans()
    stop.set()
    watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": peak[0]}
    result.write_text(json.dumps(taken), encoding="utf-8")
    return code


def _reap_orphans() -> None:
    """Wait for every descendant that is left."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _watch(peak: list[float], stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        found = psutil.Process().children(recursive=True)
        peak[0] = max(peak[0], sum(map(_mebibytes, found)))


def _mebibytes(process: psutil.Process) -> float:
    try:
        info = process.memory_full_info()
    except (psutil.Error, OSError):
        return 0.0
    return float(info.pss) / 2**20


if __name__ == "__main__":
    sys.exit(measure(Path(sys.argv[1]), sys.argv[2:]))
