"""The command of a self-learner: check a notebook of one's own."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gradlab.commands.console import console, errors, print_json
from gradlab.errors import UnknownLab
from gradlab.grading.reasons import UNANSWERED

if TYPE_CHECKING:
    from gradlab.judge.results import ExerciseResult, NotebookResult

LOOK_AGAIN = 1000
"""Milliseconds after which a save is looked for that no event told of."""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(check)


def check(
    notebook: Annotated[str, typer.Argument(metavar="NOTEBOOK|LAB")],
    watch: Annotated[bool, typer.Option("--watch", help="Check again at each save.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Contain the code too.")] = False,
    exercise: Annotated[str, typer.Option(help="Show only this exercise.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Run your own notebook and the hidden checks on it, with all details.

    LAB stands for release/LAB/LAB.ipynb. The code is yours, so it runs with your rights.
    """
    from gradlab.course.course import Course
    from gradlab.grading.local import check_notebook, locate

    course = Course.find()
    lab, path = locate(course, notebook)
    if exercise and exercise not in lab.exercises:
        known = ", ".join(lab.exercises)
        raise UnknownLab(f"{lab.name} has no exercise {exercise!r}; it has {known}")
    while True:
        checked = _bytes_of(path)
        with console.status(f"checking {escape(str(path))}"):
            result = check_notebook(course, lab, path, "bubblewrap" if sandbox else "none")
        shown = [item for item in result.exercises if exercise in ("", item.name)]
        if as_json:
            print_json(replace(result, exercises=shown).to_json())
        else:
            _print_result(result, shown)
        if not watch:
            break
        _wait_for_change(path, checked)
    if any(not one.passed for item in shown for one in item.checks):
        raise typer.Exit(1)


def _wait_for_change(path: Path, checked: bytes) -> None:
    """Until the file is another than the one that was checked: it may have been saved meanwhile."""
    from watchfiles import watch

    errors.print("[dim]waiting for the next save; Ctrl-C ends[/]")
    changes = watch(path.parent, recursive=False, yield_on_timeout=True, rust_timeout=LOOK_AGAIN)
    while _bytes_of(path) in (checked, b""):
        next(changes)


def _bytes_of(path: Path) -> bytes:
    """Empty while an editor puts another file in its place."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _print_result(result: "NotebookResult", shown: "list[ExerciseResult]") -> None:
    for note in result.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    for item in shown:
        passed = sum(one.passed for one in item.checks)
        style = "green" if passed == len(item.checks) else "red"
        title = f"[bold {style}]{item.name}[/] {item.score:g}/{item.points:g} points"
        console.print(title)
        if item.reason:
            console.print(f"  [bold]{escape(item.reason)}[/]", soft_wrap=True)
        if item.misconception:
            console.print(f"  [bold]→[/] {escape(item.misconception.message)}")
        if item.reason not in UNANSWERED:
            _print_checks(item.checks)
    total = sum(item.points for item in result.exercises)
    console.print(
        f"[bold]{result.score:g} of {total:g} points[/] (written answers are for a person)"
    )


def _print_checks(checks: list) -> None:  # type: ignore[type-arg]
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(width=3, justify="right")
    table.add_column(overflow="fold")
    for one in checks:
        mark = "[green]✓[/]" if one.passed else "[red]✗[/]" if one.status == "failed" else "–"
        lines = [one.title, one.message, f"{one.case} {one.detail}".strip()]
        table.add_row(mark, "\n".join(escape(line) for line in lines if line))
    console.print(table)
