"""Executing a solution notebook for self-learners, so that it looks the same each time."""

from pathlib import Path

from nbformat import NotebookNode

from gradlab.errors import CourseError
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession

MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def executed(notebook: NotebookNode, seconds: float, folder: Path) -> NotebookNode:
    """Run all cells in `folder`, each for at most `seconds`; volatile cells keep no outputs.

    Raises:
        CourseError: a cell of the solution fails, or a visible check does.
    """
    limits = Limits(cell_seconds=seconds, output_kib=16 * 1024)
    with KernelSession(limits=limits, sandbox="none", cwd=str(folder)) as session:
        for cell in notebook.cells:
            cell.source = without_markers(cell.source)
            if cell.cell_type == "code":
                _run(session, cell)
    return notebook


def without_markers(source: str) -> str:
    """A solution's text for reading: without the lines that mark the region."""
    lines = source.splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith(MARKERS))


def _run(session: KernelSession, cell: NotebookNode) -> None:
    outcome = session.run(cell)
    if outcome.status != "ok":
        problem = f"{outcome.status} {outcome.error_name}: {outcome.error_message}"
        raise CourseError(f"the solution does not run: cell {cell.id!r}: {problem}")
    if cell.metadata.get("gradlab", {}).get("volatile"):
        cell.outputs = []
