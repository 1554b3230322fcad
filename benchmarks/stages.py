"""Where GradLab's time goes: the stages of grading one submission, timed in one process.

Run as a script in a course with submissions, `stages.py LAB STUDENT…`, it grades them one after
the other and prints seconds by stage.
"""

import functools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
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
        [sys.executable, str(Path(__file__)), setting.lab.name, *students],
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


def _print_stages(lab: str, students: list[str]) -> None:
    from gradlab.course.course import Course
    from gradlab.grading.classroom import Classroom

    seconds: Counter[str] = Counter()
    _time_stages(seconds)
    started = time.perf_counter()
    room = Classroom(Course.find())
    for student in students:
        room.autograde(lab, student)
    rest = time.perf_counter() - started - sum(seconds.values())
    seconds["everything else: notebook in and out, gradebook"] = rest
    each = {name: round(value / len(students), 5) for name, value in seconds.items()}
    print(json.dumps([{"stage": name, "s_each": value} for name, value in each.items()]))


def _time_stages(seconds: "Counter[str]") -> None:
    """Put a clock around the methods that the stages are made of; none is inside another."""
    from gradlab.grading.run import NotebookRun
    from gradlab.judge.diagnose import Diagnostician
    from gradlab.kernel.session import KernelSession

    for owner, method, stage in (
        (KernelSession, "__enter__", "start of a sandboxed kernel"),
        (KernelSession, "run", "the student's cells and the visible checks"),
        (NotebookRun, "_ask", "the hidden checks, call by call"),
        (Diagnostician, "diagnose", "naming misconceptions (each is run once per class)"),
        (KernelSession, "__exit__", "end of the kernel"),
    ):
        original = getattr(owner, method)
        setattr(owner, method, _clocked(original, stage, seconds))


def _clocked(
    function: Callable[..., Any], stage: str, seconds: "Counter[str]"
) -> Callable[..., Any]:
    @functools.wraps(function)
    def clocked(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[stage] += time.perf_counter() - started

    return clocked


if __name__ == "__main__":
    _print_stages(sys.argv[1], sys.argv[2:])
