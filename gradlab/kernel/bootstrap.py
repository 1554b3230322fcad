"""The first thing that runs inside: set limits that cannot be raised again, then start IPython.

Nothing of the student's has been read at this point. The kernel's sockets were made outside and
arrive as open files, so no folder exists that both sides can write.
"""

import json
import os
import resource
import socket
import sys
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from gradlab.kernel.namespaces import set_readable
from gradlab.kernel.shell import NoShell, QuickNames

MAX_FILES = 1024


class InheritedSockets(IPKernelApp):  # type: ignore[misc]
    """A kernel whose connection, sockets included, was prepared by its launcher."""

    connection: dict[str, Any]
    """What a connection file would hold."""
    listeners: dict[int, int]
    """File number of the listening socket for each port."""

    def init_connection_file(self) -> None:
        """Take the connection as it was handed over; there is no file to read."""
        self.load_connection_info(self.connection)

    def write_connection_file(self, **kwargs: Any) -> None:
        """The launcher wrote it, outside."""

    def init_heartbeat(self) -> None:
        """As ipykernel does, in a context of its own, on the inherited socket."""
        heartbeat = _Heartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        heartbeat.listener = self.listeners[self.hb_port]
        self.heartbeat = heartbeat
        heartbeat.start()

    def _try_bind_socket(self, s: "zmq.Socket[Any]", port: int) -> int:
        s.setsockopt(zmq.USE_FD, self.listeners[port])
        s.bind(f"ipc://{self.ip}-{port}")
        return port


class _Heartbeat(Heartbeat):  # type: ignore[misc]
    listener: int

    def _try_bind_socket(self) -> None:
        self.socket.setsockopt(zmq.USE_FD, self.listener)
        self.socket.bind(f"ipc://{self.ip}-{self.port}")


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


def require_launcher(agent: int) -> None:
    """End if the launcher has: it may have been killed before it could be watched for that."""
    with socket.socket(fileno=os.dup(agent)) as connection:
        try:
            if not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                sys.exit(1)
        except BlockingIOError:  # nothing is asked yet
            pass


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
    close_others([settings["agent"], *settings["listeners"].values()])
    if settings["user"] is not None:
        become(settings["user"])
    set_limits(settings["limits"])


def launch(settings: dict[str, Any]) -> None:
    """Be the kernel until it is told to end."""
    if not settings["shell"]:
        IPythonKernel.shell_class.default_value = NoShell
        IPythonKernel.compiler_class.default_value = QuickNames
    InheritedSockets.connection = settings["connection"]
    InheritedSockets.listeners = {int(k): v for k, v in settings["listeners"].items()}
    InheritedSockets.launch_instance(settings["argv"])


def main() -> None:
    """Run with a JSON object on stdin, which `gradlab.kernel.provisioner` wrote."""
    settings = json.load(sys.stdin)
    require_launcher(settings["agent"])
    limit(settings)
    launch(settings)


if __name__ == "__main__":
    main()
