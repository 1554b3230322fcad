"""One submission: a lab's bundle and the submitted bytes in, the graded bytes and scores out.

The steps are nbgrader's two lists of preprocessors in `nbgrader_config.py`, in the same order. Only
those that read or write the gradebook have a counterpart here that takes what the bundle holds and
gives back what is to be written (see `record`).

nbgrader goes from file to file twice. Here one notebook in memory goes through all steps and is
written once: what its second pass reads is what its first pass wrote, cleaned once more, and
cleaning what is clean changes nothing. Of the released notebook, which nobody has cleaned before,
it is done at the start.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import split_lines, strip_transient
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
from gradlab.grading.answer_digests import answer_digests
from gradlab.grading.bundle import KnownCell, LabBundle, graded_from, grading_config
from gradlab.grading.completion import GRADED_FROM, RESULTS_SUFFIX
from gradlab.grading.outputs import line
from gradlab.grading.preprocessors import (
    COURSE,
    NOTES,
    TIMED_OUT,
    Resources,
    RunAndJudge,
    rebuilt_from,
)
from gradlab.grading.reading import Reading, as_read, read_submitted
from gradlab.grading.settings import GradLab
from gradlab.grading.submitted import Submitted

FOUND = "gradlab_grades"
Step = Callable[[NotebookNode, Resources], tuple[NotebookNode, Resources]]


@dataclass
class Grades:
    """What `SaveGrades` would write, by `grade_id`; None: to be graded by hand, no comment.

    `answers` are digests of the texts that were graded.
    """

    scores: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GradedNotebook:
    """A graded submission: the two files that are written, and what goes into the gradebook.

    `timed_out` says that a limit on time has decided something.
    """

    notebook: bytes
    results: bytes
    grades: Grades
    notes: tuple[str, ...]
    timed_out: bool = False


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
    """Stands for SaveGrades: the same scores and comments, for `record` to write."""

    def preprocess(self, notebook: NotebookNode, resources: Resources) -> Any:
        """Leave them in the resources."""
        grades = resources[FOUND] = Grades(answers=answer_digests(notebook))
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

    @classmethod
    def unpacked(cls, bundle: LabBundle, root: Path) -> "Bench":
        """Unpack the bundle first."""
        bundle.unpack(root)
        return cls(bundle, root)

    @cached_property
    def max_seconds(self) -> float:
        """How long grading one submission may take."""
        return float(GradLab(config=self.config).max_seconds)

    def grade(self, submitted: Submitted) -> GradedNotebook:
        """Grade a submission.

        Raises:
            CourseError: the lab's own files are wrong.
            SandboxUnavailable: untrusted code cannot be contained here.
            KernelDied: no kernel could be started.
        """
        notebook, resources = self._rebuilt(submitted), self._resources()
        for step in self._steps:
            notebook, resources = step(notebook, resources)
        return _graded(notebook, resources, self.bundle.lab)

    def _rebuilt(self, submitted: Submitted) -> NotebookNode:
        """RebuildNotebook, the first of the steps, which need not ask the disk for anything."""
        reading = read_submitted(submitted, f"{self.bundle.lab}.ipynb")
        notes = [line(note) for note in (*submitted.notes, *reading.notes)]
        origin = {GRADED_FROM: graded_from(self._fingerprint, submitted.digest)}
        told = Reading(reading.notebook, line(reading.problem), notes)
        return rebuilt_from(told, self._released, origin)

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        """The other steps, but the late penalty, which is the gradebook's."""
        check_metadata = CheckMetadataOnce(config=self.config)
        return (
            # Autograde.sanitize_preprocessors
            DeduplicateIds(config=self.config),
            KeepKernelspec(self.bundle.kernelspec or {}, config=self.config).preprocess,
            OverwriteKnownCells(self.bundle, config=self.config).preprocess,
            check_metadata.preprocess,
            # Autograde.autograde_preprocessors
            RunAndJudge(config=self.config),
            IgnorePattern(config=self.config),
            LimitOutput(config=self.config),
            ReadGrades(config=self.config),
            check_metadata.preprocess,
        )

    @cached_property
    def _released(self) -> NotebookNode:
        """The released notebook, of which each submission gets a copy."""
        path = self.root / "release" / self.bundle.lab / f"{self.bundle.lab}.ipynb"
        return as_read(nbformat.read(path, as_version=4))

    @cached_property
    def _fingerprint(self) -> str:
        """The bundle's, with the configuration that is used."""
        return replace(self.bundle, config=grading_config(self.config)).fingerprint

    def _resources(self) -> Resources:
        names = {"assignment": self.bundle.lab, "notebook": self.bundle.lab, "student": ""}
        return {"nbgrader": names, COURSE: Course(self.root)}


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


def _graded(notebook: NotebookNode, resources: Resources, lab: str) -> GradedNotebook:
    notes = tuple(resources.get(NOTES, ()))
    results = resources["outputs"][lab + RESULTS_SUFFIX]
    timed_out = bool(resources.get(TIMED_OUT))
    return GradedNotebook(_written(notebook), results, resources[FOUND], notes, timed_out)


def _written(notebook: NotebookNode) -> bytes:
    """What `nbformat.write` writes, without copying first what is not used any more.

    Raises:
        ValidationError: it is no valid notebook.
    """
    nbformat.validate(notebook)
    lines = strip_transient(split_lines(notebook))
    text = json.dumps(lines, indent=1, sort_keys=True, separators=(",", ": "), ensure_ascii=False)
    return f"{text}\n".encode()
