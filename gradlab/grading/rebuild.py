"""Rebuilding a submission from the released notebook: only answers and additions are the student's.

Cells are matched by `grade_id` and, where a cell has none, by its cell id. Whatever was deleted,
copied, moved, retyped or re-pointed is put right, and each mending is told.
"""

from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

START = ""


@dataclass
class Rebuilt:
    """The notebook to grade, and what had to be mended."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def rebuild(submitted: NotebookNode, released: NotebookNode) -> Rebuilt:
    """The released notebook with the student's answers, edits and additional cells."""
    notes: list[str] = []
    known = {_key(cell): cell for cell in released.cells}
    answers, extras = _sort_out(submitted, known, notes)
    _note_missing(known, answers, notes)
    result: NotebookNode = nbformat.from_dict(dict(released))
    result.cells = [*extras.get(START, [])]
    for key, cell in known.items():
        result.cells.append(_merged(cell, answers.get(key), notes))
        result.cells += extras.get(key, [])
    _make_ids_unique(result.cells)
    return Rebuilt(result, notes)


def is_answer(cell: NotebookNode) -> bool:
    """Whether the cell's text is the student's: a solution cell."""
    return bool(_nbgrader(cell).get("solution"))


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell carries points."""
    return bool(_nbgrader(cell).get("grade"))


def gradlab_of(cell: NotebookNode) -> dict[str, Any]:
    """GradLab's own metadata of a cell (which exercise it checks, whether it only explores)."""
    found = cell.metadata.get("gradlab", {})
    return found if isinstance(found, dict) else {}


def _sort_out(
    submitted: NotebookNode, known: dict[str, NotebookNode], notes: list[str]
) -> tuple[dict[str, NotebookNode], dict[str, list[NotebookNode]]]:
    """The student's version of each released cell, and the cells added after each of them."""
    answers: dict[str, NotebookNode] = {}
    extras: dict[str, list[NotebookNode]] = {}
    last = START
    for cell in submitted.cells:
        key = _match(cell, known)
        if key is None:
            extras.setdefault(last, []).append(_extra(cell))
        elif key in answers and is_answer(known[key]):
            answers[key] = _choose(answers[key], cell, known[key])
            notes.append(f"cell {key!r} was there more than once; one answer was taken")
        else:
            answers.setdefault(key, cell)
            last = key
    return answers, extras


def _match(cell: NotebookNode, known: dict[str, NotebookNode]) -> str | None:
    grade_id = _nbgrader(cell).get("grade_id")
    if isinstance(grade_id, str) and f"grade:{grade_id}" in known:
        return f"grade:{grade_id}"
    key = f"cell:{cell.get('id')}"
    if key in known:
        return key
    same = [k for k, c in known.items() if k.startswith("cell:") and c.source == cell.source]
    return same[0] if same else None


def _choose(first: NotebookNode, second: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Of two copies of an answer the later one that was filled in."""
    return first if _source(second).strip() == released.source.strip() else second


def _merged(cell: NotebookNode, mine: NotebookNode | None, notes: list[str]) -> NotebookNode:
    """The released cell, with the student's text where that is theirs to write."""
    merged: NotebookNode = nbformat.from_dict(dict(cell))
    if mine is None:
        return merged
    if mine.cell_type != cell.cell_type:
        notes.append(f"cell {cell.id!r} had become a {str(mine.cell_type)[:20]} cell")
    own_code = cell.cell_type == "code" and not _nbgrader(cell)
    if is_answer(cell) or own_code:
        merged.source = _source(mine)
    elif _source(mine).strip() != cell.source.strip() and _nbgrader(cell):
        notes.append(f"cell {cell.id!r} had been changed; the released text was put back")
    if gradlab_of(cell).get("experiment") and mine.cell_type == "code":
        merged.outputs = list(mine.get("outputs", []))
    return merged


def _note_missing(
    known: dict[str, NotebookNode], answers: dict[str, NotebookNode], notes: list[str]
) -> None:
    for key, cell in known.items():
        if key not in answers and _nbgrader(cell):
            notes.append(f"cell {cell.id!r} was missing; the released one was put back")


def _extra(cell: NotebookNode) -> NotebookNode:
    """A cell the student added: its text only; no metadata, no outputs."""
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    return make(_source(cell), metadata={"gradlab": {"extra": True}})


def _make_ids_unique(cells: list[NotebookNode]) -> None:
    for number, cell in enumerate(cells):
        if gradlab_of(cell).get("extra"):
            cell["id"] = f"extra-{number}"


def _source(cell: NotebookNode) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _key(cell: NotebookNode) -> str:
    grade_id = _nbgrader(cell).get("grade_id")
    return f"grade:{grade_id}" if grade_id else f"cell:{cell.id}"


def _nbgrader(cell: NotebookNode) -> dict[str, Any]:
    found = cell.metadata.get("nbgrader", {})
    return found if isinstance(found, dict) else {}
