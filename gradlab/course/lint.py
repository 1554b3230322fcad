"""Does the suite catch what it must? The course is tested, not only the students.

For each exercise: the stub passes nothing, the solution everything, every misconception is
caught, every alternative accepted, no two misconceptions look the same, and leaving one exercise
blank costs no other exercise anything. All are judged after their visible check, as in grading.
"""

import multiprocessing
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.mutants import survey_lab
from gradlab.course.notebook import solution_namespace, stub_namespace
from gradlab.course.secrets import dependent_verdicts
from gradlab.course.suites import open_suite
from gradlab.judge.catalogue import Entry
from gradlab.judge.diagnose import Diagnostician, explains
from gradlab.judge.local import local_student
from gradlab.judge.suite import Verdict

MISCONCEPTIONS, ALTERNATIVES = 6, 2


@dataclass
class Row:
    """One exercise's line of the table; `problems` says what falls short, each with its place."""

    lab: str
    exercise: str
    stub_fails: bool = False
    solution_passes: bool = False
    killed: int = 0
    misconceptions: int = 0
    accepted: int = 0
    alternatives: int = 0
    confused: int = 0
    few: str = ""
    checks: int = 0
    mutants: int = 0
    fallen: int = 0
    survivors: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing falls short."""
        return not self.problems


def lint_labs(
    course: Course, names: Sequence[str], *, jobs: int | None, secrets: int, mutants: bool
) -> Generator[list[Row], None, None]:
    """The rows of each lab, in the order of `names`; each lab in a process. See `lint_lab`.

    Args:
        jobs: how many labs at a time; by default as many as there are cores.
    """
    wide = min(jobs or len(os.sched_getaffinity(0)), len(names))
    asked = [(course.root, name, secrets, mutants) for name in names]
    if wide < 2:
        yield from (_lint(one) for one in asked)
        return
    with ProcessPoolExecutor(wide, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_lint, asked)


def _lint(asked: tuple[Path, str, int, bool]) -> list[Row]:
    import torch

    torch.set_num_threads(1)
    root, name, secrets, mutants = asked
    course = Course(root)
    return lint_lab(course, course.lab(name), secrets=secrets, mutants=mutants)


def lint_lab(course: Course, lab: Lab, *, secrets: int = 0, mutants: bool = False) -> list[Row]:
    """One row per exercise, in the notebook's order.

    Args:
        secrets: under so many other secrets every verdict must be the same.
        mutants: whether the solution's mutants are judged as well.
    """
    with open_suite(course, lab) as judge:
        rows = [_row(lab, name, judge) for name in lab.exercises]
        sound = [row.exercise for row in rows if row.solution_passes]
        for row in rows:
            _check_spill(lab, row, sound, judge)
        if mutants:
            for row, survey in zip(rows, survey_lab(course, lab, judge), strict=True):
                row.mutants, row.fallen, row.survivors = (
                    survey.counted,
                    survey.killed,
                    survey.survivors,
                )
    if secrets:
        for exercise, problem in dependent_verdicts(course, lab, secrets):
            next(row for row in rows if row.exercise == exercise).problems.append(problem)
    return rows


def _row(lab: Lab, name: str, judge: Diagnostician) -> Row:
    few, checks = judge.suite.few.get(name, ""), len(judge.suite.checks[name])
    row = Row(lab.name, name, few=few, checks=checks)
    stub = judge.verdict_on(name, stub_namespace(lab, name))
    row.stub_fails = not any(check.passed for check in stub.checks)
    if not row.stub_fails:
        passed = [check.name for check in stub.checks if check.passed]
        row.problems.append(f"the stub passes {', '.join(passed)}")
    solution = judge.verdict_on(name, solution_namespace(lab))
    row.solution_passes = all(check.passed for check in solution.checks)
    row.problems += [f"the solution fails {text}" for text in _failures(solution)]
    _check_misconceptions(row, judge)
    _check_alternatives(row, judge)
    return row


def _check_misconceptions(row: Row, judge: Diagnostician) -> None:
    entries = judge.misconceptions(row.exercise)
    row.misconceptions = len(entries)
    for entry in entries:
        killed = any(not check.passed for check in judge.verdict_of(entry).checks)
        row.killed += killed
        if not killed:
            row.problems.append(f"misconception {entry.name} survives: no check fails")
    if len(entries) < MISCONCEPTIONS and not row.few:
        row.problems.append(f"{len(entries)} misconceptions; {MISCONCEPTIONS} are the least")
    for one, other in _pairs(entries):
        if explains(judge.judging_of(one), judge.verdict_of(other)):
            row.confused += 1
            row.problems.append(f"{one.name} and {other.name} look the same in every case")


def _check_alternatives(row: Row, judge: Diagnostician) -> None:
    entries = judge.alternatives(row.exercise)
    row.alternatives = len(entries)
    for entry in entries:
        problems = _failures(judge.verdict_of(entry))
        row.accepted += not problems
        row.problems += [f"alternative {entry.name} fails {text}" for text in problems]
    if len(entries) < ALTERNATIVES and not row.few:
        row.problems.append(f"{len(entries)} alternatives; {ALTERNATIVES} are the least")


def _check_spill(lab: Lab, row: Row, sound: list[str], judge: Diagnostician) -> None:
    """One mistake costs one exercise: the others pass with this one left blank."""
    student = local_student(stub_namespace(lab, row.exercise))
    for other in sound:
        if other != row.exercise:
            failed = _failures(judge.suite.judge(other, student))
            row.problems += [f"left blank, it costs {other}: {text}" for text in failed[:1]]


def _failures(verdict: Verdict) -> list[str]:
    return [
        f"{check.name}[{check.case}]: {check.kind}: {check.message} {check.detail}".strip()
        for check in verdict.checks
        if not check.passed
    ]


def _pairs(entries: list[Entry]) -> list[tuple[Entry, Entry]]:
    return [(one, other) for i, one in enumerate(entries) for other in entries[i + 1 :]]
