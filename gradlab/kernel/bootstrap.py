"""The first thing that runs inside: set limits that cannot be raised again, then start IPython.

Nothing of the student's has been read at this point. The kernel's sockets were made outside and
arrive as open files, so no folder exists that both sides can write.
"""

import json
import os
import resource
import sys
from typing import Any

import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.kernelapp import IPKernelApp


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


def set_limits(limits: dict[str, int]) -> None:
    """Lower this process's limits, by name without `RLIMIT_`; children inherit them."""
    for name, value in limits.items():
        # SIGXCPU at the soft limit tells why the kernel ended; SIGKILL at the hard one would not
        hard = value + 2 if name == "CPU" else value
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, hard))


def main() -> None:
    """Run with a JSON object on stdin: `connection`, `listeners`, `limits` and `argv`."""
    settings = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    set_limits(settings["limits"])
    InheritedSockets.connection = settings["connection"]
    InheritedSockets.listeners = {int(k): v for k, v in settings["listeners"].items()}
    InheritedSockets.launch_instance(settings["argv"])


if __name__ == "__main__":
    main()
