"""What is told of a submission when its grading has ended."""

import json
from dataclasses import dataclass
from pathlib import Path

GRADED, SKIPPED, FAILED = "graded", "unchanged", "not graded"


@dataclass(frozen=True)
class Graded:
    """One submission's outcome. `reason` says why it could not be graded, where it could not.

    `pending` answers wait for a person, it came `late` seconds after it was due, and the graded
    notebook has `notes` on what was mended.
    """

    student: str
    status: str
    score: float
    max_score: float
    reason: str = ""
    pending: int = 0
    late: float = 0.0
    notes: int = 0


def count_notes(results: Path) -> int:
    """How many notes a results file has; none if it cannot be read."""
    try:
        return len(json.loads(results.read_bytes())["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
