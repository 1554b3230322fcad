"""The page about all labs: numbers from lint, effort from the text, and nothing else."""

from gradlab.course.lint import lint_lab
from gradlab.course.overview import overview


def test_a_line_per_exercise_and_question(course, files):
    files.edit(
        files.source, "# ## 1 · Doubling", "# ## 1 · Doubling\n#\n# ●●○○○ · about 7 min · 4 points"
    )
    lab = course.lab("01_tiny")
    text = overview(course, lint_lab(course, lab))
    assert "| `double` | 4 | ●●○○○ | 7 | 1 | 2 | 1 |" in text
    assert "| `Counter` | 3 |  |  | " in text
    assert "| *why*, in words | 2 | | | | | |" in text
    assert "1 labs, 2 exercises, 1 written questions." in text
    assert text == overview(course, lint_lab(course, course.lab("01_tiny")))
