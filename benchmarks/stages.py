"""Where GradLab's time goes: the stages of grading one submission, timed in one process.

Run as a script in a course with submissions, `stages.py LAB STUDENT…`, it grades them one after
the other and prints seconds by stage. Cells run in the kernel, which is another process: their CPU
time is not this one's.
"""

import functools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MEASURED = 20


def stages(setting: Any) -> list[dict[str, Any]]:
    """Stage and seconds for each submission; empty where GradLab's insides have other names."""
    from benchmarks.contenders import CourseContender
    from benchmarks.courses import environment, interpreter

    students = setting.students[:MEASURED]
    CourseContender("stages", "", "gradlab").prepare(setting, students)
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__)), setting.lab.name, *students],
        cwd=setting.course("gradlab"),
        env=environment(interpreter("gradlab")),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(f"stages could not be told apart: {done.stderr[-500:]}", file=sys.stderr)
        return []
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


REST = "everything else: notebook in and out, gradebook"


class Clock:
    """Wall-clock and CPU seconds of this process, by stage."""

    def __init__(self) -> None:
        self.wall: Counter[str] = Counter()
        self.cpu: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what the block takes."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall[name] += time.perf_counter() - wall
            self.cpu[name] += time.process_time() - cpu

    def around(self, owner: type, method: str, stage: str) -> None:
        """Count what calls of a method take."""
        original: Callable[..., Any] = getattr(owner, method)

        @functools.wraps(original)
        def clocked(*args: Any, **kwargs: Any) -> Any:
            with self.stage(stage):
                return original(*args, **kwargs)

        setattr(owner, method, clocked)

    def leave_rest(self, rest: str = REST) -> None:
        """From `rest`, which was around everything, take what has a stage of its own."""
        for counter in (self.wall, self.cpu):
            counter[rest] = 2 * counter[rest] - sum(counter.values())

    def each(self, count: int) -> list[dict[str, Any]]:
        """Per submission, as JSON."""
        return [
            {"stage": name, "s_each": round(self.wall[name] / count, 5),
             "own_cpu_s_each": round(self.cpu[name] / count, 5)}
            for name in self.wall
        ]  # fmt: skip


def _print_stages(lab: str, students: list[str]) -> None:
    from gradlab.course.course import Course
    from gradlab.grading.classroom import Classroom

    room = Classroom(Course.find())
    room.autograde(lab, students[0])  # what is imported, collected and started once
    clock = Clock()
    _time_stages(clock)
    with clock.stage(REST):
        for student in students:
            room.autograde(lab, student, force=True)
    clock.leave_rest()
    print(json.dumps(clock.each(len(students))))


def _time_stages(clock: Clock) -> None:
    """Put the clock around the methods that the stages are made of; none is inside another."""
    from gradlab.grading.run import NotebookRun
    from gradlab.judge.diagnose import Diagnostician
    from gradlab.kernel.session import KernelSession

    for owner, method, stage in (
        (KernelSession, "__enter__", "start of a sandboxed kernel"),
        (KernelSession, "run", "the student's cells and the visible checks"),
        (NotebookRun, "_ask", "the hidden checks, call by call"),
        (Diagnostician, "diagnose", "naming misconceptions"),
        (KernelSession, "__exit__", "end of the kernel"),
    ):
        clock.around(owner, method, stage)


if __name__ == "__main__":
    _print_stages(sys.argv[1], sys.argv[2:])
