"""A course of its own for the hostile class, with marks planted where nobody may read."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from gradlab.course.build import build_lab
from gradlab.course.course import Course

from .attempts import HERE, POINTS, Attempt

REPOSITORY = HERE.parents[1]
LAB = "90_hostile"
SETTINGS = "\nc.GradLab.max_restarts = 4\nc.GradLab.max_seconds = 45\n"
NEIGHBOUR = "0-neighbour"
SECONDS = 900


@dataclass(frozen=True)
class Marks:
    """Random texts, one for each place that must stay unread."""

    tests: str = field(default_factory=lambda: _mark("TESTS"))
    solution: str = field(default_factory=lambda: _mark("SOLUTION"))
    secret: str = field(default_factory=lambda: _mark("SECRET"))
    gradebook: str = field(default_factory=lambda: _mark("GRADEBOOK"))
    config: str = field(default_factory=lambda: _mark("CONFIG"))
    environment: str = field(default_factory=lambda: _mark("ENVIRONMENT"))
    neighbour: str = field(default_factory=lambda: _mark("NEIGHBOUR"))
    number: str = field(default_factory=lambda: f"8{secrets.randbelow(10**6):06}.5")

    def fill(self, text: str) -> str:
        """`text` with the marks of a lab's files."""
        for place, mark in {
            "@CANARY_TESTS@": self.tests,
            "@CANARY_SOLUTION@": self.solution,
            "@CANARY_INPUT@": self.number,
        }.items():
            text = text.replace(place, mark)
        return text


def _mark(place: str) -> str:
    return f"CANARY-{place}-{secrets.token_hex(8)}"


@dataclass(frozen=True)
class HostileCourse:
    """The course in `root`, released; submissions are handed in and graded."""

    root: Path
    marks: Marks

    @classmethod
    def make(cls, root: Path) -> "HostileCourse":
        """Write the lab from `lab/`, build it, and enter it in a gradebook."""
        course = cls(root, Marks())
        course._write_lab()
        course._write_config()
        built = Course(root)
        build_lab(built, built.lab(LAB))
        course.run("nbgrader", "generate_assignment", LAB, "--force")
        with course.gradebook() as gradebook:
            gradebook.add_student("someone", last_name=course.marks.gradebook)
        return course

    def copy_to(self, root: Path) -> "HostileCourse":
        """The same course with the same marks in another folder."""
        shutil.copytree(self.root, root)
        return HostileCourse(root, self.marks)

    def run(self, *command: str, code: int | None = 0) -> str:
        """Run a command in the course as a person would; returns all it printed."""
        with self.start(*command) as process:
            text = process.communicate(timeout=SECONDS)[0].decode("utf-8", "replace")
        assert code is None or process.returncode == code, text[-5000:]
        return text

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a command; its temporary files go to a folder that must be empty afterwards."""
        scripts = Path(sys.executable).parent
        self.scratch.mkdir(exist_ok=True)
        changes = {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(self.scratch),
            "OMP_NUM_THREADS": "1",
            "PYTHONWARNINGS": "",
            "GRADLAB_CANARY": self.marks.environment,
        }
        return subprocess.Popen(
            [str(scripts / command[0]), *command[1:]],
            cwd=self.root, env={**os.environ, **changes},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    @property
    def scratch(self) -> Path:
        """Where `TMPDIR` points to."""
        return self.root.with_name(f"{self.root.name}-tmp")

    def hand_in(self, attempt: Attempt) -> Path:
        """Put it where `nbgrader collect` would."""
        path = self.root / "submitted" / attempt.student / LAB / f"{LAB}.ipynb"
        path.parent.mkdir(parents=True)
        attempt.hand_in(path)
        return path

    def answered(self) -> NotebookNode:
        """The released notebook with the honest answers."""
        notebook = nbformat.reads(self._released, as_version=4)
        for cell in notebook.cells:
            if cell.id in self._honest:
                cell.source = self._honest[cell.id]
        return notebook

    def graded(self, student: str) -> "Graded":
        """What came of a submission."""
        folder = self.root / "autograded" / student / LAB
        with self.gradebook() as gradebook:
            book = gradebook.find_submission_notebook(LAB, LAB, student)
            scores = {grade.name: grade.auto_score for grade in book.grades}
        return Graded(
            {name: scores[f"check_{name}"] for name in POINTS},
            (folder / f"{LAB}.ipynb").read_text(encoding="utf-8"),
            (folder / f"{LAB}.results.json").read_text(encoding="utf-8"),
        )

    def gradebook(self) -> Gradebook:
        """The gradebook, to be used with `with`."""
        return Gradebook(f"sqlite:///{self.root}/gradebook.db")

    @cached_property
    def _released(self) -> str:
        return (self.root / "release" / LAB / f"{LAB}.ipynb").read_text(encoding="utf-8")

    @cached_property
    def _honest(self) -> dict[str, str]:
        """The solutions, without the mark that is planted in them."""
        solved = nbformat.read(self.root / "solutions" / LAB / f"{LAB}.ipynb", as_version=4)
        return {
            cell.id: "\n".join(line for line in cell.source.splitlines() if "CANARY" not in line)
            for cell in solved.cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }

    def _write_lab(self) -> None:
        files = {
            HERE / "lab" / "lab.py": f"labs/{LAB}/{LAB}.py",
            HERE / "lab" / "lab.toml": f"labs/{LAB}/lab.toml",
        }
        hidden = (HERE / "lab" / "hidden").glob("*.py")
        files |= {path: f"tests/hidden/{LAB}/{path.name}" for path in hidden}
        for source, place in files.items():
            path = self.root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.marks.fill(source.read_text(encoding="utf-8")), encoding="utf-8")

    def _write_config(self) -> None:
        config = (REPOSITORY / "nbgrader_config.py").read_text(encoding="utf-8")
        config += f"{SETTINGS}# {self.marks.config}\n"
        (self.root / "nbgrader_config.py").write_text(config, encoding="utf-8")
        secret = self.root / ".gradlab" / "secret"
        secret.parent.mkdir()
        secret.write_text(f"{self.marks.secret}\n", encoding="utf-8")


@dataclass(frozen=True)
class Graded:
    """Scores by exercise, and the two files that grading wrote."""

    scores: dict[str, float | None]
    notebook: str
    results: str

    @property
    def exercises(self) -> dict[str, dict[str, Any]]:
        """The results of each exercise, by its name."""
        return {item["name"]: item for item in json.loads(self.results)["exercises"]}

    @property
    def notes(self) -> list[str]:
        """What was mended or went wrong outside the checks."""
        found: list[str] = json.loads(self.results)["notes"]
        return found

    def reason(self, exercise: str) -> str:
        """Why an exercise lost points, as its reader is told."""
        found = self.exercises[exercise]
        messages = [check["message"] for check in found["checks"] if check["status"] != "passed"]
        return str(found["reason"] or "; ".join(messages))
