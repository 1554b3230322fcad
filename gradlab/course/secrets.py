"""Does a verdict depend on the course's secret? Inputs are drawn from it; who is right is not.

Every entry of the catalogue, the solution and the stubs are judged under several secrets. A check
whose outcome differs needs a fixed case that tells right from wrong, beside the drawn ones.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.notebook import stub_namespace
from gradlab.course.suites import open_suite
from gradlab.judge.cases import SECRET_VARIABLE
from gradlab.judge.local import local_student
from gradlab.judge.suite import Verdict

SOLUTION, STUB = "the solution", "the stub"
Outcomes = dict[tuple[str, str, str], bool]
"""Exercise, who was judged, check → whether it passed."""


def dependent_verdicts(course: Course, lab: Lab, secrets: int) -> Iterator[tuple[str, str]]:
    """Exercise and sentence for each verdict that is not the same under so many secrets."""
    found = [_outcomes(course, lab, f"secret number {number}") for number in range(secrets)]
    for exercise, who, check in found[0]:
        passed = sum(one.get((exercise, who, check), False) for one in found)
        if 0 < passed < secrets:
            yield (
                exercise,
                f"{who} passes {check} under {passed} of {secrets} secrets; "
                "add a fixed case that tells right from wrong",
            )


def _outcomes(course: Course, lab: Lab, secret: str) -> Outcomes:
    outcomes: Outcomes = {}
    with _secret(secret), open_suite(course, lab) as judge:
        for exercise in lab.exercises:
            entries = [*judge.misconceptions(exercise), *judge.alternatives(exercise)]
            verdicts = {entry.name: judge.verdict_of(entry) for entry in entries}
            verdicts[SOLUTION] = judge.verdict_on(exercise, judge.solution())
            stub = local_student(stub_namespace(lab, exercise))
            verdicts[STUB] = judge.suite.judge(exercise, stub)
            for who, verdict in verdicts.items():
                outcomes |= _of(exercise, who, verdict)
    return outcomes


def _of(exercise: str, who: str, verdict: Verdict) -> Outcomes:
    return {(exercise, who, check.name): check.passed for check in verdict.checks}


@contextmanager
def _secret(text: str) -> Iterator[None]:
    before = os.environ.get(SECRET_VARIABLE)
    os.environ[SECRET_VARIABLE] = text
    try:
        yield
    finally:
        if before is None:
            del os.environ[SECRET_VARIABLE]
        else:
            os.environ[SECRET_VARIABLE] = before
