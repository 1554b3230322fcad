"""Run directly (`pytest tests/hidden/<lab>`), the hidden checks judge the lab's own solution."""

from functools import cache
from pathlib import Path

import pytest

from gradlab.course.course import Course
from gradlab.course.notebook import solution_namespace
from gradlab.judge.local import Namespace, local_student
from gradlab.judge.subject import Student


@cache
def solution(lab: str) -> Namespace:
    """The solution's namespace, made once per lab."""
    return solution_namespace(Course.find(Path(__file__).parent).lab(lab))


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Student:
    """A student who wrote the solution."""
    return local_student(solution(request.path.parent.name))
