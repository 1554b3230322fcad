"""What grading finds out, as plain data that can be written to JSON and read back."""

from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1
PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


@dataclass(frozen=True)
class CheckResult:
    """One check of one exercise. `message` is for students, `detail` for full feedback only."""

    name: str
    title: str
    weight: float
    status: str
    kind: str = ""
    message: str = ""
    case: str = ""
    detail: str = ""

    @property
    def passed(self) -> bool:
        return self.status == PASSED


@dataclass(frozen=True)
class Diagnosis:
    """The misconception whose values a submission's values equal."""

    name: str
    message: str


@dataclass(frozen=True)
class ExerciseResult:
    """One graded cell: its checks, its score in points, and a reason where it was not judged."""

    name: str
    grade_id: str
    points: float
    checks: list[CheckResult] = field(default_factory=list)
    misconception: Diagnosis | None = None
    reason: str = ""

    @property
    def share(self) -> float:
        """Passed weight over total weight, from 0 to 1."""
        total = sum(check.weight for check in self.checks)
        passed = sum(check.weight for check in self.checks if check.passed)
        return passed / total if total else 0.0

    @property
    def score(self) -> float:
        """Points earned; rounded so that shares such as 1/3 sum to what a person expects."""
        return round(self.points * self.share, 4)


@dataclass(frozen=True)
class NotebookResult:
    """One graded notebook. `notes` tell what was mended or went wrong outside the checks."""

    lab: str
    notebook: str
    exercises: list[ExerciseResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    device: str = "cpu"

    @property
    def score(self) -> float:
        return sum(exercise.score for exercise in self.exercises)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; scores are included for readers that do not want to compute them."""
        exercises = [{**asdict(item), "score": item.score} for item in self.exercises]
        return {"version": VERSION, **asdict(self), "exercises": exercises}


def result_from_json(data: dict[str, Any]) -> NotebookResult:
    """The inverse of `NotebookResult.to_json`; raises KeyError or TypeError on other data."""
    return NotebookResult(
        data["lab"],
        data["notebook"],
        [_exercise(item) for item in data["exercises"]],
        list(data["notes"]),
        data["device"],
    )


def _exercise(data: dict[str, Any]) -> ExerciseResult:
    diagnosis = data["misconception"]
    return ExerciseResult(
        data["name"],
        data["grade_id"],
        data["points"],
        [CheckResult(**check) for check in data["checks"]],
        Diagnosis(**diagnosis) if diagnosis else None,
        data["reason"],
    )
