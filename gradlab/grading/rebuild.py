"""Rebuilding a submission from the released notebook: only answers and additions are the student's.

A submitted cell belongs to the released cell of the same `grade_id`, else of the same cell id,
else of the same text; where an answer was not found so, to the one that defines the same names.
Whatever was deleted, copied, moved, retyped or re-pointed is put right, and each mending is told.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

START = ""
MAX_EXTRAS = 200
MAX_NAMED = 5
MAX_KEPT = 12 * 2**20
"""Characters kept of a submission's cells and outputs, as they are written to the notebook."""
LINE_COST = 12
"""nbformat writes each line as a string of its own: quotes, a comma, spaces before it."""
DEFINITION = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.MULTILINE)
GRADING = ("grade_id", "grade", "solution", "locked", "points")


@dataclass
class Rebuilt:
    """The notebook to grade, and what had to be mended."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def rebuild(submitted: NotebookNode, released: NotebookNode) -> Rebuilt:
    """The released notebook with the student's answers, edits and additional cells."""
    known = {_key(cell): cell for cell in released.cells}
    found = _Found(known)
    for cell, key in zip(submitted.cells, _keys(submitted.cells, known), strict=True):
        found.add(cell, key)
    found.note_missing()
    rest = {name: value for name, value in released.items() if name != "cells"}
    result: NotebookNode = nbformat.from_dict(rest)
    result.cells = _Assembly(found).cells()
    return Rebuilt(result, found.notes)


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


