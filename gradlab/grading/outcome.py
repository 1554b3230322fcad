"""What is told of a submission when its grading has ended."""

from dataclasses import dataclass

GRADED, SKIPPED, FAILED = "graded", "unchanged", "not graded"


@dataclass(frozen=True)
class Graded:
    """One submission's outcome. `reason` says why it could not be graded, where it could not."""

    student: str
    status: str
    score: float
    max_score: float
    reason: str = ""
