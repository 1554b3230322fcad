"""The class report: one HTML page that needs nothing beside it and runs nothing."""

import base64
import os
import platform
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import pandas as pd

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.report import plots, summary
from gradlab.report.collect import GRADED, ClassResults, class_results
from gradlab.report.storage import write_whole
from gradlab.report.text import shortened, visible

TEMPLATE = "report.html.j2"
PACKAGES = ("gradlab", "nbgrader", "numpy", "torch")
# Lower bounds of the heat-map's steps, in shares of an exercise's points.
STEPS = (0.0, 1e-9, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class HeatCell:
    """One exercise of one student: what to write, how dark, and which misconception."""

    text: str
    level: str
    mark: str
    hint: str
    blank: bool = False


@dataclass(frozen=True)
class StudentRow:
    """One line of the table of students; `cells` is empty for those without a score."""

    student: str
    name: str
    score: str
    late: str
    handed_in: str
    cells: list[HeatCell]
    reasons: list[str]
    notes: list[str]
    feedback: list[str]


def write_report(course: Course, lab: Lab | str, path: Path, generated: str) -> Path:
    """Write the report on a lab to `path`; `generated` says when, and is shown as it is.

    Raises:
        UnknownLab, GradebookError, CourseError: as `class_results`.
        StorageError: the file cannot be written.
    """
    results = class_results(course, lab)
    return write_whole(path, render(results, path.parent, generated))


def render(results: ClassResults, folder: Path, generated: str) -> str:
    """The page's HTML; links to feedback pages are relative to `folder`."""
    mistakes = summary.misconceptions(results)
    exercises = summary.difficulties(results)
    return _environment().get_template(TEMPLATE).render(
        title=results.title,
        lab=results.lab,
        generated=generated,
        overview=summary.overview(results),
        attention=summary.attention(results),
        pending=summary.pending(results),
        exercises=exercises,
        misconceptions=mistakes,
        hardest=summary.hardest_checks(results),
        students=_student_rows(results, mistakes, folder),
        histogram=_histogram(results),
        difficulty=_data_url(plots.difficulty(exercises)) if exercises else "",
        versions=_versions(),
        devices=sorted(set(results.students["device"]) - {""}),
        steps=len(STEPS),
    )  # fmt: skip


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gradlab.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {"points": _points, "percent": _percent}
    environment.filters.update(filters)
    return environment


def _shown(value: Any) -> Any:
    """Nothing invisible reaches the page; what is markup already (the template's own) stays."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _points(value: float) -> str:
    """At most two decimals, and none that are zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def _histogram(results: ClassResults) -> str:
    scores = results.graded["final"].tolist()
    return _data_url(plots.histogram(scores, results.max_score)) if scores else ""


def _data_url(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _versions() -> list[tuple[str, str]]:
    found = [("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return found


def _student_rows(
    results: ClassResults, mistakes: list[summary.Misconception], folder: Path
) -> list[StudentRow]:
    marks = {(one.exercise, one.name): one.mark for one in mistakes}
    exercises: dict[str, list[Any]] = defaultdict(list)
    for row in results.exercises.itertuples():
        exercises[row.student].append(row)
    return [
        _student_row(student, exercises[student.Index], marks, folder)
        for student in results.students.itertuples()
    ]


def _student_row(
    student: Any, exercises: list[Any], marks: dict[tuple[str, str], str], folder: Path
) -> StudentRow:
    reasons = [student.reason] if student.reason else []
    return StudentRow(
        student.Index,
        student.name,
        _points(student.final) if student.status == GRADED else "",
        _points(student.late) if student.late else "",
        "" if pd.isna(student.handed_in) else f"{student.handed_in:%Y-%m-%d %H:%M} UTC",
        [_heat_cell(row, marks) for row in exercises],
        [*reasons, *(f"{row.exercise}: {row.reason}" for row in exercises if row.reason)],
        shortened(student.notes),
        [_link(path, folder) for path in student.feedback],
    )


def _heat_cell(row: Any, marks: dict[tuple[str, str], str]) -> HeatCell:
    """Stretch exercises earn no points, so they show their share instead."""
    mark = marks.get((row.exercise, row.misconception), "")
    if row.pending:
        return HeatCell("…", "pending", mark, f"{row.exercise}: to be graded by hand")
    if pd.isna(row.share):
        return HeatCell("–", "unknown", mark, f"{row.exercise}: not known")
    text = _points(row.score) if row.points else _percent(row.share)
    level = sum(row.share >= step for step in STEPS[1:])
    hint = f"{row.exercise}: {_points(row.score)} of {_points(row.points)} points"
    return HeatCell(text, f"step{level}", mark, hint, bool(row.blank))


def _link(path: Path, folder: Path) -> str:
    """A relative address; quoted, so that no name can be read as another scheme or a query."""
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))
    return quote(os.fsencode(relative))
