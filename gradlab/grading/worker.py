"""What runs in a worker, local or remote: one lab's bench, kept warm, and a submission at a time.

A worker has no gradebook and no course folder, and need not have the coordinator's files.
"""

import atexit
import faulthandler
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradlab import __version__
from gradlab.grading import ahead
from gradlab.grading.bundle import LabBundle
from gradlab.grading.submission import Bench, GradedNotebook
from gradlab.grading.submitted import Submitted
from gradlab.kernel import scratch

_benches: dict[str, Bench] = {}
_stopping = False
ENDED = 128 + signal.SIGTERM
END_SECONDS = 10.0
PATIENCE, CLOSING_SECONDS = 1.1, 60.0
"""Of `c.GradLab.max_seconds`, and what starting and ending kernels may take besides."""


def start(bundle: LabBundle, root: str) -> None:
    """Initialise a process of the local pool: the bundle comes once, unpacked in `root`.

    It lies elsewhere, too, if this process is forked from one that was prepared for it.
    """
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides what ends
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_the_coordinator, daemon=True).start()
    scratch.share(Path(root))
    torch.set_num_threads(1)  # one core for each worker
    _benches[bundle.fingerprint] = Bench(bundle, ahead.inherited(bundle) or Path(root))


def grade(lab: LabBundle | str, submitted: Submitted) -> GradedNotebook:
    """Grade a submission of a lab, given as its bundle or as the fingerprint of one held here."""
    bench = _bench(lab)
    try:
        with _ended_after(PATIENCE * bench.max_seconds + CLOSING_SECONDS):
            return bench.grade(submitted)
    finally:
        if _stopping:  # a pool would go on with the next; the kernel is closed by now
            os._exit(ENDED)


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """End this worker if it takes longer: a clock that asks nobody, not even Python.

    Grading has clocks of its own, which hold for the submission. This one is for the worker itself,
    should it ever wait where those are not looked at; the coordinator then tries once more.
    """
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def hold(bundle: LabBundle) -> LabBundle:
    """The bundle itself: how a cluster keeps one copy where it is needed."""
    return bundle


def version() -> str:
    """GradLab's version here; all workers must have the same."""
    return __version__


def _bench(lab: LabBundle | str) -> Bench:
    if isinstance(lab, str):
        return _benches[lab]
    if lab.fingerprint not in _benches:
        root = Path(tempfile.mkdtemp(prefix="gradlab-", dir=_scratch()))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        _benches[lab.fingerprint] = Bench.unpacked(lab, root)
    return _benches[lab.fingerprint]


def _scratch() -> str | None:
    """A Dask worker's own folder, which Dask removes however the worker ends."""
    try:
        folder: str = sys.modules["distributed"].get_worker().local_directory
    except (KeyError, ValueError):  # no Dask here, or not in one of its workers
        return None
    return folder


def _end_with_the_coordinator() -> None:
    """A pool does not tell its workers when it is killed; they would wait for ever."""
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_SECONDS)
        os._exit(ENDED)


def _stop(number: int, frame: object) -> None:
    """Leave the submission, closing its kernel as an exception does, and end."""
    global _stopping
    if not _stopping:
        _stopping = True
        raise SystemExit(ENDED)
