"""Inside: a warm parent, which has imported what a lab's kernels need and forks one when asked.

It never runs anything of a student's. A request comes as one message, the settings of
`gradlab.kernel.bootstrap` with the open files that they name; it is read by the process forked for
it, so that nothing of one kernel is left for the next.

    parent ── forks ──▶ first process of new namespaces ── forks ──▶ the kernel
                        (waits, and tells how the kernel ended)
"""

import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from gradlab.kernel import bootstrap, namespaces
from gradlab.kernel.prepared import PreparedApp, prepare
from gradlab.kernel.protocol import (
    AGENT,
    COMPLAINTS,
    CONNECTION,
    FAILED,
    FIRST_FILE,
    GO,
    MAX_REQUEST,
    READY,
    STATUS,
)

USED_BY_EVERY_KERNEL = (
    *("numpy.random", "secrets", "faulthandler", "pdb"),
    *("IPython.core.debugger", "IPython.core.logger", "IPython.core.oinspect"),
    *("IPython.core.completerlib", "IPython.extensions.storemagic", "ipykernel.debugger"),
    *("tornado.platform.asyncio", "tornado.queues", "encodings.unicode_escape"),
)
# Not matplotlib_inline: what it does when it is imported is the notebook's to start.
USED_BY_PICTURES = (
    *("IPython.core.pylabtools", "matplotlib.backends.backend_agg"),
    *("PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin"),
    "PIL.PngImagePlugin",
)


def main() -> None:
    """Run with a JSON object on stdin, which `gradlab.kernel.warm` wrote."""
    settings = json.load(sys.stdin)
    bootstrap.close_others([settings["control"]])
    if settings["user"] is not None:
        namespaces.mount_proc()
        bootstrap.become(settings["user"])
    _import(settings["modules"])
    app = prepare()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=settings["control"]) as control:
        control.send(READY)
        _serve(control, app)
    os._exit(0)  # at once: there is nothing to put in order


def _import(modules: Iterable[str]) -> None:
    """What cannot be imported is left to the notebook, which says so to its author."""
    pictures = USED_BY_PICTURES if "matplotlib.pyplot" in modules else ()
    for name in (*USED_BY_EVERY_KERNEL, *modules, *pictures):
        with suppress(Exception):
            importlib.import_module(name)


def _serve(control: socket.socket, app: PreparedApp) -> None:
    """A child for each request, until the other side is gone."""
    waiting = select.poll()
    waiting.register(control, select.POLLIN)
    while not any(event & select.POLLHUP for _, event in waiting.poll()):
        child = os.fork()
        if child == 0:
            _answer(control, app)
        os.waitpid(child, 0)


def _answer(control: socket.socket, app: PreparedApp) -> None:
    """In the child: read the request, make namespaces, fork their first process. Never returns."""
    try:
        message, files, _, _ = socket.recv_fds(control, MAX_REQUEST, 16)
        control.close()
        for place, file in enumerate(files):
            os.dup2(file, FIRST_FILE + place)
            os.close(file)
        with socket.socket(fileno=STATUS) as status:
            _settle(json.loads(message), status, app)
    finally:
        os._exit(0)


def _settle(request: dict[str, Any], status: socket.socket, app: PreparedApp) -> None:
    try:
        namespaces.leave_parent(os.getuid())
        if os.fork() == 0:
            _first_process(request, status, app)
    except OSError as error:
        status.send(FAILED + str(error).encode())


def _first_process(request: dict[str, Any], status: socket.socket, app: PreparedApp) -> None:
    """Furnish the namespaces, start the kernel when told to, wait for its end."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the kernel
    namespaces.furnish(request["scratch"], request["scratch_bytes"])
    namespaces.drop_capabilities()
    namespaces.set_readable(False)
    status.send(READY)  # with it, the sender's process id travels
    if status.recv(len(GO)) != GO:
        return
    kernel = os.fork()
    if kernel == 0:
        status.close()
        _become_kernel(request, app)
    for end in (*AGENT, *CONNECTION, COMPLAINTS):
        os.close(end)  # or nobody would see that the kernel has closed its own
    status.send(str(_wait_for(kernel)).encode())


def _wait_for(kernel: int) -> int:
    """The kernel's wait status; its orphans are buried on the way."""
    while True:
        process, status = os.wait()
        if process == kernel:
            return os.waitstatus_to_exitcode(status)


def _become_kernel(request: dict[str, Any], app: PreparedApp) -> None:
    """Be a kernel within limits and behind the filter. Never returns."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(COMPLAINTS, 2)
        os.chdir(request["cwd"])
        random.seed()
        np.random.seed()
        sys.argv[:] = [bootstrap.__file__]
        namespaces.set_readable(True)
        bootstrap.close_others([*AGENT, *CONNECTION])
        bootstrap.set_limits(request["limits"])
        if request["filter"]:
            namespaces.install_filter(bytes.fromhex(request["filter"]))
        app.attend(*CONNECTION)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
