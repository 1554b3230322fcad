"""Which released cell a submitted cell belongs to.

The one of the same `grade_id`, else of the same cell id, else of the same text; where an answer was
not found so, the one that defines the same names.
"""

import re
from typing import Any

from nbformat import NotebookNode

MISSING = "missing"
"""In GradLab's metadata of an answer that was not handed in: why."""
DEFINITION = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)


def is_answer(cell: NotebookNode) -> bool:
    """Whether the cell's text is the student's: a solution cell."""
    return bool(nbgrader_of(cell).get("solution"))


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell carries points."""
    return bool(nbgrader_of(cell).get("grade"))


def is_the_students(released: NotebookNode) -> bool:
    """Whether the text is the student's: an answer, or code that nbgrader does not know."""
    return is_answer(released) or (released.cell_type == "code" and not nbgrader_of(released))


def gradlab_of(cell: NotebookNode) -> dict[str, Any]:
    """GradLab's own metadata of a cell (which exercise it checks, whether it only explores)."""
    found = cell.metadata.get("gradlab", {})
    return found if isinstance(found, dict) else {}


def nbgrader_of(cell: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata of a cell."""
    found = cell.metadata.get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def key_of(released: NotebookNode) -> str:
    """What a released cell goes by."""
    grade_id = nbgrader_of(released).get("grade_id")
    return f"grade:{grade_id}" if grade_id else f"cell:{released.id}"


def same(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether two cells have the same text."""
    return bool(one.source.strip() == other.source.strip())


def defined_in(cell: NotebookNode) -> list[str]:
    """The functions and classes that a code cell defines at its left margin."""
    return DEFINITION.findall(cell.source) if cell.cell_type == "code" else []


def keys_of(cells: list[NotebookNode], known: dict[str, NotebookNode]) -> list[str | None]:
    """For each submitted cell the key of the released one, or None for an added cell."""
    belonging = _Belonging(known)
    keys = [belonging.key(cell) for cell in cells]
    lost = known.keys() - keys
    for place, (cell, key) in enumerate(zip(cells, keys, strict=True)):
        if key is None:
            keys[place] = next((one for one in belonging.defined(cell) if one in lost), None)
            lost -= {keys[place]}  # a second one defines it again, and is an added cell
    return keys


class _Belonging:
    """How a submitted cell is recognised."""

    def __init__(self, known: dict[str, NotebookNode]) -> None:
        self.known = known
        self.ids = {cell.id: key for key, cell in known.items()}
        self.texts = {cell.source.strip(): key for key, cell in known.items()}
        self.names = {
            name: key
            for key, cell in known.items()
            if is_answer(cell) and cell.cell_type == "code"
            for name in DEFINITION.findall(cell.source)
        }

    def key(self, cell: NotebookNode) -> str | None:
        """By `grade_id`, unless it defines only what another answer defines; by id; by text."""
        key, defined = f"grade:{nbgrader_of(cell).get('grade_id')}", self.defined(cell)
        if key in self.known:
            return defined[0] if defined and key not in defined else key
        text = cell.source.strip()
        return self.ids.get(cell.id) or (self.texts.get(text) if text else None)

    def defined(self, cell: NotebookNode) -> list[str]:
        """The released answers whose names it defines."""
        return [self.names[n] for n in DEFINITION.findall(cell.source) if n in self.names]
