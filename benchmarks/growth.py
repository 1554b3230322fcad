"""`python -m benchmarks.growth`: does a submission cost more in a large class than in a small one?

The torch lab's class is graded twice, in a fresh course each time: the first hundred submissions,
then a thousand. With each class graded, what an instructor does next is timed as well: grading
again, report, export, and the pages of Formgrader. At last the coordinator records results that are
there already, without anything being graded (see `replay`): those of the large class, and then ten
thousand, so that also a very large class can be looked at.
"""

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import nbformat
import typer

from benchmarks import page
from benchmarks.contenders import CourseContender
from benchmarks.courses import Setting, interpreter, set_up
from benchmarks.formgrader import visit_pages
from benchmarks.growth_results import SIZES, pace, summary, targets
from benchmarks.replay import replay
from benchmarks.results import Run
from benchmarks.run import circumstances, measured, say
from benchmarks.students import composition
from gradlab.course.lab import EXERCISE
from gradlab.course.notebook import write_notebook
from gradlab.grading.cluster import ROOM
from gradlab.grading.crew import cores

HERE = Path(__file__).parent
SMALL, LARGE, MANY = 100, 1000, 10_000
MEASURED = ("wall_s", "cpu_s", "peak_mib", "own_peak_mib")
AFTERWARDS = ("autograde", "report", "export")
Json = dict[str, Any]


def main(
    small: Annotated[int, typer.Option(min=2, help="Submissions in the small class.")] = SMALL,
    large: Annotated[int, typer.Option(min=3, help="Submissions in the large class.")] = LARGE,
    many: Annotated[int, typer.Option(min=4, help="Submissions recorded, not graded.")] = MANY,
    repetitions: Annotated[int, typer.Option(min=1, help="How often each is graded.")] = 1,
    remark: Annotated[str, typer.Option(help="Something to say about these figures.")] = "",
    output: Annotated[Path, typer.Option(help="Where to write.")] = HERE / page.GROWTH,
) -> None:
    """Measure both classes; write growth.json and its section of README.md."""
    before = {"remark": remark, **circumstances(with_peers=False)}
    with tempfile.TemporaryDirectory(prefix="gradlab-growth-") as folder:
        found = before | measure(Path(folder), (small, large, many), repetitions)
    output.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(page.growth_section(found))
    if output.parent == HERE and (HERE / page.RESULTS).exists():
        page.write_page(HERE)
    say(f"wrote {output}")


def measure(folder: Path, sizes: tuple[int, int, int], repetitions: int) -> Json:
    """All that is measured, and what follows from it."""
    small, large, many = sizes
    setting = _class_of(large, folder)
    found: Json = {"lab": setting.lab.name, "class": composition(setting.submissions),
                   "jobs": cores(), "sizes": dict(zip(SIZES, sizes, strict=True)),
                   "runs": [], "afterwards": {}, "disk": {}}  # fmt: skip
    for number in range(repetitions):
        for key, size in (("small", small), ("large", large)):
            found["runs"].append(_grade(setting, size, number))
            if number == repetitions - 1:
                found["disk"][key] = _disk(setting)
                found["afterwards"][key] = _afterwards(setting, size, feedback=key == "small")
    found["replays"] = [_replay(setting, *how) for how in ((1, large), (ROOM, large), (ROOM, many))]
    found["afterwards"]["many"] = _afterwards(setting, many, feedback=False)
    found["summary"] = summary(found)
    found["targets"] = targets(found["summary"])
    return found


@dataclass
class Part(CourseContender):
    """A `gradlab` command for the first `count` of the class, in a fresh course or not."""

    count: int = 0
    action: str = "autograde"
    fresh: bool = True

    def students(self, setting: Setting, repetition: int) -> list[str]:
        """The same ones each time."""
        return setting.students[: self.count]

    def prepare(self, setting: Setting, students: list[str]) -> None:
        """A fresh course, or the one that the command before left."""
        if self.fresh:
            super().prepare(setting, students)

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """With the default number of jobs."""
        python = str(interpreter("gradlab"))
        return [python, "-m", "gradlab.cli", self.action, setting.lab.name]


def _class_of(size: int, folder: Path) -> Setting:
    """The benchmark's class, each notebook signed: no two are the same file."""
    say(f"torch_lab: a class of {size}")
    setting = set_up("torch_lab", folder / "torch_lab", size, peers=False)
    names = {cell.name for cell in setting.lab.cells if cell.role == EXERCISE}
    for student in setting.students:
        path = setting.handed_in("gradlab", student)
        path.write_text(_signed(path, names, student), encoding="utf-8")
    return setting


def _signed(path: Path, exercises: set[str], student: str) -> str:
    """The notebook with the student's name as a comment in each exercise."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in exercises:
            cell.source += f"\n# {student}"
    return write_notebook(notebook)


def _grade(setting: Setting, size: int, repetition: int) -> Json:
    """Grade the first `size` in a fresh course."""
    run = _turn(setting, Part("growth", "GradLab", "gradlab", count=size), repetition)
    say(f"{size} graded in {run.wall_s:.1f} s, {run.each_s:.3f} s each")
    graded = setting.course("gradlab").glob(f"autograded/*/{setting.lab.name}/*.results.json")
    times = sorted(path.stat().st_mtime for path in graded)
    if len(times) != size:
        raise RuntimeError(f"{len(times)} of {size} submissions were graded")
    taken = {name: round(value, 3) for name, value in asdict(run).items() if name in MEASURED}
    return {"size": size, "repetition": repetition, **taken, "pace_s": pace(times)}


def _replay(setting: Setting, room: int, count: int) -> Json:
    """Results recorded once more, without grading."""
    found = replay(setting, room, count)
    say(f"{count} recorded in {found['wall_s']:.1f} s, {room} at a time")
    return found


def _turn(setting: Setting, part: Part, repetition: int) -> Run:
    students = part.students(setting, repetition)
    part.prepare(setting, students)
    return Run(part.name, repetition, len(students), **measured(setting, part, students))


def _afterwards(setting: Setting, size: int, *, feedback: bool) -> Json:
    """Seconds of what comes after grading; feedback takes long."""
    actions = [*AFTERWARDS, *(["feedback"] if feedback else [])]
    parts = [Part(one, one, "gradlab", count=size, action=one, fresh=False) for one in actions]
    taken = {part.action: round(_turn(setting, part, 0).wall_s, 3) for part in parts}
    pages = visit_pages(setting)
    say(f"{size}: {taken}, pages {pages}")
    return {"commands": taken, "pages": pages}


def _disk(setting: Setting) -> Json:
    """Bytes on disk, as the file system counts them."""
    root = setting.course("gradlab")
    folders = {name: _bytes(root / name) for name in ("submitted", "autograded")}
    return {"gradebook": sum(map(_blocks, root.glob("gradebook.db*"))), **folders}


def _bytes(folder: Path) -> int:
    return sum(map(_blocks, folder.rglob("*")))


def _blocks(path: Path) -> int:
    return 512 * path.stat().st_blocks


if __name__ == "__main__":
    typer.run(main)
