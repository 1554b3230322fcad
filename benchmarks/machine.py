"""What a figure depends on: the machine and the versions. No host name, no user name."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import psutil

from benchmarks.courses import interpreter

PACKAGES = {
    "gradlab": ("gradlab", "nbgrader", "ipykernel", "numpy", "torch", "distributed"),
    "nbgrader": ("nbgrader", "nbclient", "nbconvert", "ipykernel", "numpy", "torch"),
    "otter": ("otter-grader", "nbclient", "nbconvert", "ipykernel", "numpy", "torch"),
}
ASK = (
    "import json, sys\nfrom importlib import metadata\nfound = {}\n"
    "for name in sys.argv[1:]:\n    try:\n        found[name] = metadata.version(name)\n"
    "    except metadata.PackageNotFoundError:\n        pass\nprint(json.dumps(found))"
)


def machine() -> dict[str, Any]:
    """Cores, memory, processor, kernel, Python, and how busy it was before."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(graders: list[str]) -> dict[str, dict[str, str]]:
    """Grader → package → version, as its own environment says."""
    return {name: _versions(name) for name in graders}


def _versions(grader: str) -> dict[str, str]:
    command = [str(interpreter(grader)), "-c", ASK, *PACKAGES[grader]]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
