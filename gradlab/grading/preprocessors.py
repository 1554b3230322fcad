"""GradLab's steps in nbgrader's own lists; `nbgrader_config.py` puts them there.

RebuildNotebook  sanitising, first: the submission becomes the released notebook with the answers
RunAndJudge      autograding, in nbgrader's Execute place: run in the sandbox, judge from outside
"""

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.errors import CourseError
from gradlab.grading.belonging import gradlab_of, nbgrader_of
from gradlab.grading.bundle import graded_from, pack, released_files
from gradlab.grading.completion import GRADED_FROM, RESULTS_SUFFIX, SEAL, seal_of
from gradlab.grading.exporter import FILE, PROBLEM, READING
from gradlab.grading.gradable import require_its_lab, require_python
from gradlab.grading.imports import imported_modules
from gradlab.grading.judges import judge_for, lab_of, remember_soundness
from gradlab.grading.outputs import notes_cell
from gradlab.grading.reading import Reading, read_released
from gradlab.grading.rebuild import rebuild, why_missing
from gradlab.grading.run import NotebookRun
from gradlab.grading.settings import GradLab
from gradlab.grading.submitted import Submitted
from gradlab.judge.plugin import reference_device
from gradlab.judge.results import NotebookResult
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession
from gradlab.kernel.started import SandboxKind

Resources = dict[str, Any]
COURSE, NOTES, TIMED_OUT = "gradlab_course", "gradlab_notes", "gradlab_timed_out"
PLAIN_PACKAGES = ("numpy", "matplotlib", "pandas", "torch")


class RebuildNotebook(NbGraderPreprocessor):  # type: ignore[misc]
    """Take only answers and additional cells from the student; tell what was mended."""

    def preprocess(
        self, notebook: NotebookNode, resources: Resources
    ) -> tuple[NotebookNode, Resources]:
        """Replace the notebook by its rebuilt version; notes go into its metadata."""
        course = _course(resources)
        path = _released_path(course, resources)
        if path is None:
            return _without_ours(notebook), resources
        reading = Reading(notebook, resources.get(PROBLEM, ""), resources.get(READING, []))
        origin = self._origin(course, resources)
        rebuilt = rebuilt_from(reading, read_released(path), origin)
        for note in _notes(rebuilt):
            self.log.warning("%s: %s", resources["nbgrader"]["student"], note)
        return rebuilt, resources

    def _origin(self, course: Course, resources: Resources) -> dict[str, str]:
        """What a lab's submission is graded from; it is not graded again until that changes."""
        lab = lab_of(course, resources["nbgrader"]["assignment"])
        if lab is None:
            return {}
        fingerprint = pack(course, lab, self.config).fingerprint
        return {GRADED_FROM: graded_from(fingerprint, Submitted.read(resources[FILE]).digest)}


