"""The first thing that runs inside a kernel that is started: limits that cannot be raised again.

Nothing of the student's has been read at this point. The kernel's pipes were made outside and
arrive as open files, so no folder exists that both sides can write.
"""

import json
import os
import resource
import select
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from gradlab.kernel.namespaces import set_readable
from gradlab.kernel.prepared import prepare

MAX_FILES = 1024


def become(user: int) -> None:
    """Give up root for `user`, for good."""
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    # Changing users hides a process's own files in /proc from it; nothing here is worth hiding.
    set_readable(True)


def close_others(kept: Iterable[int]) -> None:
    """Close every open file that nobody needs here; the launcher's tools leave some behind."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for low, high in pairwise([2, *sorted(kept), MAX_FILES]):
        os.closerange(low + 1, high)


def require_launcher(requests: int) -> None:
    """End if the launcher has: it may have been killed before it could be watched for that."""
    waiting = select.poll()
    waiting.register(requests, select.POLLIN)
    if any(event & select.POLLHUP for _, event in waiting.poll(0)):
        sys.exit(1)


def set_limits(limits: dict[str, int]) -> None:
    """Lower this process's limits, by name without `RLIMIT_`; children inherit them."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        # SIGXCPU at the soft limit tells why the kernel ended; SIGKILL at the hard one would not
        hard = value + 2 if name == "CPU" else value
        present = resource.getrlimit(kind)[1]
        most = hard if present == resource.RLIM_INFINITY else min(hard, present)
        resource.setrlimit(kind, (min(value, most), most))


def limit(settings: dict[str, Any]) -> None:
    """Keep the open files that are named, and set the limits."""
    close_others([*settings["agent"], *settings["connection"]])
    if settings["user"] is not None:
        become(settings["user"])
    set_limits(settings["limits"])


def main() -> None:
    """Run with a JSON object on stdin, which `gradlab.kernel.started` wrote."""
    settings = json.load(sys.stdin)
    require_launcher(settings["connection"][0])
    limit(settings)
    prepare(shell=settings["shell"]).attend(*settings["connection"])


if __name__ == "__main__":
    main()
