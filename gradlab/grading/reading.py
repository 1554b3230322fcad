"""Reading what was handed in as a notebook, whatever it is.

A file is read as far as it makes sense: other encodings, other nbformat versions, cells of the
wrong shape, a file that ends early or holds the marks of a merge conflict. What comes out is
always a valid notebook, and a sentence for each thing that was put right.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from gradlab.errors import SubmissionError
from gradlab.grading.belonging import nbgrader_of
from gradlab.grading.files import fault_of, open_plain
from gradlab.grading.outputs import clean_outputs
from gradlab.grading.pasted import Pasted
from gradlab.grading.salvage import DAMAGES, DECODER, whole_cells
from gradlab.grading.submitted import Submitted

MAX_BYTES = 60 * 2**20
"""What makes a notebook so large is outputs, which are cut one by one below."""
MAX_BRACKETS = 1_000_000
"""Of a file: `[{},{},…` takes a hundred times its length in memory."""
MAX_SOURCE = 200_000
MAX_DEPTH = 12
MAX_NAMED = 20
MINOR_WITH_IDS = 5
CELL_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")
RULED = frozenset({"collapsed", "execution", "format", "jupyter", "name", "scrolled", "tags"})
"""What nbformat has rules for in a cell's metadata; any other metadata is valid."""


@dataclass
class Reading:
    """A notebook and what had to be put right; an empty one and the `problem` if it is none."""

    notebook: NotebookNode = field(default_factory=new_notebook)
    problem: str = ""
    notes: list[str] = field(default_factory=list)


def read_submission(path: Path, below: Path | None = None) -> Reading:
    """Read the file as far as it can be read. Raises nothing, whatever the file is.

    `below` is the submission's folder where the file lies in one inside it, which may be no link.
    """
    return _reading(path.name, lambda: _bytes(path, below))


def read_submitted(submitted: Submitted, name: str) -> Reading:
    """The same of a file called `name` that was taken from elsewhere."""
    return _reading(name, lambda: _content(submitted))


def as_read(notebook: NotebookNode) -> NotebookNode:
    """A copy of a released notebook as it would be read from a file."""
    copy: NotebookNode = new_notebook(metadata=_node(notebook.metadata))
    copy.cells = list(_cells(notebook.cells, [], Pasted(released=True)))
    return copy


def read_released(path: Path) -> NotebookNode:
    """A released notebook, which is the course's own; one older than cell ids is given them.

    These ids are like none that a submission's cells are given, which may stand elsewhere.
    """
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        if "id" not in cell:
            cell["id"] = f"released-{number}"
    notebook.nbformat_minor = max(notebook.nbformat_minor, MINOR_WITH_IDS)
    return notebook


def _reading(name: str, read: Callable[[], bytes]) -> Reading:
    try:
        return _read(read())
    except SubmissionError as error:
        return Reading(problem=f"{name} {error}")
    except OSError as error:
        return Reading(problem=f"{name} cannot be read: {error.strerror}")


def _bytes(path: Path, below: Path | None) -> bytes:
    with open_plain(path, below) as file:
        _require_small(os.fstat(file.fileno()).st_size)
        return file.read(MAX_BYTES)


def _content(submitted: Submitted) -> bytes:
    if not stat.S_ISREG(submitted.kind):
        raise SubmissionError(fault_of(submitted.kind))
    _require_small(submitted.size)
    return submitted.content


def _require_small(size: int) -> None:
    if size > MAX_BYTES:
        raise SubmissionError(f"has {size >> 20} MiB; {MAX_BYTES >> 20} are allowed")


def _read(data: bytes) -> Reading:
    if data.startswith(b"PK"):
        raise SubmissionError("cannot be read as a notebook: it is a ZIP archive")
    if data.count(b"{") + data.count(b"[") > MAX_BRACKETS:
        raise SubmissionError("is no notebook: it has more than a million brackets")
    reading = Reading()
    document = _parse(_decode(data, reading.notes), reading.notes)
    found = _cells_of(document)
    if not found:
        raise SubmissionError("cannot be read as a notebook: there is no cell in it")
    _note_version(document, reading.notes)
    reading.notebook.metadata = _node(document.get("metadata"))
    reading.notebook.cells = list(_cells(found, reading.notes, Pasted()))
    _make_valid(reading.notebook)
    return reading


def _decode(data: bytes, notes: list[str]) -> str:
    """The text, in the encoding that its first bytes show; Latin-1 if that does not fit."""
    encoding: str = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding, text = "latin-1", data.decode("latin-1")
    if not encoding.startswith("utf-8"):
        notes.append(f"the file is not UTF-8; it was read as {encoding.upper()}")
    return text.lstrip("\ufeff")


def _parse(text: str, notes: list[str]) -> dict[str, Any]:
    """The JSON object; of a damaged one the cells that are whole."""
    text = text.strip()
    try:
        document, end = DECODER.raw_decode(text)
    except DAMAGES:
        cells, lost = whole_cells(text)
        if not cells:
            raise SubmissionError(f"cannot be read as a notebook: {_looks_like(text)}") from None
        notes.append(f"the file is damaged; {len(cells)} cells could be read{_but_not(lost)}")
        return {"cells": cells, "nbformat": 4}
    if end < len(text):
        notes.append("the file goes on after the notebook's end; the rest was left out")
    return document if isinstance(document, dict) else {}


