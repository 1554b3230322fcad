"""What each graded answer said when it was graded last: a table of GradLab's in the gradebook.

Points that a person gave hold for a text. nbgrader does not keep that text (`nbgrader autograde
--force` removes the notebook first) and so asks for every such answer to be looked at again. With
its digest in the gradebook, written in the same transaction as the scores, only what has changed
since is asked for.
"""

import hashlib
from typing import Any

from nbformat import NotebookNode
from nbgrader import api, utils
from sqlalchemy import Column, ColumnElement, MetaData, String, Table, and_, bindparam, select

from gradlab.grading.belonging import gradlab_of, is_answer

TABLE = Table(
    "gradlab_answer",
    MetaData(),
    Column("notebook_id", String(32), primary_key=True),
    Column("cell_id", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False),
)
GRADES: Any = api.Grade.__table__
FORGET = TABLE.delete().where(
    TABLE.c.notebook_id == bindparam("book"), TABLE.c.cell_id == bindparam("cell")
)
REMEMBER = TABLE.insert().values(
    notebook_id=bindparam("book"), cell_id=bindparam("cell"), sha256=bindparam("answer")
)
SAME = select(TABLE.c.sha256).where(
    TABLE.c.notebook_id == bindparam("book"),
    TABLE.c.cell_id == bindparam("cell"),
    TABLE.c.sha256 == bindparam("answer"),
)


def answer_digests(notebook: NotebookNode) -> dict[str, str]:
    """Digest by `grade_id` of what each graded cell is to judge: its text, and for a check the
    answer that it checks. A check that names none is taken to check all answers."""
    answers = {cell.id: cell.source for cell in notebook.cells if is_answer(cell)}
    found = {}
    for cell in filter(utils.is_grade, notebook.cells):
        checked = [] if is_answer(cell) else _checked(cell, answers)
        text = "\0".join([cell.source, *checked])
        found[cell.metadata.nbgrader["grade_id"]] = hashlib.sha256(text.encode()).hexdigest()
    return found


def is_settled() -> ColumnElement[bool]:
    """Within an update of grades: neither the answer nor its automatic score has changed.

    Parameters of the statement: `book`, `cell`, `answer` (the digest), `score`.
    """
    same_score = GRADES.c.auto_score.is_not_distinct_from(bindparam("score"))
    return and_(SAME.exists(), same_score)


def add_table(db: Any) -> None:
    """Make the table where it is missing."""
    TABLE.create(db.connection(), checkfirst=True)


def known(db: Any, row: dict[str, Any]) -> bool:
    """Whether the answer of `row` (book, cell, answer) had this digest when it was graded last."""
    return db.execute(SAME, row).first() is not None


def remember(db: Any, rows: list[dict[str, Any]]) -> None:
    """Keep the digests of `rows` (book, cell, answer); nothing is committed."""
    db.execute(FORGET, rows)
    db.execute(REMEMBER, rows)


def _checked(check: NotebookNode, answers: dict[str, str]) -> list[str]:
    name = gradlab_of(check).get("check")
    return [answers[name]] if name in answers else list(answers.values())
