"""The process that workers are forked from: started once, early where that pays, ended for sure.

It is `multiprocessing`'s fork server. Nothing here is slow to import, since a command starts it
before it imports what it needs itself.
"""

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from gradlab.errors import WorkersUnavailable
from gradlab.kernel import cgroup, scratch
from gradlab.kernel.waiting import is_ready

END_SECONDS = 10.0
ASKED_SECONDS = 1.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
GRADING = "gradlab.grading.warm"
ORDER = "GRADLAB_AHEAD"
"""Environment variable of the process that workers are forked from: see `gradlab.grading.ahead`."""


@contextmanager
def started_early(course: Path, lab: str) -> Iterator[None]:
    """What a lab's workers are forked from is made ready meanwhile; it ends with the `with`.

    For the main thread of a command, and where there is probably something to grade.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # so as to end it, too
    made: list[Path] = []
    try:
        with suppress(OSError, WorkersUnavailable):  # it is told when a pool is wanted
            made.append(Path(tempfile.mkdtemp(dir=scratch.folder())))
            _start_for(course, lab, made[0])
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        end()
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def pool_context(imported: str) -> ForkServerContext:
    """For pools whose processes are forked from one that has imported that module.

    There is one such process for all pools of this one; the first caller's choice stays.

    Raises:
        WorkersUnavailable: it cannot be started.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([imported])
    try:
        with _environment(ONE_THREAD), _temporary_files_in(scratch.folder()):
            forkserver.ensure_running()
    except (EOFError, ConnectionError) as error:
        raise WorkersUnavailable(
            f"the process that workers are forked from ended at once ({type(error).__name__}); "
            "is there enough memory, may this user start more processes (ulimit -u)?"
        ) from error
    return context


def end() -> None:
    """End the process that workers are forked from, whatever it does; the next pool has a new one.

    It is asked first, so that it ends what it has started. The system is left with what remains to
    be known of it, for `ensure_running` to find.
    """
    pid = getattr(forkserver._forkserver, "_forkserver_pid", None)  # which nothing public tells
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            with open(os.pidfd_open(pid), "rb", buffering=0) as process:
                is_ready(process.fileno(), ASKED_SECONDS)
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def end_pool(pool: Executor, others: set[BaseProcess]) -> None:
    """Workers are asked to end, which closes their kernels, and killed if they do not."""
    workers = set(multiprocessing.active_children()) - others
    try:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers:
            process.terminate()
        for process in workers:
            process.join(END_SECONDS)
    finally:  # after a second Ctrl-C, too
        for process in workers:
            process.kill()
        pool.shutdown(wait=True)


def _start_for(course: Path, lab: str, folder: Path) -> None:
    with suppress(cgroup.NoGroups):
        cgroup.place()  # before there are processes that would have to move as well
    order = {"course": str(course), "lab": lab, "folder": str(folder), "command": os.getpid()}
    resource_tracker.ensure_running()  # which lets SIGINT through when it has started
    # Ctrl-C reaches all processes of a terminal. This one ignores it as soon as it can.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        with _environment({ORDER: json.dumps(order)}):
            pool_context(GRADING)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """The place of a socket that `multiprocessing` makes at its first use, and never tells."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Variables for a process that is started inside, where they are not set already."""
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
