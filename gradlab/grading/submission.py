"""One submission: a lab's bundle and the submitted bytes in, the graded bytes and scores out.

The steps are nbgrader's two lists of preprocessors in `nbgrader_config.py`, in the same order and
through the same exporter. Only those that read or write the gradebook have a counterpart here
that takes what the bundle holds and gives back what is to be written (see `record`).
"""

import json
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry
from nbgrader.preprocessors import (
    CheckCellMetadata,
    DeduplicateIds,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
)
from traitlets.config import Config

from gradlab.course.course import Course
from gradlab.grading.bundle import KnownCell, LabBundle
from gradlab.grading.completion import RESULTS_SUFFIX
from gradlab.grading.exporter import READING, SubmissionExporter
from gradlab.grading.preprocessors import COURSE, NOTES, RebuildNotebook, Resources, RunAndJudge
from gradlab.grading.submitted import Submitted

FOUND = "gradlab_grades"


@dataclass
class Grades:
    """What `SaveAutoGrades` would write, by `grade_id`; None: to be graded by hand, no comment."""

    scores: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class GradedNotebook:
    """A graded submission: the two files that are written, and what goes into the gradebook."""

    notebook: bytes
    results: bytes
    grades: Grades
    notes: tuple[str, ...]


class KeepKernelspec(NbGraderPreprocessor):  # type: ignore[misc]
    """Stands for OverwriteKernelspec: the kernel is the gradebook's."""

    def __init__(self, kernelspec: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernelspec = kernelspec

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> Any:
        """Put it into the notebook's metadata."""
        if self.kernelspec:
            notebook.metadata["kernelspec"] = self.kernelspec
        return notebook, resources


class OverwriteKnownCells(OverwriteCells):  # type: ignore[misc]
    """OverwriteCells with the bundle's cells in the gradebook's place."""

    def __init__(self, bundle: LabBundle, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.notebook_id = self.assignment_id = bundle.lab
        self.gradebook = _KnownCells({cell.name: cell for cell in bundle.cells})

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> Any:
        """Each cell as nbgrader does it; missing ones are there since the notebook was rebuilt."""
        return super(OverwriteCells, self).preprocess(notebook, resources)


class CheckMetadataOnce(CheckCellMetadata):  # type: ignore[misc]
    """CheckCellMetadata, which says the same of all notebooks with the same metadata.

    A rebuilt notebook's is the released notebook's, and jsonschema takes longer than all other
    steps of a conversion together.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._valid: set[str] = set()

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> Any:
        """Ask nbgrader about what has not been found valid before."""
        found = json.dumps([_nbgrader_metadata(cell) for cell in notebook.cells])
        if found not in self._valid:
            super().preprocess(notebook, resources)
            self._valid.add(found)
        return notebook, resources


class ReadGrades(NbGraderPreprocessor):  # type: ignore[misc]
    """Stands for SaveAutoGrades: the same scores and comments, for `record` to write."""

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> Any:
        """Leave them in the resources."""
        grades = resources[FOUND] = Grades()
        for cell in notebook.cells:
            if utils.is_grade(cell):
                name = cell.metadata.nbgrader["grade_id"]
                grades.scores[name], _ = utils.determine_grade(cell, self.log)
            if utils.is_solution(cell) or utils.is_task(cell):
                grades.comments[cell.metadata.nbgrader["grade_id"]] = _comment(cell)
        return notebook, resources


class Bench:
    """A lab unpacked into a folder, ready to grade one submission after the other."""

    def __init__(self, bundle: LabBundle, root: Path) -> None:
        self.bundle = bundle
        self.root = root
        self.config = Config(bundle.config)
        self.config.Exporter.default_preprocessors = []
        self.config.Exporter.optimistic_validation = True  # once a pass is enough

    @classmethod
    def unpacked(cls, bundle: LabBundle, root: Path) -> "Bench":
        """Unpack the bundle first."""
        bundle.unpack(root)
        return cls(bundle, root)

    def grade(self, submitted: Submitted) -> GradedNotebook:
        """Grade a submission; what it leaves on disk is gone afterwards.

        Raises:
            CourseError: the lab's own files are wrong.
            SandboxUnavailable: untrusted code cannot be contained here.
            KernelDied: no kernel could be started.
        """
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            path = Path(folder) / f"{self.bundle.lab}.ipynb"
            submitted.write(path)
            text, _ = self._convert(self._sanitizing, path, submitted.notes)
            path.unlink(missing_ok=True)  # it may be a link or a pipe
            path.write_bytes(text.encode())
            text, resources = self._convert(self._autograding, path)
        return _graded(text, resources, self.bundle.lab)

    @cached_property
    def _check_metadata(self) -> CheckMetadataOnce:
        return CheckMetadataOnce(config=self.config)

    @cached_property
    def _sanitizing(self) -> SubmissionExporter:
        """`Autograde.sanitize_preprocessors` of `nbgrader_config.py`."""
        exporter = SubmissionExporter(config=self.config)
        kernelspec = KeepKernelspec(self.bundle.kernelspec or {}, parent=exporter)
        for step in (
            RebuildNotebook,
            DeduplicateIds,
            kernelspec.preprocess,
            OverwriteKnownCells(self.bundle, parent=exporter).preprocess,
            self._check_metadata.preprocess,
        ):
            exporter.register_preprocessor(step)
        return exporter

    @cached_property
    def _autograding(self) -> SubmissionExporter:
        """`Autograde.autograde_preprocessors` of `nbgrader_config.py`, but the late penalty."""
        exporter = SubmissionExporter(config=self.config)
        for step in (RunAndJudge, IgnorePattern, LimitOutput, ReadGrades):
            exporter.register_preprocessor(step)
        exporter.register_preprocessor(self._check_metadata.preprocess)
        return exporter

    def _convert(
        self, exporter: SubmissionExporter, path: Path, notes: tuple[str, ...] = ()
    ) -> tuple[str, Resources]:
        """One of nbgrader's two passes over the notebook, from file to text."""
        names = {"assignment": self.bundle.lab, "notebook": self.bundle.lab, "student": ""}
        resources = {"nbgrader": names, COURSE: Course(self.root), READING: notes}
        text, resources = exporter.from_filename(str(path), resources=resources)
        return text, resources


def grade_submission(
    bundle: LabBundle, submitted: bytes, config: dict[str, dict[str, Any]] | None = None
) -> GradedNotebook:
    """Grade one submission in a folder of its own; the same arguments give the same result.

    Args:
        bundle: the lab.
        submitted: the notebook's bytes, whatever they are.
        config: sections of `nbgrader_config.py` in place of the bundle's.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench.unpacked(bundle, Path(folder))
        bench.config.merge(Config(config or {}))
        return bench.grade(Submitted(submitted, len(submitted)))


@dataclass(frozen=True)
class _KnownCells:
    """What OverwriteCells asks a gradebook for."""

    cells: dict[str, KnownCell]

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> KnownCell:
        """The released cell."""
        if name not in self.cells:
            raise MissingEntry(f"No such source cell: {assignment}/{notebook}/{name}")
        return self.cells[name]

    find_graded_cell = find_source_cell


def _nbgrader_metadata(cell: NotebookNode) -> list[Any] | None:
    """All that the validity of a cell depends on."""
    found = cell.metadata.get("nbgrader")
    return None if found is None else [cell.cell_type, found]


def _comment(cell: NotebookNode) -> str | None:
    """nbgrader's remark on an answer that is as it was released; see `SaveAutoGrades`."""
    unchanged = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    return "No response." if unchanged and not utils.is_task(cell) else None


def _graded(text: str, resources: Resources, lab: str) -> GradedNotebook:
    notes = tuple(resources.get(NOTES, ()))
    results = resources["outputs"][lab + RESULTS_SUFFIX]
    return GradedNotebook(text.encode(), results, resources[FOUND], notes)
