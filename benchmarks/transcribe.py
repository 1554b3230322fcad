"""A lab's hidden checks for graders that know nothing of GradLab: text, and a file of values.

The checks are the same functions with the same cases. What a reference computes with torch is
computed here once and read from disk there, so that no other grader has to import torch for it.
"""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from textwrap import indent
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.inline import Source, used_names
from gradlab.course.course import Course
from gradlab.course.lab import Lab
from gradlab.course.notebook import solution_namespace
from gradlab.course.suites import open_suite
from gradlab.judge.local import local_student
from gradlab.judge.suite import Check, Suite

RUNTIME = Path(__file__).with_name("plain_runtime.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Transcript:
    """The checks of one exercise: their text, and name → weight."""

    exercise: str
    points: float
    values: Path
    given: tuple[str, ...]
    text: str
    weights: dict[str, float]

    def function(self) -> str:
        """Text that defines a function which returns the values and the checks."""
        tests = ", ".join(self.weights)
        body = f"{self.opening()}\n{self.text}\nreturn values, [{tests}]"
        return f"def hidden_{self.exercise}():\n{indent(body, '    ')}\n"

    def opening(self) -> str:
        """The lines that give the checks their cases."""
        lines = [f'{name} = values.given["{name}"]' for name in self.given]
        return "\n".join([f"values = Values({str(self.values)!r})", *lines])


def transcribe(course: Course, lab: Lab, folder: Path) -> list[Transcript]:
    """One transcript per exercise, in the notebook's order; their values go into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = frozenset(lab.settings.packages)
    with open_suite(course, lab) as judge:
        return [
            _transcript(lab, judge.suite, name, folder / f"{name}.pkl", packages)
            for name in lab.exercises
        ]


def _transcript(
    lab: Lab, suite: Suite, exercise: str, path: Path, packages: frozenset[str]
) -> Transcript:
    checks = suite.checks[exercise]
    module = checks[0].items[0].module
    source = Source(checks[0].items[0].path)
    names = [check.name for check in checks]
    references, data = _references(module), _data(module)
    functions = source.closure(set(names), references | data)
    used = set().union(*map(used_names, functions))
    references, data = references & used, data & used
    with _recorded(module, references) as calls:
        suite.judge(exercise, local_student(solution_namespace(lab)))
    _write(path, checks, {name: getattr(module, name) for name in data}, calls)
    given = tuple(sorted(data | references))
    text = source.checks(names, references | data, packages)
    weights = {check.name: check.weight for check in checks}
    return Transcript(exercise, lab.exercises[exercise], path, given, text, weights)


def _references(module: ModuleType) -> frozenset[str]:
    """Functions under `@reference`, which is a cache."""
    return frozenset(name for name, value in vars(module).items() if hasattr(value, "cache_info"))


def _data(module: ModuleType) -> frozenset[str]:
    """Module-level names that stand for plain values: cases, lists of them, constants."""
    return frozenset(
        name
        for name, value in vars(module).items()
        if not name.startswith("__") and not callable(value) and not isinstance(value, ModuleType)
    )


@contextmanager
def _recorded(
    module: ModuleType, references: frozenset[str]
) -> Iterator[dict[str, list[tuple[Any, Any]]]]:
    """What each reference answers, by its first argument, while the block runs."""
    calls: dict[str, list[tuple[Any, Any]]] = {name: [] for name in references}
    originals = {name: getattr(module, name) for name in references}
    for name in references:
        setattr(module, name, _recorder(originals[name], calls[name]))
    try:
        yield calls
    finally:
        for name, original in originals.items():
            setattr(module, name, original)


def _recorder(original: Any, calls: list[tuple[Any, Any]]) -> Any:
    def record(case: Any, *rest: Any) -> Any:
        value = original(case, *rest)
        calls.append((case, value))
        return value

    return record


def _write(
    path: Path, checks: list[Check], data: dict[str, Any], calls: dict[str, list[tuple[Any, Any]]]
) -> None:
    params = {check.name: [_params(item) for item in check.items] for check in checks}
    requires = {check.name: check.requires for check in checks}
    portable = _Portable()
    content = portable.of(data), portable.of(params), portable.of(calls), requires
    path.write_bytes(pickle.dumps(content))


def _params(item: Any) -> dict[str, Any]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


class _Portable:
    """Copies with cases as plain records; what was one object stays one object."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, Any]] = {}

    def of(self, value: Any) -> Any:
        if id(value) not in self._made:
            self._made[id(value)] = (value, self._copy(value))
        return self._made[id(value)][1]

    def _copy(self, value: Any) -> Any:
        if is_dataclass(value):
            names = [name for name in dir(value) if not name.startswith("_")]
            found = {name: getattr(value, name) for name in names}
            fields = {name: one for name, one in found.items() if not callable(one)}
            return SimpleNamespace(**{name: self.of(one) for name, one in fields.items()})
        if isinstance(value, dict):
            return {key: self.of(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.of(one) for one in value)
        return value.copy() if isinstance(value, np.ndarray) else value
