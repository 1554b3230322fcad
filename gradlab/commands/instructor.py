"""Commands of an instructor: autograde, feedback, report, export, doctor, demo."""

import math
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gradlab.commands.console import console, errors, follow, print_json, shown
from gradlab.errors import SubmissionError
from gradlab.grading.outcome import FAILED, Graded

if TYPE_CHECKING:
    from gradlab.course.course import Course
    from gradlab.course.places import Places
    from gradlab.grading.classroom import Classroom
    from gradlab.grading.doctor import Finding

LabName = Annotated[str, typer.Argument(metavar="LAB", help="The lab, such as 06_convolution.")]
Student = Annotated[str, typer.Option(help="Only this student.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (autograde, feedback, report, export, doctor, demo):
        app.command()(command)


def autograde(
    lab: LabName,
    student: Student = "",
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Submissions at a time [default: number of cores].")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Let a Dask cluster's workers grade.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Grade every submission of a lab; the same engine and scores as `nbgrader autograde`."""
    from gradlab.course.course import Course
    from gradlab.grading.classroom import Classroom

    room = Classroom(Course.find())
    _tell_unfit(room.places, lab)
    room.require_gradable(lab, scheduler)
    students = _students(room, lab, student)
    news = room.grade_class(lab, students, jobs=jobs, scheduler=scheduler, force=force)
    graded = sorted(follow(news, len(students), "grading"), key=lambda one: one.student)
    if as_json:
        print_json([asdict(one) for one in graded])
    else:
        _print_graded(lab, graded)
    if any(one.status == FAILED for one in graded):
        raise typer.Exit(SubmissionError.exit_code)


def feedback(
    lab: LabName,
    student: Student = "",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Pages at a time [default: number of cores].")
    ] = None,
) -> None:
    """Write a page of feedback for every graded submission, as `nbgrader generate_feedback`."""
    from gradlab.course.course import Course
    from gradlab.grading.classroom import Classroom
    from gradlab.grading.feedback import write_pages

    room = Classroom(Course.find())
    room.require_assignment(lab)
    room.renew_penalties(lab)
    names = [name for name in _students(room, lab, student) if room.is_graded(lab, name)]
    pages = [(lab, name) for name in names]
    written = list(follow(write_pages(room, pages, jobs), len(pages), "feedback"))
    for page in written:
        if page.problem:
            errors.print(f"{shown(page.student)}: {shown(page.problem)}", soft_wrap=True)
    failed = sum(bool(page.problem) for page in written)
    console.print(f"wrote feedback/*/{shown(lab)} for {len(names) - failed} students")
    _tell_waiting(room, lab, {page.student for page in written if not page.problem})
    if failed:
        raise typer.Exit(SubmissionError.exit_code)


def report(
    lab: LabName,
    output: Annotated[Path | None, typer.Option(help="Where to write the page.")] = None,
) -> None:
    """Write the class report: scores, difficulty, misconceptions, one page of HTML."""
    from gradlab.course.course import Course
    from gradlab.course.places import Places
    from gradlab.report import write_report

    course = Course.find()
    path = output or course.root / "reports" / f"{lab}.html"
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    known = course.lab(lab)
    _renew_penalties(course, lab)
    write_report(course, known, path, now)
    _tell_unfit(Places.of(course), lab)
    console.print(f"wrote {shown(str(path))}", soft_wrap=True)


def export(
    lab: LabName,
    output: Annotated[Path | None, typer.Option(help="Where to write the table.")] = None,
) -> None:
    """Write the scores as CSV, for a spreadsheet or a learning platform."""
    from gradlab.course.course import Course
    from gradlab.course.places import Places
    from gradlab.report import write_csv

    course = Course.find()
    path = output or course.root / "reports" / f"{lab}.csv"
    known = course.lab(lab)
    _renew_penalties(course, lab)
    write_csv(course, known, path)
    _tell_unfit(Places.of(course), lab)
    console.print(f"wrote {shown(str(path))}", soft_wrap=True)


def doctor(as_json: Json = False) -> None:
    """Tell what is missing on this machine, and the line that fixes it."""
    from gradlab.grading.doctor import examine

    findings = examine()
    if as_json:
        print_json([asdict(one) for one in findings])
    else:
        _print_findings(findings)
    if not all(one.ok for one in findings if one.required):
        raise typer.Exit(1)


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to set up the sample class.")] = Path(
        "demo"
    ),
    lab: Annotated[
        list[str] | None, typer.Option(help="A lab; several may be named [default: three labs].")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All labs.")] = False,
) -> None:
    """Release, hand in, collect, grade and report a sample class; compare with what it must get."""
    from gradlab.commands.demo import SHOWN, run_demo
    from gradlab.course.course import Course

    course = Course.find()
    chosen = [one.name for one in course.select(lab)] if lab else SHOWN
    if not run_demo(course, folder, () if every else chosen):
        raise typer.Exit(1)


def _students(room: "Classroom", lab: str, student: str) -> list[str]:
    students = room.submissions(lab)
    if not student:
        return students
    if student not in students:
        raise SubmissionError(
            f"{student!r} handed in no {lab}: there is no {room.course.root}/submitted/"
            f"{student}/{lab}; `nbgrader collect {lab}` fetches submissions"
        )
    return [student]


def _renew_penalties(course: "Course", lab: str) -> None:
    """Late penalties for the points as they are now; no gradebook is made where there is none."""
    from gradlab.grading.classroom import Classroom
    from gradlab.report.gradebook import reading, require_lab

    room = Classroom(course)
    with reading(room.places.db_url) as session:
        require_lab(session, lab)
    room.renew_penalties(lab)


def _tell_waiting(room: "Classroom", lab: str, students: set[str]) -> None:
    """Warn of pages with answers that nobody has graded yet."""
    from gradlab.report.gradebook import read_lab, reading

    with reading(room.places.db_url) as session:
        found = read_lab(session, lab).submissions
    counts = [
        sum(one.pending for one in found[name].grades.values()) for name in students & found.keys()
    ]
    waiting = [count for count in counts if count]
    if waiting:
        errors.print(
            f"{sum(waiting)} answers of {len(waiting)} students wait for a person; their pages "
            'say "not graded yet". Grade them in Formgrader, then write the pages again.',
            soft_wrap=True,
        )


def _tell_unfit(places: "Places", lab: str) -> None:
    """Name the folders that are left out; the class goes on without them."""
    for name, fault in places.unfit(lab).items():
        errors.print(shown(f"left out: the folder {name!r} of {lab}: {fault}"), soft_wrap=True)


def _print_graded(lab: str, graded: list[Graded]) -> None:
    """As wide as the window: long names and reasons are folded."""
    table = Table(box=None, padding=(0, 1))
    for title in ("student", "score", "of", "pending", "late", "notes", ""):
        is_number = title not in ("student", "")
        table.add_column(
            title,
            justify="right" if is_number else "left",
            overflow="fold",
            no_wrap=is_number,
            max_width=30 if title == "student" else None,
        )
    for one in graded:
        said = shown(one.reason) if one.reason else one.status
        numbers = (f"{one.score:g}", f"{one.max_score:g}", str(one.pending or ""), _span(one.late))
        style = "red" if one.status == FAILED else ""
        table.add_row(shown(one.student), *numbers, str(one.notes or ""), said, style=style)
    console.print(table)
    console.print(f"{len(graded)} submissions of {shown(lab)}")
    waiting = sum(one.pending for one in graded)
    if waiting:
        console.print(f"{waiting} answers wait for a person: grade them in Formgrader")


def _span(seconds: float) -> str:
    """A time span in its largest unit, rounded up."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds > size:
            return f"{math.ceil(seconds / size)} {unit}"
    return "1 min" if seconds else ""


def _print_findings(findings: "list[Finding]") -> None:
    for one in findings:
        mark = "[green]✓[/]" if one.ok else "[red]✗[/]" if one.required else "[yellow]–[/]"
        console.print(f"{mark} {one.name}: {shown(one.detail)}", soft_wrap=True)
        if one.fix:
            console.print(f"    fix: {shown(one.fix)}", soft_wrap=True)
