"""Who is compared: how each grader is prepared, called, and asked for its scores."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from benchmarks.cluster import Cluster
from benchmarks.courses import Setting, environment, interpreter

Scores = dict[str, dict[str, float]]
Taken = dict[str, float | None]
CLASS, THIRD, ONE = "the class", "a third of the class", "one submission"
HERE = Path(__file__).parent


@dataclass
class Contender:
    """One row of the table. `share` says how much of the class it grades in one repetition."""

    name: str
    label: str
    grader: str
    share: str = CLASS

    def students(self, setting: Setting, repetition: int) -> list[str]:
        """Whom it grades: all, or others in each of three repetitions."""
        everyone = setting.students
        third = -(-len(everyone) // 3)
        start = (repetition % 3) * third
        if self.share == ONE:
            return [everyone[repetition % len(everyone)]]
        return everyone if self.share == CLASS else everyone[start : start + third]

    def prepare(self, setting: Setting, students: list[str]) -> None:
        """Everything that is not timed."""

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """What is timed."""
        raise NotImplementedError

    def scores(self, setting: Setting, students: list[str]) -> Scores:
        """Student → exercise → points, as the grader tells them."""
        raise NotImplementedError

    def corrected(self, setting: Setting, taken: Taken) -> Taken:
        """What was measured, less what must not count."""
        return taken

    def finish(self) -> None:
        """Put away what `prepare` started."""

    def folder(self, setting: Setting) -> Path:
        """Where the command runs."""
        return setting.course(self.grader)


@dataclass
class CourseContender(Contender):
    """A course directory of nbgrader's form: stock nbgrader, or GradLab."""

    options: tuple[str, ...] = ()
    config: str = ""

    def prepare(self, setting: Setting, students: list[str]) -> None:
        """A gradebook that knows the lab and no submission; `students` have handed in."""
        root = self.folder(setting)
        for name in ("submitted", "autograded", "feedback"):
            shutil.rmtree(root / name, ignore_errors=True)
        for path in root.glob("gradebook.db*"):
            path.unlink()
        shutil.copy(root / "gradebook.clean", root / "gradebook.db")
        for student in students:
            target = root / "submitted" / student / setting.lab.name
            shutil.copytree(setting.handed_in(self.grader, student).parent, target)
        self._configure(root)

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """`nbgrader autograde LAB`, `gradlab autograde LAB …`."""
        module = "nbgrader" if self.grader == "nbgrader" else "gradlab.cli"
        python = str(interpreter(self.grader))
        return [python, "-m", module, "autograde", setting.lab.name, *self.options]

    def scores(self, setting: Setting, students: list[str]) -> Scores:
        """From the gradebook."""
        with Gradebook(f"sqlite:///{self.folder(setting)}/gradebook.db") as gradebook:
            return {name: _grades(gradebook, setting.lab.name, name) for name in students}

    def _configure(self, root: Path) -> None:
        if self.grader == "nbgrader":
            return
        text = (HERE.parent / "nbgrader_config.py").read_text(encoding="utf-8")
        (root / "nbgrader_config.py").write_text(f"{text}\n{self.config}\n", encoding="utf-8")


@dataclass
class Regrade(CourseContender):
    """The same command again: nothing has changed since the contender before it."""

    def prepare(self, setting: Setting, students: list[str]) -> None:
        """Leave everything as it is."""


@dataclass
class OnCluster(CourseContender):
    """GradLab on a Dask cluster of two workers on this machine, which is up before the clock."""

    cluster: Cluster | None = None

    def prepare(self, setting: Setting, students: list[str]) -> None:
        """A fresh course and a fresh cluster."""
        super().prepare(setting, students)
        self.cluster = Cluster(environment(interpreter("gradlab")))

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """With the cluster's address."""
        assert self.cluster is not None
        return [*super().command(setting, students), "--scheduler", self.cluster.address]

    def corrected(self, setting: Setting, taken: Taken) -> Taken:
        """The workers are not the command's children, so only the clock tells."""
        return {**taken, "cpu_s": None, "peak_mib": None, "own_peak_mib": None}

    def finish(self) -> None:
        """End the cluster."""
        if self.cluster is not None:
            self.cluster.close()
            self.cluster = None


