"""Whose a file of a learning platform's download is, from what the platform wrote.

    Moodle   Ann Lee_1234567_assignsubmission_file_/01_perceptron.ipynb   (or without the folder)
    Canvas   leeann_LATE_4821_77310_01_perceptron-1.ipynb

The number is the platform's. The name before it is the student's choice, the file's name behind it,
too, and either can look like somebody else's number. So one counts only if there is no other that
it could be.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Lookaheads, so that readings that overlap are all found; [0-9] has no digits of other scripts.
_NUMBER = "(?P<number>[0-9]{1,30})"
_MOODLE = re.compile(rf"(?=(?P<mark>_{_NUMBER}_assignsubmission_file)(?:_|\Z))")
_CANVAS = re.compile(rf"(?=(?P<mark>_(?:LATE_)?{_NUMBER}_[1-9][0-9]*)(?:_|\Z))")
_COPY = r"(?:-[0-9]+| ?\([0-9]+\))?"
"""What Canvas and browsers append to the name of a file that was there before."""


@dataclass(frozen=True)
class Owner:
    """A student as the platform names them, and what stands behind it: their own file's name."""

    number: str
    name: str
    file: str


class AmbiguousName(ValueError):
    """A name in which more than one number could be the platform's."""


def owner(entry: str, notebooks: Iterable[str] = ()) -> Owner | None:
    """Whose the download's `entry` is, a file or folder at its top; None if nobody's.

    Args:
        entry: its name.
        notebooks: the assignment's notebooks, without suffix: a name that ends with one ends with
            the name of the student's file.

    Raises:
        AmbiguousName: more than one number could be the platform's.
    """
    front = _front(entry, notebooks)
    readings = list(_MOODLE.finditer(entry)) or list(_CANVAS.finditer(front))
    found = {reading.start("number"): reading for reading in reversed(readings)}
    if len(found) > 1:
        raise AmbiguousName("more than one number in it could be the platform's")
    for reading in found.values():
        rest = entry[reading.end("mark") :].removeprefix("_")
        return Owner(reading["number"], entry[: reading.start()], rest)
    return None


def _front(entry: str, notebooks: Iterable[str]) -> str:
    """What stands before the file's own name, where that is known; else all of it."""
    for name in notebooks:
        known = re.search(rf"_{re.escape(name)}{_COPY}(?:\.\w+)?\Z", entry)
        if known:
            return entry[: known.start()]
    return entry
