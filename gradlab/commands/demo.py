"""The demonstration: a sample class goes through nbgrader's exchange and is graded.

Everything happens in one folder: the instructor's course, the exchange, the students' homes.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.apps import NbGrader
from nbgrader.auth import Authenticator
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from rich.markup import escape
from rich.table import Table
from traitlets.config import Config

from gradlab.commands.console import console, follow, track
from gradlab.commands.sample import Sample, fill_in, read_samples
from gradlab.course.course import Course
from gradlab.errors import CourseError, SubmissionError
from gradlab.grading.classroom import Classroom
from gradlab.grading.feedback import write_pages
from gradlab.report import class_results, write_csv, write_report

COPIED = ("labs", "source", "tests/hidden", "examples", "nbgrader_config.py")
MARKER = ".gradlab-demo"
SHOWN = ("01_perceptron", "06_convolution", "07_cnn")
"""The labs that are shown unless others are asked for: two in NumPy, one in PyTorch."""


@dataclass(frozen=True)
class Compared:
    """One submission's automatic scores beside those it must get."""

    sample: Sample
    score: float
    expected: float
    wrong: list[str]


def run_demo(course: Course, folder: Path, labs: Sequence[str] = ()) -> bool:
    """Set up the class in `folder`, grade it, print the table; whether all is as expected.

    Args:
        labs: those of the demonstration; by default all that the sample class has.
    """
    folder = folder.resolve()
    here = _set_up(course, folder)
    samples = [one for one in read_samples(here) if not labs or one.lab in labs]
    room = Classroom(here)
    labs = sorted({sample.lab for sample in samples})
    for lab in track(labs, len(labs), "releasing"):
        _release(room, lab)
    for sample in track(samples, len(samples), "handing in"):
        _hand_in(room, folder, sample)
    for lab in labs:
        _exchange(room, "Collect", lab)
    for lab in labs:
        news = room.grade_class(lab)
        list(follow(news, len(room.submissions(lab)), f"grading {lab}"))
    compared = [_compare(room, sample) for sample in samples]
    wanted = [(sample.lab, sample.student) for sample in samples]
    for page in follow(write_pages(room, wanted), len(wanted), "feedback"):
        if page.problem:
            raise SubmissionError(page.problem)
    pages = [_report(here, lab) for lab in track(labs, len(labs), "report on")]
    _print(compared)
    _print_paths(folder, here, pages)
    return not any(one.wrong for one in compared)


def _set_up(course: Course, folder: Path) -> Course:
    """A fresh copy of the course beside an exchange; only ever replaces an earlier demo."""
    if folder.exists() and not (folder / MARKER).exists():
        raise CourseError(f"{folder} exists and is no demo; choose another folder or remove it")
    shutil.rmtree(folder, ignore_errors=True)
    root = folder / "course"
    for name in COPIED:
        source, target = course.root / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target)
    (folder / MARKER).touch()
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.Exchange.root = {str(folder / 'exchange')!r}\n")
        config.write(f"c.Exchange.cache = {str(folder / 'cache')!r}\n")
    return Course(root)


def _release(room: Classroom, lab: str) -> None:
    """`nbgrader generate_assignment LAB` and `nbgrader release_assignment LAB`."""
    room.app.coursedir.assignment_id = lab
    GenerateAssignment(coursedir=room.app.coursedir, parent=room.app).start()
    _exchange(room, "ReleaseAssignment", lab)


def _exchange(room: Classroom, step: str, lab: str) -> None:
    """A step of the exchange that `nbgrader_config.py` has chosen."""
    directory = room.app.coursedir
    directory.assignment_id, directory.student_id = lab, "*"
    make = getattr(ExchangeFactory(parent=room.app), step)
    make(coursedir=directory, authenticator=Authenticator(), parent=room.app).start()


def _hand_in(room: Classroom, folder: Path, sample: Sample) -> None:
    """`nbgrader fetch_assignment` and `nbgrader submit` in the student's own home."""
    home = folder / "students" / sample.student
    home.mkdir(parents=True, exist_ok=True)
    config = Config(room.app.config)
    config.Exchange.assignment_dir = str(home)
    app = NbGrader(config=config, log_level=50)
    directory = CourseDirectory(
        parent=app, root=str(home), assignment_id=sample.lab, student_id=sample.student
    )
    exchange = ExchangeFactory(parent=app)
    for step in (exchange.FetchAssignment, exchange.Submit):
        step(coursedir=directory, authenticator=Authenticator(), parent=app).start()
        if step == exchange.FetchAssignment:
            lab = Course(room.course.root).lab(sample.lab)
            fill_in(sample, lab, home / sample.lab / f"{sample.lab}.ipynb")


def _compare(room: Classroom, sample: Sample) -> Compared:
    lab = room.course.lab(sample.lab)
    wanted = sample.expected_scores(lab)
    found = _scores(room, sample)
    wrong = [
        f"{name}: {found.get(name, 0.0):g} instead of {wanted[name]:g}"
        for name in wanted
        if abs(found.get(name, 0.0) - wanted[name]) > 5e-4
    ]
    wrong += _wrong_diagnoses(room, sample)
    return Compared(sample, sum(found.values()), sum(wanted.values()), wrong)


def _scores(room: Classroom, sample: Sample) -> dict[str, float]:
    """Exercise → automatic score in the gradebook."""
    with room.gradebook() as gradebook:
        grades = gradebook.find_submission_notebook(sample.lab, sample.lab, sample.student).grades
        found = {grade.name: grade.auto_score or 0.0 for grade in grades}
    checks = {name: score for name, score in found.items() if name.startswith("check_")}
    return {name.removeprefix("check_"): score for name, score in checks.items()}


def _wrong_diagnoses(room: Classroom, sample: Sample) -> list[str]:
    if not sample.misconceptions:
        return []
    results = class_results(room.course, room.course.lab(sample.lab))
    found = results.misconceptions_of(sample.student)
    return [
        f"{name}: diagnosed {found.get(name, 'nothing')} instead of {wanted}"
        for name, wanted in sample.misconceptions.items()
        if found.get(name) != wanted
    ]


def _report(course: Course, lab: str) -> Path:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    write_csv(course, course.lab(lab), course.root / "reports" / f"{lab}.csv")
    return write_report(course, course.lab(lab), course.root / "reports" / f"{lab}.html", now)


def _print(compared: list[Compared]) -> None:
    table = Table(box=None, padding=(0, 1))
    for title in ("lab", "student"):
        table.add_column(title, no_wrap=True)
    for title in ("score", "expected"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("why")
    for one in compared:
        mark = "[red]✗[/]" if one.wrong else "[green]✓[/]"
        numbers = f"{one.score:.2f}", f"{one.expected:.2f}"
        lab = one.sample.lab.partition("_")[0]
        table.add_row(lab, one.sample.student, *numbers, mark, escape(one.sample.why))
    console.print(table)
    for one in compared:
        for text in one.wrong:
            console.print(f"[red]✗[/] {one.sample.lab} {one.sample.student}: {escape(text)}")


def _print_paths(folder: Path, course: Course, pages: list[Path]) -> None:
    console.print(f"feedback  {escape(str(course.root / 'feedback'))}", soft_wrap=True)
    for page in pages:
        console.print(f"report    {escape(str(page))}", soft_wrap=True)
    console.print(f"gradebook {escape(str(course.root / 'gradebook.db'))}", soft_wrap=True)
    console.print(
        f"Formgrader cd {escape(str(course.root))} && jupyter lab",
        soft_wrap=True,
    )
