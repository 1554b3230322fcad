"""The coordinator alone: a graded class recorded again, from results that are there already.

Grading is handed out to workers; looking at what was handed in, writing files and writing rows is
done by one process. `replay.py LAB ROOM COUNT`, run in a course that is graded, empties its
gradebook and `autograded/` and grades the class with workers that answer at once what they
answered before. So its rate is the most that any number of workers can get recorded.

Where COUNT is more than the class has, further students hand in what others did, under their own
names: a very large class without the hours of grading it. Prints one line of JSON.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.courses import ROOT, Setting, environment, interpreter
from benchmarks.stages import Clock
from gradlab.course.course import Course
from gradlab.grading.bundle import LabBundle, graded_from
from gradlab.grading.classroom import Classroom
from gradlab.grading.completion import GRADED_FROM, RESULTS_SUFFIX
from gradlab.grading.crew import Crew
from gradlab.grading.gradebook import GradebookRows
from gradlab.grading.graded_files import GradedFiles
from gradlab.grading.lab_class import LabClass
from gradlab.grading.outcome import GRADED
from gradlab.grading.submission import GradedNotebook, Grades
from gradlab.grading.submitted import Submitted

TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")
REST = "reading, comparing, handing out, telling"
STAGES = (
    (GradedFiles, "take_in", "looking at what was handed in"),
    (GradedFiles, "draft", "files: written beside their place"),
    (GradedFiles, "publish", "files: moved into it"),
    (GradebookRows, "enter", "gradebook: rows"),
    (GradebookRows, "commit", "gradebook: commits"),
    (GradebookRows, "scores", "gradebook: scores read back"),
)
ORIGIN = b"what it was graded from"
Known = dict[str, GradedNotebook]


def replay(setting: Setting, room: int, count: int) -> dict[str, Any]:
    """Seconds for `count` submissions, `room` of them recorded at a time; `setting` is graded."""
    python = interpreter("gradlab")
    done = subprocess.run(
        [str(python), "-m", "benchmarks.replay", setting.lab.name, str(room), str(count)],
        cwd=setting.course("gradlab"),
        env=environment(python) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the replay ended with {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Replayed(Executor):
    """Answers at once, by what was handed in."""

    def __init__(self, known: Known, bundle: LabBundle) -> None:
        self._known, self._fingerprint = known, bundle.fingerprint

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """The future of what `function` gave before; its last argument is the submission."""
        digest = args[-1].digest
        graded, origin = self._known[digest], graded_from(self._fingerprint, digest)
        future: Future[Any] = Future()
        notebook = graded.notebook.replace(ORIGIN, origin.encode())
        future.set_result(replace(graded, notebook=notebook))
        return future


def _print_replay(lab: str, room: int, count: int) -> None:
    course = Course.find()
    classroom = Classroom(course)
    students = classroom.submissions(lab)
    known = _results(classroom, course.root, lab, students)
    for number in range(count - len(students)):
        known |= _one_more(course.root, lab, known, students, number)
    _forget(course.root)
    students = classroom.submissions(lab)
    clock = Clock()
    for owner, method, stage in STAGES:
        clock.around(owner, method, stage)
    with clock.stage(REST):
        _record(classroom, lab, students, known, room)
    seconds = clock.wall[REST]
    clock.leave_rest(REST)
    told = {"room": room, "submissions": len(students), "rows": _rows(course.root)}
    told |= {"wall_s": round(seconds, 4), "stages": clock.each(len(students))}
    print(json.dumps(told))


def _results(room: Classroom, root: Path, lab: str, students: list[str]) -> Known:
    """Digest of what was handed in → what came of it."""
    found: Known = {}
    with room.gradebook() as gradebook:
        for student in students:
            book = gradebook.find_submission_notebook(lab, lab, student)
            grades = Grades(
                {one.name: one.auto_score for one in book.grades},
                {one.name: one.auto_comment for one in book.comments},
            )
            path = root / "autograded" / student / lab / f"{lab}.ipynb"
            results = path.with_name(lab + RESULTS_SUFFIX).read_bytes()
            digest = Submitted.read(_handed_in(root, student, lab)).digest
            found[digest] = GradedNotebook(_without_origin(path), results, grades, ())
    return found


def _without_origin(path: Path) -> bytes:
    """A graded notebook that does not say from which submission it is."""
    data = path.read_bytes()
    origin = json.loads(data)["metadata"]["gradlab"][GRADED_FROM]
    return data.replace(origin.encode(), ORIGIN)


def _one_more(root: Path, lab: str, known: Known, students: list[str], number: int) -> Known:
    """A further student hands in what another one did, and will get the same."""
    other = students[number % len(students)]
    name = f"further{number:06d}"
    source, path = _handed_in(root, other, lab), _handed_in(root, name, lab)
    path.parent.mkdir(parents=True)
    path.write_bytes(source.read_bytes().replace(other.encode(), name.encode()))
    return {Submitted.read(path).digest: known[Submitted.read(source).digest]}


def _handed_in(root: Path, student: str, lab: str) -> Path:
    return root / "submitted" / student / lab / f"{lab}.ipynb"


def _forget(root: Path) -> None:
    """As it was before anything was graded."""
    shutil.rmtree(root / "autograded")
    for path in root.glob("gradebook.db*"):
        path.unlink()
    shutil.copy(root / "gradebook.clean", root / "gradebook.db")
    os.sync()  # what was written until now shall not be paid for later


def _record(room: Classroom, lab: str, students: list[str], known: Known, size: int) -> None:
    @contextmanager
    def crews(bundle: LabBundle, count: int) -> Iterator[Crew]:
        yield Crew(lambda: (Replayed(known, bundle), bundle), size, lambda executor: None)

    with room.gradebook() as gradebook:
        of_lab = LabClass(room.app, room.course, room.course.lab(lab), gradebook)
        news = list(of_lab.grade(students, crews, force=False))
    lost = [one.student for one in news if one.status != GRADED]
    if lost:
        raise RuntimeError(f"{len(lost)} submissions were not recorded, {lost[0]} first")


def _rows(root: Path) -> int:
    """Rows about submissions in the gradebook."""
    with sqlite3.connect(root / "gradebook.db") as database:
        counts = [database.execute(f"SELECT count(*) FROM {table}") for table in TABLES]
        return sum(int(one.fetchone()[0]) for one in counts)


if __name__ == "__main__":
    _print_replay(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
