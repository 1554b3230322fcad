"""What an attempt is: a submission that tries something, and what must come of it.

`<class>/<attempt>.py` holds the cells a student would write (py:percent) below a docstring in TOML:

    tries    what it attempts, in one sentence (required)
    score    points of `exercise`; 0 unless said
    exercise the exercise that is attacked; "row_norms" unless said
    others   points of the exercises that are answered honestly beside it: "full" unless said,
             "any" where the attempt ruins its own kernel for good
    present  texts that must be in the autograded notebook or the results
    absent   texts that must not
    plain    what plain nbgrader 0.9.6 gives, where that was tried
    open     why it is known to succeed still; the test then expects it to fail

A cell marked `exercise="…"` or `answer="…"` is put in the place of the released one, a cell marked
`experiment` in the experiment's place; all other cells are added before the next marked one, or
before the first exercise if none is marked. What is not answered by the attempt is honest.
"""

import ast
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

HERE = Path(__file__).parent
POINTS = {"row_norms": 4.0, "RunningMean": 3.0, "batches": 3.0}
CLASSES = {
    "forge": "forge the result",
    "disarm": "disarm the test",
    "read": "read the answer",
    "record": "change the record",
    "alter": "alter the notebook",
    "exhaust": "exhaust",
    "die": "die",
    "escape": "escape or linger",
    "reader": "attack the reader",
    "forbidden": "use what the exercise forbids",
    "randomness": "cheat the randomness",
    "boundary": "attack the boundary",
}


@dataclass(frozen=True)
class Attempt:
    """One submission. `hand_in` writes it to the path where the notebook should be."""

    kind: str
    name: str
    hand_in: Callable[[Path], None]
    tries: str
    score: float = 0.0
    exercise: str = "row_norms"
    others: str = "full"
    present: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    plain: str = ""
    open: str = ""

    @property
    def student(self) -> str:
        """Who hands it in."""
        return f"{self.kind}-{self.name}"

    def expected(self) -> dict[str, float | None]:
        """Points by exercise; None where any are right."""
        rest = None if self.others == "any" else 1.0
        points = {name: rest and most for name, most in POINTS.items()}
        return {**points, self.exercise: self.score}


def written_attempts(answered: Callable[[], NotebookNode]) -> list[Attempt]:
    """The attempts in the folders beside this file; `answered` gives an honest notebook."""
    paths = [path for kind in CLASSES for path in sorted((HERE / kind).glob("*.py"))]
    return [_written(path, answered) for path in paths]


def _written(path: Path, answered: Callable[[], NotebookNode]) -> Attempt:
    text = path.read_text(encoding="utf-8")
    said = tomllib.loads(ast.get_docstring(ast.parse(text)) or "")
    cells = jupytext.reads(text, fmt="py:percent").cells[1:]

    def hand_in(place: Path) -> None:
        import nbformat

        nbformat.write(_filled(answered(), cells), place)

    return Attempt(path.parent.name, path.stem, hand_in, **said)


def _filled(notebook: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    """The notebook with marked cells in their places and the others before the next marked one."""
    waiting: list[NotebookNode] = []
    if not any(map(_place, cells)):
        cells = [*cells, _honest(notebook)]
    for number, cell in enumerate(cells):
        place = _place(cell)
        if place is None:
            make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
            waiting.append(make(cell.source, id=f"added-{number}"))
            continue
        index = next(i for i, one in enumerate(notebook.cells) if one.id.startswith(place))
        notebook.cells[index].source = cell.source
        notebook.cells[index:index] = waiting
        waiting = []
    notebook.cells += waiting
    return notebook


def _honest(notebook: NotebookNode) -> NotebookNode:
    """The first exercise as it is, as a marked cell."""
    name = next(iter(POINTS))
    source = next(cell.source for cell in notebook.cells if cell.id == name)
    return new_code_cell(source, metadata={"exercise": name})


def _place(cell: NotebookNode) -> str | None:
    marks: dict[str, Any] = cell.metadata
    if "exercise" in marks:
        return str(marks["exercise"])
    if "answer" in marks:
        return f"answer_{marks['answer']}"
    return "experiment" if marks.get("title") == "experiment" else None
