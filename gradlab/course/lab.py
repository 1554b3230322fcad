"""One lab: its settings and its cells, read from `labs/<lab>/<lab>.py`."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradlab.errors import CourseError

if TYPE_CHECKING:
    from gradlab.course.settings import LabSettings

PROSE, CODE, SETUP, EXPERIMENT = "prose", "code", "setup", "experiment"
EXERCISE, CHECK, ANSWER = "exercise", "check", "answer"
NAMED = (EXERCISE, CHECK, ANSWER)
GRADED = (CHECK, ANSWER)
MAX_ID, MAX_NAME = 56, 48
JUPYTEXT = {"title", "cell_marker", "lines_to_next_cell", "lines_to_end_of_cell_marker"}
FORMS = 'setup, experiment, exercise="…", check="…" points=N or [markdown] answer="…" points=N'


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
        """The notebook's word for the kind of cell."""
        return "markdown" if self.role in (PROSE, ANSWER) else "code"


@dataclass(frozen=True)
class Lab:
    """A folder `labs/<name>/` with `<name>.py`, `lab.toml`, and what is released beside it."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, which is nbgrader's assignment id."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The one source of the lab."""
        return self.folder / f"{self.name}.py"

    @cached_property
    def settings(self) -> "LabSettings":
        """What `lab.toml` says; raises CourseError where it is wrong."""
        from gradlab.course.settings import read_settings  # not at the top: it takes pydantic

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
    def companions(self) -> dict[Path, Path]:
        """All other files, released with the notebook: pictures, data; place in it → file."""
        found = {path.relative_to(self.folder): path for path in sorted(self.folder.rglob("*"))}
        own = (Path(f"{self.name}.py"), Path("lab.toml"))
        return {
            place: path
            for place, path in found.items()
            if path.is_file() and place not in own and not any(map(_is_left_out, place.parts))
        }


def _is_left_out(name: str) -> bool:
    """Caches, editors' and version control's files, and notebooks, which are made from sources."""
    return name.startswith(".") or name == "__pycache__" or name.endswith((".pyc", ".ipynb"))


def _read_cells(path: Path) -> list[Cell]:
    import jupytext  # not at the top: who only asks which labs there are need not wait for it

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read: {error}; a lab needs a file of its name") from (
            error
        )
    used: set[str] = set()
    return [_cell(path, node, used) for node in jupytext.reads(text, fmt="py:percent").cells]


def _cell(path: Path, node: Any, used: set[str]) -> Cell:
    role, volatile = _role(path, node)
    _require_marker(path, node, role)
    name = node.metadata[role] if role in NAMED else ""
    points = node.metadata["points"] if role in GRADED else 0.0
    slug = _slug(role, name, node.source)
    numbered = (f"{slug}-{number}" for number in count(2))
    identifier = next(one for one in chain([slug], numbered) if one not in used)
    used.add(identifier)
    return Cell(role, node.source, identifier, name, float(points), volatile)


def _require_marker(path: Path, node: Any, role: str) -> None:
    """Nothing in a marker may be ignored: a misspelt word would lose an exercise or its points."""
    known = JUPYTEXT | {role} | ({"points"} if role in GRADED else set())
    unknown = sorted(node.metadata.keys() - known)
    if unknown or node.cell_type != ("markdown" if role in (PROSE, ANSWER) else "code"):
        marker = " ".join(f"{key}={node.metadata[key]!r}" for key in unknown) or node.cell_type
        raise CourseError(f"{path}: unknown cell marker {marker}; use {FORMS}")
    name, points = node.metadata.get(role), node.metadata.get("points")
    if role in NAMED and not re.fullmatch(rf"[A-Za-z_]\w{{0,{MAX_NAME - 1}}}", str(name), re.ASCII):
        raise CourseError(
            f"{path}: {role}={name!r} must be a name of at most {MAX_NAME} letters, digits and _"
        )
    if role in GRADED and (type(points) not in (int, float) or not 0 <= points < 1000):
        raise CourseError(f"{path}: {role}={name!r} has points={points!r}; add points=N from 0 up")


def _role(path: Path, node: Any) -> tuple[str, bool]:
    """A cell's role, from its marker (`# %% exercise="…"`, `# %% experiment volatile`)."""
    for role in NAMED:
        if role in node.metadata:
            return role, False
    title = str(node.metadata.get("title", "")).split()
    if not title:
        return (PROSE if node.cell_type == "markdown" else CODE), False
    if title[0] in (SETUP, EXPERIMENT) and title[1:] in ([], ["volatile"]):
        return title[0], "volatile" in title
    raise CourseError(f"{path}: unknown cell marker {' '.join(title)!r}; use {FORMS}")


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
    for name, times in Counter(exercises + answers).items():
        if times > 1:
            raise CourseError(f"{path}: two cells are called {name!r}; rename one")
    for name in sorted(set(exercises) ^ set(checks)):
        what = "check" if name in exercises else "exercise"
        raise CourseError(f'{path}: {name!r} has no {what}; add a cell # %% {what}="{name}"')
    if len(checks) != len(set(checks)):
        raise CourseError(f"{path}: an exercise has two check cells; join them")
    _require_order(path, [cell for cell in cells if cell.role in (EXERCISE, CHECK)])
    for cell in cells:
        _require_cell(path, cell)


def _require_order(path: Path, cells: list[Cell]) -> None:
    met: set[str] = set()
    for cell in cells:
        if cell.role == EXERCISE and cell.id != cell.name:
            raise CourseError(
                f"{path}: exercise {cell.name!r} is called as another cell; rename it"
            )
        if cell.role == CHECK and cell.name not in met:
            raise CourseError(f"{path}: the check of {cell.name!r} comes before its exercise")
        met.add(cell.name)


def _require_cell(path: Path, cell: Cell) -> None:
    marks = re.findall(r"#[ \t]*((?:BEGIN|END)\b.*)", cell.source)
    regions = marks.count("BEGIN SOLUTION")
    if marks != ["BEGIN SOLUTION", "END SOLUTION"] * regions:
        raise CourseError(
            f"{path}: cell {cell.id!r} has the region marks {', '.join(marks)}; "
            "write ### BEGIN SOLUTION and ### END SOLUTION in turn, alone on their lines"
        )
    if cell.role in (EXERCISE, ANSWER) and not regions:
        raise CourseError(f"{path}: cell {cell.id!r} has no solution region; mark its solution")
    if cell.role not in (EXERCISE, ANSWER) and regions:
        raise CourseError(f"{path}: cell {cell.id!r} may hold no solution region; it is released")
    if re.search(r"HIDDEN TEST", cell.source):
        raise CourseError(
            f"{path}: cell {cell.id!r}: hidden checks live in tests/hidden/, not here"
        )
    pattern = rf"^(def|class) {re.escape(cell.name)}\b"
    if cell.role == EXERCISE and not re.search(pattern, cell.source, re.MULTILINE):
        raise CourseError(f"{path}: cell {cell.id!r} defines no function or class {cell.name!r}")
