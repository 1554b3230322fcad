"""One class of all attempts, graded once in a few shards; the tests look at what came of it."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from .attempts import POINTS, Attempt, written_attempts
from .course import LAB, NEIGHBOUR, Graded, HostileCourse
from .notebooks import altered_attempts

collect_ignore = ["lab"]
SHARDS = 3
BE_SUBREAPER = 36
GRACE_SECONDS = 2.0


@dataclass
class HostileClass:
    """The class after grading: where each submission lies, and what was left behind."""

    course: HostileCourse
    shards: list[HostileCourse]
    where: dict[str, HostileCourse]
    said: str = ""
    left_processes: list[str] = field(default_factory=list)
    left_mounts: set[str] = field(default_factory=set)

    def graded(self, student: str) -> Graded:
        """What came of a submission."""
        return self.where[student].graded(student)

    def honest(self) -> list[str]:
        """The students who answered honestly and tried nothing."""
        return [student for student in self.where if student.endswith("-honest")]


def all_attempts(course: HostileCourse) -> list[Attempt]:
    """Those in files of their own and those that alter notebooks."""
    return [*written_attempts(course.answered), *altered_attempts(course.answered)]


@pytest.fixture(scope="session")
def hostile_class(tmp_path_factory: pytest.TempPathFactory) -> HostileClass:
    """Hand everything in and grade it."""
    root = tmp_path_factory.mktemp("hostile")
    return grade_hostile_class(root)


def grade_hostile_class(root: Path) -> HostileClass:
    """Make the course in `root`, hand in all attempts and honest ones between, and grade them."""
    course = HostileCourse.make(root / "course")
    shards = [course.copy_to(root / f"shard{number}") for number in range(SHARDS)]
    graded = HostileClass(course, shards, {})
    for number, attempt in enumerate(_with_honest_ones(all_attempts(course), course)):
        shard = shards[number % SHARDS]
        shard.hand_in(attempt)
        graded.where[attempt.student] = shard
    for shard in shards:
        _hand_in_neighbour(shard)
    with _watching(graded):
        running = [shard.start("nbgrader", "autograde", LAB) for shard in shards]
        graded.said = "".join(p.communicate()[0].decode("utf-8", "replace") for p in running)
    return graded


def _with_honest_ones(attempts: list[Attempt], course: HostileCourse) -> list[Attempt]:
    """The attempts with honest submissions after each class; all shards get as many."""
    result: list[Attempt] = []
    for kind in dict.fromkeys(attempt.kind for attempt in attempts):
        result += [attempt for attempt in attempts if attempt.kind == kind]
        result.append(_honest(kind, "m", course))
    while len(result) % SHARDS:
        result.append(_honest("zz", f"{len(result)}", course))
    return result


def _honest(kind: str, place: str, course: HostileCourse) -> Attempt:
    def hand_in(path: Path) -> None:
        nbformat.write(course.answered(), path)

    return Attempt(kind, f"{place}-honest", hand_in, "Answers the exercises.", POINTS["row_norms"])


def _hand_in_neighbour(course: HostileCourse) -> None:
    """An honest submission with a mark in it, before all others."""

    def hand_in(path: Path) -> None:
        notebook = course.answered()
        notebook.cells[-1].source = course.marks.neighbour
        nbformat.write(notebook, path)

    kind, _, name = NEIGHBOUR.partition("-")
    course.hand_in(Attempt(kind, name, hand_in, "Answers the exercises."))


@pytest.fixture(scope="session")
def pages(hostile_class: HostileClass) -> dict[str, str]:
    """The feedback pages of those who attack its reader, and of the honest ones among them."""
    for shard in hostile_class.shards:
        shard.run("nbgrader", "generate_feedback", LAB, "--student", "reader-*")
    found = [
        path
        for shard in hostile_class.shards
        for path in shard.root.glob(f"feedback/*/*/{LAB}.html")
    ]
    return {path.parts[-3]: path.read_text(encoding="utf-8") for path in found}


@contextmanager
def _watching(graded: HostileClass) -> Iterator[None]:
    """Note which processes and mounts there are more of afterwards.

    Orphans of our processes become this process's children meanwhile, so none is overlooked, and
    none of another program's is taken for one.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(BE_SUBREAPER, 1, 0, 0, 0)
    processes, mounts = set(_children()), set(_mounts())
    try:
        yield
        graded.left_processes = [_name(pid) for pid in _still_running(processes)]
        graded.left_mounts = set(_mounts()) - mounts
    finally:
        libc.prctl(BE_SUBREAPER, 0, 0, 0, 0)


def _children() -> list[int]:
    """Processes that this one would have to wait for."""
    folder = Path("/proc/self/task")
    return [int(pid) for path in folder.glob("*/children") for pid in path.read_text().split()]


def _still_running(known: set[int]) -> list[int]:
    """Children that are not `known` and do not end within a moment; those that ended are reaped."""
    deadline = time.monotonic() + GRACE_SECONDS
    while left := [pid for pid in _children() if pid not in known and not _ended(pid)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def _ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG) != (0, 0)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text() if os.path.exists(f"/proc/{pid}") else str(pid)


def _mounts() -> list[str]:
    return Path("/proc/self/mountinfo").read_text().splitlines()
