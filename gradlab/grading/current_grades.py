"""nbgrader's GetGrades for feedback, with what it leaves out.

An answer that waits for a person is not 0, and a late penalty counts points given by hand.
"""

from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import FileSystemLoader
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, GetGrades
from traitlets import default

from gradlab.grading.belonging import nbgrader_of
from gradlab.grading.penalties import renew_penalties

PENDING = "pending"
FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"


class CurrentGrades(GetGrades):  # type: ignore[misc]
    """Scores from the gradebook; `pending` in a cell's nbgrader metadata: not graded yet."""

    def preprocess(
        self, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Renew the penalty, then read; `resources` count the answers that wait."""
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            penalties = AssignLatePenalties(parent=self)
            renew_penalties(gradebook, names["assignment"], penalties, names["student"])
        done: tuple[NotebookNode, dict[str, Any]] = super().preprocess(notebook, resources)
        cells = [nbgrader_of(cell) for cell in notebook.cells]
        names[PENDING] = sum(bool(cell.get(PENDING)) for cell in cells)
        return done

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        cell.metadata.nbgrader[PENDING] = bool(grade.needs_manual_grade)


class FeedbackExporter(HTMLExporter):  # type: ignore[misc]
    """Finds nbgrader's own feedback template, which ours of the same name extends."""

    @default("extra_loaders")
    def _nbgraders_templates(self) -> list[FileSystemLoader]:
        return [FileSystemLoader(FORMGRADER)]
