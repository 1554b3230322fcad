"""Opening a lab's hidden checks, with what only the course knows: which exercises there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.notebook import run_visible_check, solution_namespace
from gradlab.errors import CourseError
from gradlab.judge.diagnose import Diagnostician
from gradlab.judge.suite import Suite


@contextmanager
def open_suite(course: Course, lab: Lab) -> Iterator[Diagnostician]:
    """The lab's suite, its checks and exercises found to name each other; collected once.

    Raises:
        CourseError: an exercise without a check, a check without an exercise, a broken file.
    """
    with Suite(course.hidden(lab)) as suite:
        require_match(course, lab, suite)
        yield Diagnostician(
            suite,
            lambda: solution_namespace(lab),
            lambda exercise, namespace: run_visible_check(lab, exercise, namespace),
        )


def require_match(course: Course, lab: Lab, suite: Suite) -> None:
    """Every exercise has a hidden check, and every hidden check and entry an exercise."""
    where = course.hidden(lab).relative_to(course.root)
    for name in lab.exercises:
        if name not in suite.checks:
            raise CourseError(
                f'lab {lab.name}: exercise "{name}" has no hidden check; '
                f"add {where}/test_{name}.py (gradlab new shows the form)"
            )
    for name in [*suite.checks, *suite.catalogue]:
        if name not in lab.exercises:
            raise CourseError(
                f'lab {lab.name}: a hidden check in {where} names "{name}", '
                f"which is no exercise of {lab.path.name}; rename one of them"
            )
