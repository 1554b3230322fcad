"""Writing `source/`, `release/` and `solutions/` from `labs/`, or saying what is stale."""

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.notebook import source_notebook, write_notebook
from gradlab.course.solve import executed, without_markers
from gradlab.errors import StorageError

FOLDERS = ("source", "release", "solutions")


def stale_files(course: Course, lab: Lab) -> list[str]:
    """Files under source/, release/ and solutions/ that differ from what `labs/` says."""
    wanted = _sources(lab) | _release(course, lab) | _companions(lab, "solutions")
    stale = [str(path) for path, data in wanted.items() if not _holds(course.root / path, data)]
    if not _solution_fresh(course, lab):
        stale.append(str(_solution_path(lab)))
    return sorted(stale)


def build_lab(course: Course, lab: Lab) -> list[str]:
    """Write what is stale and return the paths written."""
    written = stale_files(course, lab)
    wanted = _sources(lab) | _release(course, lab) | _companions(lab, "solutions")
    for path, data in wanted.items():
        if str(path) in written:
            _write(course.root / path, data)
    if str(_solution_path(lab)) in written:
        seconds = lab.settings.limits.cell_seconds * 10
        notebook = executed(source_notebook(lab), seconds, lab.folder)
        notebook.metadata["gradlab"]["source_sha256"] = _digest(lab)
        _write(course.root / _solution_path(lab), write_notebook(notebook).encode())
    return written


def strangers(course: Course, lab: Lab) -> list[str]:
    """Files beside the generated ones that no lab accounts for. Nobody but a person removes them.

    A picture that was renamed leaves one; so does who puts data under source/ and not under labs/.
    """
    wanted = {Path(f"{lab.name}.ipynb"), *lab.companions}
    folders = [course.root / folder / lab.name for folder in FOLDERS]
    found = [(folder, path) for folder in folders for path in sorted(folder.rglob("*"))]
    return [
        str(path.relative_to(course.root))
        for folder, path in found
        if path.is_file() and path.relative_to(folder) not in wanted and not _is_cache(path)
    ]


def _sources(lab: Lab) -> dict[Path, bytes]:
    text = write_notebook(source_notebook(lab))
    notebook = {Path("source") / lab.name / f"{lab.name}.ipynb": text.encode()}
    return notebook | _companions(lab, "source")


def _companions(lab: Lab, folder: str) -> dict[Path, bytes]:
    files = lab.companions.items()
    return {Path(folder) / lab.name / place: path.read_bytes() for place, path in files}


def _release(course: Course, lab: Lab) -> dict[Path, bytes]:
    """What nbgrader itself makes of the source, in a scratch course without a gradebook."""
    with tempfile.TemporaryDirectory(prefix="gradlab-build-") as scratch:
        root = Path(scratch)
        for path, data in _sources(lab).items():
            _write(root / path, data)
        _generate(root, lab.name)
        released = sorted((root / "release" / lab.name).rglob("*"))
        files = [path for path in released if path.is_file()]
        return {path.relative_to(root): path.read_bytes() for path in files}


def _generate(root: Path, name: str) -> None:
    config = Config()
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = RELEASE_STEPS
    directory = CourseDirectory(root=str(root), assignment_id=name)
    converter = GenerateAssignment(coursedir=directory, config=config)
    converter.log.setLevel("ERROR")
    converter.start()


RELEASE_STEPS = [
    # No InstantiateTests (GradLab has no autotests) and no SaveCells (there is no gradebook here);
    # the rest is nbgrader's own order.
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]


def _solution_path(lab: Lab) -> Path:
    return Path("solutions") / lab.name / f"{lab.name}.ipynb"


def _digest(lab: Lab) -> str:
    return hashlib.sha256(write_notebook(source_notebook(lab)).encode()).hexdigest()


def _solution_fresh(course: Course, lab: Lab) -> bool:
    """The executed notebook was made from the present source, and its cells still equal it."""
    wanted = [without_markers(cell.source) for cell in source_notebook(lab).cells]
    try:
        found = nbformat.read(course.root / _solution_path(lab), as_version=4)
        digest = found.metadata["gradlab"]["source_sha256"]
        return [cell.source for cell in found.cells] == wanted and digest == _digest(lab)
    except Exception:  # missing, or any kind of damage: it is written anew
        return False


def _is_cache(path: Path) -> bool:
    return bool({".ipynb_checkpoints", "__pycache__"} & set(path.parts))


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    """Replace the file in one step: a full disk leaves the old one."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
