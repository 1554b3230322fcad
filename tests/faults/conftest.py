"""A class to be graded under faults, and what an undisturbed grading of it gives."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from .course import CLASS, Ended, FaultyCourse, copied, make_template

LONG = "GRADLAB_FAULTS"
"""Environment variable: "long" has many more random faults tried; `make faults` sets it."""
SEED = "GRADLAB_FAULTS_SEED"


@dataclass
class Undisturbed:
    """A grading that nothing came in the way of."""

    ended: Ended
    record: dict[str, Any]

    @property
    def first(self) -> int:
        """The number of the event with which grading begins."""
        return self.number_of("command tempfile.mkdtemp")

    @property
    def begun(self) -> int:
        """The number of the event with which a worker begins: a file for its kernel's stderr."""
        return self.number_of("worker open ('")

    @property
    def last(self) -> int:
        return len(self.ended.events)

    def number_of(self, kind: str, *, last: bool = False) -> int:
        """The number of the first event of a kind, `<whose> <what>`, or of the last."""
        found = [n for n, event in enumerate(self.ended.events, 1) if event.startswith(kind)]
        return found[-1 if last else 0]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> FaultyCourse:
    return make_template(tmp_path_factory.mktemp("faults") / "course")


@pytest.fixture(scope="session")
def undisturbed(template: FaultyCourse) -> Undisturbed:
    with copied(template) as course:
        ended = course.autograde()
        assert set(ended.statuses().values()) == {"graded"}
        assert not ended.left
        assert course.temporary() == []
        return Undisturbed(ended, course.record())


@pytest.fixture
def course(template: FaultyCourse) -> Iterator[FaultyCourse]:
    with copied(template) as course:
        yield course


@pytest.fixture
def chance() -> random.Random:
    """Where random faults strike; its seed is printed where a test fails."""
    seed = os.environ.get(SEED) or str(random.SystemRandom().randrange(10**6))
    print(f"{SEED}={seed}")
    return random.Random(seed)


def is_long() -> bool:
    """Whether many faults are to be tried."""
    return os.environ.get(LONG) == "long"


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Rows, files and their lines that are not in both."""
    files, expected = found["files"], wanted["files"]
    told = []
    for name in files.keys() | expected.keys():
        mode, data = files.get(name, (0, b""))
        wanted_mode, wanted_data = expected.get(name, (0, b""))
        if (mode, data) != (wanted_mode, wanted_data):
            lines = set(data.splitlines()) ^ set(wanted_data.splitlines())
            told.append(f"{name}: {mode:o} for {wanted_mode:o}, {lines}")
    for name in wanted.keys() - {"files"}:
        if found[name] != wanted[name]:
            told.append(f"{name}: {set(found[name]) ^ set(wanted[name])}")
    return told


def assert_goes_on(course: FaultyCourse, undisturbed: Undisturbed) -> None:
    """A second run completes what the first left, grades nothing twice, and leaves nothing."""
    done = course.in_place(undisturbed.record)
    again = course.autograde()
    assert again.code == 0, again.told
    assert differences(course.record(), undisturbed.record) == []
    assert again.statuses() == {s: "unchanged" if s in done else "graded" for s in CLASS}
    assert not again.left
    assert course.temporary() == []
