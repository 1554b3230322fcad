"""Ten hostile submissions among thirty: the other twenty get what they get without them."""

import nbformat
import pytest

from ..hostile.attempts import Attempt, written_attempts
from ..hostile.course import LAB, HostileCourse
from .watched import watching

HOSTILE = (
    "forge-emits_a_result",
    "disarm-patches_numpy",
    "read-walks_the_file_system",
    "record-writes_the_gradebook",
    "record-changes_the_neighbours_files",
    "exhaust-forks_without_end",
    "die-kills_everybody",
    "escape-leaves_a_daemon",
    "escape-leaves_a_killer",
    "randomness-keeps_one_state_for_all",
)
WRONG = (
    "def row_norms(x):\n    return np.sqrt((x**2).sum(axis=0))",
    "def row_norms(x):\n    return np.abs(x).sum(axis=1)",
    "def row_norms(x):\n    return np.sqrt((x**2).sum(axis=-1))",
    "def row_norms(x):\n    raise NotImplementedError",
)


def honest(course, number):
    """Every other one has a mistake, which costs a part of the points or all."""
    notebook = course.answered()
    if number % 2:
        cell = next(cell for cell in notebook.cells if cell.id == "row_norms")
        cell.source = WRONG[number // 2 % len(WRONG)]
    # In the order of grading two of them come after each of the hostile ones.
    kind, _, name = f"{HOSTILE[number // 2]}-{number:02}-honest".partition("-")
    return Attempt(kind, name, lambda path: nbformat.write(notebook, path), "Answers.")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return HostileCourse.make(tmp_path_factory.mktemp("thirty") / "course")


def graded(course, root, attempts):
    """The class in a copy of the course, and what it left behind."""
    place = course.copy_to(root)
    for attempt in attempts:
        place.hand_in(attempt)
    with watching(root.parent) as left:
        place.run("gradlab", "autograde", LAB, "--jobs", "2")
    assert not left
    assert list(place.scratch.iterdir()) == []
    return place


def test_honest_scores_are_the_same_to_the_last_digit(course, tmp_path):
    students = [honest(course, number) for number in range(20)]
    hostile = [one for one in written_attempts(course.answered) if one.student in HOSTILE]
    assert len(hostile) == len(HOSTILE) == 10
    alone = graded(course, tmp_path / "alone", students)
    among = graded(course, tmp_path / "among", [*students, *hostile])
    for attempt in students:
        assert among.graded(attempt.student) == alone.graded(attempt.student)
    assert len({str(alone.graded(one.student).scores) for one in students}) > 2
    for attempt in hostile:
        assert among.graded(attempt.student).scores[attempt.exercise] == attempt.score
