"""The sample class: small files in `examples/`, turned into notebooks as a student would hand in.

One file is one submission, `examples/sample_class/<lab>/<student>.py`. Its docstring is TOML:
what the submission starts from, why it is in the class, what it must score. Its cells replace
the answers of that name; a cell without a name is added after the one before it.
"""

import ast
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from gradlab.course.course import Course
from gradlab.course.lab import ANSWER, EXERCISE, Lab
from gradlab.course.solve import without_markers
from gradlab.errors import CourseError

FOLDER = Path("examples") / "sample_class"


@dataclass(frozen=True)
class Sample:
    """One submission. `expected` gives the exercises that do not get what `rest` says."""

    student: str
    lab: str
    base: str
    why: str
    rest: str
    expected: dict[str, float]
    misconceptions: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    path: Path = Path()

    def expected_scores(self, lab: Lab) -> dict[str, float]:
        """Exercise → the automatic score it must get."""
        share = {"full": 1.0, "zero": 0.0}[self.rest]
        scores = {name: points * share for name, points in lab.exercises.items()}
        return scores | self.expected


def read_samples(course: Course) -> list[Sample]:
    """All submissions, by lab and student; raises CourseError for a file that is wrong."""
    return [_read(course, path) for path in sorted((course.root / FOLDER).glob("*/*.py"))]


def fill_in(sample: Sample, lab: Lab, released: Path) -> None:
    """Turn the fetched notebook into the submission, in place."""
    if sample.raw is not None:
        released.write_text(sample.raw, encoding="utf-8")
        return
    notebook = nbformat.read(released, as_version=4)
    if sample.base == "solution":
        _answer_all(notebook, lab)
    _apply(notebook, sample)
    nbformat.write(notebook, released)


def _read(course: Course, path: Path) -> Sample:
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(ast.get_docstring(ast.parse(text)) or "")
        sample = Sample(student=path.stem, lab=path.parent.name, path=path, **data)
    except (SyntaxError, tomllib.TOMLDecodeError, TypeError) as error:
        raise CourseError(f"{path}: its docstring is not a sample's TOML: {error}") from error
    unknown = set(sample.expected) - set(course.lab(sample.lab).exercises)
    if unknown or sample.base not in ("solution", "stub") or sample.rest not in ("full", "zero"):
        raise CourseError(f"{path}: unknown exercise {sorted(unknown)}, base or rest; see others")
    return sample


def _answer_all(notebook: NotebookNode, lab: Lab) -> None:
    answers = {cell.id: cell.source for cell in lab.cells if cell.role in (EXERCISE, ANSWER)}
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = without_markers(answers[cell.id])


def _apply(notebook: NotebookNode, sample: Sample) -> None:
    """Replace named cells; add unnamed ones behind the last that was replaced, or `setup`."""
    ids = {cell.id: index for index, cell in enumerate(notebook.cells)}
    place = ids.get("setup", 0)
    added = 0
    for number, cell in enumerate(_cells(sample)):
        name = cell.metadata.get("exercise")
        if name is None:
            added += 1
            extra = new_code_cell(cell.source, id=f"own-{number}")
            notebook.cells.insert(place + added, extra)
        elif name in ids:
            place = ids[name]
            notebook.cells[place + added].source = cell.source
        else:
            raise CourseError(f"{sample.path}: {sample.lab} has no exercise {name!r}")


def _cells(sample: Sample) -> list[NotebookNode]:
    """The cells after the docstring's, in the order of the notebook."""
    text = sample.path.read_text(encoding="utf-8")
    cells = jupytext.reads(text, fmt="py:percent").cells
    return [cell for cell in cells if not cell.source.startswith('"""')]
