"""What `gradlab autograde` prints."""

import io

import pytest
from rich.console import Console

from gradlab.commands import instructor
from gradlab.grading.outcome import FAILED, GRADED, Graded


def printed(monkeypatch, *graded):
    console = Console(file=io.StringIO(), width=80, highlight=False)
    monkeypatch.setattr(instructor, "console", console)
    instructor._print_graded("01_perceptron", list(graded))
    return console.file.getvalue().splitlines()


def test_the_table_tells_what_waits_what_is_late_and_how_much_was_mended(monkeypatch):
    reason = "submitted/someone/01_perceptron has no 01_perceptron.ipynb " * 2
    lines = printed(
        monkeypatch,
        Graded("ada", GRADED, 7.5, 20, "", 2, 7000, 24),
        Graded("a-student-with-a-very-long-name@university.example", FAILED, 0, 20, reason),
    )
    assert lines[0].split() == ["student", "score", "of", "pending", "late", "notes"]
    assert lines[1].split() == ["ada", "7.5", "20", "2", "2", "h", "24", "graded"]
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "2 answers wait for a person: grade them in Formgrader"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, ""), (1, "1 min"), (61, "2 min"), (3600, "60 min"), (7200, "2 h"), (86401, "2 d")],
)
def test_lateness_has_one_unit(seconds, text):
    assert instructor._span(seconds) == text
