"""Text that came from a submission, made fit to be read: short, on one line, all of it visible."""

from collections.abc import Sequence

from gradlab.course.names import visible

__all__ = ["LIMIT", "clip", "one_line", "shortened", "visible"]

LIMIT = 600
FEW = 3


def one_line(text: str) -> str:
    """`text` on one line, blanks and line ends drawn together, and `visible`."""
    return visible(" ".join(text.split()))


def clip(text: str, limit: int = LIMIT) -> str:
    """`text` on one line of at most `limit` characters."""
    line = one_line(text[: 4 * limit])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shortened(notes: Sequence[str]) -> list[str]:
    """A few notes as they are; of many the first two and their number, in one."""
    if len(notes) <= FEW:
        return list(notes)
    more = len(notes) - 2
    return [f"{len(notes)} mendings: {notes[0]}; {notes[1]}; {more} more on the student's page"]
