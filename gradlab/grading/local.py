"""Checking a notebook of one's own: the same judge, without nbgrader and without a sandbox."""

from pathlib import Path

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.errors import SubmissionError, UnknownLab
from gradlab.grading.bundle import released_files
from gradlab.grading.judges import judge_for
from gradlab.grading.reading import read_submission
from gradlab.grading.rebuild import rebuild, why_missing
from gradlab.grading.run import NotebookRun, Options
from gradlab.judge.plugin import reference_device
from gradlab.judge.results import NotebookResult
from gradlab.kernel.limits import Limits
from gradlab.kernel.session import KernelSession
from gradlab.kernel.started import SandboxKind


def locate(course: Course, name: str) -> tuple[Lab, Path]:
    """The lab and the notebook that `name` means: a lab's name, or a path to a notebook."""
    path = Path(name)
    if path.suffix != ".ipynb":
        lab = course.lab(name.rstrip("/"))
        return lab, course.root / "release" / lab.name / f"{lab.name}.ipynb"
    if not path.is_file():
        raise SubmissionError(f"{path} does not exist; give a notebook or a lab's name")
    for candidate in (path.stem, path.resolve().parent.name):
        if (course.root / "labs" / candidate).is_dir():
            return course.lab(candidate), path
    known = ", ".join(course.labs)
    raise UnknownLab(f"{path} belongs to no lab; name it after one of {known}")


def check_notebook(course: Course, lab: Lab, path: Path, sandbox: SandboxKind) -> NotebookResult:
    """Run the notebook and judge its exercises.

    Raises:
        SubmissionError: the file is no notebook.
    """
    submitted = read_submission(path.resolve())
    if submitted.problem:
        raise SubmissionError(f"{submitted.problem}; restore it from release/{lab.name}/")
    released = read_submission(course.root / "release" / lab.name / f"{lab.name}.ipynb")
    if released.problem:
        raise SubmissionError(f"{released.problem}; `gradlab build {lab.name}` makes it")
    rebuilt = rebuild(submitted.notebook, released.notebook, why_missing(submitted))
    limits = Limits(**lab.settings.limits.model_dump())
    judge = judge_for(course, lab)
    folder = path.resolve().parent
    with KernelSession(
        packages=lab.settings.packages,
        limits=limits,
        sandbox=sandbox,
        cwd=str(folder),
        files=released_files(folder),
    ) as session:
        run = NotebookRun(session, limits, Options(feedback="full"), judge)
        run.grade(rebuilt.notebook)
    notes = [*submitted.notes, *rebuilt.notes, *run.notes]
    return NotebookResult(lab.name, path.stem, run.results, notes, reference_device())
