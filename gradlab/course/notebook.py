"""From a lab's cells to nbgrader's source notebook, and to the code of its solution and stubs."""

from contextlib import chdir, redirect_stdout, suppress
from functools import lru_cache
from io import StringIO
from types import CodeType
from typing import Any
from warnings import catch_warnings, simplefilter

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from gradlab.course.lab import ANSWER, CHECK, CODE, EXERCISE, EXPERIMENT, SETUP, Cell, Lab
from gradlab.errors import CourseError

SCHEMA = 3
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def source_notebook(lab: Lab) -> NotebookNode:
    """nbgrader's source version: solutions in, metadata derived from the markers, no outputs."""
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook = new_notebook(cells=[_node(cell) for cell in lab.cells], metadata=metadata)
    notebook.metadata["gradlab"] = {"lab": lab.name}
    nbformat.validate(notebook)
    return notebook


def write_notebook(notebook: NotebookNode) -> str:
    """A notebook's text as it is committed: sorted keys, one space of indent, final newline."""
    return str(nbformat.writes(notebook)) + "\n"


def solution_namespace(lab: Lab) -> dict[str, Any]:
    """Run the solution's cells (no checks, no experiments) in this process; trusted code."""
    return _run(lab, {cell.id: cell.source for cell in lab.cells})


def stub_namespace(lab: Lab, stubbed: str) -> dict[str, Any]:
    """The solution's namespace with one exercise left as it is released."""
    sources = {cell.id: cell.source for cell in lab.cells}
    sources[stubbed] = stub_source(lab, stubbed)
    return _run(lab, sources)


def run_visible_check(lab: Lab, exercise: str, namespace: dict[str, Any]) -> None:
    """Run the exercise's check cell in `namespace`, whose functions may well fail it."""
    cell = next(one for one in lab.cells if one.role == CHECK and one.name == exercise)
    code = _compiled(cell.source, f"{lab.path}:{cell.id}")
    with suppress(Exception), redirect_stdout(StringIO()), catch_warnings(), chdir(lab.folder):
        simplefilter("ignore")
        exec(code, namespace)


def stub_source(lab: Lab, exercise: str) -> str:
    """The released text of an exercise's cell."""
    from nbgrader.preprocessors import ClearSolutions  # not at the top: workers need no stubs

    notebook = source_notebook(lab)
    ClearSolutions().preprocess(notebook, {})
    return next(str(cell.source) for cell in notebook.cells if cell.id == exercise)


def _run(lab: Lab, sources: dict[str, str]) -> dict[str, Any]:
    """One module-like dictionary, filled by the cells that graded code may depend on."""
    namespace: dict[str, Any] = {"__name__": f"solution_{lab.name}"}
    for cell in lab.cells:
        if cell.role in (SETUP, CODE, EXERCISE):
            code = "\n".join(
                line for line in sources[cell.id].splitlines() if not line.startswith("%")
            )
            try:
                with chdir(lab.folder):  # data of the lab's own are read from where they lie
                    exec(_compiled(code, f"{lab.path}:{cell.id}"), namespace)
            except NotImplementedError:
                pass  # a class whose stub raises while it is defined
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                raise CourseError(f"{lab.path}: cell {cell.id!r} does not run: {text}") from error
    return namespace


@lru_cache(maxsize=1024)
def _compiled(code: str, place: str) -> CodeType:
    """Compiled once: each entry of a catalogue runs in a namespace of its own."""
    return compile(code, place, "exec")


def _node(cell: Cell) -> NotebookNode:
    make = new_markdown_cell if cell.cell_type == "markdown" else new_code_cell
    node = make(cell.source, id=cell.id)
    nbgrader = _nbgrader(cell)
    if nbgrader:
        node.metadata["nbgrader"] = nbgrader
    if cell.role == CHECK:
        node.metadata["gradlab"] = {"check": cell.name}
    if cell.role == EXPERIMENT:
        node.metadata["gradlab"] = {"experiment": True, "volatile": cell.volatile}
    if cell.role in (CHECK, SETUP):
        node.metadata |= {"editable": False, "deletable": False}
    return node


def _nbgrader(cell: Cell) -> dict[str, Any] | None:
    """nbgrader's cell metadata: what is graded, what is the student's, what is read-only."""
    flags: dict[str, dict[str, Any]] = {
        EXERCISE: {"grade": False, "locked": False, "solution": True},
        CHECK: {"grade": True, "locked": True, "solution": False, "points": cell.points},
        ANSWER: {"grade": True, "locked": False, "solution": True, "points": cell.points},
        SETUP: {"grade": False, "locked": True, "solution": False},
    }
    if cell.role not in flags:
        return None
    return {"grade_id": cell.id, "schema_version": SCHEMA, "task": False, **flags[cell.role]}
