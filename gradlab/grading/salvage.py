"""The cells of a damaged notebook file: cut off, or with the marks of a merge conflict."""

import json
import re
from typing import Any

CELL_START = re.compile(r'\{\s*"(?:attachments|cell_type)"\s*:')
CELL_NAME = re.compile(r'"(?:grade_)?id"\s*:\s*"([\w-]{1,64})"')
NAME_WITHIN = 5000
"""Characters of a damaged cell in which its name is looked for."""
MAX_SCANNED = 200 * 2**20
"""Characters looked at in vain; a second or two. How often does not matter."""
DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
DAMAGES = (ValueError, RecursionError)


def whole_cells(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Every cell object that can be decoded, and what the others are called."""
    cells: list[dict[str, Any]] = []
    lost: list[str] = []
    end, work = 0, 0
    for found in CELL_START.finditer(text):
        if found.start() < end:
            continue
        if work > MAX_SCANNED:
            lost.append("what follows")
            break
        try:
            cell, end = DECODER.raw_decode(text, found.start())
            cells.append(cell)
        except DAMAGES as error:
            work += _scanned(error, len(text) - found.start(), found.start())
            lost.append(_name_at(text, found.end(), len(cells) + len(lost) + 1))
    return cells, lost


def _scanned(error: Exception, rest: int, start: int) -> int:
    """How many characters were looked at: up to the error, or all, where it is not told."""
    told = isinstance(error, json.JSONDecodeError) and not error.msg.startswith("Unterminated")
    return error.pos - start if told else rest  # type: ignore[attr-defined]


def _name_at(text: str, start: int, number: int) -> str:
    """What a damaged cell is called, if that can be read before the next one begins."""
    part = text[start : start + NAME_WITHIN]
    following = CELL_START.search(part)
    found = CELL_NAME.search(part[: following.start()] if following else part)
    return repr(found[1]) if found else f"cell {number}"
