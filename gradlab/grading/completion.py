"""Telling a finished submission from one whose grading was cut off, and what it was graded from.

nbgrader writes a first version of the notebook before it runs it and skips whatever has an
output folder, so a run that was killed leaves a submission that looks graded. The seal is the
digest of the per-check results, kept in the graded notebook: it exists only when both are whole.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

RESULTS_SUFFIX = ".results.json"
SEAL, GRADED_FROM = "results_sha256", "graded_from"


def seal_of(results: bytes) -> str:
    """What the graded notebook's metadata says about its results."""
    return hashlib.sha256(results).hexdigest()


def is_finished(folder: Path) -> bool:
    """Whether all notebooks of an autograded submission are whole and graded."""
    notebooks = list(folder.glob("*.ipynb"))
    return bool(notebooks) and all(_sealed(path) is not None for path in notebooks)


def discard_unfinished(folder: Path) -> bool:
    """Remove an autograded submission that is not finished; whether there was one."""
    if not folder.is_dir() or is_finished(folder):
        return False
    shutil.rmtree(folder)
    return True


def graded_scores(notebook: Path, origin: str) -> dict[str, float] | None:
    """Scores by `grade_id` of a finished notebook that was graded from `origin`, else None."""
    found = _sealed(notebook)
    if found is None or found[0].get(GRADED_FROM) != origin:
        return None
    return {item["grade_id"]: item["score"] for item in json.loads(found[1])["exercises"]}


def _sealed(notebook: Path) -> tuple[dict[str, Any], bytes] | None:
    """GradLab's metadata of a graded notebook and its results, if the one fits the other."""
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["gradlab"]
        results = notebook.with_name(notebook.stem + RESULTS_SUFFIX).read_bytes()
        return (metadata, results) if metadata[SEAL] == seal_of(results) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
