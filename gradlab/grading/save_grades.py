"""nbgrader's SaveAutoGrades, which asks for no answer again that a person has settled."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades

from gradlab.grading.answer_digests import add_table, answer_digests, known, remember


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """The same rows; points given by hand stay settled while the answer is the same."""

    def preprocess(
        self, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Write the scores, and what they are for."""
        self._digests = answer_digests(notebook)
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            add_table(gradebook.db)
            gradebook.db.commit()
        saved: tuple[NotebookNode, dict[str, Any]] = super().preprocess(notebook, resources)
        return saved

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        before = grade.auto_score, grade.needs_manual_grade
        super()._add_score(cell, resources)
        row = {"book": grade.notebook_id, "cell": grade.cell_id, "answer": self._digests[name]}
        by_hand = grade.manual_score is not None
        if by_hand and before[0] == grade.auto_score and known(self.gradebook.db, row):
            grade.needs_manual_grade = before[1]
        remember(self.gradebook.db, [row])
        self.gradebook.db.commit()
