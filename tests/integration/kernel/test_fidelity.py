"""A forked kernel's outputs are a started one's, over all solution notebooks of the course."""

from pathlib import Path

import nbformat
import pytest

import gradlab
from gradlab.course.course import Course
from gradlab.grading.imports import imported_modules
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession

COURSE = Course(Path(gradlab.__file__).parents[1])
LABS = list(COURSE.labs)
PATIENT = Limits(cell_seconds=120, memory_mib=2048, output_kib=8192)


def outputs(name, *, forked):
    """All outputs, in their order, of cells that give the same each time they run."""
    folder = COURSE.root / "release" / name
    path = COURSE.root / "solutions" / name / f"{name}.ipynb"
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    with KernelSession(
        packages=COURSE.lab(name).settings.packages,
        limits=PATIENT,
        files=tuple(file for file in folder.glob("*") if file.suffix != ".ipynb"),
        modules=imported_modules(folder / f"{name}.ipynb") if forked else None,
    ) as session:
        ended = [session.run(cell).status for cell in cells]
    volatile = [cell.metadata.get("gradlab", {}).get("volatile") for cell in cells]
    return [
        (cell.id, cell.execution_count, status, cell.outputs)
        for cell, status, differs in zip(cells, ended, volatile, strict=True)
        if not differs
    ]


@pytest.mark.parametrize("name", LABS)
def test_outputs_are_the_same(name, bubblewrap):
    started, forked = outputs(name, forked=False), outputs(name, forked=True)
    assert [one[:3] for one in forked] == [one[:3] for one in started]
    for one, other in zip(forked, started, strict=True):
        assert one == other
