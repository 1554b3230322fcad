"""Markers of a hidden check file: exercises, weights, dependencies, and the catalogue.

A *misconception* is a known wrong implementation, an *alternative* a right one written another
way. Both are executable: the first must fail, the second must pass, and when a student's values
equal a misconception's, the feedback names it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

import pytest

from gradlab.errors import CourseError

T = TypeVar("T", bound=Callable[..., Any])
ENTRY = "gradlab_entry"
MISCONCEPTION, ALTERNATIVE = "misconception", "alternative"


@dataclass(frozen=True)
class Entry:
    """One implementation in the catalogue of an exercise, and the file that declares it."""

    exercise: str
    kind: str
    name: str
    message: str
    implementation: Callable[..., Any]
    path: str = field(default="", compare=False)


def exercise(name: str, *, few: str = "") -> pytest.MarkDecorator:
    """Say which exercise a check belongs to (`pytestmark = exercise("conv2d_forward")`).

    `few` gives the reason why the catalogue cannot hold the usual number of entries.
    """
    return pytest.mark.exercise(name, few=few)


def weight(value: float) -> pytest.MarkDecorator:
    """Say what share of the points a check earns, relative to the others (default 1)."""
    return pytest.mark.weight(value)


def requires(check: str) -> pytest.MarkDecorator:
    """Run a check only if another of the same exercise, above it in the file, has passed."""
    return pytest.mark.requires(check)


def misconception(exercise: str, message: str) -> Callable[[T], T]:
    """Declare a wrong implementation; `message` tells what was done and what is right."""
    if not message.strip():
        raise CourseError(f"a misconception of {exercise!r} has no message; say what was done")
    return _entry(exercise, MISCONCEPTION, message)


def alternative(exercise: str) -> Callable[[T], T]:
    """Declare a right implementation that is written another way: it must get full marks."""
    return _entry(exercise, ALTERNATIVE, "")


def entries_of(module: ModuleType) -> list[Entry]:
    """The catalogue entries that a check file defines, in its order; named as in the file."""
    return [
        Entry(exercise, kind, name, message, value, getattr(module, "__file__", None) or "")
        for name, value in vars(module).items()
        for exercise, kind, message in _declared(value)
    ]


def _declared(value: object) -> tuple[tuple[str, str, str], ...]:
    """What `misconception` and `alternative` wrote on a function or class itself."""
    found = getattr(value, "__dict__", {}).get(ENTRY, ()) if callable(value) else ()
    return tuple(found)


def _entry(exercise: str, kind: str, message: str) -> Callable[[T], T]:
    def declare(implementation: T) -> T:
        found = vars(implementation).get(ENTRY, ())
        setattr(implementation, ENTRY, (*found, (exercise, kind, message)))
        return implementation

    return declare
