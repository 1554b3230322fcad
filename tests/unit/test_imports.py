"""What is imported when: commands start fast, and workers find what they need."""

import subprocess
import sys

import pytest

NAMES = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
HEAVY = {
    *("typer", "rich", "numpy", "torch", "sympy", "pytest"),
    *("nbgrader", "nbformat", "jupytext", "sqlalchemy"),
}
BEFORE_WORKERS = ("gradlab.commands.early", "gradlab.grading.forking", "gradlab.grading.glance")


def imported(*modules: str) -> set[str]:
    """Top-level modules of a new process after it has imported these."""
    program = f"import {', '.join(modules)}; {NAMES}"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return set(done.stdout.decode().split())


def test_the_entry_is_imported_by_each_worker_too():
    assert not imported("gradlab.cli") & HEAVY


def test_workers_are_on_their_way_before_anything_is_imported():
    assert not imported(*BEFORE_WORKERS) & HEAVY


def test_the_command_line_is_known_before_anything_else_is_imported():
    assert not imported("gradlab.commands.app") & (HEAVY - {"typer", "rich"})


@pytest.mark.parametrize("heavy", ["torch", "jupytext", "pydantic", "IPython", "matplotlib"])
def test_a_class_without_a_change_needs_no_more_than_nbgrader(heavy):
    assert heavy not in imported("gradlab.grading.classroom") - imported("nbgrader.apps")
