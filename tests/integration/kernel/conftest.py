"""Real kernels, started once for all tests of a worker and again after a test that killed one."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from gradlab import wire
from gradlab.errors import SandboxUnavailable
from gradlab.kernel.channel import CallChannel
from gradlab.kernel.limits import Limits
from gradlab.kernel.sandbox import require_bubblewrap
from gradlab.kernel.session import CellOutcome, KernelSession

SECRET = "GRADLAB_TEST_SECRET"
PATIENT = Limits(
    cell_seconds=25, call_seconds=10, memory_mib=700, file_mib=16, output_kib=64, frame_mib=4
)
IMPATIENT = Limits(cell_seconds=1, output_kib=64)
LAUNCHED = {"started": None, "forked": ("numpy", "matplotlib.pyplot", "gradlab.lab")}
"""Every promise holds for a kernel that is started and for one forked from a warm parent."""


@dataclass
class Kernel:
    """A session, and short ways to run code in it."""

    session: KernelSession

    def run(self, source: str) -> tuple[CellOutcome, NotebookNode]:
        """Execute one cell."""
        cell = new_code_cell(source, id="cell")
        return self.session.run(cell), cell

    def printed(self, source: str) -> str:
        """What `source` prints, when it runs without an error."""
        outcome, cell = self.run(source)
        assert outcome.status == "ok", outcome
        return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def call(channel: CallChannel, name: str, *args: object, seconds: float = 10) -> dict[str, Any]:
    """The reply to a call of the notebook's function `name`."""
    request = {"id": 1, "op": "call", "target": name, "method": None, "args": list(args)}
    return wire.decode(channel.request(wire.encode({**request, "kwargs": {}}), seconds))


@pytest.fixture(scope="session", autouse=True)
def short_grace() -> Iterator[None]:
    """Half the usual patience with what does not stop: these tests wait for it often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradlab.kernel.session.GRACE_SECONDS", 1.0)
        yield


@pytest.fixture(scope="session")
def bubblewrap() -> str:
    """Skips, with the reason, where student code cannot be contained."""
    try:
        return require_bubblewrap()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def _running(limits: Limits, launched: str) -> Iterator[KernelSession]:
    modules = LAUNCHED[launched]
    with KernelSession(packages=("numpy", "matplotlib"), limits=limits, modules=modules) as session:
        yield session


@pytest.fixture(scope="session", params=LAUNCHED)
def patient_session(bubblewrap: str, request: pytest.FixtureRequest) -> Iterator[KernelSession]:
    os.environ[SECRET] = "the gradebook's password"
    yield from _running(PATIENT, request.param)
    del os.environ[SECRET]


@pytest.fixture(scope="session", params=LAUNCHED)
def impatient_session(bubblewrap: str, request: pytest.FixtureRequest) -> Iterator[KernelSession]:
    yield from _running(IMPATIENT, request.param)


def _alive(session: KernelSession) -> Kernel:
    if not session.alive:
        session.restart()
    return Kernel(session)


@pytest.fixture
def kernel(patient_session: KernelSession) -> Kernel:
    """A sandboxed kernel with time enough."""
    return _alive(patient_session)


@pytest.fixture
def hasty(impatient_session: KernelSession) -> Kernel:
    """A sandboxed kernel that stops cells after 1 s."""
    return _alive(impatient_session)


@pytest.fixture(name="call")
def call_fixture() -> Callable[..., dict[str, Any]]:
    """`call(channel, name, *args, seconds=10)`: the reply to one call."""
    return call
