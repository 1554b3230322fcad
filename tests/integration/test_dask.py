"""The same class on a Dask cluster: a real scheduler, two worker processes, one of them killed."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gradlab.errors import WorkersUnavailable
from gradlab.grading.classroom import GRADED, SKIPPED, Classroom

pytest.importorskip("distributed")
# Dask's own shutdown of sockets and loops; nothing of it is GradLab's.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"
DEADLY = "def double(x):\n    return 666.0"
KILLS = """

def test_that_the_worker_lives(student):
    "Kills the first process that meets a float."
    import os, signal
    from pathlib import Path

    if isinstance(student.double(np.ones(3)), float) and not Path({path!r}).exists():
        Path({path!r}).touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def started(folder, *command):
    """A Dask process; ends with everything it started."""
    scripts = Path(sys.executable).parent
    environment = {k: v for k, v in os.environ.items() if k != "GRADLAB_SECRET"}
    environment |= {"PYTHONWARNINGS": "", "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        [str(scripts / "dask"), *command], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler with two workers, started outside of any course."""
    from distributed import Client

    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    scheduler = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    worker = ("worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard")
    with ExitStack() as stack:
        stack.enter_context(started(folder, *scheduler, "--scheduler-file", str(file)))
        for number in range(2):
            resources = ("--resources", "GPU=1") if number else ()
            place = tmp_path_factory.mktemp("worker")
            stack.enter_context(started(place, *worker, *resources, "--host", "127.0.0.1"))
        # The file appears when the scheduler listens; the client waits for it.
        with Client(scheduler_file=str(file), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield json.loads(file.read_text())["address"]


@pytest.fixture
def room(tiny, monkeypatch):
    monkeypatch.chdir(tiny.root)
    return Classroom(tiny.course)


def test_a_cluster_gives_the_files_that_this_machine_gives(tiny, room, cluster):
    tiny.hand_in("here", tiny.answer(RIGHT))
    tiny.hand_in("there", tiny.answer(RIGHT))
    (one,) = room.grade_class(LAB, ["there"], scheduler=cluster)
    assert one.status == GRADED
    assert room.autograde(LAB, "here").status == GRADED
    assert room.autograde(LAB, "there").status == SKIPPED
    for name in (f"{LAB}.ipynb", f"{LAB}.results.json"):
        there, here = (tiny.root / "autograded" / who / LAB / name for who in ("there", "here"))
        assert there.read_bytes() == here.read_bytes()


def test_workers_by_resource(tiny, room, cluster):
    room.settings.scheduler_resources = {"GPU": 1}
    tiny.hand_in("gpu", tiny.answer(RIGHT))
    (one,) = room.grade_class(LAB, ["gpu"], scheduler=cluster)
    assert one.status == GRADED


def test_no_worker_has_the_resources(tiny, room, cluster):
    room.settings.scheduler_resources = {"TPU": 2}
    tiny.hand_in("tpu", tiny.answer(RIGHT))
    with pytest.raises(WorkersUnavailable, match="no worker has TPU=2"):
        list(room.grade_class(LAB, ["tpu"], scheduler=cluster))


def test_by_the_command(tiny, cluster):
    tiny.hand_in("command", tiny.answer(RIGHT))
    options = ("--student", "command", "--scheduler", cluster)
    rows = json.loads(tiny.run("gradlab", "autograde", LAB, *options, "--json"))
    assert [(row["status"], row["score"]) for row in rows] == [("graded", 4)]


def test_nobody_answers(tiny, room, monkeypatch):
    monkeypatch.setattr("gradlab.grading.cluster.CONNECT_SECONDS", 1)
    tiny.hand_in("alone", tiny.answer(RIGHT))
    with pytest.raises(WorkersUnavailable, match="dask scheduler"):
        list(room.grade_class(LAB, ["alone"], scheduler="tcp://127.0.0.1:9"))


def test_dask_is_missing(tiny, room, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    tiny.hand_in("alone", tiny.answer(RIGHT))
    with pytest.raises(WorkersUnavailable, match=r"pip install 'gradlab\[cluster\]'"):
        list(room.grade_class(LAB, ["alone"], scheduler="tcp://127.0.0.1:9"))


def test_a_class_on_two_workers_of_which_one_is_killed(tiny, room, cluster, tmp_path, scores):
    check = tiny.root / "tests" / "hidden" / LAB / "test_double.py"
    check.write_text(check.read_text() + KILLS.format(path=str(tmp_path / "killed")))
    for student in "abcd":
        tiny.hand_in(student, tiny.answer(DEADLY if student == "b" else RIGHT))
    news = {one.student: one for one in room.grade_class(LAB, "abcd", scheduler=cluster)}
    assert (tmp_path / "killed").exists()
    assert {one.status for one in news.values()} == {GRADED}
    assert scores("c")["check_double"] == 4
    assert scores("b")["check_double"] == 2
