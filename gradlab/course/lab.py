"""One lab: its settings and its cells, read from `labs/<lab>/<lab>.py`."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from gradlab.course.settings import LabSettings, read_settings
from gradlab.errors import CourseError

PROSE, CODE, SETUP, EXERCISE, CHECK, ANSWER, EXPERIMENT = (
    "prose code setup exercise check answer experiment".split()
)
NAMED = (EXERCISE, CHECK, ANSWER)
PICTURES = (".svg", ".png", ".jpg")
MAX_ID = 56


@dataclass(frozen=True)
class Cell:
    """One cell of a lab. `name` is the exercise's or answer's; `id` is unique in the notebook."""

    role: str
    source: str
    id: str
    name: str = ""
    points: float = 0.0
    volatile: bool = False

    @property
    def cell_type(self) -> str:
        return "markdown" if self.role in (PROSE, ANSWER) else "code"


@dataclass(frozen=True)
class Lab:
    """A folder `labs/<name>/` with `<name>.py`, `lab.toml` and pictures."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.py"

    @cached_property
    def settings(self) -> LabSettings:
        return read_settings(self.folder / "lab.toml")

    @cached_property
    def cells(self) -> list[Cell]:
        """All cells, in order; raises CourseError where the file is wrong."""
        cells = _read_cells(self.path)
        _require_consistent(self.path, cells)
        return cells

    @property
    def exercises(self) -> dict[str, float]:
        """Name → points, in the order of the notebook."""
        return {cell.name: cell.points for cell in self.cells if cell.role == CHECK}

    @property
    def pictures(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix in PICTURES)


def _read_cells(path: Path) -> list[Cell]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read: {error}; a lab needs a file of its name") from (
            error
        )
    used: Counter[str] = Counter()
    return [_cell(path, node, used) for node in jupytext.reads(text, fmt="py:percent").cells]


def _cell(path: Path, node: NotebookNode, used: Counter[str]) -> Cell:
    metadata = node.metadata
    role, volatile = _role(path, node)
    name = str(metadata.get(role, "")) if role in NAMED else ""
    points = metadata.get("points", 0)
    if not isinstance(points, int | float) or isinstance(points, bool) or points < 0:
        raise CourseError(f"{path}: points={points!r} of {name!r} must be a number from 0 up")
    slug = _slug(role, name, node.source)
    used[slug] += 1
    identifier = slug if used[slug] == 1 else f"{slug}-{used[slug]}"
    return Cell(role, node.source, identifier, name, float(points), volatile)


def _role(path: Path, node: NotebookNode) -> tuple[str, bool]:
    """A cell's role, from its marker (`# %% exercise="…"`, `# %% experiment volatile`)."""
    for role in NAMED:
        if role in node.metadata:
            return role, False
    title = str(node.metadata.get("title", "")).split()
    if not title:
        return (PROSE if node.cell_type == "markdown" else CODE), False
    if title[0] in (SETUP, EXPERIMENT) and title[1:] in ([], ["volatile"]):
        return title[0], "volatile" in title
    raise CourseError(
        f"{path}: unknown cell marker {' '.join(title)!r}; "
        'use setup, experiment, exercise="…", check="…" points=N or answer="…" points=N'
    )


def _slug(role: str, name: str, source: str) -> str:
    """A readable cell id: letters, digits, - and _ only, as nbformat wants."""
    if role == EXERCISE:
        return name
    if name or role == SETUP:
        return f"{role}_{name}" if name else role
    words = re.sub(r"[^a-z0-9]+", "-", source[:200].partition("\n")[0].lower()).strip("-")
    return f"{role}-{words}"[:MAX_ID].rstrip("-")


def _require_consistent(path: Path, cells: list[Cell]) -> None:
    """Each exercise once, defined by its cell, followed by one check; regions closed."""
    exercises = [cell.name for cell in cells if cell.role == EXERCISE]
    checks = [cell.name for cell in cells if cell.role == CHECK]
    answers = [cell.name for cell in cells if cell.role == ANSWER]
    for name, count in Counter(exercises + answers).items():
        if count > 1:
            raise CourseError(f"{path}: two cells are called {name!r}; rename one")
    for name in set(exercises) ^ set(checks):
        what = "check" if name in exercises else "exercise"
        raise CourseError(f'{path}: {name!r} has no {what}; add a cell "# %% {what}="{name}""')
    if len(checks) != len(set(checks)):
        raise CourseError(f"{path}: an exercise has two check cells; join them")
    for cell in cells:
        _require_cell(path, cell)


def _require_cell(path: Path, cell: Cell) -> None:
    begins = cell.source.count("### BEGIN SOLUTION")
    ends = cell.source.count("### END SOLUTION")
    if begins != ends:
        raise CourseError(f"{path}: cell {cell.id!r} has {begins} BEGIN and {ends} END SOLUTION")
    if cell.role in (EXERCISE, ANSWER) and not begins:
        raise CourseError(f"{path}: cell {cell.id!r} has no solution region; mark its solution")
    if cell.role not in (EXERCISE, ANSWER) and begins:
        raise CourseError(f"{path}: cell {cell.id!r} may hold no solution region; it is released")
    if re.search(r"HIDDEN TEST", cell.source):
        raise CourseError(f"{path}: cell {cell.id!r}: hidden checks live in tests/hidden/, not here")
    pattern = rf"^(def|class) {re.escape(cell.name)}\b"
    if cell.role == EXERCISE and not re.search(pattern, cell.source, re.MULTILINE):
        raise CourseError(f"{path}: cell {cell.id!r} defines no function or class {cell.name!r}")
