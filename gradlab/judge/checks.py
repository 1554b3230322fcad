"""One check: what pytest's items say about it, and how those that need nothing of pytest run."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from gradlab.errors import CourseError

MARKS = frozenset({"exercise", "weight", "requires", "parametrize"})
"""Marks that change nothing about how an item runs."""
GIVEN = ("student", "torch_device")


@dataclass
class Check:
    """One test function with all its cases."""

    name: str
    exercise: str
    title: str
    weight: float
    requires: list[str]
    items: list[pytest.Item] = field(default_factory=list)


@dataclass(frozen=True)
class Direct:
    """A call that does what pytest would: the function, its parameters, and which of `GIVEN`."""

    function: Callable[..., object]
    parameters: dict[str, Any]
    fixtures: list[str]


DIRECT = pytest.StashKey[Direct | None]()


def new_check(item: pytest.Function, exercise: str, above: list[str]) -> Check:
    """The check that `item` is the first case of; `above` are those before it.

    Raises:
        CourseError: it has no title, a wrong weight, or requires what is not above.
    """
    doc = (item.function.__doc__ or "").strip().splitlines()
    if not doc:
        raise CourseError(f"{item.nodeid}: has no docstring; its first line is the check's title")
    weight = _weight(item)
    needed = [mark.args[0] for mark in item.iter_markers("requires")]
    for name in needed:
        if name not in above:
            raise CourseError(f"{item.nodeid}: requires {name!r}, which is no check above it")
    return Check(item.originalname, exercise, doc[0], weight, needed)


def _weight(item: pytest.Item) -> float:
    mark = item.get_closest_marker("weight")
    value = mark.args[0] if mark else 1.0
    if type(value) not in (int, float) or not 0 < value < 1000:
        raise CourseError(f"{item.nodeid}: weight({value!r}) must be a number from 0 to 1000")
    return float(value)


def require_plain_fixtures(item: pytest.Function) -> None:
    """A fixture runs outside the check, where a failure would not count as the student's."""
    for name, found in item._fixtureinfo.name2fixturedefs.items():
        if any("student" in fixture.argnames for fixture in found):
            raise CourseError(
                f"{item.nodeid}: its fixture {name!r} uses `student`; call a function instead"
            )


def require_one_file(check: Check, item: pytest.Function) -> None:
    """Two files with a check of one name would be one check."""
    if check.items[0].path != item.path:
        raise CourseError(
            f"{item.nodeid}: {check.items[0].nodeid} is a check of that name too; rename one"
        )


def direct_call(item: pytest.Item) -> Direct | None:
    """How to run `item` without pytest; None where its fixtures, marks or class need it."""
    if DIRECT not in item.stash:
        item.stash[DIRECT] = _direct_call(item)
    return item.stash[DIRECT]


def _direct_call(item: pytest.Item) -> Direct | None:
    if type(item) is not pytest.Function or item.cls or not _is_ordinary(item.function):
        return None
    if any(mark.name not in MARKS for mark in item.iter_markers()):
        return None
    parameters = (getattr(item, "callspec", None) and item.callspec.params) or {}
    given = [name for name in item.fixturenames if name not in parameters]
    if not all(_is_value(item, name) for name in parameters):
        return None
    if not all(name in GIVEN and len(_definitions(item, name)) == 1 for name in given):
        return None
    return Direct(item.function, dict(parameters), given)


def _is_ordinary(function: object) -> bool:
    return not inspect.iscoroutinefunction(function) and not inspect.isasyncgenfunction(function)


def _is_value(item: pytest.Function, name: str) -> bool:
    """Whether a parameter is the value itself; else it is handed to a fixture of that name."""
    found = _definitions(item, name)
    return len(found) == 1 and found[0].func.__module__ == "_pytest.python"


def _definitions(item: pytest.Function, name: str) -> Any:
    """The fixtures of that name that the item sees; more than one where a file has its own."""
    return item._fixtureinfo.name2fixturedefs.get(name, ())
