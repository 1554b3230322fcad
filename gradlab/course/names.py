"""Which student ids, file names and times are taken: asked wherever one of them comes in.

They come from folders, archives and an exchange that students write to. From there they go into
nbgrader's database and patterns, into tables, pages and terminals. What one of these cannot hold
is refused at the door and told by its name; the class goes on without it.
"""

import re
from collections.abc import Iterable
from datetime import datetime

MAX_ID = 128
"""Characters of a student's id in nbgrader's database."""
MAX_NAME = 255
"""Bytes of a file's name on any file system."""
FIRST, LAST = datetime(1970, 1, 1), datetime(2200, 1, 1)
"""Times that everything later on can hold: in nanoseconds, 64 bits end in the year 2262."""

# Controls (terminal escapes among them), line separators, what turns the reading direction
# round, halves of surrogate pairs, and code points that are no characters.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_REPLACEMENT = "\ufffd"


def visible(text: str) -> str:
    """`text` with every character that a reader cannot see replaced by U+FFFD."""
    return _INVISIBLE.sub(_REPLACEMENT, text)


def name_fault(name: str) -> str:
    """Why `name` is not taken for that of a file or folder; '' if it is."""
    if name in ("", ".", "..") or "/" in name:
        return "it is no name of a file or folder"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # any bytes may be a name; Python has halves of pairs for them
        return "it is not UTF-8"
    if _INVISIBLE.search(name):
        return "it has a line end or another character that cannot be seen"
    return f"it is longer than {MAX_NAME} bytes" if size > MAX_NAME else ""


def id_fault(student: str) -> str:
    """Why `student` is not taken for a student's id, which names a folder, too; '' if it is."""
    if student != student.strip():
        return "it begins or ends with a blank"  # nbgrader strips it and finds no such folder
    if any(sign.isdecimal() and not sign.isascii() for sign in student):
        return "it has digits of another script"  # full-width ones look like somebody else's number
    too_long = f"it is longer than {MAX_ID} characters" if len(student) > MAX_ID else ""
    return name_fault(student) or too_long


def faults(students: Iterable[str]) -> dict[str, str]:
    """Those of `students` that are no ids, with the reason."""
    found = {student: id_fault(student) for student in students}
    return {student: fault for student, fault in sorted(found.items()) if fault}


def parse_time(text: str) -> datetime:
    """The time as nbgrader reads it, in UTC.

    Raises:
        ValueError: it reads none, or one that cannot be worked with.
    """
    from nbgrader.utils import parse_utc  # late: commands show names before they need nbgrader

    try:
        time = parse_utc(text)
    except Exception as error:  # dateutil raises nearly anything on damaged dates
        raise ValueError("holds no time") from error
    if name_fault(text.replace("/", "-")):  # "1" and a line end is a day of this month to dateutil
        raise ValueError("holds no time")
    if not isinstance(time, datetime) or not FIRST <= time < LAST:
        raise ValueError(f"holds no time between {FIRST.year} and {LAST.year}")
    return time