class RunAndJudge(Execute):  # type: ignore[misc]
    """Run the notebook in a sandboxed kernel and judge its exercises outside of it."""

    def preprocess(
        self, notebook: NotebookNode, resources: Resources, km: Any = None
    ) -> tuple[NotebookNode, Resources]:
        """Fill outputs and scores; per-check results go beside the notebook, as JSON."""
        course, settings = _course(resources), GradLab(parent=self)
        assignment = resources["nbgrader"]["assignment"]
        lab = lab_of(course, assignment)
        require_python(assignment, notebook.metadata.get("kernelspec"))
        if lab is None:
            require_its_lab(course, assignment, _locked(notebook))
        judge = judge_for(course, lab) if lab is not None and _has_checks(notebook) else None
        limits, packages = self._limits(lab)
        sandbox: SandboxKind = "none" if settings.sandbox == "none" else "bubblewrap"
        released = _released_path(course, resources)
        with KernelSession(
            packages=packages,
            limits=limits,
            sandbox=sandbox,
            files=_files(course, resources),
            modules=imported_modules(released),
        ) as session:
            run = NotebookRun(session, limits, settings.options(), judge)
            run.notes += _notes(notebook)
            run.grade(notebook)
        if judge is not None and lab is not None:
            remember_soundness(course, lab)
        results = _results_text(_result(run, resources))
        names = resources["nbgrader"]
        # nbconvert's writer puts `resources["outputs"]` beside the notebook, before it.
        resources.setdefault("outputs", {})[names["notebook"] + RESULTS_SUFFIX] = results
        resources[NOTES], resources[TIMED_OUT] = run.notes, run.timed_out
        notebook.cells[:0] = [notes_cell(run.notes)] if run.notes else []
        origin = notebook.metadata.get("gradlab", {}).get(GRADED_FROM, "")
        notebook.metadata["gradlab"] = {
            "notes": run.notes, SEAL: seal_of(results), GRADED_FROM: origin,
        }  # fmt: skip
        return notebook, resources

    def _limits(self, lab: Lab | None) -> tuple[Limits, tuple[str, ...]]:
        """A lab's own limits and packages; nbgrader's `Execute.timeout` in other courses."""
        if lab is None:
            return Limits(cell_seconds=float(self.timeout or 30)), PLAIN_PACKAGES
        return Limits(**lab.settings.limits.model_dump()), lab.settings.packages


def rebuilt_from(reading: Reading, released: NotebookNode, origin: dict[str, str]) -> NotebookNode:
    """The released notebook with the answers of what was read.

    Its metadata tell what reading and rebuilding put right (of a file that is no notebook, why it
    is none) and from what it is graded.
    """
    rebuilt = rebuild(reading.notebook, released, why_missing(reading))
    told = [reading.problem, *reading.notes] if reading.problem else reading.notes + rebuilt.notes
    rebuilt.notebook.metadata["gradlab"] = {"notes": told, **origin}
    return rebuilt.notebook


def _course(resources: Resources) -> Course:
    """Where the caller says, or where nbgrader runs."""
    return resources.get(COURSE) or Course.find()


def _released_path(course: Course, resources: Resources) -> Path | None:
    """The released notebook; required for a lab, optional in other nbgrader courses."""
    names = resources["nbgrader"]
    path: Path = course.root / "release" / names["assignment"] / f"{names['notebook']}.ipynb"
    if path.is_file():
        return path
    if lab_of(course, names["assignment"]) is not None:
        raise CourseError(f"{path} is missing; `gradlab build {names['assignment']}` makes it")
    return None


def _files(course: Course, resources: Resources) -> tuple[Path, ...]:
    """What was released beside the notebook: tables, packages. The course's, not the student's.

    In the one order in which a warm parent for them is found again.
    """
    return released_files(course.root / "release" / resources["nbgrader"]["assignment"])


def _without_ours(notebook: NotebookNode) -> NotebookNode:
    """Where there is no released notebook, at least nobody tells us how to grade."""
    for node in (notebook, *notebook.cells):
        node.metadata.pop("gradlab", None)
    return notebook


def _locked(notebook: NotebookNode) -> list[str]:
    """The texts that are the course's: nbgrader has put them back before this step."""
    cells = [cell for cell in notebook.cells if nbgrader_of(cell).get("locked")]
    return [cell.source for cell in cells]


def _has_checks(notebook: NotebookNode) -> bool:
    return any(gradlab_of(cell).get("check") for cell in notebook.cells)


def _notes(notebook: NotebookNode) -> list[str]:
    """Mendings told by `RebuildNotebook`, which leaves none of the student's metadata."""
    return list(notebook.metadata.get("gradlab", {}).get("notes", []))


def _result(run: NotebookRun, resources: Resources) -> NotebookResult:
    names = resources["nbgrader"]
    return NotebookResult(
        names["assignment"], names["notebook"], run.results, run.notes, reference_device()
    )


def _results_text(result: NotebookResult) -> bytes:
    return (json.dumps(result.to_json(), indent=1, ensure_ascii=False) + "\n").encode()
