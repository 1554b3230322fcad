"""Telling a finished submission from one whose grading was cut off.

nbgrader writes a first version of the notebook before it runs it and skips whatever has an
output folder, so a run that was killed leaves a submission that looks graded. The seal is the
digest of the per-check results, kept in the graded notebook: it exists only when both are whole.
"""

import hashlib
import json
import shutil
from pathlib import Path

RESULTS_SUFFIX = ".results.json"
SEAL = "results_sha256"


def seal_of(results: bytes) -> str:
    """What the graded notebook's metadata says about its results."""
    return hashlib.sha256(results).hexdigest()


def is_finished(folder: Path) -> bool:
    """Whether all notebooks of an autograded submission are whole and graded."""
    notebooks = list(folder.glob("*.ipynb"))
    return bool(notebooks) and all(_is_sealed(path) for path in notebooks)


def discard_unfinished(folder: Path) -> bool:
    """Remove an autograded submission that is not finished; whether there was one."""
    if not folder.is_dir() or is_finished(folder):
        return False
    shutil.rmtree(folder)
    return True


def _is_sealed(notebook: Path) -> bool:
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
        results = notebook.with_name(notebook.stem + RESULTS_SUFFIX).read_bytes()
        return bool(metadata["gradlab"][SEAL] == seal_of(results))
    except (OSError, ValueError, KeyError, TypeError):
        return False
