"""A Dask cluster as a crew: the same function, on the workers of a scheduler.

    dask scheduler
    dask worker tcp://HOST:8786 --nworkers 8 --nthreads 1       # on each machine
    dask worker tcp://HOST:8786 --nthreads 1 --resources GPU=1  # one for each GPU

Workers need this version of GradLab and bubblewrap; they have no gradebook and no course folder.
The lab, with its hidden checks and the course's secret, travels to them: use TLS (`tls://…`, see
Dask's `distributed.comm.tls`) on a network that others are on. One thread to a worker, since a
lab's checks run one at a time in a process. With `c.GradLab.scheduler_resources = {"GPU": 1}`
only workers of that kind grade, and compute references on their GPU.

A submission whose worker ends goes to another one, as often as the scheduler's
`distributed.scheduler.allowed-failures` says; then it is reported as not graded.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from gradlab import __version__
from gradlab.errors import WorkersUnavailable
from gradlab.grading import forking
from gradlab.grading.bundle import LabBundle
from gradlab.grading.crew import Crew, Opened

CONNECT_SECONDS = 10
RETRIES = 1
ROOM = 64
"""At least; workers may join while a class is graded."""


@contextmanager
def cluster_crew(bundle: LabBundle, address: str, resources: dict[str, float]) -> Iterator[Crew]:
    """The workers of the scheduler at `address`, with those `resources`.

    Raises:
        WorkersUnavailable: Dask is not installed, nobody answers, or the workers do not fit.
    """
    from gradlab.grading import worker  # not at the top: few courses have a cluster

    forking.end()  # if it was begun early, before the course's options were known
    clients: list[Any] = []

    def make() -> Opened:
        client = connect(address, resources)
        clients.append(client)
        # A task's result, and not scattered: if its holder ends, the scheduler has it made again.
        lab = client.submit(worker.hold, bundle, pure=False)
        return client.get_executor(pure=False, retries=RETRIES, resources=resources), lab

    def end(executor: Executor) -> None:
        executor.shutdown(wait=False)
        while clients:
            clients.pop().close()

    crew = Crew(make, ROOM, end)
    try:
        crew.room = max(ROOM, 2 * sum(clients[-1].nthreads().values()))
        yield crew
    finally:
        crew.close()


def connect(address: str, resources: dict[str, float]) -> Any:
    """A client of the scheduler, whose workers were found to fit."""
    try:
        from distributed import Client
    except ImportError:
        raise WorkersUnavailable(
            "grading on a cluster needs Dask; run: pip install 'gradlab[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersUnavailable(
            f"no Dask scheduler answers at {address} ({error}); start one with: dask scheduler"
        ) from error
    try:
        _require_fitting(client, address)
        _require_resources(client, resources)
    except BaseException:
        client.close()
        raise
    return client


def _require_fitting(client: Any, address: str) -> None:
    """All workers have this version of GradLab, and there are some."""
    from gradlab.grading import worker

    try:
        versions = client.run(worker.version)
    except Exception as error:  # whatever a worker without GradLab says
        raise WorkersUnavailable(
            f"workers of {address} cannot run GradLab ({type(error).__name__}: {error}); "
            f"install gradlab {__version__} there"
        ) from error
    if not versions:
        raise WorkersUnavailable(
            f"the scheduler at {address} has no workers; start some with: "
            f"dask worker {address} --nthreads 1"
        )
    other = {place: found for place, found in versions.items() if found != __version__}
    for place, found in other.items():
        raise WorkersUnavailable(f"{place} has gradlab {found}; install {__version__} there")


def _require_resources(client: Any, wanted: dict[str, float]) -> None:
    """Without a worker that has them, Dask would wait for one for ever."""
    for info in client.scheduler_info(n_workers=-1)["workers"].values():
        if all(info["resources"].get(name, 0) >= amount for name, amount in wanted.items()):
            return
    text = " ".join(f"{name}={amount:g}" for name, amount in wanted.items())
    raise WorkersUnavailable(
        f"no worker has {text} (c.GradLab.scheduler_resources); "
        f"start one with: dask worker ADDRESS --resources {text!r}"
    )
