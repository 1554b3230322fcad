"""`python -m tests.hostile.plain`: what plain nbgrader gives, attempt by attempt, into plain.json.

The same lab with the hidden checks as asserts in the notebook, graded by `nbgrader autograde`
without any configuration. nbgrader runs submissions with the rights of whoever grades, so all of
it runs in a container of its own, and what would bring the machine down is left out. Takes half an
hour; nothing depends on it but a column of docs/hostile-suite.md.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from gradlab.course.course import Course
from gradlab.course.notebook import source_notebook

from .attempts import POINTS, Attempt
from .conftest import all_attempts
from .course import LAB, HostileCourse
from .table import PLAIN

TRIED = ("forge", "disarm", "read", "record", "alter", "die", "forbidden", "randomness")
TRIED_TOO = {
    "exhaust-loops_for_ever",
    "exhaust-loops_and_ignores_signals",
    "exhaust-loops_and_swallows_interrupts",
    "exhaust-yields_for_ever",
    "exhaust-pipe_that_never_answers",
}
NOT_TRIED = {"die-kills_everybody", "alter-hundred_megabytes", "read-walks_the_file_system"}
SECONDS = 150
HONEST = "zz-honest"
TESTS = {
    "row_norms": """
### BEGIN HIDDEN TESTS
# @CANARY_TESTS@
for shape in [(3, 4), (5, 2), (1, 6)]:
    x = np.random.default_rng(7).normal(size=shape)
    assert np.allclose(row_norms(x.copy()), np.linalg.norm(x, axis=1))
### END HIDDEN TESTS""",
    "RunningMean": """
### BEGIN HIDDEN TESTS
one, other = RunningMean(), RunningMean()
for count, number in enumerate(np.random.default_rng(8).normal(size=7), start=1):
    one.update(number)
other.update(5.0)
assert other.mean() == 5.0
### END HIDDEN TESTS""",
    "batches": """
### BEGIN HIDDEN TESTS
assert [len(b) for b, _ in zip(batches(17, 3), range(9))] == [3, 3, 3, 3, 3, 2]
### END HIDDEN TESTS""",
}


def main() -> None:
    """Grade every attempt that is tried, each in a course of its own beside an honest one."""
    found = json.loads(PLAIN.read_text(encoding="utf-8")) if "--more" in sys.argv else {}
    with tempfile.TemporaryDirectory() as folder:
        course = _plain_course(Path(folder))
        for attempt in all_attempts(course):
            tried = attempt.kind in TRIED or attempt.student in TRIED_TOO
            if tried and attempt.student not in NOT_TRIED | found.keys():
                found[attempt.student] = _outcome(course, attempt)
                print(attempt.student, found[attempt.student], flush=True)
                text = json.dumps(found, indent=1, sort_keys=True)
                PLAIN.write_text(text + "\n", encoding="utf-8")


def _plain_course(root: Path) -> HostileCourse:
    """The lab as an ordinary nbgrader assignment, released."""
    made = HostileCourse.make(root / "made")
    plain = HostileCourse(root / "plain", made.marks)
    notebook = source_notebook(Course(made.root).lab(LAB))
    for cell in notebook.cells:
        name = cell.metadata.pop("gradlab", {}).get("check")
        cell.source += plain.marks.fill(TESTS[name]) if name else ""
    source = plain.root / "source" / LAB
    source.mkdir(parents=True)
    nbformat.write(notebook, source / f"{LAB}.ipynb")
    (plain.root / "nbgrader_config.py").write_text("c = get_config()\n")
    plain.run("nbgrader", "generate_assignment", LAB)
    shutil.copytree(made.root / "solutions", plain.root / "solutions")
    return plain


def _outcome(course: HostileCourse, attempt: Attempt) -> str:
    """In a few words."""
    with tempfile.TemporaryDirectory() as folder:
        own = course.copy_to(Path(folder) / "course")
        own.hand_in(attempt)
        own.hand_in(Attempt(*HONEST.split("-"), _honest(own), ""))
        hangs = _hangs(own)
        said = "hangs" if hangs else _score(own, attempt.student, attempt.exercise)
        if not hangs and _score(own, HONEST, "batches") != "3 of 3":
            said += ", the class is stopped"
        return said + (", the tests are read" if _leaks(own, attempt) else "")


def _honest(course: HostileCourse):
    return lambda path: nbformat.write(course.answered(), path)


def _hangs(course: HostileCourse) -> bool:
    """Run nbgrader in a container that can write only the course; whether it had to be ended."""
    prefix, base, root = Path(sys.prefix), Path(sys.base_prefix), str(course.root)
    folders = [
        "/usr",
        "/etc/alternatives",
        "/etc/fonts",
        "/etc/ld.so.cache",
        str(base),
        str(prefix),
    ]
    links = [
        word for name in ("/lib", "/lib64", "/bin") for word in ("--symlink", f"usr{name}", name)
    ]
    binds = [word for name in folders for word in ("--ro-bind-try", name, name)]
    command = [
        "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--clearenv", "--setenv", "PATH", f"{prefix}/bin:/usr/bin", "--setenv", "HOME", "/tmp/home",
        "--setenv", "OMP_NUM_THREADS", "1", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
        *binds, *links, "--dir", "/tmp/home", "--bind", root, root, "--chdir", root, "--",
        "/usr/bin/prlimit", "--as=8000000000", "--fsize=100000000",
        f"{prefix}/bin/nbgrader", "autograde", LAB,
    ]  # fmt: skip
    try:
        subprocess.run(command, timeout=SECONDS, capture_output=True, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return True
    return False


def _score(course: HostileCourse, student: str, exercise: str) -> str:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        try:
            book = gradebook.find_submission_notebook(LAB, LAB, student)
        except MissingEntry:
            return "not scored"
        grade = next(grade for grade in book.grades if grade.name == f"check_{exercise}")
        graded = (course.root / "autograded" / student / LAB / f"{LAB}.ipynb").exists()
        if grade.score is None or grade.needs_manual_grade or not graded:
            return "not scored"
        return f"{grade.score + (grade.extra_credit or 0):g} of {POINTS[exercise]:g}"


def _leaks(course: HostileCourse, attempt: Attempt) -> bool:
    """Whether it printed the hidden tests' mark. nbgrader itself shows it in every traceback."""
    path = course.root / "autograded" / attempt.student / LAB / f"{LAB}.ipynb"
    if attempt.kind != "read" or not path.exists():
        return False
    cells = nbformat.read(path, as_version=4).cells
    printed = [o for cell in cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    return course.marks.tests in json.dumps(printed)


if __name__ == "__main__":
    main()