@dataclass
class Otter(Contender):
    """`otter run`, which grades one submission."""

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """The first of `students`."""
        submission = setting.handed_in("gradlab", students[0])
        options = ["-a", "autograder.zip", "-o", ".", "--no-logo", str(submission)]
        return [str(interpreter("otter").with_name("otter")), "run", *options]

    def scores(self, setting: Setting, students: list[str]) -> Scores:
        """From `results.json`."""
        text = (self.folder(setting) / "results.json").read_text(encoding="utf-8")
        found = {one["name"]: one.get("score") for one in json.loads(text)["tests"]}
        return {students[0]: {name: float(found[name] or 0.0) for name in setting.lab.exercises}}


@dataclass
class Floor(Contender):
    """The cells and checks alone; it tells its own times, since its start does not count."""

    def command(self, setting: Setting, students: list[str]) -> list[str]:
        """In GradLab's environment, without GradLab."""
        folder = setting.folder
        files = [str(folder / "plan.json"), str(folder / "floor.json")]
        return [sys.executable, "-P", str(HERE / "floor.py"), *files]

    def corrected(self, setting: Setting, taken: Taken) -> Taken:
        """Without the start of the process and the first, cold pass."""
        told = _told(setting)
        return {**taken, "wall_s": told["wall_s"], "cpu_s": told["cpu_s"]}

    def scores(self, setting: Setting, students: list[str]) -> Scores:
        """As it wrote them."""
        found: Scores = _told(setting)["scores"]
        return found

    def folder(self, setting: Setting) -> Path:
        """Any."""
        return setting.folder


def _told(setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((setting.folder / "floor.json").read_text(encoding="utf-8"))
    return found


def contenders(*, peers: bool) -> list[Contender]:
    """All that can run here, in the order in which they take turns."""
    known = _options()
    found: list[Contender] = []
    if peers:
        found.append(CourseContender("nbgrader", "nbgrader 0.9.6, stock", "nbgrader", THIRD))
        found.append(Otter("otter", "otter run", "otter", ONE))
    found += _gradlabs("--jobs" in known)
    if "--scheduler" in known and Cluster.possible():
        label = "GradLab, Dask, 2 workers"
        found.append(OnCluster("gradlab_dask", label, "gradlab"))
    return [*found, Floor("floor", "floor: cells and checks alone", "floor")]


def _gradlabs(jobs: bool) -> list[Contender]:
    """One job, two jobs, nothing new to grade, and with experiments run again."""
    one, two = (("--jobs", "1"), ("--jobs", "2")) if jobs else ((), ())
    again = "c.GradLab.run_experiments = True"
    ours, many = "gradlab", "GradLab, 2 jobs" if jobs else "GradLab"
    found: list[Contender] = [CourseContender("gradlab_1", "GradLab, 1 job", ours, options=one)]
    if jobs:
        found.append(CourseContender("gradlab_2", many, ours, options=two))
    label = "GradLab, a single submission"
    found.insert(0, CourseContender("single", label, ours, ONE, options=one))
    found.append(Regrade("regrade", "GradLab, all graded already", ours, options=two))
    label = f"{many}, experiments run"
    found.append(CourseContender("experiments", label, ours, options=two, config=again))
    return found


def _options() -> str:
    """What `gradlab autograde` knows today."""
    command = [sys.executable, "-m", "gradlab.cli", "autograde", "--help"]
    env = environment(interpreter("gradlab")) | {"COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def _grades(gradebook: Gradebook, lab: str, student: str) -> dict[str, float]:
    found = gradebook.find_submission_notebook(lab, lab, student).grades
    checks = {grade.name: grade.auto_score for grade in found if grade.name.startswith("check_")}
    return {name.removeprefix("check_"): float(score or 0.0) for name, score in checks.items()}
