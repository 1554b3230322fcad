"""Reading a submitted notebook, whatever was handed in under its name.

nbgrader lets a course choose the class that reads notebooks; this one never fails on a file that
is no notebook. It hands on an empty notebook and the reason, so the submission scores 0 and the
class goes on.
"""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

MAX_BYTES = 50 * 2**20


class SubmissionExporter(NotebookExporter):  # type: ignore[misc]
    """Reads the submission (any nbformat, damaged or not) and writes the graded notebook."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        """Convert the file; one that cannot be read becomes an empty notebook and
        `resources["gradlab_problem"]`."""
        path = Path(filename)
        notebook, problem = read_submission(path)
        resources = self._with_metadata(resources, path)
        resources["gradlab_problem"] = problem
        output: tuple[Any, Any] = self.from_notebook_node(notebook, resources=resources, **kwargs)
        return output

    def _with_metadata(self, resources: Any, path: Path) -> Any:
        resources = {} if resources is None else resources
        resources.setdefault("metadata", {})
        resources["metadata"] |= {"name": path.stem, "path": os.path.dirname(path)}
        return resources


def read_submission(path: Path) -> tuple[NotebookNode, str]:
    """The notebook and an empty string, or an empty notebook and what is wrong with the file."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return (
                new_notebook(),
                f"{path.name} has {size >> 20} MiB; {MAX_BYTES >> 20} are allowed",
            )
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        _ = [
            (cell.cell_type, cell.metadata.get("nbgrader"), cell.source) for cell in notebook.cells
        ]
    except RecursionError:
        return new_notebook(), f"{path.name} cannot be read: it is nested too deeply"
    except Exception as error:  # nbformat raises nearly anything on damaged files
        detail = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return new_notebook(), f"{path.name} cannot be read as a notebook ({detail})"
    return notebook, ""
