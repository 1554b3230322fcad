"""Rebuilding a submission from the released notebook: only answers and additions are the student's.

What a notebook does when it is run from top to bottom is what counts: `gradlab.grading.sorting`
says what of a submission is the answer and where it runs. Released cells that are not the student's
get their text back; what was deleted, copied or re-pointed is put right, and each mending reported.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from gradlab.grading.belonging import (
    MISSING,
    defined_in,
    gradlab_of,
    is_answer,
    is_the_students,
    key_of,
    keys_of,
    same,
)
from gradlab.grading.reading import Reading
from gradlab.grading.reasons import LOST, UNREAD
from gradlab.grading.sorting import Place, Sorting

MAX_EXTRAS = 200
MAX_KEPT = 12 * 2**20
"""Characters kept of a submission's cells and outputs, as they are written to the notebook."""
LINE_COST = 12
"""nbformat writes each line as a string of its own: quotes, a comma, spaces before it."""
DEFINED_ELSEWHERE = "# This cell was deleted; {} is defined in another one."
ADDED_BESIDE = "(written in a cell of its own)"


DAMAGED = "the file is damaged"


@dataclass
class Rebuilt:
    """The notebook to grade, and what had to be mended."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def rebuild(submitted: NotebookNode, released: NotebookNode, missing: str = LOST) -> Rebuilt:
    """The released notebook with the student's answers, edits and additional cells.

    Args:
        submitted: what could be read of the submission.
        released: the notebook as it was released.
        missing: why an answer is not there, if one is not.
    """
    known = {key_of(cell): cell for cell in released.cells}
    sorting = Sorting(known, submitted.cells, keys_of(submitted.cells, known))
    rest = {name: value for name, value in released.items() if name != "cells"}
    result: NotebookNode = nbformat.from_dict(rest)
    result.cells = _Assembly(sorting, missing).cells()
    return Rebuilt(result, sorting.notes)


def why_missing(reading: Reading) -> str:
    """Why an answer is not there, by how the file could be read."""
    unread = reading.problem or any(note.startswith(DAMAGED) for note in reading.notes)
    return UNREAD if unread else LOST


class _Assembly:
    """Puts the notebook together. `MAX_KEPT` is for answers first, then outputs, then additions."""

    def __init__(self, sorting: Sorting, missing: str) -> None:
        self.sorting, self.missing = sorting, missing
        self.room = MAX_KEPT
        self.extras = 0
        self.left_out = 0
        self.ids = {cell.id for cell in sorting.known.values()}

    def cells(self) -> list[NotebookNode]:
        """All cells in the order in which they run."""
        sorting = self.sorting
        merged = {key: self._merged(key) for key in sorting.known}
        for key, cell in merged.items():
            self._take_outputs(cell, sorting.chosen.get(key))
        placed: list[tuple[Place, NotebookNode]] = [
            (place, merged[key]) for key, place in sorting.places().items()
        ]
        placed += self._added(sorting.extras.items())
        if self.left_out:
            sorting.notes.append(f"{self.left_out} added cells or outputs were too much; left out")
        return [cell for _, cell in sorted(placed, key=lambda one: one[0])]

    def _merged(self, key: str) -> NotebookNode:
        """The released cell, with the student's text where that is theirs to write."""
        released, mine = self.sorting.known[key], self.sorting.chosen.get(key)
        merged: NotebookNode = nbformat.from_dict(dict(released))
        if mine is None and is_answer(released) and self.sorting.is_defined_elsewhere(key):
            merged.source = DEFINED_ELSEWHERE.format(" and ".join(defined_in(released)))
        elif mine is None and is_answer(released):
            merged.metadata["gradlab"] = {**gradlab_of(released), MISSING: self.missing}
        if mine is not None and is_the_students(released) and not self._take_text(merged, mine):
            text = f"cell {released.id!r} was too long; the released text is kept"
            self.sorting.notes.append(text)
        if merged.cell_type == "markdown" and is_answer(released) and same(merged, released):
            self._take_text_beside(key, merged)
        return merged

    def _take_text_beside(self, key: str, merged: NotebookNode) -> None:
        """So that it waits for a person, who sees what was meant."""
        text = self.sorting.text_beside(key)
        if text and self._take(text):
            merged.source = f"{ADDED_BESIDE}\n\n{text}"
            note = f"the answer {merged.id!r} was written beside its cell; it was taken from there"
            self.sorting.notes.append(note)

    def _take_text(self, merged: NotebookNode, mine: NotebookNode) -> bool:
        """Take over the text, and pictures pasted into it; False if there is no room."""
        if not self._take(mine.source):
            return False
        merged.source = mine.source
        self._take_pictures(merged, mine)
        return True

    def _take_pictures(self, merged: NotebookNode, mine: NotebookNode) -> None:
        pictures = mine.get("attachments", {})
        if pictures and merged.cell_type == "markdown" and self._take(pictures):
            merged.attachments = pictures

    def _added(self, cells: Iterable[tuple[int, NotebookNode]]) -> list[tuple[Place, NotebookNode]]:
        """Cells the student added: text and its pictures; no metadata, no outputs."""
        kept = []
        for place, cell in cells:
            if self.extras < MAX_EXTRAS and self._take(cell.source):
                self.extras += 1
                extra = _extra_cell(cell, self._new_id())
                self._take_pictures(extra, cell)
                kept.append(((float(place), 0, -1), extra))
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


def _extra_cell(cell: NotebookNode, name: str) -> NotebookNode:
    """The text of an added cell as a cell of that id; raw cells become text."""
    kind = "code" if cell.cell_type == "code" else "markdown"
    metadata = {"gradlab": {"extra": True}}
    made = {"id": name, "cell_type": kind, "source": cell.source, "metadata": metadata}
    extra: NotebookNode = nbformat.from_dict(made)
    if kind == "code":
        extra |= {"outputs": [], "execution_count": None}
    return extra
