"""Which files of the Python environment a kernel may see: an allow-list, closed over requirements.

A lab names the distributions its notebook imports. Those, what the kernel itself needs, and all
that they require, are found in the installed metadata; every other installed package does not
exist inside the sandbox.
"""

import importlib.metadata as metadata
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement

from gradlab.errors import CourseError

KERNEL_NEEDS = ("ipykernel", "ipython", "msgpack", "numpy", "matplotlib-inline")
LEFT_OUT = frozenset({"debugpy", "jedi", "pexpect", "ptyprocess"})
"""Required on paper, imported only for debugging, completion and shells: a kernel that grades
needs none, starts faster without them, and shows the student's code less to play with."""


@cache
def allowed_paths(packages: tuple[str, ...]) -> tuple[Path, ...]:
    """Files and folders of every distribution that a kernel with `packages` may import.

    Raises:
        CourseError: one of `packages` is not installed.
    """
    installed = _installed()
    allowed = _closure((*KERNEL_NEEDS, *packages), installed)
    foreign = {
        top for name, found in installed.items() if name not in allowed for top in _tops(found)
    }
    paths: set[Path] = set()
    for name in allowed:
        for top in _tops(installed[name]):
            paths.update(_own_part(installed[name], top) if top in foreign else [top])
    return tuple(sorted(path for path in paths if path.exists()))


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> dict[str, metadata.Distribution]:
    """Every importable distribution by name; the first on `sys.path` wins, as for imports."""
    found: dict[str, metadata.Distribution] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(canonical(name), distribution)
    return found


def _closure(roots: Iterable[str], installed: dict[str, metadata.Distribution]) -> frozenset[str]:
    wanted = [canonical(root) for root in roots]
    for name in wanted:
        if name not in installed:
            raise CourseError(
                f'package "{name}" is not installed: pip install {name}, or take it out of '
                "`packages` in lab.toml"
            )
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            wanted += [r for r in _requirements(installed[name]) if r in installed]
    return frozenset(seen)


def _requirements(distribution: metadata.Distribution) -> list[str]:
    """Names that `distribution` requires here, without extras."""
    parsed = [Requirement(text) for text in distribution.requires or []]
    needed = [r for r in parsed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [name for r in needed if (name := canonical(r.name)) not in LEFT_OUT]


@cache
def _tops(distribution: metadata.Distribution) -> frozenset[Path]:
    """The files and folders directly under site-packages that `distribution` brought."""
    parts = {file.split("/", 1)[0] for file in _files(distribution)}
    if not parts:  # installed without a list of files, as some system packages are
        listed = distribution.read_text("top_level.txt") or distribution.metadata["Name"]
        parts = {name for line in listed.split() for name in (line, f"{line}.py")}
    root = Path(str(distribution.locate_file(""))).resolve()
    return frozenset(root / part for part in parts if _is_importable(part))


def _files(distribution: metadata.Distribution) -> list[str]:
    """Its files, relative to site-packages.

    The list is read as text: `Distribution.files` makes an object of each of tens of thousands.
    """
    record = distribution.read_text("RECORD")
    if record is not None:
        return [line.partition(",")[0].strip('"') for line in record.splitlines() if line]
    return [file.as_posix() for file in distribution.files or ()]


def _is_importable(part: str) -> bool:
    return part not in ("..", "__pycache__", "bin") and not part.endswith(".pth")


def _own_part(distribution: metadata.Distribution, top: Path) -> list[Path]:
    """Of a folder that several distributions share: the files that are this one's."""
    inside = [file for file in _files(distribution) if file.startswith(f"{top.name}/")]
    return [top.parent / file for file in inside if "__pycache__" not in file]
