"""Who the student's code is to the machine, when the grader is root.

A user namespace with one user maps whoever started it. For an ordinary user that is right. Root's
processes stay root's, and Linux exempts those from the limit on their number (RLIMIT_NPROC). So
root makes the namespace itself, with a second user that exists nowhere else; the kernel's process
becomes that one before it reads anything of the student's.
"""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradlab.errors import SandboxUnavailable

STUDENT = 1000
"""User and group id inside the sandbox."""
UNUSED_IDS = range(1_200_000_000, 2_000_000_000)
"""User ids outside, far from any that systems give to users, services and containers."""
WHOLE_MACHINE = ["0", "0", "4294967295"]
SECONDS = 5.0


def is_root() -> bool:
    """Whether this process is the machine's root (a container's own root may be somebody else)."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == WHOLE_MACHINE


@contextmanager
def student_namespace() -> Iterator[int | None]:
    """A user namespace for one sandbox, as an open file; None for whoever is not root.

    Inside, 0 is root, to set the sandbox up, and 1000 a user with a number of its own.

    Raises:
        SandboxUnavailable: no user namespace can be made.
    """
    if not is_root():
        yield None
        return
    holder = _holder()
    try:
        namespace = _mapped(holder.pid)
    finally:
        holder.kill()
        holder.communicate()
    try:
        yield namespace
    finally:
        os.close(namespace)


def _holder() -> "subprocess.Popen[bytes]":
    """A process that has entered a new user namespace, and waits."""
    unshare = shutil.which("unshare")
    if unshare is None:
        raise SandboxUnavailable("unshare is not installed: apt-get install util-linux")
    command = [unshare, "--user", "cat"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _mapped(pid: int) -> int:
    """The user namespace of process `pid`, after its two users were set."""
    place, deadline = Path(f"/proc/{pid}"), time.monotonic() + SECONDS
    try:
        while os.readlink(place / "ns/user") == os.readlink("/proc/self/ns/user"):
            if time.monotonic() > deadline:
                raise OSError("it does not enter a namespace")
            time.sleep(0.0005)
        users = f"0 0 1\n{STUDENT} {random.choice(UNUSED_IDS)} 1\n"
        for kind in ("uid_map", "gid_map"):
            (place / kind).write_text(users)
        return os.open(place / "ns/user", os.O_RDONLY)
    except OSError as error:
        raise SandboxUnavailable(
            f"root cannot make a user namespace here: {error}; a container must be started so "
            "that it may (docker run --security-opt seccomp=unconfined)"
        ) from None
