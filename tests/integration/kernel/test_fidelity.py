"""A kernel's outputs, over solution notebooks: started, forked, and an ordinary one's over ZeroMQ.

The last is the oracle: ipykernel as Jupyter runs it, asked by nbclient. All labs take long; they
are compared where GRADLAB_NIGHTLY is set, and one of them always.
"""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import gradlab
from gradlab.course.course import Course
from gradlab.grading.bundle import released_files
from gradlab.grading.imports import imported_modules
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession

COURSE = Course(Path(gradlab.__file__).parents[1])
LABS = list(COURSE.labs) if os.environ.get("GRADLAB_NIGHTLY") else ["01_perceptron"]
PATIENT = Limits(cell_seconds=120, memory_mib=2048, output_kib=8192)
COLOURS = re.compile("\x1b\\[[0-9;]*m")


def cells_of(name):
    """The code cells that give the same each time they run."""
    path = COURSE.root / "solutions" / name / f"{name}.ipynb"
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def is_steady(cell):
    return not cell.metadata.get("gradlab", {}).get("volatile")


def outputs(name, *, forked):
    """All outputs of steady cells, in their order."""
    folder, cells = COURSE.root / "release" / name, cells_of(name)
    with KernelSession(
        packages=COURSE.lab(name).settings.packages,
        limits=PATIENT,
        files=released_files(folder),
        modules=imported_modules(folder / f"{name}.ipynb") if forked else None,
    ) as session:
        ended = [session.run(cell).status for cell in cells]
    return [
        (cell.id, cell.execution_count, status, cell.outputs)
        for cell, status in zip(cells, ended, strict=True)
        if is_steady(cell)
    ]


def ordinary_outputs(name):
    """The same of an ordinary kernel."""
    notebook = nbformat.v4.new_notebook(cells=cells_of(name))
    folder = str(COURSE.root / "release" / name)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    return [
        (cell.id, cell.execution_count, "ok", cell.outputs)
        for cell in filter(is_steady, notebook.cells)
    ]


def texts(found):
    """What was printed or shown as text; pixels depend on a machine's fonts, and pictures are."""
    return [
        (
            *row[:3],
            "".join(COLOURS.sub("", one.text) for one in row[3] if one.output_type == "stream"),
            [sorted(one.data) for one in row[3] if "data" in one],
            [one.data["text/plain"] for one in row[3] if one.output_type == "execute_result"],
        )
        for row in found
    ]


@pytest.mark.parametrize("name", LABS)
def test_outputs_are_the_same(name, bubblewrap):
    started, forked = outputs(name, forked=False), outputs(name, forked=True)
    assert [one[:3] for one in forked] == [one[:3] for one in started]
    for one, other in zip(forked, started, strict=True):
        assert one == other
    for one, other in zip(texts(forked), texts(ordinary_outputs(name)), strict=True):
        assert one == other
