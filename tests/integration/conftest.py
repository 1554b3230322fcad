"""A small course of its own for each test module: one scaffolded lab, built and in a gradebook."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from gradlab.course.build import build_lab
from gradlab.course.course import Course
from gradlab.course.new import new_lab

REPOSITORY = Path(__file__).parents[2]
LAB = "01_tiny"
RIGHT = "def double(x):\n    return 2 * x"


@dataclass
class TinyCourse:
    """A course in a temporary folder, and how to hand something in."""

    course: Course

    @property
    def root(self) -> Path:
        return self.course.root

    def run(self, *command: str, code: int | None = 0) -> str:
        """Run a command in the course, as a person would; returns all it printed."""
        scripts = Path(sys.executable).parent
        path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "COLUMNS": "80", "PYTHONWARNINGS": "", "PATH": path}
        done = subprocess.run(
            [str(scripts / command[0]), *command[1:]],
            cwd=self.root, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        text = done.stdout + done.stderr
        assert code is None or done.returncode == code, text
        return text

    def released(self) -> NotebookNode:
        return nbformat.read(self.root / "release" / LAB / f"{LAB}.ipynb", as_version=4)

    def hand_in(self, student: str, notebook: NotebookNode | str) -> Path:
        """Put a submission where `nbgrader collect` would."""
        path = self.root / "submitted" / student / LAB / f"{LAB}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
        path.write_text(text, encoding="utf-8")
        return path

    def answer(self, source: str, *extra: str) -> NotebookNode:
        """The released notebook with `source` as the answer and added cells before it."""
        notebook = self.released()
        index = next(i for i, cell in enumerate(notebook.cells) if cell.id == "double")
        notebook.cells[index].source = source
        for number, text in enumerate(extra):
            notebook.cells.insert(index, new_code_cell(text, id=f"added-{number}"))
        return notebook

    def autograded(self, student: str) -> NotebookNode:
        path = self.root / "autograded" / student / LAB / f"{LAB}.ipynb"
        return nbformat.read(path, as_version=4)


def make_course(root: Path) -> TinyCourse:
    """Scaffold, build, and enter the lab in the gradebook with nbgrader's own command."""
    (root / "labs").mkdir(parents=True)
    config = (REPOSITORY / "nbgrader_config.py").read_text(encoding="utf-8")
    (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    tiny = TinyCourse(Course(root))
    new_lab(tiny.course, LAB)
    build_lab(tiny.course, tiny.course.lab(LAB))
    tiny.run("nbgrader", "generate_assignment", LAB, "--force")
    return tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyCourse:
    """One course for all tests of a module; each test uses students of its own."""
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def scores(tiny: TinyCourse) -> Callable[[str], dict[str, float]]:
    """Student → cell → automatic score, from the gradebook."""

    def read(student: str) -> dict[str, float]:
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{tiny.root}/gradebook.db") as gradebook:
            book = gradebook.find_submission_notebook(LAB, LAB, student)
            return {grade.name: grade.auto_score for grade in book.grades}

    return read
