"""Commands of a course author: build, lint, new."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from gradlab.commands.console import console, errors, follow, print_json, track

if TYPE_CHECKING:
    from gradlab.course.course import Course
    from gradlab.course.lint import Row

Labs = Annotated[list[str] | None, typer.Argument(help="Labs; all when none is given.")]
MUTANTS_THAT_FALL = 0.995
"""Of each lab; those that compute the same as the solution do not count."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(build)
    app.command()(lint)
    app.command()(new)


def build(
    labs: Labs = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell what is stale.")] = False,
) -> None:
    """Write source/, release/ and solutions/ from labs/."""
    from gradlab.course.build import build_lab, stale_files, strangers
    from gradlab.course.course import Course

    course = Course.find()
    course.require_labs()
    _warn_of_configuration(course)
    chosen = {lab.name: lab for lab in course.select(labs or [])}
    found: list[str] = []
    for name in track(chosen, len(chosen), "checking" if check else "building"):
        found += (stale_files if check else build_lab)(course, chosen[name])
    for path in found:
        console.print(f"{'stale' if check else 'wrote'}  {escape(path)}", soft_wrap=True)
    unknown = [path for lab in chosen.values() for path in strangers(course, lab)]
    for path in unknown:
        place = path.partition("/")[2]
        text = f"unknown  {path}: not of a lab; move it to labs/{place}, or delete it"
        errors.print(escape(text), soft_wrap=True)
    if not found and not unknown:
        console.print("all generated files are up to date")
    if check and found:
        console.print("run `gradlab build` and commit what it writes")
    if check and (found or unknown):
        raise typer.Exit(1)


def lint(
    labs: Labs = None,
    secrets: Annotated[
        int, typer.Option(min=0, help="Judge under so many secrets: all verdicts must agree.")
    ] = 0,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Judge the solutions with one small fault at a time.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Labs at a time [default: number of cores].")
    ] = None,
    overview: Annotated[
        Path | None, typer.Option(help="Write a page about all labs there, or compare it.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare the page.")] = False,
    as_json: Json = False,
) -> None:
    """Check that the hidden checks catch what they must, and refuse nothing that is right."""
    from gradlab.course.course import Course
    from gradlab.course.lint import Row, lint_labs

    course = Course.find()
    course.require_labs()
    _warn_of_configuration(course)
    chosen = [lab.name for lab in course.select(labs or [])]
    rows: list[Row] = []
    found = lint_labs(course, chosen, jobs=jobs, secrets=secrets, mutants=mutants)
    for of_lab in follow(found, len(chosen), "linting"):
        rows += of_lab
    if as_json:
        print_json([asdict(row) | {"ok": row.ok} for row in rows])
    else:
        _print_rows(rows, mutants=mutants)
    stale = overview is not None and not _write_overview(course, rows, overview, check=check)
    if stale or not all(row.ok for row in rows) or _share(rows) < MUTANTS_THAT_FALL:
        raise typer.Exit(1)


def new(name: Annotated[str, typer.Argument(help="Folder name, such as 05_training.")]) -> None:
    """Scaffold a lab: labs/NAME/ and tests/hidden/NAME/, commented, one exercise, lint-clean."""
    from gradlab.course.course import Course
    from gradlab.course.new import new_lab

    course = Course.find()
    _warn_of_configuration(course)
    for path in new_lab(course, name):
        console.print(f"wrote  {escape(str(path))}", soft_wrap=True)
    console.print(f"next: edit them, then `gradlab lint {name}` and `gradlab build {name}`")


def _warn_of_configuration(course: "Course") -> None:
    """An author should not hear of it only when a class is to be graded."""
    from gradlab.course.configuration import problem_of

    problem = problem_of(course.root)
    if problem:
        errors.print(f"[yellow]this course cannot grade yet:[/] {escape(problem)}", soft_wrap=True)


def _write_overview(course: "Course", rows: "list[Row]", path: Path, *, check: bool) -> bool:
    """Write the page, or find out whether it is up to date."""
    from gradlab.course.overview import overview

    text = overview(course, rows)
    if check:
        same = path.is_file() and path.read_text(encoding="utf-8") == text
        if not same:
            errors.print(f"stale  {escape(str(path))}; `gradlab lint --overview {path}` writes it")
        return same
    path.write_text(text, encoding="utf-8")
    return True


def _share(rows: "list[Row]") -> float:
    """The smallest share of a lab's mutants that fall; 1 where none were made."""
    shares = [1.0]
    for lab in {row.lab for row in rows}:
        of_lab = [row for row in rows if row.lab == lab]
        made = sum(row.mutants for row in of_lab)
        if made:
            shares.append(sum(row.fallen for row in of_lab) / made)
    return min(shares)


def _print_rows(rows: "list[Row]", *, mutants: bool) -> None:
    console.print(_table(rows, mutants=mutants))
    for row in rows:
        for change in row.survivors:
            _print_about(row, f"  {{}}: mutant survives: {change}")
    for row in rows:
        for problem in row.problems:
            _print_about(row, f"✗ {{}}: {problem}")
    for row in rows:
        if row.few:
            _print_about(row, f"  {{}}: few entries, {row.few}")
    if mutants:
        made, fallen = sum(row.mutants for row in rows), sum(row.fallen for row in rows)
        console.print(f"{fallen} of {made} mutants fall ({fallen / max(made, 1):.2%})")
    bad = sum(not row.ok for row in rows)
    console.print(
        f"{len(rows)} exercises, {bad} fall short" if bad else f"{len(rows)} exercises ok"
    )


def _print_about(row: "Row", text: str) -> None:
    text = text.replace("{}", f"{row.lab} {row.exercise}", 1)
    console.print(escape(text), soft_wrap=True, style="red" if text.startswith("✗") else "")


def _table(rows: "list[Row]", *, mutants: bool) -> Table:
    table = Table(box=None, padding=(0, 1))
    titles = ["lab", "exercise", "stub", "solution", "killed", "accepted", "confused"]
    for title in titles + ["mutants"] * mutants:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(
            row.lab.partition("_")[0],
            row.exercise,
            _mark(row.stub_fails, "fails", "PASSES"),
            _mark(row.solution_passes, "passes", "FAILS"),
            _mark(row.killed == row.misconceptions, f"{row.killed}/{row.misconceptions}"),
            _mark(row.accepted == row.alternatives, f"{row.accepted}/{row.alternatives}"),
            _mark(row.confused == 0, str(row.confused)),
            *[_mark(row.fallen == row.mutants, f"{row.fallen}/{row.mutants}")] * mutants,
        )
    return table


def _mark(ok: bool, good: str, bad: str = "") -> str:
    return f"[green]{good}[/]" if ok else f"[red]{bad or good}[/]"
