"""Bug hunts: how many faults do the arguments that a student chose tell from the right function?

The student's code only returns the arguments, by value. The right function and the faulty ones are
the course's own and run here, so what they are given is bounded first.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from gradlab.errors import CourseError
from gradlab.judge.catalogue import MISCONCEPTION, entries_of
from gradlab.judge.failures import Mismatch
from gradlab.judge.record import note, same

MAX_NUMBERS = 1000
MAX_WHOLE = 100
Function = Callable[..., object]


def faults_in(module: ModuleType, exercise: str) -> dict[str, Function]:
    """The misconceptions of `exercise` that a catalogue module declares, by name.

    Raises:
        CourseError: there is none.
    """
    entries = [e for e in entries_of(module) if e.exercise == exercise and e.kind == MISCONCEPTION]
    if not entries:
        raise CourseError(f"{module.__name__} declares no misconception of {exercise!r}")
    return {entry.name: entry.implementation for entry in entries}


def exposed(arguments: Any, right: Function, faults: Mapping[str, Function]) -> list[str]:
    """Names of the faults that give another outcome on `arguments` than the right function.

    An outcome is what is returned (up to rounding), or the type of the exception, together with
    what became of the arguments.

    Args:
        arguments: a tuple or list of positional arguments, or a dict of keyword arguments: at most
            1,000 numbers in all, whole ones from -100 to 100.
        right: the right function.
        faults: name → faulty function of the same signature.

    Raises:
        Mismatch: the arguments have another form, are too large, or the right function refuses
            them as well.
    """
    _require_bounded(arguments)
    wanted = _outcome(right, arguments)
    if wanted[0] == "raised":
        note("refused")
        raise Mismatch(
            f"the right function refuses these arguments too: {wanted[2]}", kind="arguments"
        )
    found = [name for name, fault in faults.items() if not same(_outcome(fault, arguments), wanted)]
    note(found)
    return found


def _outcome(function: Function, arguments: Any) -> tuple[str, object, object]:
    given = copy.deepcopy(arguments)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value = function(**given) if isinstance(given, dict) else function(*given)
        except Exception as error:
            return "raised", type(error).__name__, f"{type(error).__name__}: {error}"[:200]
    return "returned", value, given


def _require_bounded(arguments: Any) -> None:
    if not isinstance(arguments, tuple | list | dict):
        text = "return the arguments as a tuple, or as a dict of keyword arguments"
        raise Mismatch(text, kind="arguments")
    numbers = 0
    for leaf in _leaves(arguments):
        numbers += leaf.size if isinstance(leaf, np.ndarray) else 1
        whole = np.asarray(leaf).dtype.kind in "iu"  # a padding of a million would take memory
        if whole and np.any(np.abs(leaf) > MAX_WHOLE):
            text = f"use whole numbers from {-MAX_WHOLE} to {MAX_WHOLE}"
            raise Mismatch(text, kind="arguments")
        if numbers > MAX_NUMBERS:
            text = f"too large: a small input of at most {MAX_NUMBERS} numbers will do"
            raise Mismatch(text, kind="arguments")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for item in value:
            yield from _leaves(item)
    elif value is None or isinstance(value, bool | int | float | str | np.ndarray | np.generic):
        yield value
    else:
        text = f"the arguments may hold arrays, numbers and texts, not {type(value).__name__}"
        raise Mismatch(text, kind="arguments")
