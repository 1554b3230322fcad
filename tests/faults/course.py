"""A small class that was graded once, got points by hand, and handed in again."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from gradlab.judge.cases import course_secret

from ..integration.conftest import LAB, RIGHT, make_course
from .inject.sitecustomize import LENGTH
from .watched import Left, watching

HERE = Path(__file__).parent
CLASS = {
    # student: (handed in first, then)
    "ada": ("def double(x):\n    return 3 * x", RIGHT),
    "ben": (RIGHT, "def double(x):\n    return x**2"),
    "cleo": (RIGHT, f"import warnings\n\n{RIGHT.replace('return', 'print(1); return')}"),
    "dan": ("def double(x):\n    return x", "import os\n\ndef double(x):\n    os._exit(1)"),
    "eva": (RIGHT, "def double(x):\n    return y"),
    "finn": ("def double(x):\n    return x + x", RIGHT),
}
SETTINGS = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
ROWS = {
    "submission": "SELECT a.student_id, a.timestamp, a.extension FROM submitted_assignment a",
    "notebook": "SELECT a.student_id, n.late_submission_penalty FROM submitted_notebook n "
    "JOIN submitted_assignment a ON a.id = n.assignment_id",
    "grade": "SELECT a.student_id, b.name, g.auto_score, g.manual_score, g.extra_credit, "
    "g.needs_manual_grade FROM grade g JOIN base_cell b ON b.id = g.cell_id "
    "JOIN submitted_notebook n ON n.id = g.notebook_id "
    "JOIN submitted_assignment a ON a.id = n.assignment_id",
    "comment": "SELECT a.student_id, b.name, c.auto_comment, c.manual_comment FROM comment c "
    "JOIN base_cell b ON b.id = c.cell_id JOIN submitted_notebook n ON n.id = c.notebook_id "
    "JOIN submitted_assignment a ON a.id = n.assignment_id",
}


@dataclass
class Ended:
    """How a command ended, and what it left behind."""

    code: int
    text: str
    told: str
    left: Left
    events: list[str] = field(default_factory=list)

    def statuses(self) -> dict[str, str]:
        """Student → what is told of the submission, of a command that prints JSON."""
        assert self.code == 0, self.told
        return {row["student"]: row["status"] for row in json.loads(self.text)}


@dataclass(frozen=True)
class FaultyCourse:
    """The course in `root`. Its commands have a folder for temporary files of their own."""

    root: Path

    @property
    def scratch(self) -> Path:
        """Where TMPDIR points to."""
        return self.root.with_name("tmp")

    @contextmanager
    def started(self, *command: str, strikes: str = "") -> Iterator["subprocess.Popen[str]"]:
        """A command that counts its events, see `inject`; ends with the `with`."""
        (self.root.parent / "events").write_text("")
        places = filter(None, [os.environ.get("PYTHONPATH")])
        variables = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(HERE / "inject"), *places]),
            "PYTHONWARNINGS": "",
            "TMPDIR": str(self.scratch),
            "COLUMNS": "200",
            "OMP_NUM_THREADS": "1",
            "GRADLAB_FAULT_EVENTS": str(self.root.parent / "events"),
            "GRADLAB_FAULT": strikes,
        }
        with subprocess.Popen(
            command, cwd=self.root, env={**os.environ, **variables}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            yield process

    def run(self, *command: str, strikes: str = "") -> Ended:
        """Run a command to its end, whatever that is, and wait for all that it began."""
        for path in self.root.parent.glob("events*"):
            path.unlink()
        with watching(self.root.parent) as left, self.started(*command, strikes=strikes) as process:
            text, told = process.communicate(timeout=120)
        data = (self.root.parent / "events").read_text(encoding="ascii")
        events = [data[at : at + LENGTH].strip() for at in range(0, len(data), LENGTH)]
        return Ended(process.returncode, text, told, left, events)

    @contextmanager
    def stopped(self, *command: str, event: int) -> Iterator["subprocess.Popen[str]"]:
        """A command that stands still at an event, until it gets SIGCONT."""
        with self.started(*command, strikes=f"{event} command {signal.SIGSTOP:d}") as process:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            yield process

    def autograde(self, *options: str, strikes: str = "") -> Ended:
        """Grade the class on two workers."""
        command = ("gradlab", "autograde", LAB, "--jobs", "2", "--json", *options)
        return self.run(*command, strikes=strikes)

    def record(self) -> dict[str, Any]:
        """All that grading has to get right: the gradebook's rows, and every file's bytes."""
        with closing(sqlite3.connect(self.root / "gradebook.db")) as database:
            rows = {name: sorted(database.execute(sql), key=repr) for name, sql in ROWS.items()}
        return {**rows, "files": self.files()}

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Path → mode and bytes of all files but the gradebook, which has its rows."""
        return {
            str(path.relative_to(self.root)): (path.stat().st_mode, path.read_bytes())
            for path in self.root.rglob("*")
            if path.is_file() and path.name != "gradebook.db" and "__pycache__" not in path.parts
        }

    def temporary(self) -> list[str]:
        """What lies where temporary files do."""
        return sorted(path.name for path in self.scratch.iterdir())

    def half_done(self) -> list[str]:
        """Drafts, and what was moved out of their way."""
        return [path.name for path in (self.root / "autograded").glob("*/.*")]

    def in_place(self, wanted: dict[str, Any]) -> set[str]:
        """The students whose graded files are already those of the record `wanted`."""
        files = self.files()
        names = {s: f"autograded/{s}/{LAB}/{LAB}.ipynb" for s in CLASS}
        return {s for s, name in names.items() if files.get(name) == wanted["files"][name]}


def make_template(root: Path) -> FaultyCourse:
    """The class, graded once; points, comments and newer submissions came after."""
    tiny = make_course(root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    course_secret(root)
    for student, (first, _) in CLASS.items():
        tiny.hand_in(student, tiny.answer(first))
    tiny.run("gradlab", "autograde", LAB)
    _grade_by_hand(root)
    for student, (_, then) in CLASS.items():
        path = tiny.hand_in(student, tiny.answer(then))
        (path.parent / "timestamp.txt").write_text(f"2027-03-0{len(student)} 10:00:00 UTC")
    (root / "submitted" / "ada" / LAB / "notes.txt").write_text("beside the notebook")
    return FaultyCourse(root)


def _grade_by_hand(root: Path) -> None:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate="2027-03-04 00:00:00 UTC")
        for number, student in enumerate(("ada", "ben", "eva")):
            grade = gradebook.find_grade("answer_when_not", LAB, LAB, student)
            grade.manual_score, grade.needs_manual_grade = number / 2, False
            comment = gradebook.find_comment("answer_when_not", LAB, LAB, student)
            comment.manual_comment = f"{student}: well said"
        gradebook.find_grade("check_double", LAB, LAB, "finn").extra_credit = 0.5
        gradebook.db.commit()


@contextmanager
def copied(template: FaultyCourse) -> Iterator[FaultyCourse]:
    """A copy to harm, in a folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        shutil.copytree(template.root, Path(folder, "course"), symlinks=True)
        Path(folder, "tmp").mkdir()
        yield FaultyCourse(Path(folder, "course"))
