"""What is done before workers are forked: once, for the lab as it is, and gone at the end."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest
from traitlets.config import Config

from gradlab.grading import ahead, forking, worker
from gradlab.grading.bundle import pack
from gradlab.grading.classroom import Classroom
from gradlab.grading.gradebook import with_gradebook
from gradlab.grading.submitted import Submitted

LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"
PATIENCE_SECONDS = 60
TELLS = "\nimport os\nwith open({path!r}, 'a') as file:\n    file.write(f'{{os.getpid()}}\\n')\n"
OWNERS = (
    "[parent._owner for parent in __import__('sys').modules['gradlab.kernel.warm']"
    "._parents.values()]"
)
"""Evaluated in a worker: who started the parents of kernels that it knows."""
HANGS = "\nimport threading\nprint('hangs', flush=True)\nthreading.Event().wait()\n"
COMMAND = """
import sys
from pathlib import Path
from gradlab.grading import forking

with forking.started_early(Path.cwd(), {lab!r}):
    sys.stdin.read()
"""


@pytest.fixture
def checks(tiny, monkeypatch):
    """The file of the lab's hidden checks; as it was, afterwards."""
    monkeypatch.chdir(tiny.root)
    path = tiny.root / "tests" / "hidden" / LAB / "test_double.py"
    saved = path.read_text()
    yield path
    path.write_text(saved)
    forking.end()


@pytest.fixture
def collected(checks, tmp_path):
    """The processes that have collected the checks, in order."""
    told = tmp_path / "told"
    told.touch()
    checks.write_text(checks.read_text() + TELLS.format(path=str(told)))
    return lambda: [int(line) for line in told.read_text().split()]


def origin():
    return forking.forkserver._forkserver._forkserver_pid


def test_checks_are_collected_once_for_all_workers(tiny, collected):
    for student in "abcd":
        tiny.hand_in(student, tiny.answer(RIGHT))
    with forking.started_early(tiny.root, LAB):
        news = list(Classroom(tiny.course).grade_class(LAB, list("abcd"), jobs=2, force=True))
        assert collected() == [origin()]
    assert {one.score for one in news} == {4}


def test_workers_ask_the_parent_of_kernels_that_is_there(tiny, checks, tmp_path):
    submitted = Submitted.read(tiny.hand_in("gil", tiny.answer(RIGHT)))
    with forking.started_early(tiny.root, LAB):
        bundle = pack(tiny.course, tiny.course.lab(LAB), Config())
        with Classroom(tiny.course).gradebook() as gradebook:
            bundle = with_gradebook(bundle, gradebook)
        root = tmp_path / "unpacked"
        bundle.unpack(root)
        context = forking.pool_context(forking.GRADING)
        with ProcessPoolExecutor(1, context, worker.start, (bundle, str(root))) as pool:
            pool.submit(worker.grade, bundle.fingerprint, submitted).result()
            assert pool.submit(eval, OWNERS).result() == [origin()]


@pytest.fixture
def solution(tiny):
    """The lab's source, as it was when the test is over."""
    path = tiny.course.lab(LAB).path
    before = path.read_text()
    yield path
    path.write_text(before)


def test_a_change_meanwhile_is_graded_by(tiny, collected, checks, solution):
    """The first pool shows that what it is forked from has read the lab."""
    tiny.hand_in("eva", tiny.answer(RIGHT))
    with forking.started_early(tiny.root, LAB):
        bundle = pack(tiny.course, tiny.course.lab(LAB), Config())
        with ProcessPoolExecutor(1, forking.pool_context(forking.GRADING)) as pool:
            assert pool.submit(ahead.inherited, bundle).result() is not None
        for path in (checks, solution):  # which must pass its own checks
            text = path.read_text()
            path.write_text(text.replace("2.0 * ", "2.5 * ").replace("2 * ", "2.5 * "))
        news = list(Classroom(tiny.course).grade_class(LAB, ["eva"], jobs=1, force=True))
        first, second = collected()
        assert first == origin() != second
    assert [one.score for one in news] == [0]


def test_broken_checks_are_told_as_ever(tiny, checks):
    tiny.hand_in("finn", tiny.answer(RIGHT))
    checks.write_text("import nothing_of_that_name")
    text = tiny.run("gradlab", "autograde", LAB, "--student", "finn", code=3)
    assert text.startswith("\ngradlab: ")
    assert "nothing_of_that_name" in text


def test_no_gpu_is_asked_about_in_the_process_itself(monkeypatch):
    """Who has asked CUDA cannot use it after a fork."""
    import torch

    asked = []
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: asked.append(True) or True)
    assert ahead._finds_gpu()
    assert asked == []


def test_a_child_that_gives_no_answer():
    with pytest.raises(EOFError):
        ahead._asked_of_a_child(lambda: os._exit(0))()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_command(tiny, checks, how):
    """A file of checks never comes to its end, so what collects it would not, either."""
    checks.write_text(HANGS)
    command = [sys.executable, "-c", COMMAND.format(lab=LAB)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout.readline() == b"hangs\n"
        process.send_signal(how)
        # Which comes when all have ended that could write to it.
        assert process.communicate(timeout=PATIENCE_SECONDS) == (b"", None)