@dataclass
class _Found:
    """A submission's cells, sorted by the released cell they belong to.

    Attributes:
        known: the released cells.
        answers: the student's version of each.
        before: earlier versions that another took the place of; they run before it.
        after: the cells that the student added after each, or at the start.
    """

    known: dict[str, NotebookNode]
    answers: dict[str, NotebookNode] = field(default_factory=dict)
    before: dict[str, list[NotebookNode]] = field(default_factory=dict)
    after: dict[str, list[NotebookNode]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _last: str = START

    def __post_init__(self) -> None:
        self._place = {key: number for number, key in enumerate(self.known)}

    def add(self, cell: NotebookNode, key: str | None) -> None:
        """The next cell of the submission."""
        if key is None:
            self.after.setdefault(self._last, []).append(cell)
        elif key in self.answers:
            self._add_copy(cell, key)
        else:
            self._note_order(key)
            self._note_changes(cell, key)
            self.answers[key] = cell
            self._last = key

    def note_missing(self) -> None:
        """Tell which of nbgrader's cells were not there at all."""
        missing = [
            repr(cell.id)
            for key, cell in self.known.items()
            if key not in self.answers and _nbgrader(cell)
        ]
        if len(missing) > MAX_NAMED:
            few = f"{', '.join(missing[:2])}, …, {missing[-1]}"
            text = f"{len(missing)} cells were missing ({few}); the released ones were put back"
            self.notes.append(text)
            return
        for name in missing:
            self.notes.append(f"cell {name} was missing; the released one was put back")

    def _add_copy(self, cell: NotebookNode, key: str) -> None:
        """The last copy that was filled in is the answer; earlier ones may define what it needs."""
        released, first = self.known[key], self.answers[key]
        if _nbgrader(released):
            self._note(f"cell {released.id!r} was there more than once")
        if not _is_the_students(released):
            return
        if _same(cell, released) or _same(cell, first):
            return
        if not _same(first, released):
            self.before.setdefault(key, []).append(first)
        self.answers[key] = cell

    def _note_order(self, key: str) -> None:
        if self._last != START and self._place[key] < self._place[self._last]:
            self._note("cells had been moved; the released order was restored")

    def _note_changes(self, cell: NotebookNode, key: str) -> None:
        """Tell what of a released cell was not the student's to change."""
        released = self.known[key]
        if cell.cell_type != released.cell_type:
            self._note(f"cell {released.id!r} had become a {cell.cell_type} cell")
        if not _nbgrader(released):
            return
        if not is_answer(released) and not _same(cell, released):
            self._note(f"cell {released.id!r} had been changed; the released text was put back")
        mine, theirs = _nbgrader(cell), _nbgrader(released)
        if any(mine.get(name) != theirs.get(name) for name in GRADING):
            self._note(f"cell {released.id!r} had other grading metadata; it was put right")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _Assembly:
    """Puts the notebook together. `MAX_KEPT` is for answers first, then outputs, then additions."""

    def __init__(self, found: _Found) -> None:
        self.found = found
        self.room = MAX_KEPT
        self.extras = 0
        self.left_out = 0
        self.ids = {cell.id for cell in found.known.values()}

    def cells(self) -> list[NotebookNode]:
        """All cells in the released order, each with what was added before and after it."""
        found = self.found
        merged = {key: self._merged(key) for key in found.known}
        for key, cell in merged.items():
            self._take_outputs(cell, found.answers.get(key))
        result = self._added(found.after.get(START, []))
        for key, cell in merged.items():
            result += [*self._added(found.before.get(key, [])), cell]
            result += self._added(found.after.get(key, []))
        if self.left_out:
            found.notes.append(f"{self.left_out} added cells or outputs were too much; left out")
        return result

    def _merged(self, key: str) -> NotebookNode:
        """The released cell, with the student's text where that is theirs to write."""
        released, mine = self.found.known[key], self.found.answers.get(key)
        merged: NotebookNode = nbformat.from_dict(dict(released))
        if mine is not None and _is_the_students(released) and not self._take_text(merged, mine):
            self.found.notes.append(f"cell {released.id!r} was too long; the released text is kept")
        return merged

    def _take_text(self, merged: NotebookNode, mine: NotebookNode) -> bool:
        """Take over the text, and pictures pasted into it; False if there is no room."""
        if not self._take(mine.source):
            return False
        merged.source = mine.source
        pictures = mine.get("attachments", {})
        if pictures and merged.cell_type == "markdown" and self._take(pictures):
            merged.attachments = pictures
        return True

    def _added(self, cells: Iterable[NotebookNode]) -> list[NotebookNode]:
        """Cells the student added: their text only; no metadata, no outputs."""
        kept = []
        for cell in cells:
            if self.extras < MAX_EXTRAS and self._take(cell.source):
                self.extras += 1
                kept.append(_extra_cell(cell, self._new_id()))
            else:
                self.left_out += 1
        return kept

    def _take_outputs(self, cell: NotebookNode, mine: NotebookNode | None) -> None:
        """An experiment is shown as it was handed in, unless it is run again."""
        if mine is not None and gradlab_of(cell).get("experiment") and mine.cell_type == "code":
            cell.outputs = [output for output in mine.outputs if self._take(output)]
            self.left_out += len(mine.outputs) - len(cell.outputs)

    def _take(self, content: Any) -> bool:
        """Use up room for text or outputs; False, and nothing used, if there is too little."""
        written = json.dumps(content, ensure_ascii=False)
        cost = len(written) + LINE_COST * written.count("\\n")
        if cost > self.room:
            return False
        self.room -= cost
        return True

    def _new_id(self) -> str:
        number = self.extras
        while f"extra-{number}" in self.ids:
            number += 1
        self.ids.add(f"extra-{number}")
        return f"extra-{number}"


def _keys(cells: list[NotebookNode], known: dict[str, NotebookNode]) -> list[str | None]:
    """For each submitted cell the released one it belongs to, or None for an added cell."""
    belonging = _Belonging(known)
    keys = [belonging.key(cell) for cell in cells]
    lost = known.keys() - keys
    return [
        key or next((one for one in belonging.defined(cell) if one in lost), None)
        for cell, key in zip(cells, keys, strict=True)
    ]


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
        key, defined = f"grade:{_nbgrader(cell).get('grade_id')}", self.defined(cell)
        if key in self.known:
            return defined[0] if defined and key not in defined else key
        text = cell.source.strip()
        return self.ids.get(cell.id) or (self.texts.get(text) if text else None)

    def defined(self, cell: NotebookNode) -> list[str]:
        """The released answers whose names it defines."""
        return [self.names[n] for n in DEFINITION.findall(cell.source) if n in self.names]


def _is_the_students(released: NotebookNode) -> bool:
    """Whether the text is the student's: an answer, or code that nbgrader does not know."""
    return is_answer(released) or (released.cell_type == "code" and not _nbgrader(released))


def _same(one: NotebookNode, other: NotebookNode) -> bool:
    return bool(one.source.strip() == other.source.strip())


def _extra_cell(cell: NotebookNode, name: str) -> NotebookNode:
    """The text of an added cell as a cell of that id; raw cells become text."""
    kind = "code" if cell.cell_type == "code" else "markdown"
    metadata = {"gradlab": {"extra": True}}
    made = {"id": name, "cell_type": kind, "source": cell.source, "metadata": metadata}
    extra: NotebookNode = nbformat.from_dict(made)
    if kind == "code":
        extra |= {"outputs": [], "execution_count": None}
    return extra


def _key(cell: NotebookNode) -> str:
    grade_id = _nbgrader(cell).get("grade_id")
    return f"grade:{grade_id}" if grade_id else f"cell:{cell.id}"


def _nbgrader(cell: NotebookNode) -> dict[str, Any]:
    found = cell.metadata.get("nbgrader", {})
    return found if isinstance(found, dict) else {}
