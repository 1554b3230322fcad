"""Workers that grade a lab's submissions: processes of this machine, a cluster, or this process.

All of them are a `concurrent.futures.Executor`; a crew knows how to make a new one when the old
one broke, and how to end it with everything that it started.
"""

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradlab.grading.bundle import LabBundle
from gradlab.grading.forking import GRADING, cores, end_pool, pool_context
from gradlab.grading.submitted import Submitted
from gradlab.kernel import cgroup, scratch

if TYPE_CHECKING:
    from gradlab.grading.submission import GradedNotebook

__all__ = ["Crew", "Opened", "cores", "crew_here", "end_pool", "local_crew", "pool_context"]

Opened = tuple[Executor, Any]
"""An executor, and what `worker.grade` gets as the lab when it runs there."""


class Crew:
    """An executor for one lab; `shared` says whether submissions are graded side by side.

    Args:
        make: gives a new executor, and the lab as it is known there.
        room: how many submissions it takes at a time.
        end: ends an executor and what it started; it may be broken.
    """

    def __init__(
        self, make: Callable[[], Opened], room: int, end: Callable[[Executor], None]
    ) -> None:
        self.room = room
        self.shared = room > 1
        self._make, self._end = make, end
        self._executor, self._lab = make()

    def submit(self, submitted: Submitted) -> "Future[GradedNotebook]":
        """Have a submission graded; the future of a broken executor says so."""
        from gradlab.grading import worker  # not at the top: often nothing is to be graded

        try:
            return self._executor.submit(worker.grade, self._lab, submitted)
        except (BrokenExecutor, EOFError, ConnectionError) as error:  # what starts workers ended
            future: Future[GradedNotebook] = Future()
            future.set_exception(BrokenProcessPool(str(error)))
            return future

    def renew(self) -> None:
        """A new executor in place of one that broke."""
        self.close()
        self._executor, self._lab = self._make()

    def close(self) -> None:
        """End everything, graded or not."""
        self._end(self._executor)


class InThisProcess(Executor):
    """Runs what it is given at once; for a single submission."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """The future is done when it is returned."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def crew_here(bundle: LabBundle) -> Iterator[Crew]:
    """This process alone."""
    yield Crew(lambda: (InThisProcess(), bundle), 1, lambda executor: None)


@contextmanager
def local_crew(bundle: LabBundle, jobs: int) -> Iterator[Crew]:
    """`jobs` processes, forked from one that has imported what they need.

    The lab travels to each of them once and is unpacked in one folder, removed at the end.
    """
    with suppress(cgroup.NoGroups):
        cgroup.place()  # before there are processes that would have to move as well
    context = pool_context(GRADING)
    from gradlab.grading import worker  # while the other process imports, too

    with tempfile.TemporaryDirectory(
        dir=scratch.folder(),
        ignore_cleanup_errors=True,  # what stays goes with the whole folder
    ) as root:
        bundle.unpack(Path(root))
        others = set(multiprocessing.active_children())

        def make() -> Opened:
            pool = ProcessPoolExecutor(jobs, context, worker.start, (bundle, root))
            return pool, bundle.fingerprint

        # Twice as many, so that the next ones are there before a worker asks.
        crew = Crew(make, 2 * jobs, lambda pool: end_pool(pool, others))
        try:
            yield crew
        finally:
            crew.close()