def _but_not(lost: list[str]) -> str:
    more = f" and {len(lost) - MAX_NAMED} more" if len(lost) > MAX_NAMED else ""
    return f", but not {', '.join(lost[:MAX_NAMED])}{more}" if lost else ""


def _looks_like(text: str) -> str:
    """What the file is instead, as far as its beginning tells."""
    start = text[:200].lower()
    if not start:
        return "it is empty"
    if start.startswith(("<!doctype", "<html", "<?xml")):
        return "it is a web page"
    return "it is not JSON"


def _cells_of(document: dict[str, Any]) -> list[Any]:
    """The list of cells; in nbformat 2 and 3 it is spread over worksheets."""
    cells, sheets = document.get("cells"), document.get("worksheets")
    if isinstance(cells, list) and cells:
        return cells
    found = [sheet.get("cells") for sheet in _items(sheets) if isinstance(sheet, dict)]
    return [cell for part in found for cell in _items(part)]


def _note_version(document: dict[str, Any], notes: list[str]) -> None:
    major = document.get("nbformat")
    if major != 4:
        notes.append(f"the notebook's format is {_short(major)}; it was read as format 4")


def _cells(found: list[Any], notes: list[str], pasted: Pasted) -> Iterator[NotebookNode]:
    """Valid cells with ids of their own; what is no cell is left out."""
    used: set[str] = set()
    strange = 0
    for number, item in enumerate(found):
        if not isinstance(item, dict):
            strange += 1
            continue
        cell = _cell(item, number, pasted, notes)
        own = item.get("id")
        known = isinstance(own, str) and CELL_ID.fullmatch(own) and own not in used
        cell["id"] = own if known else _unused(f"cell-{number}", used)
        used.add(cell["id"])
        yield cell
    if strange:
        notes.append(f"{strange} entries of the list of cells are no cells; they were left out")


def _cell(item: dict[str, Any], number: int, pasted: Pasted, notes: list[str]) -> NotebookNode:
    kind = item.get("cell_type")
    kind = kind if kind in ("code", "raw") else "markdown"
    cell = NotebookNode(cell_type=kind, source="", metadata=_node(item.get("metadata")))
    source = _text(item.get("source", item.get("input", "")))  # input: nbformat 3
    if kind == "code":
        cell.outputs, cell.execution_count = clean_outputs(item.get("outputs")), None
    else:
        attachments = {_text(k): v for k, v in pasted.attachments(item.get("attachments")).items()}
        source, lost = pasted.take_out(source, attachments) if not _is_locked(cell) else (source, 0)
        if lost:
            notes.append(f"{_name_of(cell, number)}: {lost} pictures are too large, or none")
        cell |= {"attachments": attachments} if attachments else {}
    if len(source) > MAX_SOURCE:
        name = _name_of(cell, number)
        was, source = ("left blank", "") if kind == "code" else ("cut", source[:MAX_SOURCE])
        notes.append(f"{name} has more than {MAX_SOURCE} characters; it was {was}")
    cell.source = source
    return cell


def _is_locked(cell: NotebookNode) -> bool:
    """Whether it says that its text is the course's, which has to stay as it was released."""
    return nbgrader_of(cell).get("solution") is False


def _name_of(cell: NotebookNode, number: int) -> str:
    """What a person calls a cell: by its grade_id, or its place."""
    name = nbgrader_of(cell).get("grade_id")
    known = isinstance(name, str) and CELL_ID.fullmatch(name)
    return f"cell {name!r}" if known else f"cell {number + 1}"


def _make_valid(notebook: NotebookNode) -> None:
    """Leave only nbgrader's and our own metadata where the rest breaks nbformat's rules."""
    if not _is_valid(notebook):
        notebook.metadata = NotebookNode()
        for cell in notebook.cells:
            cell.metadata = _node({k: cell.metadata.get(k) for k in ("nbgrader", "gradlab")})


def _is_valid(notebook: NotebookNode) -> bool:
    """Whether its metadata is valid; everything else was made here and is."""
    ruled = [cell for cell in notebook.cells if not RULED.isdisjoint(cell.metadata)]
    try:
        nbformat.validate(NotebookNode(notebook | {"cells": ruled}))
    except nbformat.ValidationError:
        return False
    return True


def _node(metadata: Any) -> NotebookNode:
    """Metadata as plain JSON; nbgrader's and our own only as the dictionaries they must be."""
    found = metadata if isinstance(metadata, dict) else {}
    kept = {
        key: value
        for key, value in found.items()
        if key not in ("nbgrader", "gradlab") or isinstance(value, dict)
    }
    node: NotebookNode = _json(kept, MAX_DEPTH)
    return node


def _json(value: Any, depth: int) -> Any:
    """`value` without what is nested too deeply, is no number, or cannot be written as UTF-8."""
    if depth < 0:
        return None
    if isinstance(value, dict):
        return NotebookNode({_text(key): _json(item, depth - 1) for key, item in value.items()})
    if isinstance(value, list):
        return [_json(item, depth - 1) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return _text(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    """A text or a list of texts, without lone surrogates; anything else is no text."""
    parts = value if isinstance(value, list) else [value]
    text = "".join([part for part in parts if isinstance(part, str)])
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _unused(name: str, used: set[str]) -> str:
    while name in used:
        name += "-"
    return name


def _short(value: Any) -> str:
    return str(value) if isinstance(value, int) and 0 <= value < 1000 else "unknown"
