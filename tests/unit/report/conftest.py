"""Synthetic classes: a course, a gradebook and results files, made in a temporary folder."""

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbgrader import api
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gradlab.course.course import Course
from gradlab.judge.results import (
    FAILED,
    NOT_RUN,
    PASSED,
    CheckResult,
    Diagnosis,
    ExerciseResult,
    NotebookResult,
)

LAB = "06_layers"
LAB_TOML = """\
version = 1
title = "Layers that share weights"
order = 6
summary = "What an image layer gains by looking at small windows."
minutes = 60
"""
EXERCISES = {"conv1d": 4.0, "pool2d": 3.0, "dilated": 0.0}
QUESTION = "why_shared"
NOON = datetime.datetime(2026, 3, 2, 12, 0)


def lab_source(exercises=EXERCISES, question=QUESTION):
    """A lab's text in which the written question stands first."""
    cells = ["# %% [markdown]\n# # A lab", "# %% setup\nimport numpy as np"]
    region = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
    answer = region.format("because").replace("\n", "\n# ")
    cells.append(f'# %% [markdown] answer="{question}" points=2\n# {answer}')
    for name, points in exercises.items():
        body = region.format("pass").replace("\n", "\n    ")
        cells.append(f'# %% exercise="{name}"\ndef {name}(x):\n    {body}')
        cells.append(f'# %% check="{name}" points={points:g}\nassert {name}')
    return "\n\n".join(cells) + "\n"


def checks(passed, total=2, kind="values", message="largest error 1 at [0]"):
    """`passed` checks that passed, one that failed, and the rest not run."""
    words = [PASSED] * passed + [FAILED] + [NOT_RUN] * total
    return [
        CheckResult(
            f"test_{i}",
            f"Agrees with the reference, part {i}.",
            1.0,
            word,
            "" if word == PASSED else kind,
            "" if word == PASSED else message,
        )
        for i, word in enumerate(words[:total])
    ]


def exercise(name, points, passed, total=2, *, diagnosis=None, reason="", **story):
    found = [] if reason else checks(passed, total, **story)
    diagnosis = Diagnosis(*diagnosis) if diagnosis else None
    return ExerciseResult(name, f"check_{name}", points, found, diagnosis, reason)


@dataclass
class SyntheticClass:
    """A course folder to fill. Nothing is in the gradebook until `save`."""

    root: Path
    lab: str = LAB
    exercises: dict[str, float] = field(default_factory=EXERCISES.copy)
    question: str = QUESTION
    rows: list = field(default_factory=list)
    exercise = staticmethod(exercise)

    def __post_init__(self):
        folder = self.root / "labs" / self.lab
        folder.mkdir(parents=True)
        (folder / "lab.toml").write_text(LAB_TOML)
        (folder / f"{self.lab}.py").write_text(lab_source(self.exercises, self.question))
        (self.root / "nbgrader_config.py").write_text("c = get_config()\n")
        self.assignment = api.Assignment(name=self.lab, course_id="")
        self.notebook = api.Notebook(name=self.lab, assignment=self.assignment)
        self.cells = {
            f"check_{name}": self._cell(f"check_{name}", points, "code")
            for name, points in self.exercises.items()
        }
        if self.question:
            answer = f"answer_{self.question}"
            self.cells[answer] = self._cell(answer, 2.0, "markdown")

    @property
    def course(self):
        return Course(self.root)

    @property
    def database(self):
        return self.root / "gradebook.db"

    def _cell(self, name, points, kind):
        return api.GradeCell(name=name, max_score=points, cell_type=kind, notebook=self.notebook)

    def result(self, passed, total=2, *, notes=(), **changes):
        """A result with `passed` checks in each exercise; `changes` replace whole exercises."""
        items = {
            name: exercise(name, points, passed, total) for name, points in self.exercises.items()
        }
        return NotebookResult(self.lab, self.lab, list((items | changes).values()), list(notes))

    def enrol(self, student, first="", last=""):
        found = api.Student(id=student, first_name=first, last_name=last)
        self.rows.append(found)
        return found

    def hand_in(self, student, result=None, *, written=None, late=0.0, manual=None, **times):
        """A graded submission: its grades, and its results file. `written` are points by hand."""
        owner = self.enrol(student) if isinstance(student, str) else student
        when = NOON + datetime.timedelta(**times)
        submission = api.SubmittedAssignment(
            assignment=self.assignment, student=owner, timestamp=when
        )
        notebook = api.SubmittedNotebook(
            notebook=self.notebook, assignment=submission, late_submission_penalty=late
        )
        scores = {item.grade_id: item.score for item in result.exercises} if result else {}
        for name, cell in self.cells.items():
            hand = written if cell.cell_type == "markdown" else (manual or {}).get(name)
            waits = hand is None and name not in scores
            values = {"auto_score": scores.get(name), "manual_score": hand}
            api.Grade(cell=cell, notebook=notebook, needs_manual_grade=waits, **values)
        self.rows.append(submission)
        if result is not None:
            self.results_file(owner.id).write_text(json.dumps(result.to_json()))
        return submission

    def results_file(self, student):
        return self.file("autograded", student, f"{self.lab}.results.json")

    def file(self, step, student, name):
        folder = self.root / step / student / self.lab
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def save(self):
        """Write the gradebook, as nbgrader's Gradebook would, and return the course."""
        engine = create_engine(f"sqlite:///{self.database}")
        api.Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session:
            session.add_all([api.Course(id=""), self.assignment, *self.rows])
            session.commit()
        engine.dispose()
        return self.course

    def fill(self):
        """Four students: perfect, mistaken, ungraded, absent; returns the course they are in."""
        flipped = ("flipped_kernel", "The kernel was flipped.")
        mistaken = exercise("conv1d", 4.0, 1, diagnosis=flipped)
        self.hand_in(self.enrol("ada", "Ada", "L."), self.result(2), written=2.0)
        result = self.result(2, conv1d=mistaken, notes=["a deleted cell was put back"])
        self.hand_in("bob", result, late=1.5, hours=3)
        self.file("submitted", "cyd", f"{LAB}.ipynb").write_text("{}")
        self.enrol("dan")
        self.file("feedback", "ada", f"{LAB}.html").write_text("<p>well done</p>")
        return self.save()


@pytest.fixture(scope="session")
def synthetic():
    """The maker of classes, for fixtures that outlive a test."""
    return SyntheticClass


@pytest.fixture
def school(tmp_path):
    """An empty class of the lab; fill it, then `save` it."""
    return SyntheticClass(tmp_path / "course")


@pytest.fixture
def small_class(school):
    """The course of a class of four; `school` is the class."""
    return school.fill()
