"""One lab and one class, set up for each grader in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from benchmarks.students import Lecture, Submission, fill_in, make_class
from benchmarks.transcribe import RUNTIME, Transcript, transcribe
from gradlab.course.course import Course
from gradlab.course.lab import CHECK, CODE, EXERCISE, SETUP, Lab
from gradlab.course.notebook import source_notebook, write_notebook
from gradlab.course.suites import open_suite

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = Path(__file__).with_name(".envs")
TORCH_LAB = Path(__file__).with_name("torch_lab")
LABS = {"numpy_lab": "06_convolution", "torch_lab": "torch_lab"}
SECRET = "the same cases for every grader"
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


@dataclass(frozen=True)
class Setting:
    """A lab, its class, its checks for others, and where each grader finds them."""

    key: str
    folder: Path
    lab: Lab
    lecture: Lecture
    submissions: list[Submission]
    transcripts: list[Transcript]

    @property
    def students(self) -> list[str]:
        """All students, in the class's order."""
        return [one.student for one in self.submissions]

    def course(self, grader: str) -> Path:
        """The course directory of `grader`."""
        return self.folder / grader

    def handed_in(self, grader: str, student: str) -> Path:
        """A student's notebook, in the form that `grader` released."""
        return self.folder / "handed_in" / grader / student / f"{self.lab.name}.ipynb"


def environment(python: Path) -> dict[str, str]:
    """What a grader runs in: its own scripts first, one thread per process, the same cases."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    fixed = {"PATH": path, "OMP_NUM_THREADS": "1", "GRADLAB_SECRET": SECRET}
    return kept | fixed


def interpreter(grader: str) -> Path:
    """The Python of a grader's environment."""
    if grader == "gradlab":
        return Path(sys.executable)
    return ENVIRONMENTS / grader / "bin" / "python"


def set_up(key: str, folder: Path, size: int, *, peers: bool) -> Setting:
    """Make the courses, release the lab in each, and have the class hand in."""
    os.environ["GRADLAB_SECRET"] = SECRET
    course = copy_course(key, folder / "gradlab")
    lab = course.lab(LABS[key])
    _gradlab("build", lab.name, cwd=course.root)
    with open_suite(course, lab) as judge:
        lecture = Lecture(lab, judge.suite)
    transcripts = transcribe(course, lab, folder / "values")
    setting = Setting(key, folder, lab, lecture, make_class(lecture, size), transcripts)
    _release(setting, "gradlab")
    if peers:
        path = setting.course("nbgrader") / "source" / lab.name / f"{lab.name}.ipynb"
        _write(path, plain_notebook(lab, transcripts))
        _release(setting, "nbgrader")
        _make_otter_zip(setting)
    _write_plan(setting)
    return setting


def copy_course(key: str, root: Path) -> Course:
    """A GradLab course with this one lab."""
    name = LABS[key]
    root.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    if key == "torch_lab":
        shutil.copytree(TORCH_LAB / "hidden", root / "tests" / "hidden" / name)
        (root / "labs" / name).mkdir(parents=True)
        for file in ("lab.toml", "torch_lab.py"):
            shutil.copy(TORCH_LAB / file, root / "labs" / name)
    else:
        for part in ("labs", "tests/hidden"):
            shutil.copytree(ROOT / part / name, root / part / name)
    return Course(root)


def _release(setting: Setting, grader: str) -> None:
    """`nbgrader generate_assignment` in the grader's course, and the class's submissions."""
    root, python = setting.course(grader), interpreter(grader)
    command = [str(python), "-m", "nbgrader", "generate_assignment", setting.lab.name, "--force"]
    run_quietly(command, root, environment(python))
    shutil.copy(root / "gradebook.db", root / "gradebook.clean")
    released = root / "release" / setting.lab.name / f"{setting.lab.name}.ipynb"
    solved = setting.course("gradlab") / "solutions" / setting.lab.name / released.name
    for submission in setting.submissions:
        notebook = nbformat.read(released, as_version=4)
        fill_in(setting.lecture, submission, notebook, nbformat.read(solved, as_version=4))
        _write(setting.handed_in(grader, submission.student), notebook)


