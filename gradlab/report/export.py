"""Scores as CSV for a learning management system, by `gradlab export` or by nbgrader's own.

`nbgrader export --exporter=gradlab.report.export.GradLabExporter` writes the same table.
"""

import re
from pathlib import Path
from typing import Any

import pandas as pd
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.places import Places
from gradlab.errors import UnknownLab
from gradlab.report.collect import ABSENT, ClassResults, class_results, collect
from gradlab.report.storage import write_whole
from gradlab.report.text import one_line

STUDENT = "student_id"
# What a spreadsheet takes for the start of a formula: full-width forms too, and after blanks or
# characters without width (OWASP, "CSV Injection"). A leading tab or line end is suspect itself.
# Where the decimal sign is a comma, a cell ends at a semicolon, inside the quotes of others, too.
_FORMULA = re.compile(r"[\t\r\n]|[\s\"\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫]")
_CELL = re.compile("[^;]*;?")


def write_csv(course: Course, lab: Lab | str, path: Path) -> Path:
    """Write one row per student: scores by exercise, totals, what is pending, and why not graded.

    Raises:
        UnknownLab, GradebookError, CourseError: as `class_results`.
        StorageError: the file cannot be written.
    """
    return write_whole(path, to_csv(grade_table(class_results(course, lab))))


def grade_table(results: ClassResults) -> pd.DataFrame:
    """One row per student, sorted by id. `total` is the sum of the exercises, before the penalty.

    As in nbgrader's own export, who handed nothing in has 0 points; who was not graded has none.
    """
    known = results.exercises[~results.exercises["pending"]]
    scores = known.pivot(index="student", columns="exercise", values="score")
    students = results.students
    absent = students["status"] == ABSENT
    totals = pd.DataFrame(
        {
            "total": students["score"].mask(absent, 0.0),
            "max": results.max_score,
            "late_penalty": students["late"],
            "final": students["final"].mask(absent, 0.0),
            "needs_manual_grading": (students["pending"] > 0).map({True: "yes", False: "no"}),
            "reason": _reasons(results),
        }
    )
    scores = scores.reindex(index=students.index, columns=results.cells["exercise"])
    return pd.concat([scores, totals], axis="columns").rename_axis(index=STUDENT, columns=None)


def to_csv(table: pd.DataFrame) -> str:
    """CSV text in which no cell is a formula; numbers stay numbers, with at most ten digits."""
    plain = table.reset_index().rename(columns=_plain).map(_plain)
    return str(plain.to_csv(index=False, float_format="%.10g", lineterminator="\n"))


class GradLabExporter(ExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """GradLab's table through `nbgrader export`: all assignments, or those of `--assignment`."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to` (by default grades.csv); several labs stand side by side."""
        path = Path(self.to or "grades.csv")
        labs = [str(lab) for lab in self.assignment] or sorted(
            assignment.name for assignment in gradebook.assignments
        )
        self.log.info("Exporting %s to %s", ", ".join(labs) or "nothing", path)
        tables = {lab: self._table(gradebook, lab) for lab in labs}
        write_whole(path, to_csv(self._selected(_side_by_side(tables))))

    def _table(self, gradebook: Gradebook, lab: str) -> pd.DataFrame:
        directory = getattr(self.parent, "coursedir", None) or CourseDirectory(parent=self)
        try:
            known = Course(Path(directory.root)).lab(lab)
        except UnknownLab:  # an assignment of nbgrader's that is no lab
            known = None
        return grade_table(collect(gradebook.db(), Places(directory), lab, known))

    def _selected(self, table: pd.DataFrame) -> pd.DataFrame:
        chosen = [str(student) for student in self.student]
        return table[table.index.isin(chosen)] if chosen else table


def _side_by_side(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    if len(tables) == 1:
        return next(iter(tables.values()))
    named = [table.add_prefix(f"{lab}: ") for lab, table in tables.items()]
    empty = pd.DataFrame(index=pd.Index([], name=STUDENT, dtype="object"))
    return pd.concat([empty, *named], axis="columns").sort_index().rename_axis(index=STUDENT)


def _reasons(results: ClassResults) -> pd.Series:
    """Per student: what went wrong with the submission, then with single exercises."""
    rows = results.exercises[results.exercises["reason"] != ""]
    texts = rows["exercise"] + ": " + rows["reason"]
    of_exercises = texts.groupby(rows["student"]).agg("; ".join)
    both = pd.concat([results.students["reason"], of_exercises.reindex(results.students.index)])
    return both[both.fillna("") != ""].groupby(level=0).agg("; ".join)


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    guarded = (f"'{cell}" if _FORMULA.match(cell) else cell for cell in _CELL.findall(value))
    return one_line("".join(guarded))
