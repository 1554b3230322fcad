"""Executing a solution notebook for self-learners, so that it looks the same each time."""

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from gradlab.errors import CourseError


def executed(notebook: NotebookNode, seconds: float) -> NotebookNode:
    """Run all cells in order; volatile cells keep no outputs.

    Raises:
        CourseError: a cell of the solution fails, or a visible check does.
    """
    client = NotebookClient(
        notebook, timeout=int(seconds), kernel_name="python3", record_timing=False
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise CourseError(f"the solution does not run: {_last_lines(str(error))}") from error
    for cell in notebook.cells:
        if cell.metadata.get("gradlab", {}).get("volatile"):
            cell.outputs = []
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:])
