"""What is done once for all workers of a class, in the process that they are forked from.

It imports what they need. If it was started for a lab it also collects the lab's hidden checks
and starts the parent of its kernels. A worker is given a lab as a bundle, and uses what it has
inherited only where that was made of the same files; else it does the same for itself.

No reference is computed and nothing else is judged: it takes longer to judge the solution, one
exercise after the other, than it takes each worker to compute the references that it meets.
"""

import ctypes
import gc
import json
import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from traitlets.config import Config

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.grading.bundle import LabBundle, pack, released_files
from gradlab.grading.forking import ORDER
from gradlab.kernel import scratch

T = TypeVar("T")
SET_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h
OURS = ("gradlab.grading.worker", "gradlab.judge.suite")
TORCH = "torch"
OPTIMISERS = "torch.optim"
USED_BY_OPTIMISERS = "torch.fx.experimental.symbolic_shapes"
"""It takes longer than all of a lab's checks, since it imports sympy; some labs do without."""
_prepared: dict[str, Path] = {}
"""Digest of a bundle's content → the folder in which it is unpacked."""


def inherited(bundle: LabBundle) -> Path | None:
    """Where the lab lies unpacked for which this process was prepared, if it is this very one."""
    return _prepared.get(bundle.content)


def prepare() -> None:
    """Prepare this process, which never grades, for those that are forked from it."""
    gc.disable()  # what is made now stays: to look for garbage takes a seventh of the time
    order = json.loads(os.environ.pop(ORDER, "null"))
    if order is not None:
        _stay_with(order["command"])
        with suppress(Exception):  # a worker meets the same, and tells
            _prepare(order)
    _import(*OURS, TORCH)
    gc.freeze()  # nor is it looked through in workers, which would copy its memory
    gc.enable()


def _stay_with(command: int) -> None:
    """End when the command does, however that is and whatever is done here at that moment."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it was blocked until here
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    signal.signal(signal.SIGTERM, _end)
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != command:
        os._exit(0)


def _end(number: int, frame: object) -> None:
    """End with the parent of kernels, whose time the system then counts as ours."""
    from gradlab.kernel.warm import close_parents

    close_parents()
    os._exit(0)


def _prepare(order: dict[str, Any]) -> None:
    """The lab's part: read it as the command will, and prepare for what was read."""
    folder = Path(order["folder"])
    scratch.share(folder)
    course = Course(Path(order["course"]))
    bundle = pack(course, course.lab(order["lab"]), Config())
    unpacked = bundle.unpack(folder)
    _prepare_lab(unpacked, unpacked.lab(bundle.lab))
    _prepared[bundle.content] = folder


def _prepare_lab(course: Course, lab: Lab) -> None:
    """What other processes do for it is begun between two halves of the imports.

    When the first is over, so are about the command's own, and there is a processor for them.
    """
    parent = Thread(target=_start_parent, args=(course, lab))
    longest = TORCH in lab.settings.packages  # of all, so it cannot wait
    if longest:
        parent.start()
    _import(*OURS)
    cells = _asked_of_a_child(lambda: lab.cells)
    if not longest:
        parent.start()
    try:
        _import(TORCH)
        if _mentions(course.hidden(lab), OPTIMISERS):
            _import(USED_BY_OPTIMISERS)
        vars(lab)["cells"] = cells()  # as its `cached_property` does
        _collect(course, lab)
    finally:
        parent.join()  # a thread does not survive a fork, nor do the locks open that it holds


def _mentions(folder: Path, name: str) -> bool:
    return any(name in path.read_text(encoding="utf-8") for path in folder.glob("*.py"))


def _import(*names: str) -> None:
    for name in names:
        import_module(name)


def _start_parent(course: Course, lab: Lab) -> None:
    """As `gradlab.grading.preprocessors` does when a worker wants a kernel."""
    from gradlab.grading.imports import imported_modules
    from gradlab.kernel.limits import Limits
    from gradlab.kernel.warm import Warmth, warm_parent

    with suppress(Exception):
        released = course.root / "release" / lab.name
        modules = imported_modules(released / f"{lab.name}.ipynb")
        limits = Limits(**lab.settings.limits.model_dump())
        files = released_files(released)
        warm_parent(Warmth(lab.settings.packages, files, modules, limits)).keep()


def _collect(course: Course, lab: Lab) -> None:
    """Not where there is a GPU: workers could not use it if a check's file has used it here."""
    from gradlab.grading.judges import judge_for

    if not _finds_gpu():
        judge_for(course, lab)


def _finds_gpu() -> bool:
    """Whether torch finds a GPU. A child asks, since who asked cannot use it after a fork."""
    import torch

    return bool(torch.backends.cuda.is_built()) and _asked_of_a_child(_is_available)()


def _is_available() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _asked_of_a_child(question: Callable[[], T]) -> Callable[[], T]:
    """Have a forked process answer at the same time; what is returned waits for the answer.

    That raises EOFError where there is none.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            _stay_with(os.getppid())
            with open(writing, "wb") as file:
                pickle.dump(question(), file)
        finally:
            os._exit(0)
    os.close(writing)

    def answer() -> T:
        try:
            with open(reading, "rb") as file:
                found: T = pickle.load(file)
        finally:
            os.waitpid(pid, 0)
        return found

    return answer
