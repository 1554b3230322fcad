"""What a released notebook imports: a warm parent can have done that before a kernel is asked for.

Only the course's own notebook is read, never a student's.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import nbformat


def imported_modules(released: Path | None) -> tuple[str, ...]:
    """Names of the modules that the notebook's code cells import, in their order."""
    return _modules(released, released.stat().st_mtime_ns) if released else ()


@lru_cache(maxsize=16)
def _modules(released: Path, modified: int) -> tuple[str, ...]:
    cells = nbformat.read(released, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    return tuple(dict.fromkeys(name for source in sources for name in _imports(source)))


def _imports(source: str) -> Iterator[str]:
    """Imports at the top level of a cell; none of a cell that is no plain Python (magics)."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module