def plain_notebook(lab: Lab, transcripts: list[Transcript]) -> NotebookNode:
    """The lab as a stock nbgrader course has it: the checks stand in it, as hidden tests."""
    notebook = source_notebook(lab)
    texts = {one.exercise: one for one in transcripts}
    for cell in notebook.cells:
        exercise = cell.metadata.pop("gradlab", {}).get("check")
        if exercise:
            call = f"require_all(hidden_{exercise}(), globals())"
            cell.source += "\n" + HIDDEN.format(f"{texts[exercise].function()}\n{call}")
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id == SETUP)
    notebook.cells.insert(place + 1, _runtime_cell())
    return notebook


def _runtime_cell() -> NotebookNode:
    """A graded cell without points: hidden text may stand in graded cells only."""
    flags = {"grade": True, "locked": True, "solution": False, "task": False, "points": 0}
    cell = new_code_cell("# what the hidden tests use\n" + HIDDEN.format(RUNTIME), id="hidden")
    cell.metadata["nbgrader"] = {"grade_id": "hidden", "schema_version": 3, **flags}
    return cell


def _make_otter_zip(setting: Setting) -> None:
    """otter's configuration: one exception-based test file for each exercise."""
    root = setting.course("otter")
    root.mkdir()
    with zipfile.ZipFile(root / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for one in setting.transcripts:
            archive.writestr(f"tests/{one.exercise}.py", otter_test(one))


def otter_test(one: Transcript) -> str:
    """One test case for each check, worth its share of the points."""
    tests = ", ".join(one.weights)
    parts = [
        "from otter.test_files import test_case",
        f'OK_FORMAT = False\nname = "{one.exercise}"\npoints = None',
        f"{RUNTIME}\n{one.opening()}\n{one.text}",
        "outcomes = {}\n\n\ndef outcome(env, check):",
        f"    if not outcomes:\n        outcomes.update(passed_checks((values, [{tests}]), env))",
        "    assert outcomes[check], check",
    ]
    total = sum(one.weights.values())
    for number, (check, weight) in enumerate(one.weights.items()):
        parts.append(f"\n\n@test_case(points={one.points * weight / total!r}, hidden=True)")
        parts.append(f'def case_{number}(env):\n    outcome(env, "{check}")')
    return "\n".join(parts) + "\n"


def _write_plan(setting: Setting) -> None:
    """What the floor runs: the cells that grading needs, and the checks as text."""
    cells = [cell for cell in setting.lab.cells if cell.role in (SETUP, CODE, EXERCISE, CHECK)]
    plan = {
        "runtime": RUNTIME,
        "hidden": {one.exercise: one.function() for one in setting.transcripts},
        "points": setting.lab.exercises,
        "weights": {one.exercise: one.weights for one in setting.transcripts},
        "submissions": [
            {
                "student": one.student,
                "cells": [
                    {
                        "source": setting.lecture.text(cell.name, one.answers[cell.name])
                        if cell.role == EXERCISE
                        else cell.source,
                        "check": cell.name if cell.role == CHECK else "",
                    }
                    for cell in cells
                ],
            }
            for one in setting.submissions
        ],
    }
    (setting.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


def _write(path: Path, notebook: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(write_notebook(notebook), encoding="utf-8")


def _gradlab(*arguments: str, cwd: Path) -> None:
    python = interpreter("gradlab")
    run_quietly([str(python), "-m", "gradlab.cli", *arguments], cwd, environment(python))


def run_quietly(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    """Run to the end; on failure raise with what it printed."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        tail = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(command)} in {cwd} ended with {done.returncode}:\n{tail}")
