"""Grading many submissions at a time, each at most twice, whatever happens to a worker."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from gradlab.errors import (
    CourseError,
    GradebookError,
    KernelError,
    KernelLost,
    SandboxUnavailable,
    StorageError,
    WorkersUnavailable,
)
from gradlab.grading.crew import Crew
from gradlab.grading.machine import is_machine_error, storage_error
from gradlab.grading.submitted import Submitted

if TYPE_CHECKING:
    from gradlab.grading.submission import GradedNotebook

STOPS_THE_CLASS = (CourseError, StorageError, SandboxUnavailable, GradebookError)
TOO_MANY = 3
ENDED = "is there enough memory? `--jobs 1` takes the least; what was recorded stays"
LOST = "not graded: its worker ended twice, which is the machine's fault; run it again"
Running = dict["Future[GradedNotebook]", "Task"]
Waiting = Callable[[Iterable["Future[GradedNotebook]"]], object]


def first_completed(running: "Iterable[Future[GradedNotebook]]") -> None:
    """Wait until one of them is done."""
    wait(running, return_when=FIRST_COMPLETED)


@dataclass(frozen=True)
class Task:
    """A submission to be graded; it is read when its turn comes."""

    student: str
    read: Callable[[], Submitted]


@dataclass(frozen=True)
class Outcome:
    """What came of a task: graded, or the reason why not, which is not the student's fault."""

    student: str
    graded: "GradedNotebook | None"
    reason: str = ""


def grade_tasks(
    tasks: Iterable[Task], crew: Crew, wait_for_one: Waiting = first_completed
) -> Iterator[list[Outcome]]:
    """Outcomes in batches, as they come. Those that are there when an error ends it come first.

    A worker that ends takes all that it shares a pool with along, and the process that kernels are
    forked from takes the kernels. So these are tried again one by one, and only a submission that
    is alone when its worker ends a second time is given up. What a limit on time has decided is
    judged again, too, when nothing else is: that counts, since neighbours may have taken the time.

    Raises:
        CourseError, StorageError, SandboxUnavailable, WorkersUnavailable: the class cannot be
            graded now.
        KeyboardInterrupt: `wait_for_one` raised it.
    """
    waiting = iter(tasks)
    running: Running = {}
    late: list[Task] = []
    while _fill(running, waiting, crew):
        try:
            wait_for_one(running)
        except KeyboardInterrupt:
            yield from _outcomes(_done(running, lost=False))
            raise
        if _done(running, lost=True):
            wait(running)  # a broken pool ends all of them, at once
        finished, lost = _done(running, lost=False), _done(running, lost=True)
        running = {one: task for one, task in running.items() if one not in finished | lost}
        slow = {one: task for one, task in finished.items() if crew.shared and _timed_out(one)}
        late += slow.values()
        yield from _outcomes({one: task for one, task in finished.items() if one not in slow})
        if lost:
            crew.renew()
            yield from _alone(list(lost.values()), crew, wait_for_one)
    yield from _alone(late, crew, wait_for_one)


def _fill(running: Running, waiting: Iterator[Task], crew: Crew) -> bool:
    """Hand out what there is room for; whether anything is running then."""
    for task in islice(waiting, max(0, crew.room - len(running))):
        running[_submit(task, crew)] = task
    return bool(running)


def _submit(task: Task, crew: Crew) -> "Future[GradedNotebook]":
    """A file that cannot be read any more is told as an error of the grading."""
    try:
        return crew.submit(task.read())
    except OSError as error:
        future: Future[GradedNotebook] = Future()
        future.set_exception(error)
        return future


def _done(running: Running, *, lost: bool) -> Running:
    """What is done by now: what was lost with its worker, or the rest."""
    done = {one: task for one, task in running.items() if one.done()}
    return {one: task for one, task in done.items() if _is_lost(one) == lost}


def _timed_out(done: "Future[GradedNotebook]") -> bool:
    return done.exception() is None and done.result().timed_out


def _alone(tasks: list[Task], crew: Crew, wait_for_one: Waiting) -> Iterator[list[Outcome]]:
    """The second try, one by one."""
    in_a_row = 0
    for task in tasks:
        future = _submit(task, crew)
        wait_for_one([future])
        if not _is_lost(future):
            in_a_row = 0
            yield from _outcomes({future: task})
            continue
        in_a_row += 1
        if in_a_row == TOO_MANY:
            raise WorkersUnavailable(f"{in_a_row} workers in a row ended at once; {ENDED}")
        crew.renew()
        yield [Outcome(task.student, None, LOST)]


def _outcomes(done: Running) -> Iterator[list[Outcome]]:
    """The good ones first: an error that stops the class must not take them along."""
    good = [one for one in done if one.exception() is None]
    if good:
        yield [Outcome(done[one].student, one.result()) for one in good]
    for future in done:
        error = future.exception()
        if error is not None:
            yield [Outcome(done[future].student, None, _reason(error))]


def _is_lost(future: "Future[GradedNotebook]") -> bool:
    return future.cancelled() or isinstance(future.exception(), BrokenProcessPool | KernelLost)


def _reason(error: BaseException) -> str:
    """Why a submission was not graded; raises what concerns all of them."""
    if isinstance(error, STOPS_THE_CLASS):
        raise error
    if isinstance(error, OSError) and is_machine_error(error):
        raise storage_error(error) from error
    if isinstance(error, KernelError | CancelledError):
        return f"not graded: {error}; run it again"
    return f"not graded: {type(error).__name__}: {error}".splitlines()[0][:300]
