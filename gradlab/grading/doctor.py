"""What grading needs from a machine, what is there, and the line that adds what is missing."""

import importlib.metadata
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from gradlab.course.configuration import problem_of
from gradlab.course.course import Course
from gradlab.errors import GradLabError, SandboxUnavailable
from gradlab.grading.classroom import Classroom
from gradlab.grading.defences import Defence, defences
from gradlab.judge.cases import SECRET_FILE
from gradlab.kernel.sandbox import require_bubblewrap
from gradlab.root import course_root

NOT_SAFE = "not safe"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. What is not `required` only makes things nicer."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    required: bool = True


def examine() -> list[Finding]:
    """Look at everything; never raises."""
    machine = [_python(), *_packages(), *_sandbox(), _gpu(), _formgrader()]
    return [*machine, _course(), *_configuration(), _scripts(), _gradebook(), *_chosen()]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version} in {sys.prefix}")


def _packages() -> list[Finding]:
    found = []
    for name in ("nbgrader", "torch", "numpy", "pytest", "jupyterlab", "pandas"):
        try:
            found.append(Finding(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed", f"pip install {name}"))
    return found


def _sandbox() -> list[Finding]:
    """That there is one, and each of its defences as it was found inside."""
    try:
        require_bubblewrap()
    except SandboxUnavailable as error:
        return [Finding("sandbox", False, str(error), "apt-get install bubblewrap")]
    works = Finding("sandbox", True, f"bubblewrap works ({shutil.which('bwrap')})")
    try:
        found = defences()
    except GradLabError as error:
        return [works, Finding("sandbox: kernel", False, f"{NOT_SAFE}: {error}")]
    return [works, *map(_finding, found)]


def _finding(defence: Defence) -> Finding:
    name = f"sandbox: {defence.name}"
    if defence.holds:
        return Finding(name, True, defence.seen)
    return Finding(name, False, f"{NOT_SAFE}: {defence.seen}", defence.remedy)


def _chosen() -> list[Finding]:
    """What the course has chosen in the sandbox's place."""
    try:
        chosen = Classroom(Course(course_root())).settings.sandbox
    except GradLabError:
        return []
    if chosen == "bubblewrap":
        return []
    text = f"{NOT_SAFE} for others' code: c.GradLab.sandbox is {chosen!r} in nbgrader_config.py"
    return [Finding("sandbox: chosen", False, text, "remove that line")]


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("GPU", True, torch.cuda.get_device_name(0), required=False)
    return Finding("GPU", False, "none; references are computed on the CPU", required=False)


def _formgrader() -> Finding:
    """nbgrader's extension files, which JupyterLab looks for in the environment."""
    path = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "@jupyter" / "nbgrader"
    fix = "" if path.is_dir() else "pip install --force-reinstall nbgrader"
    return Finding("Formgrader in JupyterLab", path.is_dir(), str(path), fix, required=False)


def _course() -> Finding:
    try:
        root = course_root()
    except GradLabError as error:
        return Finding("course", False, str(error), "cd into the course's folder", required=False)
    return Finding("course", True, str(root), required=False)


def _configuration() -> list[Finding]:
    """That nbgrader's lists hold the steps without which nothing is graded."""
    try:
        problem = problem_of(course_root())
    except GradLabError:
        return []
    detail = problem or "loads, and holds GradLab's steps"
    return [Finding("configuration", not problem, detail)]


def _scripts() -> Finding:
    """nbgrader runs `alembic` by its name when it makes or renews a gradebook."""
    path = shutil.which("alembic")
    fix = f"source {Path(sys.prefix) / 'bin' / 'activate'}"
    if path:
        return Finding("alembic", True, path, required=False)
    text = "not on the PATH: nbgrader cannot make a gradebook"
    return Finding("alembic", False, text, fix, required=False)


def _gradebook() -> Finding:
    try:
        root = course_root()
    except GradLabError:
        return Finding("gradebook", False, "no course here", required=False)
    path = root / "gradebook.db"
    secret = "" if (root / SECRET_FILE).exists() else "; the course secret is made at first use"
    if path.exists():
        return Finding("gradebook", True, f"{path}{secret}", required=False)
    fix = "nbgrader generate_assignment LAB --force"
    return Finding("gradebook", False, f"none yet{secret}", fix, required=False)
